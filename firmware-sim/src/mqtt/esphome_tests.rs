use panel_protocol::wiegand::H10301;

use super::*;
use crate::mqtt::bench::{Bench, only};

fn node() -> (Bench<EspHome>, Vec<Message>) {
    Bench::connected(EspHome::new(&EspHomeConfig::new("porch")))
}

fn states(said: &[Message]) -> Vec<(&str, &str)> {
    said.iter()
        .map(|message| (message.topic.as_str(), std::str::from_utf8(&message.payload).unwrap()))
        .collect()
}

#[test]
fn it_says_that_it_is_there_what_it_has_and_how_that_is() {
    let (node, greeting) = node();
    assert!(greeting.iter().all(|message| message.retain));
    let said = states(&greeting);
    assert_eq!(said[0], ("porch/status", "online"));
    assert_eq!(said[1].0, "homeassistant/lock/porch/door/config");
    for state in [
        ("porch/lock/door/state", "LOCKED"),
        ("porch/switch/strike/state", "OFF"),
        ("porch/binary_sensor/contact/state", "OFF"),
    ] {
        assert!(said.contains(&state), "{state:?}");
    }
    let will = node.firmware.terms().will.unwrap();
    assert_eq!(
        (will.topic.as_str(), will.payload.as_slice(), will.retain),
        ("porch/status", &b"offline"[..], true)
    );
}

#[test]
fn a_card_is_told_raw_and_as_a_tag() {
    let (mut node, _) = node();
    let card = H10301.encode(100, 1_234).unwrap();
    assert_eq!(node.firmware.present(node.at(), 0, card, None), Decision::Gateway);
    let said = node.said();
    let raw = only(&said[..1]);
    assert_eq!(raw, json!({ "bits": 26, "value": card.raw(), "ms": raw["ms"].as_u64().unwrap() }));
    assert_eq!(states(&said)[1], ("porch/wiegand/tag", "6554834"));
}

#[test]
fn it_says_who_it_is_to_whoever_asks() {
    let (mut node, _) = node();
    for topic in ["esphome/ping/porch", "esphome/discover"] {
        let said = node.hear(topic, "");
        assert_eq!((said[0].topic.as_str(), said[0].retain), ("esphome/discover/porch", true));
        assert_eq!(only(&said)["name"], "porch");
    }
}

#[test]
fn open_and_strike_end_by_themselves_and_unlock_does_not() {
    let (mut node, _) = node();
    for (topic, payload) in [("porch/lock/door/command", "OPEN"), ("porch/switch/strike/command", "ON")] {
        let said = node.hear(topic, payload);
        assert_eq!(states(&said)[0], ("porch/lock/door/state", "UNLOCKED"));
        let said = node.wait(STRIKE);
        assert_eq!(states(&said)[0], ("porch/lock/door/state", "LOCKED"));
    }
    node.hear("porch/lock/door/command", "UNLOCK");
    assert!(node.wait(STRIKE * 10).is_empty());
    assert_eq!(
        states(&node.hear("porch/lock/door/command", "LOCK"))[1],
        ("porch/switch/strike/state", "OFF")
    );
    assert_eq!(node.firmware.released(0), 3);
    assert!(node.hear("porch/lock/door/command", "open").is_empty(), "its words are in capitals");
}

#[test]
fn inputs_are_told_when_they_change() {
    let (mut node, _) = node();
    let said = node.tell(Input::Contact(Contact::Open));
    assert_eq!(states(&said), [("porch/binary_sensor/contact/state", "ON")]);
    assert!(node.tell(Input::Contact(Contact::Open)).is_empty());
    assert_eq!(states(&node.tell(Input::RequestToExit(true))), [("porch/binary_sensor/exit/state", "ON")]);
    assert_eq!(states(&node.tell(Input::Tamper(true))), [("porch/binary_sensor/tamper/state", "ON")]);
}
