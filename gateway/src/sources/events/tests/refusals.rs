//! Promise: bad input changes nothing, and its error names field, value and remedy.

use serde_json::{Value, json};

use super::super::limits::{MAX_BATCH, MAX_REVISION};
use super::*;

async fn refused(rig: &Rig, event: &Value) -> String {
    rig.send(event).await.unwrap_err()
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_with_what_stands_there() {
    let rig = Rig::new();
    let envelope = |field: &str, value: Value| {
        let mut event = ada(1, json!({}));
        event[field] = value;
        event
    };
    let long = "x".repeat(600);
    for (event, said) in [
        (envelope("specversion", json!("0.3")), "specversion is \"0.3\""),
        (envelope("id", json!("")), "id is missing"),
        (envelope("id", json!(7)), "id is \"7\""),
        (envelope("id", json!(long)), "id is \"xxx"),
        (envelope("source", Value::Null), "source is missing"),
        (envelope("type", json!("dev.gatehouse.person.set.v2")), "type is \"dev.gatehouse.person.set.v2\""),
        (envelope("time", json!("yesterday")), "time is \"yesterday\""),
        (envelope("datacontenttype", json!("text/xml")), "datacontenttype is \"text/xml\""),
        (envelope("nested", json!({ "a": [1] })), "nested is"),
        (envelope("data_base64", json!("AAAA")), "data_base64"),
        (envelope("data", json!("text")), "data is \"text\""),
        (ada(1, json!({ "activ": false })), "data.activ is \"false\" and unknown field `activ`"),
        (ada(1, json!({ "active": "no" })), "data.active is \"no\""),
        (ada(1, json!({ "user_name": " " })), "data.user_name is \" \""),
        (ada(1, json!({ "revision": -1 })), "data.revision is \"-1\""),
        (ada(1, json!({ "revision": MAX_REVISION + 1 })), "data.revision is \"9007199254740992\""),
        (ada(1, json!({ "person": "a\nb" })), "data.person is \"a\\nb\""),
        (ada(1, json!({ "groups": [""] })), "data.groups[0]"),
        (ada(1, json!({ "cards": [{ "number": "1" }, { "number": "1" }] })), "data.cards[1].number is \"1\""),
        (ada(1, json!({ "cards": [{ "number": "1", "state": "lost" }] })), "data.cards[0].state is \"lost\""),
        (
            ada(1, json!({ "cards": [{ "number": "1", "valid_until": "soon" }] })),
            "data.cards[0].valid_until is \"soon\"",
        ),
        (ada(1, json!({ "cards": vec![json!({ "number": "1" }); 17] })), "data.cards has 17 entries"),
        (
            ada(
                1,
                json!({ "cards": [{ "number": "1", "valid_from": "2027-01-02T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z" }] }),
            ),
            "data.cards[0].valid_until is \"2027-01-01T00:00:00Z\"",
        ),
    ] {
        let told = refused(&rig, &event).await;
        assert!(told.starts_with(said) && told.contains("; "), "{said}: {told}");
    }
    assert!(rig.people().is_empty() && rig.directory.stats().revision.0 == 0);
    assert!(rig.noted.lock().unwrap().iter().all(|one| matches!(one, Noted::Dead(_))));
}

#[tokio::test]
async fn bodies_that_are_no_events_are_refused() {
    let rig = Rig::new();
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let many = vec![ada(1, json!({})); MAX_BATCH + 1];
    let many = json!(many).to_string();
    for (content_type, body) in [
        (STRUCTURED, ""),
        (STRUCTURED, "[]"),
        (STRUCTURED, "{\"specversion\":\"1.0\""),
        (STRUCTURED, &deep),
        (cloud::BATCH, "{}"),
        (cloud::BATCH, "[1]"),
        (cloud::BATCH, &many),
        ("application/json", "{}"),
        ("text/plain", "hello"),
        ("", "NaN"),
    ] {
        let sent = Sent {
            content_type: content_type.to_owned(),
            attributes: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        let told = rig.intake.take(&sent).await;
        assert!(matches!(told, Err(NotTaken::Malformed(_))), "{content_type} {body}: {told:?}");
    }
    let nothing =
        Sent { content_type: cloud::BATCH.to_owned(), attributes: Vec::new(), body: b"[]".to_vec() };
    assert_eq!(rig.intake.take(&nothing).await, Ok(Vec::new()), "a batch may be empty");
}

#[tokio::test]
async fn one_malformed_event_refuses_its_whole_batch_and_one_that_is_impossible_itself_alone() {
    let rig = Rig::new();
    let batch = |events: Value| Sent {
        content_type: cloud::BATCH.to_owned(),
        attributes: Vec::new(),
        body: events.to_string().into_bytes(),
    };
    let bob =
        event("b1", "person.set", json!({ "person": "2", "revision": 1, "user_name": "ADA@example.org" }));
    let malformed = event("b2", "person.set", json!({ "person": "3", "revision": 1 }));
    let told = rig.intake.take(&batch(json!([ada(1, json!({})), malformed]))).await;
    let Err(NotTaken::Malformed(fault)) = told else { panic!("{told:?}") };
    assert_eq!(fault.field, "[1].data");
    assert!(rig.people().is_empty());
    let told = rig.intake.take(&batch(json!([ada(1, json!({})), bob, card(2, "1234", "active")]))).await;
    let Err(NotTaken::Refused(answered)) = told else { panic!("{told:?}") };
    assert_eq!(answered.iter().map(|one| one.result.is_ok()).collect::<Vec<_>>(), [true, false, true]);
    let fault = answered[1].result.clone().unwrap_err();
    assert_eq!((fault.field.as_str(), fault.value.as_str()), ("data.user_name", "ADA@example.org"));
    assert_eq!(rig.people(), [("ada@example.org".to_owned(), vec!["1234".to_owned()])]);
    let noted = rig.noted.lock().unwrap();
    let letters = noted.iter().filter_map(|one| match one {
        Noted::Dead(letter) => Some(letter.event.clone()),
        Noted::Taken { .. } => None,
    });
    let bob = ("b1".to_owned(), vocabulary::PERSON_SET.to_owned());
    assert_eq!(letters.collect::<Vec<_>>(), [None, Some(bob)]);
}

#[tokio::test]
async fn a_revision_that_is_used_twice_is_refused_and_a_strict_site_refuses_a_number_that_is_none() {
    let rig = Rig::with(policy(true));
    rig.send(&ada(5, json!({}))).await.unwrap();
    let mut other = ada(5, json!({ "active": false }));
    other["id"] = json!("another");
    let told = refused(&rig, &other).await;
    assert!(told.starts_with("data.revision is \"5\" and was used by the event \"e5\" already"), "{told}");
    let told = refused(&rig, &card(6, "70000", "active")).await;
    assert!(told.starts_with("data.cards is \"70000\""), "{told}");
    assert_eq!(rig.people(), [("ada@example.org".to_owned(), Vec::<String>::new())]);
    let lenient = Rig::new();
    lenient.send(&ada(1, json!({ "cards": [{ "number": "70000" }] }))).await.unwrap();
    assert_eq!(lenient.person("ada@example.org").unwrap().refused_cards.len(), 1, "the page says why");
}
