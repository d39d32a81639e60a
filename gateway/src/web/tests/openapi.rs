//! The API's description says what the API does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::domain::LinkCondition;
use crate::domain::osdpcap::Io;

pub(super) async fn document(served: &Served) -> Value {
    let answer = served.get("/api/openapi.json").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// Compares what was answered with what is described, all the way down.
pub(super) fn check(document: &Value, schema: &Value, answered: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let described =
            document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} leads nowhere"));
        return check(document, described, answered, place);
    }
    if let Some(choices) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        let fits = choices.iter().find(|choice| has_type(document, choice, answered));
        return check(document, fits.unwrap_or_else(|| panic!("{place}: {answered}")), answered, place);
    }
    assert!(has_type(document, schema, answered), "{place}: {answered} is no {schema}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(answered), "{place}: {answered} is none of {words:?}");
    }
    if let Some(members) = answered.as_object() {
        let described =
            schema["properties"].as_object().unwrap_or_else(|| panic!("{place} is not described"));
        let required = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str);
        let keys: BTreeSet<&str> = members.keys().map(String::as_str).collect();
        assert!(required.collect::<BTreeSet<_>>().is_subset(&keys), "{place} has {keys:?}");
        for (key, member) in members {
            let schema = described.get(key).unwrap_or_else(|| panic!("{place}.{key} is not described"));
            check(document, schema, member, &format!("{place}.{key}"));
        }
    }
    for item in answered.as_array().into_iter().flatten() {
        check(document, &schema["items"], item, &format!("{place}[]"));
    }
}

fn has_type(document: &Value, schema: &Value, answered: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return document
            .pointer(&reference[1..])
            .is_some_and(|described| has_type(document, described, answered));
    }
    if let Some(constant) = schema.get("const") {
        return constant == answered;
    }
    if let Some(tag) = schema["properties"]["is"].get("const") {
        return answered["is"] == *tag;
    }
    let is = |kind: &str| match kind {
        "object" => answered.is_object(),
        "array" => answered.is_array(),
        "string" => answered.is_string(),
        "boolean" => answered.is_boolean(),
        "integer" => answered.is_u64(),
        "number" => answered.is_number(),
        "null" => answered.is_null(),
        _ => false,
    };
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is),
        kind => kind.as_str().is_some_and(is),
    }
}

#[tokio::test]
async fn every_described_read_answers_as_it_is_described() {
    let mut down = fixture::well();
    down.lines[0].state = LinkCondition::Down { why: "gone".to_owned() };
    for facts in [fixture::everything(), fixture::well(), down] {
        let served = Served::with(facts, Transport::PlainLoopback, false).await;
        let document = document(&served).await;
        for (path, operations) in document["paths"].as_object().unwrap() {
            let schema = &operations["get"]["responses"]["200"]["content"]["application/json"]["schema"];
            if schema.is_null() || path.contains('{') {
                continue;
            }
            let answer = served.get(path).basic_auth("ida", Some(PASSWORD)).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            check(&document, schema, &answer.json().await.unwrap(), path);
        }
    }
}

#[tokio::test]
async fn install_mode_answers_as_it_is_described_right_or_wrong() {
    let served = Served::start().await;
    let document = document(&served).await;
    let described = &document["paths"]["/api/v1/controllers/{id}/install-mode"]["post"]["responses"];
    for (name, id, minutes, status) in [
        ("ida", "dock", 5, "200"),
        ("ida", "attic", 5, "404"),
        ("ida", "dock", 0, "422"),
        ("vera", "dock", 5, "403"),
    ] {
        let request = served.post(&format!("/api/v1/controllers/{id}/install-mode"));
        let body = serde_json::json!({ "minutes": minutes });
        let answer = request.basic_auth(name, Some(PASSWORD)).json(&body).send().await.unwrap();
        assert_eq!(answer.status().as_str(), status);
        let schema = &described[status]["content"]["application/json"]["schema"];
        check(&document, schema, &answer.json().await.unwrap(), status);
    }
}

#[tokio::test]
async fn a_recorded_line_is_as_it_is_described() {
    let document = document(&Served::start().await).await;
    let path = &document["paths"]["/api/v1/lines/{id}/capture"]["get"];
    let schema = &path["responses"]["200"]["content"]["application/x-ndjson"]["schema"];
    let data = Record { at: Some(Timestamp::UNIX_EPOCH), io: Io::Input, data: vec![0x53], note: None };
    for record in [data, Record::note(Timestamp::UNIX_EPOCH, "lost".to_owned())] {
        check(&document, schema, &serde_json::from_str(&record.to_string()).unwrap(), "record");
    }
}

#[tokio::test]
async fn every_address_of_the_api_is_described() {
    let document = document(&Served::start().await).await;
    let described: BTreeSet<&str> =
        document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let source = include_str!("../mod.rs");
    let api = source.split("fn api_router").nth(1).unwrap();
    let routed: BTreeSet<String> = api
        .split(".route(\"")
        .skip(1)
        .map(|rest| format!("/api/v1{}", rest.split('"').next().unwrap()))
        .collect();
    assert_eq!(described, routed.iter().map(String::as_str).collect());
}

#[tokio::test]
async fn what_is_no_json_and_what_asks_for_too_much_is_answered_as_described() {
    let served = Served::start().await;
    let document = document(&served).await;
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in paths {
        for (_, operation) in
            methods.as_object().unwrap().iter().filter(|(_, it)| it["requestBody"].is_object())
        {
            assert!(operation["responses"]["415"].is_object(), "{path}");
        }
    }
    for path in ["/api/v1/cards", "/api/v1/cards/deactivate"] {
        let answer = served.post(path).basic_auth("mara", Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), 415, "{path}");
    }
    for (count, status) in [("1000", 200), ("1001", 400), ("-1", 400)] {
        let request = served.get(&format!("/api/v1/scim/operations?count={count}"));
        let answer = request.basic_auth("vera", Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{count}");
    }
}
