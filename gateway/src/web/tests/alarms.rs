//! Handling alarms, by API and by form.

use serde_json::{Value, json};

use super::*;

const ALARM: &str = "/api/v1/alarms/12";

async fn done(served: &Served, user: &str, path: &str, body: &Value) -> (u16, Value) {
    let answer = served.post(path).basic_auth(user, Some(PASSWORD)).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn mute(until: &str) -> AlarmDeed {
    AlarmDeed::Mute { reason: "being rewired".to_owned(), until: until.parse().unwrap() }
}

#[tokio::test]
async fn a_manager_handles_an_alarm_and_is_named_as_having_done_it() {
    let served = Served::start().await;
    let deeds = [
        ("acknowledge", json!({}), AlarmDeed::Acknowledge { comment: None }),
        ("acknowledge", json!({ "comment": " ok " }), AlarmDeed::Acknowledge { comment: Some("ok".into()) }),
        ("comments", json!({ "text": "a delivery" }), AlarmDeed::Comment("a delivery".to_owned())),
        (
            "mute",
            json!({ "reason": "being rewired", "until": "2199-01-31T18:00:00Z" }),
            mute("2199-01-31T18:00:00Z"),
        ),
    ];
    for (verb, body, deed) in deeds {
        let (status, answer) = done(&served, "mara", &format!("{ALARM}/{verb}"), &body).await;
        assert_eq!((status, &answer["number"]), (200, &json!(12)), "{answer}");
        let handled = served.site.alarms_handled.lock().unwrap().pop().unwrap();
        assert_eq!(handled, (deed, Actor::Account("mara".to_owned())));
    }
}

#[tokio::test]
async fn the_list_has_open_ones_first_and_all_that_people_did() {
    let served = Served::start().await;
    let answer = served.get("/api/v1/alarms").basic_auth("vera", Some(PASSWORD)).send().await.unwrap();
    let alarms = answer.json::<Value>().await.unwrap()["alarms"].take();
    assert_eq!((&alarms[0]["number"], &alarms[0]["over"]), (&json!(12), &Value::Null));
    let over = &alarms[1];
    assert_eq!((&over["door"], &over["door_name"]), (&json!("side"), &json!("Side door")), "{over}");
    assert_eq!((&over["acknowledged"]["by"], &over["times"]), (&json!("mara"), &json!(3)), "{over}");
    assert_eq!(over["muted"]["reason"], "being mended", "{over}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_its_field_and_handles_nothing() {
    let served = Served::start().await;
    let long = "x".repeat(10_000);
    for (path, body, status, field) in [
        ("/api/v1/alarms/99/acknowledge", json!({}), 404, "number"),
        ("/api/v1/alarms/x/acknowledge", json!({}), 404, "number"),
        ("/api/v1/alarms/12/acknowledge", json!({ "comment": "a\nb" }), 422, "comment"),
        ("/api/v1/alarms/12/comments", json!({ "text": " " }), 422, "text"),
        ("/api/v1/alarms/12/comments", json!({ "text": long }), 422, "text"),
        ("/api/v1/alarms/12/mute", json!({ "reason": "", "until": "2199-01-01T00:00:00Z" }), 422, "reason"),
        ("/api/v1/alarms/12/mute", json!({ "reason": "x", "until": "1999-01-01T00:00:00Z" }), 422, "until"),
    ] {
        let (answered, error) = done(&served, "mara", path, &body).await;
        assert_eq!((answered, &error["error"]["field"]), (status, &json!(field)), "{path} {error}");
        assert!(error["error"]["remedy"].is_string(), "{error}");
    }
    assert_eq!(done(&served, "mara", &format!("{ALARM}/mute"), &json!({ "reason": "x" })).await.0, 400);
    assert_eq!(done(&served, "vera", &format!("{ALARM}/acknowledge"), &json!({})).await.0, 403);
    let path = format!("http://{}{ALARM}/mute", served.address);
    let unmuted = served.client.delete(path).basic_auth("mara", Some(PASSWORD)).send().await.unwrap();
    assert_eq!(unmuted.status(), 409);
    assert!(served.site.alarms_handled.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_pages_buttons_work_without_a_script_and_are_offered_to_those_who_may() {
    let served = Served::start().await;
    assert!(!served.page("vera").await.contains("action=\"/alarms/"));
    let page = served.page("mara").await;
    assert!(page.contains("action=\"/alarms/12\"") && page.contains("value=\"acknowledge\""), "{page}");
    let words =
        ["<strong>Muted</strong> until 13:00 CET by mara: being mended", "for the 3rd time", "Over since "];
    assert!(words.iter().all(|words| page.contains(words)), "{page}");
    let cookie = served.cookie("mara").await;
    let send = async |form: &str| {
        let request = served.post_form("/alarms/12", form).header("cookie", &cookie);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), served.site.alarms_handled.lock().unwrap().pop().map(|(deed, _)| deed))
    };
    assert_eq!(send("deed=acknowledge").await, (303, Some(AlarmDeed::Acknowledge { comment: None })));
    assert_eq!(
        send("deed=comment&text=a+draught").await,
        (303, Some(AlarmDeed::Comment("a draught".into())))
    );
    let muted = send("deed=mute&text=being+rewired&minutes=60").await;
    let an_hour = "2026-11-22T12:00:00Z";
    assert_eq!(muted, (303, Some(mute(an_hour))));
    for form in ["deed=mute&text=&minutes=60", "deed=mute&text=x&minutes=0", "deed=sing", "", "deed=comment"]
    {
        let (status, handled) = send(form).await;
        assert!((400..500).contains(&status) && handled.is_none(), "{form}: {status}");
    }
    let vera =
        served.post_form("/alarms/12", "deed=acknowledge").header("cookie", served.cookie("vera").await);
    assert_eq!(vera.send().await.unwrap().status(), 403);
}
