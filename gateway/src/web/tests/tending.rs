//! Tending devices, by API.

use serde_json::{Value, json};

use super::*;

async fn wanted(served: &Served, user: &str, path: &str, body: Value) -> (u16, Value) {
    let request = served.post(&format!("/api/v1/controllers/{path}")).basic_auth(user, Some(PASSWORD));
    let answer = request.json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn an_installer_tends_a_device_and_is_named_as_having_done_it() {
    let served = Served::start().await;
    for (path, body, wish, done) in [
        ("dock/identify", json!({}), DeviceWish::Identify, "identified"),
        ("dock/address", json!({ "address": 5 }), DeviceWish::SetAddress(5), "moved"),
        ("dock/key", json!({}), DeviceWish::RotateKey, "key_rotated"),
    ] {
        let (status, answer) = wanted(&served, "ida", path, body).await;
        assert_eq!((status, &answer["done"]), (200, &json!(done)), "{answer}");
        let ida = Actor::Account("ida".to_owned());
        assert_eq!(served.site.tended.lock().unwrap().pop(), Some((wish, ida)));
    }
}

#[tokio::test]
async fn what_makes_no_sense_or_is_not_theirs_to_do_is_refused_with_field_and_remedy() {
    let served = Served::start().await;
    for (user, path, body, status, field) in [
        ("ida", "dock/address", json!({ "address": 7 }), 422, "address"),
        ("ida", "dock/speed", json!({ "baud": 9600 }), 409, "id"),
        ("ida", "attic/identify", json!({}), 404, "id"),
        ("ida", "dock/address", json!({ "address": 700 }), 400, ""),
        ("mara", "dock/identify", json!({}), 403, ""),
        ("mara", "dock/address", json!({ "address": 5 }), 403, ""),
    ] {
        let (answered, error) = wanted(&served, user, path, body).await;
        assert_eq!(answered, status, "{path} {error}");
        assert_eq!(error["error"]["field"].as_str().unwrap_or_default(), field, "{error}");
        assert!(error["error"]["remedy"].is_string(), "{error}");
    }
    assert!(served.site.tended.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_file_is_told_line_by_line_to_its_end() {
    let served = Served::start().await;
    let path = "/api/v1/controllers/dock/file?kind=2";
    let send = |content: Vec<u8>| {
        let request = served.post(path).basic_auth("ida", Some(PASSWORD)).body(content);
        request.header("content-type", "application/octet-stream").send()
    };
    let lines = send(vec![7; 100_000]).await.unwrap().text().await.unwrap();
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((lines.lines().count(), &last["sent"], &last["ended"]), (2, &json!(100_000), &json!(true)));
    assert_eq!(send(vec![7; 16 * 1024 * 1024 + 1]).await.unwrap().status(), 413);
}
