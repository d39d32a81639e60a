//! The event log, searched over the API.

use super::*;
use crate::domain::EventResult;
use crate::views::EventView;

async fn asked(served: &Served, who: &str, query: &str) -> (u16, serde_json::Value) {
    let request = served.get(&format!("/api/v1/events?{query}"));
    let answer = request.basic_auth(who, Some(PASSWORD)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn what_is_asked_for_is_what_is_searched_for() {
    let served = Served::start().await;
    let query = "door=Dock&person=ada%40example.org&card=100:1234&result=expired&from=2027-01-31&to=2027-01-31&before=9";
    let (status, _) = asked(&served, "mara", query).await;
    assert_eq!(status, 200);
    let wanted = served.site.searched.lock().unwrap().pop().unwrap();
    let expected = EventsWanted {
        door: Some("Dock".to_owned()),
        person: Some("ada@example.org".to_owned()),
        card: Some("100:1234".to_owned()),
        result: Some(EventResult::For(panel_protocol::decide::Reason::Expired)),
        from: Some("2027-01-30T23:00:00Z".parse().unwrap()),
        until: Some("2027-01-31T23:00:00Z".parse().unwrap()),
        before: Some(9),
        limit: 30,
    };
    assert_eq!(wanted, expected, "by the site's clock, in Berlin");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_its_field_and_what_would_be_right() {
    let served = Served::start().await;
    for (query, field, remedy) in [
        ("from=yesterday", "from", "2027-01-31"),
        ("to=2027-02-30", "to", "2027-01-31"),
        ("from=2027-02-01&to=2027-01-31", "to", "after 2027-02-01 00:00"),
        ("result=denied", "result", "one of those words"),
        ("as=xml", "as", "json or csv"),
    ] {
        let (status, told) = asked(&served, "mara", query).await;
        assert_eq!((status, told["error"]["field"].as_str()), (400, Some(field)), "{query}: {told}");
        assert!(told["error"]["remedy"].as_str().unwrap().contains(remedy), "{query}: {told}");
    }
    for query in ["card=nonsense", "before=-1", "limit=many", "door=a&door=b", "since=1"] {
        let (status, told) = asked(&served, "mara", query).await;
        assert_eq!(status, 400, "{query}: {told}");
        assert!(told["error"]["remedy"].is_string(), "{query}: {told}");
    }
    let (status, _) = asked(&served, "mara", &format!("person={}", "x".repeat(1025))).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn who_may_not_see_card_numbers_may_not_try_them_either() {
    let served = Served::start().await;
    assert_eq!(asked(&served, "vera", "card=100:1234").await.0, 403);
    assert!(served.site.searched.lock().unwrap().is_empty());
    let (status, told) = asked(&served, "vera", "limit=1").await;
    assert_eq!(status, 200);
    assert!(told["events"][0]["card"].as_str().unwrap().contains('•'), "{told}");
}

#[tokio::test]
async fn pages_follow_each_other_until_there_is_no_more() {
    let served = Served::start().await;
    let all = served.site.facts().events;
    let (mut numbers, mut query) = (Vec::new(), "limit=1".to_owned());
    loop {
        let (_, told) = asked(&served, "ida", &query).await;
        numbers
            .extend(told["events"].as_array().unwrap().iter().map(|event| event["number"].as_u64().unwrap()));
        let Some(next) = told["next"].as_u64() else { break };
        query = format!("limit=1&before={next}");
    }
    assert_eq!(numbers, all.iter().map(|event| event.number).collect::<Vec<_>>());
}

#[tokio::test]
async fn csv_is_whole_masked_and_asked_for_in_two_ways() {
    let served = Served::start().await;
    served.site.change(|facts| {
        let event = facts.events[0].clone();
        facts.events = (1..=2_500).rev().map(|number| EventView { number, ..event.clone() }).collect();
        facts.events[0].who = Some("=1+1".to_owned());
    });
    let get = async |who: &str, query: &str, accept: Option<&str>| {
        let request = served.get(&format!("/api/v1/events?{query}")).basic_auth(who, Some(PASSWORD));
        let request = accept.into_iter().fold(request, |request, kind| request.header("accept", kind));
        request.send().await.unwrap()
    };
    for (query, accept) in [("as=csv", None), ("", Some("text/csv")), ("", Some("text/csv;q=0.9, */*;q=0.1"))]
    {
        let answer = get("vera", query, accept).await;
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(kind.starts_with("text/csv; charset=utf-8"), "{kind}");
        let text = answer.text().await.unwrap();
        let lines: Vec<_> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 2_501, "{query} {accept:?}");
        assert!(lines[0].starts_with("number,at,local_time,door,"), "{}", lines[0]);
        assert!(
            lines[1].starts_with("2500,") && lines[1].contains(",'=1+1,") && lines[1].contains('•'),
            "{}",
            lines[1]
        );
        assert!(lines[2_500].starts_with("1,"));
    }
    let limited = get("ida", "as=csv&limit=1200", None).await.text().await.unwrap();
    assert_eq!(limited.lines().count(), 1_201);
    for accept in ["application/json", "*/*", "text/html, text/csv"] {
        let answer = get("ida", "", Some(accept)).await;
        assert_eq!(answer.headers()["content-type"], "application/json", "{accept}");
    }
}
