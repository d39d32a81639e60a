//! What goes wrong on the wires and at the devices: no door opens by it, and none stays open.

use serde_json::{Value, json};
use tests::eventually;

use crate::rig::{Hardware, Rig};

async fn reached(rig: &Rig, door: &str, reached: bool) {
    let state = async || rig.state(door).await["lock_reached"].clone();
    eventually(&format!("{door}'s lock: {reached}"), state, |seen| *seen == reached).await;
}

#[tokio::test]
async fn a_pair_that_is_cut_while_a_relay_is_on_opens_nothing_when_it_returns() {
    let rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    assert_eq!(rig.swipe("gate-reader", 1234).await["granted"], true);
    rig.sim.faults("annex", &json!({ "cut": true })).await;
    rig.output_is("relays", 1, false).await;
    reached(&rig, "gate", false).await;
    let refused = rig.event_of("gate-reader", 1234).await;
    assert_eq!(
        json!([refused["granted"], refused["reason_text"]]),
        json!([false, "the door's lock can't be reached"]),
        "{refused}"
    );
    rig.sim.faults("annex", &json!({})).await;
    reached(&rig, "gate", true).await;
    rig.told("gate", "lock_back").await;
    assert_eq!(rig.switched_on("relays", 1).await, 1, "what was wanted meanwhile is not wanted any more");
    assert_eq!(rig.swipe("gate-reader", 1234).await["granted"], true);
}

#[tokio::test]
async fn an_osdp_line_that_is_cut_while_the_lock_is_let_go_opens_nothing_when_it_returns() {
    let rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    assert_eq!(rig.swipe("turnstile", 1234).await["granted"], true);
    rig.sim.faults("north", &json!({ "cut": true })).await;
    rig.output_is("turnstile", 0, false).await;
    reached(&rig, "turnstile", false).await;
    rig.sim.faults("north", &json!({})).await;
    reached(&rig, "turnstile", true).await;
    assert_eq!(rig.switched_on("turnstile", 0).await, 1);
}

#[tokio::test]
async fn replies_that_come_late_are_never_taken_for_others() {
    let rig = Rig::start().await;
    for line in ["annex", "roof"] {
        let (door, board, output) =
            if line == "annex" { ("gate", "relays", 1) } else { ("roof", "roof-relays", 2) };
        rig.sim.faults(line, &json!({ "delay_ms": 1200 })).await;
        reached(&rig, door, false).await;
        rig.sim.faults(line, &json!({})).await;
        reached(&rig, door, true).await;
        rig.output_is(board, output, false).await;
        let before = rig.switched_on(board, output).await;
        let (done, said) = rig.door(door, &["unlock"]).await;
        assert!(done, "{said}");
        assert_eq!(rig.switched_on(board, output).await, before + 1);
        rig.output_is(board, output, false).await;
    }
    let forged = async || rig.gateway.api().site().await["alarms"].clone();
    eventually("nothing is taken for what it is not", forged, |alarms| *alarms == json!([])).await;
}

#[tokio::test]
async fn boards_that_answer_after_800_ms_work() {
    let rig = Rig::with(Hardware { answers_after_ms: 800, ..Hardware::default() }).await;
    rig.give_card("ada", 1234).await;
    assert_eq!(rig.swipe("gate-reader", 1234).await["granted"], true);
    rig.output_is("relays", 1, false).await;
    let (done, said) = rig.door("roof", &["unlock"]).await;
    assert!(done, "{said}");
    rig.output_is("roof-relays", 2, false).await;
    assert_eq!(rig.gateway.api().site().await["alarms"], json!([]));
}

#[tokio::test]
async fn a_board_that_loses_its_power_is_noticed_and_its_relay_is_not_switched_on_again() {
    let rig = Rig::start().await;
    let (done, said) = rig.door("gate", &["hold", "--minutes", "30", "--reason", "fair"]).await;
    assert!(done, "{said}");
    rig.output_is("relays", 1, true).await;
    rig.sim.power("relays", "off").await;
    reached(&rig, "gate", false).await;
    let (done, said) = rig.door("gate", &["normal"]).await;
    assert!(done, "{said}");
    rig.sim.power("relays", "on").await;
    reached(&rig, "gate", true).await;
    let board = rig.sim.controller("relays").await;
    assert_eq!(json!([board["outputs"][1], board["switched_on"][1]]), json!([false, 0]));
}

#[tokio::test]
async fn an_adapter_that_repeats_a_frame_presents_one_card() {
    let rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    rig.give_card("bob", 1235).await;
    rig.sim.faults("gate", &json!({ "repeat_rate": 1.0, "seed": 1 })).await;
    let event = rig.event_of("gate-reader", 1234).await;
    assert_eq!(event["granted"], true);
    rig.adapter_has_said(2).await;
    rig.sim.faults("gate", &json!({ "seed": 1 })).await;
    rig.output_is("relays", 1, false).await;
    let event = rig.event_of("gate-reader", 1235).await;
    assert_eq!(event["who"], "bob");
    let cards = rig.events().await.iter().filter(|event| event["who"] == "ada").count();
    assert_eq!((cards, rig.switched_on("relays", 1).await), (1, 2));
}

#[tokio::test]
async fn frames_that_are_mixed_or_lost_open_nothing() {
    let rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    rig.sim.faults("gate", &json!({ "mix_rate": 1.0, "seed": 1 })).await;
    let mixed = rig.begin_swipe("gate-reader", 1234);
    rig.adapter_has_said(1).await;
    rig.sim.faults("gate", &json!({ "drop_rate": 1.0, "seed": 1 })).await;
    let lost = rig.begin_swipe("gate-reader", 1234);
    for swiped in [mixed, lost] {
        assert_eq!(swiped.await.unwrap()["granted"], Value::Null);
    }
    let opened = rig.events().await.iter().filter(|event| event["granted"] == true).count();
    assert_eq!((opened, rig.switched_on("relays", 1).await), (0, 0));
    rig.sim.faults("gate", &json!({})).await;
    assert_eq!(rig.swipe("gate-reader", 1234).await["granted"], true);
}

#[tokio::test]
async fn another_reader_in_its_place_opens_nothing() {
    let mut rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    assert_eq!(rig.swipe("turnstile", 1234).await["granted"], true);
    rig.replace_hardware(&Hardware { serial: 8, ..Hardware::default() }).await;
    let state = async || rig.gateway.api().site().await["controllers"][0]["state"].clone();
    eventually("another device is told of", state, |state| *state == "swapped").await;
    let swiped = rig.swipe("turnstile", 1234).await;
    assert_ne!(swiped["granted"], true, "{swiped}");
    assert_eq!(rig.switched_on("turnstile", 0).await, 0);
}

#[tokio::test]
async fn what_an_adapter_said_while_the_box_was_away_opens_nothing_when_it_is_back() {
    let mut rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    rig.gateway.kill();
    drop(rig.begin_swipe("gate-reader", 1234));
    drop(rig.begin_swipe("turnstile", 1234));
    rig.adapter_has_said(1).await;
    rig.gateway.restart().await;
    rig.ready().await;
    assert_eq!(rig.switched_on("relays", 1).await + rig.switched_on("turnstile", 0).await, 0);
    assert_eq!(rig.swipe("gate-reader", 1234).await["granted"], true);
}
