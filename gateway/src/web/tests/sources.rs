//! Sources on page and API: all see how they are, managers alone clear up, and nobody else sees a card number.

use serde_json::json;

use super::openapi::{check, document};
use super::*;

#[tokio::test]
async fn a_viewer_sees_how_a_source_is_and_no_card_number() {
    let served = Served::start().await;
    for (user, sees) in [("mara", true), ("vera", false)] {
        let sources = served.get("/api/v1/sources").basic_auth(user, Some(PASSWORD)).send().await.unwrap();
        let letters = served.get("/api/v1/sources/hr/letters").basic_auth(user, Some(PASSWORD)).send().await;
        let told = format!("{}{}", sources.text().await.unwrap(), letters.unwrap().text().await.unwrap());
        assert_eq!(told.contains("1234"), sees, "{user}: {told}");
        assert!(told.contains("\"data.cards\"") && told.contains("\"dead_letters\":1"), "{told}");
    }
}

#[tokio::test]
async fn a_manager_tests_resyncs_and_clears_up_and_a_viewer_does_not() {
    let served = Served::start().await;
    let document = document(&served).await;
    for (method, path, status) in [
        ("post", "/sources/{id}/test", 200),
        ("post", "/sources/{id}/resync", 200),
        ("get", "/sources/{id}/letters", 200),
        ("post", "/sources/{id}/letters/{number}/retry", 204),
        ("delete", "/sources/{id}/letters/{number}", 204),
    ] {
        let asked = |user: &str, id: &str| {
            let address = path.replace("{id}", id).replace("{number}", "7");
            let url = format!("http://{}/api/v1{address}", served.address);
            let method = method.to_uppercase().parse().unwrap();
            served.client.request(method, url).basic_auth(user, Some(PASSWORD)).send()
        };
        let described = &document["paths"][format!("/api/v1{path}")][method]["responses"];
        for (user, id, expected) in [("mara", "hr", status), ("mara", "nobody", 404)] {
            let answer = asked(user, id).await.unwrap();
            assert_eq!(answer.status(), expected, "{method} {path}");
            if expected != 204 {
                let schema = &described[expected.to_string()]["content"]["application/json"]["schema"];
                check(&document, schema, &answer.json().await.unwrap(), path);
            }
        }
        let expected = if method == "get" { 200 } else { 403 };
        assert_eq!(asked("vera", "hr").await.unwrap().status(), expected, "{method} {path}");
    }
    let mara = Actor::Account("mara".to_owned());
    let done: Vec<String> =
        served.site.of_sources.lock().unwrap().iter().map(|(what, _)| what.clone()).collect();
    assert_eq!(done, ["test", "resync", "retry", "discard 7"]);
    assert_eq!(served.site.of_sources.lock().unwrap()[1].1, mara);
    for bad in ["8", "x", "-1"] {
        let request = served.post(&format!("/api/v1/sources/hr/letters/{bad}/retry"));
        let answer = request.basic_auth("mara", Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{bad}");
        assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["error"]["value"], json!(bad));
    }
}

#[tokio::test]
async fn the_page_has_the_messages_with_buttons_for_managers() {
    let served = Served::start().await;
    let page = async |name: &str| {
        let cookie = served.cookie(name).await;
        served.get("/sources").header("cookie", cookie).send().await.unwrap().text().await.unwrap()
    };
    let (mara, vera) = (page("mara").await, page("vera").await);
    assert!(mara.contains("/sources/hr/letters/7/retry") && mara.contains("100-1234"), "{mara}");
    assert!(!vera.contains("/letters/7/") && !vera.contains("1234") && vera.contains("data.cards"), "{vera}");
    let cookie = served.cookie("mara").await;
    let pressed =
        served.post_form("/sources/hr/letters/7/retry", "").header("cookie", cookie).send().await.unwrap();
    assert_eq!(
        (pressed.status().as_u16(), pressed.headers()["location"].to_str().unwrap()),
        (303, "/sources")
    );
}
