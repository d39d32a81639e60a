//! Opening install mode, by API and by form.

use serde_json::{Value, json};

use super::*;

const PATH: &str = "/api/v1/controllers/dock/install-mode";

#[tokio::test]
async fn an_installer_opens_install_mode_and_is_named_as_having_done_it() {
    let served = Served::start().await;
    let answer = served
        .post(PATH)
        .basic_auth("ida", Some(PASSWORD))
        .json(&json!({ "minutes": 10 }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let opened: Value = answer.json().await.unwrap();
    assert_eq!(opened, json!({ "controller": "dock", "until": "1970-01-01T00:00:00Z" }));
    let cookie = served.cookie("ida").await;
    let form = served.post_form("/controllers/dock/install-mode", "minutes=60").header("cookie", cookie);
    assert_eq!(form.send().await.unwrap().status(), 303);
    let ida = Actor::Account("ida".to_owned());
    let expected = vec![("dock".to_owned(), 10, ida.clone()), ("dock".to_owned(), 60, ida)];
    assert_eq!(*served.site.opened.lock().unwrap(), expected);
}

#[tokio::test]
async fn the_local_operator_is_an_installer() {
    let served = Served::with(fixture::well(), Transport::Tls, true).await;
    let answer = served.post(PATH).json(&json!({ "minutes": 1 })).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(served.site.opened.lock().unwrap()[0].2, Actor::LocalOperator);
}

#[tokio::test]
async fn viewers_and_managers_may_not_and_are_not_offered_it() {
    let served = Served::start().await;
    for name in ["vera", "mara"] {
        let answer =
            served.post(PATH).basic_auth(name, Some(PASSWORD)).json(&json!({ "minutes": 10 })).send();
        assert_eq!(answer.await.unwrap().status(), 403, "{name}");
        assert!(!served.page(name).await.contains("install-mode"), "{name}");
    }
    assert!(served.page("ida").await.contains("action=\"/controllers/dock/install-mode\""));
    assert!(served.site.opened.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_field_value_and_remedy() {
    let served = Served::start().await;
    for (path, body, status, field, value) in [
        (PATH, r#"{"minutes":0}"#, 422, "minutes", "0"),
        (PATH, r#"{"minutes":61}"#, 422, "minutes", "61"),
        (PATH, r#"{"minutes":-1}"#, 400, "", ""),
        (PATH, r#"{"minutes":"ten"}"#, 400, "", ""),
        (PATH, r#"{"minutes":10,"hours":1}"#, 400, "", ""),
        (PATH, "{", 400, "", ""),
        ("/api/v1/controllers/attic/install-mode", r#"{"minutes":5}"#, 404, "id", "attic"),
        ("/api/v1/controllers/%22%3Cb%3E/install-mode", r#"{"minutes":5}"#, 404, "id", "\"<b>"),
    ] {
        let request =
            served.post(path).basic_auth("ida", Some(PASSWORD)).header("content-type", "application/json");
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path} {body}");
        let error = answer.json::<Value>().await.unwrap()["error"].take();
        assert_eq!(error["field"].as_str().unwrap_or_default(), field, "{error}");
        assert_eq!(error["value"].as_str().unwrap_or_default(), value, "{error}");
        assert!(error["remedy"].is_string(), "{error}");
    }
    let plain = served.post(PATH).basic_auth("ida", Some(PASSWORD)).body(r#"{"minutes":5}"#);
    assert_eq!(plain.send().await.unwrap().status(), 415);
    assert!(served.site.opened.lock().unwrap().is_empty());
}
