//! Tasmota and ESPHome: the gateway decides, and the device's own timer locks again.

use panel_protocol::wiegand::H10301;
use serde_json::{Value, json};
use tests::eventually;

use crate::rig::{Broker, Rig};

/// The outputs of a device that are on.
async fn is_open(rig: &Rig, device: &str) -> bool {
    rig.simulator.controller(device).await["outputs"][0] == true
}

async fn door(rig: &Rig, id: &str) -> Value {
    let controller = rig.gateway.api().controller(id).await;
    controller["doors"][0]["state"].clone()
}

async fn ready(rig: &Rig) {
    for id in ["gate", "porch"] {
        rig.is(id, "online").await;
        let look = async || door(rig, id).await;
        let known = |state: &Value| state["lock_reached"] == true && state["open"] == false;
        eventually(&format!("{id} is known"), look, known).await;
    }
}

async fn story(rig: &Rig) {
    ready(rig).await;
    let scim = rig.gateway.scim();
    let ada = scim.create("ada", Some("1234")).await;
    for id in ["gate", "porch"] {
        let swiped = rig.simulator.swipe(id, 1234).await;
        assert_eq!(json!([swiped["granted"], swiped["decided_by"]]), json!([true, "gateway"]), "{id}");
        let look = async || is_open(rig, id).await;
        eventually(&format!("{id} locks by its own timer"), look, |open| !open).await;

        rig.simulator.post(&format!("/controllers/{id}/door"), &json!({ "rex": true })).await;
        eventually(&format!("{id} lets somebody out"), look, |open| *open).await;
        rig.simulator.post(&format!("/controllers/{id}/door"), &json!({ "rex": false })).await;
        eventually(&format!("{id} locks again"), look, |open| !open).await;

        rig.simulator.post(&format!("/controllers/{id}/door"), &json!({ "contact": "open" })).await;
        let opened = async || door(rig, id).await;
        eventually(&format!("{id} is told as open"), opened, |state| state["open"] == true).await;
        rig.simulator.post(&format!("/controllers/{id}/door"), &json!({ "contact": "closed" })).await;
        eventually(&format!("{id} is told as shut"), opened, |state| state["open"] == false).await;
    }
    scim.set_active(&ada, false).await;
    let (gate, porch) = tokio::join!(rig.simulator.swipe("gate", 1234), rig.simulator.swipe("porch", 1234));
    for swiped in [gate, porch] {
        assert_eq!(swiped["granted"], Value::Null, "nobody opened: {swiped}");
    }
    let events = rig.gateway.api().site().await["events"].clone();
    let refused = |event: &Value| event["reason"] == "unknown_card" && event["granted"] == false;
    assert_eq!(events.as_array().unwrap().iter().filter(|event| refused(event)).count(), 2, "{events:#}");
}

#[tokio::test]
async fn a_card_opens_for_its_time_and_one_that_was_revoked_does_not_over_the_broker_inside() {
    story(&Rig::start(Broker::Embedded).await).await;
}

#[tokio::test]
async fn a_card_opens_for_its_time_and_one_that_was_revoked_does_not_over_mosquitto() {
    story(&Rig::start(Broker::Mosquitto).await).await;
}

#[tokio::test]
async fn nothing_that_a_broker_kept_or_another_device_says_opens_a_door() {
    let mut rig = Rig::start(Broker::Embedded).await;
    ready(&rig).await;
    rig.gateway.scim().create("ada", Some("1234")).await;
    let card =
        json!({ "Time": "2026-11-30T12:00:00", "Wiegand": { "UID": 6_554_834, "Size": 26 } }).to_string();
    let raw = json!({ "bits": 26, "value": H10301.encode(100, 1234).unwrap().raw(), "ms": 1 }).to_string();
    // Another device's secret reaches no topic of theirs, and can't order a door open.
    let other = rig.thief("dock", &["/esprfid/cmd"]).await;
    for topic in ["cmnd/gate/POWER1", "porch/lock/door/command", "tele/gate/SENSOR", "porch/wiegand/raw"] {
        let payload = if topic.ends_with("command") { "OPEN".to_owned() } else { card.clone() };
        other.publish(topic, payload).await;
    }
    let gate = rig.thief("gate", &["cmnd/gate/#"]).await;
    let porch = rig.thief("porch", &["porch/lock/door/command"]).await;
    gate.retain("tele/gate/SENSOR", card.clone()).await;
    porch.retain("porch/wiegand/raw", raw).await;
    let events = async || rig.gateway.api().site().await["events"].as_array().unwrap().len();
    eventually("what came live has been decided", events, |count| *count == 2).await;
    // What is kept now is delivered once more when the gateway comes back, and is old then.
    for id in ["gate", "porch"] {
        let look = async || is_open(&rig, id).await;
        eventually(&format!("{id} is locked"), look, |open| !open).await;
    }
    rig.gateway.kill();
    rig.gateway.restart().await;
    ready(&rig).await;
    for id in ["gate", "porch"] {
        assert!(!is_open(&rig, id).await, "{id}");
    }
    let count = rig.gateway.api().site().await["events"].as_array().unwrap().len();
    assert_eq!(count, 2, "nothing was decided anew");
}

#[tokio::test]
async fn a_device_that_loses_its_power_is_told_by_its_will_and_comes_back() {
    let rig = Rig::start(Broker::Mosquitto).await;
    ready(&rig).await;
    for id in ["gate", "porch"] {
        rig.simulator.power(id, "off").await;
        rig.is(id, "offline").await;
        rig.simulator.power(id, "on").await;
        rig.is(id, "online").await;
    }
    ready(&rig).await;
}
