//! Why a card is refused, asked over the API.

use super::*;

async fn asked(served: &Served, who: &str, query: &str) -> (u16, serde_json::Value) {
    let request = served.get(&format!("/api/v1/explain?{query}"));
    let answer = request.basic_auth(who, Some(PASSWORD)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn an_answer_has_the_reason_where_it_comes_from_and_what_would_have_to_change() {
    let served = Served::start().await;
    let (status, told) = asked(&served, "mara", "card=100:1234&door=lobby-main&at=2027-01-31+18:00").await;
    assert_eq!(status, 200, "{told}");
    let expected = serde_json::json!({
        "granted": false,
        "reason": "on_hold",
        "because": ["on hold at 2027-01-31T17:00:00Z"],
        "remedy": "Lift the hold.",
    });
    assert_eq!(told, expected, "by the site's clock, in Berlin");
}

#[tokio::test]
async fn a_door_or_a_card_that_there_is_not_is_told_with_what_was_probably_meant() {
    let served = Served::start().await;
    for (query, status, field, remedy) in [
        ("card=100:1234&door=loby-main", 404, "door", "Did you mean lobby-main?"),
        ("card=nonsense&door=lobby-main", 422, "card", "such as 100:1234"),
        ("card=100:1234&door=lobby-main&at=soon", 400, "at", "2027-01-31"),
    ] {
        let (answered, told) = asked(&served, "mara", query).await;
        assert_eq!((answered, told["error"]["field"].as_str()), (status, Some(field)), "{query}: {told}");
        assert!(told["error"]["remedy"].as_str().unwrap().contains(remedy), "{query}: {told}");
    }
    assert_eq!(asked(&served, "mara", "door=lobby-main").await.0, 400);
    assert_eq!(asked(&served, "mara", "card=1&door=lobby-main&when=now").await.0, 400);
}

#[tokio::test]
async fn who_may_not_see_card_numbers_may_not_ask_for_them_one_by_one() {
    let served = Served::start().await;
    assert_eq!(asked(&served, "vera", "card=100:1234&door=lobby-main").await.0, 403);
}
