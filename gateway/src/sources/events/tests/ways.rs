//! Structured, binary and batch say the same, and so does the schema.

use serde_json::json;

use super::super::cloud::{BATCH, read};
use super::*;

#[test]
fn the_same_event_comes_in_every_mode() {
    let event = {
        let mut event = ada(1, json!({}));
        event["time"] = json!("2026-11-30T11:59:00Z");
        event["subject"] = json!("4711");
        event["traceparent"] = json!("00-1");
        event
    };
    let known = read(&structured(&event)).unwrap();
    let sent = |content_type: &str, body: String| Sent {
        content_type: content_type.to_owned(),
        attributes: Vec::new(),
        body: body.into_bytes(),
    };
    assert_eq!(read(&sent("application/cloudevents+json; charset=utf-8", event.to_string())).unwrap(), known);
    assert_eq!(read(&sent(BATCH, json!([event]).to_string())).unwrap(), known);
    // MQTT 3.1.1 has no media types.
    assert_eq!(read(&sent("", format!(" {event}"))).unwrap(), known);
    assert_eq!(read(&sent("", json!([event]).to_string())).unwrap(), known);
    let attributes = ["specversion", "id", "source", "type", "time", "subject"];
    let attributes = attributes.map(|name| (name.to_owned(), event[name].as_str().unwrap().to_owned()));
    let binary = Sent {
        content_type: "application/json".to_owned(),
        attributes: attributes.to_vec(),
        body: event["data"].to_string().into_bytes(),
    };
    assert_eq!(read(&binary).unwrap(), known);
    let again = Sent { body: known[0].structured(), ..sent(STRUCTURED, String::new()) };
    assert_eq!(read(&again).unwrap(), known, "what is kept of a dead letter is the event");
}

#[test]
fn the_shipped_schema_is_what_the_code_reads() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/events-in.schema.json");
    let shipped: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let made = vocabulary::schema();
    assert!(shipped == made, "config/events-in.schema.json should be:\n{made:#}");
    let types: Vec<&str> = made["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["properties"]["type"]["const"].as_str())
        .collect();
    assert_eq!(types, vocabulary::TYPES);
}
