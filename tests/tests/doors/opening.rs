//! Doors in ordinary use, by every kind of hardware.

use serde_json::json;
use tests::eventually;

use crate::rig::Rig;

/// Readers on every kind of wire, with the device and the output of each one's lock.
const READERS: [(&str, (&str, usize)); 3] =
    [("turnstile", ("turnstile", 0)), ("gate-reader", ("relays", 1)), ("yard-reader", ("roof-relays", 3))];

/// Their doors.
const DOORS: [&str; 3] = ["turnstile", "gate", "yard"];

#[tokio::test]
async fn a_card_opens_the_door_of_an_osdp_reader_and_another_does_not() {
    let rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    let swiped = rig.swipe("turnstile", 1234).await;
    assert_eq!(
        json!([swiped["granted"], swiped["reason"], swiped["decided_by"]]),
        json!([true, "granted", "gateway"])
    );
    assert!(swiped["latency_us"].as_u64().unwrap() < 1_000_000, "{swiped}");
    rig.output_is("turnstile", 0, true).await;
    let light = async || rig.sim.controller("turnstile").await["led"].clone();
    eventually("its light is green", light, |light| *light == "green").await;
    rig.output_is("turnstile", 0, false).await;
    let refused = rig.swipe("turnstile", 1235).await;
    assert_eq!(json!([refused["granted"], refused["decided_by"]]), json!([false, "gateway"]));
    assert_eq!(rig.switched_on("turnstile", 0).await, 1);
    let events = async || rig.events().await;
    let events = eventually("both cards are logged", events, |events| events.len() == 2).await;
    assert_eq!(json!([events[0]["reason"], events[0]["granted"]]), json!(["unknown_card", false]));
    assert_eq!(json!([events[1]["who"], events[1]["door"]]), json!(["ada", "Turnstile"]));
}

#[tokio::test]
async fn a_card_right_behind_another_has_an_answer_of_its_own() {
    let rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    for _ in 0..5 {
        for (number, granted) in [(1234, true), (1235, false)] {
            let swiped = rig.swipe("turnstile", number).await;
            assert_eq!(swiped["granted"], granted, "{number}: {swiped}");
        }
    }
}

#[tokio::test]
async fn a_card_at_an_adapter_switches_the_relay_of_a_board_and_the_contact_of_a_third_device_shows_the_door()
{
    let rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    rig.input("roof-relays", 0, true).await;
    rig.told("gate", "forced").await;
    rig.input("roof-relays", 0, false).await;
    gate_is(&rig, "closed").await;
    let swiped = rig.swipe("gate-reader", 1234).await;
    assert_eq!(json!([swiped["granted"], swiped["decided_by"]]), json!([true, "gateway"]));
    rig.input("roof-relays", 0, true).await;
    gate_is(&rig, "open").await;
    rig.output_is("relays", 1, false).await;
    let refused = rig.event_of("gate-reader", 1235).await;
    assert_eq!(json!([refused["door"], refused["reason"]]), json!(["Gate", "unknown_card"]));
    assert_eq!(rig.switched_on("relays", 1).await, 1, "by the board's own timer, once");
    let forced = rig.told_so_far("gate", "forced").await.len();
    assert_eq!(forced, 1, "whoever was let in forced nothing");
}

/// Waits until the gateway sees the gate open or closed.
async fn gate_is(rig: &Rig, wanted: &str) {
    let open = async || rig.state("gate").await["open"].clone();
    eventually(&format!("the gate is {wanted}"), open, |open| *open == (wanted == "open")).await;
}

#[tokio::test]
async fn a_button_pressed_for_a_moment_at_a_board_lets_people_out() {
    let rig = Rig::start().await;
    rig.input("roof-relays", 1, true).await;
    rig.told("gate", "request_to_exit").await;
    rig.input("roof-relays", 1, false).await;
    rig.output_is("relays", 1, true).await;
}

#[tokio::test]
async fn a_board_in_the_network_that_times_nothing_is_switched_off_by_the_gateway() {
    let rig = Rig::start().await;
    let (done, said) = rig.door("roof", &["unlock", "--reason", "chimney sweep"]).await;
    assert!(done, "{said}");
    assert_eq!(rig.switched_on("roof-relays", 2).await, 1, "confirmed before the command ends");
    rig.output_is("roof-relays", 2, false).await;
    let told = rig.told("roof", "unlocked").await;
    assert_eq!(told["reason"], "chimney sweep");
}

#[tokio::test]
async fn one_who_is_revoked_is_refused_at_every_reader_from_the_answer_on() {
    let rig = Rig::start().await;
    let id = rig.give_card("ada", 1234).await;
    for (reader, (lock, output)) in READERS {
        assert_eq!(rig.swipe(reader, 1234).await["granted"], true, "{reader}");
        rig.output_is(lock, output, false).await;
    }
    rig.gateway.scim().set_active(&id, false).await;
    for (reader, (lock, output)) in READERS {
        let refused = rig.event_of(reader, 1234).await;
        assert_eq!(json!([refused["granted"], refused["who"]]), json!([false, "ada"]), "{refused}");
        assert_eq!(rig.switched_on(lock, output).await, 1, "{reader}");
    }
}

#[tokio::test]
async fn a_restart_forgets_no_mode_at_any_door() {
    let mut rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    order_everywhere(&rig, &["lockdown", "--reason", "intruder"]).await;
    rig.gateway.kill();
    rig.gateway.restart().await;
    rig.ready().await;
    for (reader, (lock, output)) in READERS {
        let refused = rig.event_of(reader, 1234).await;
        assert_eq!(json!([refused["granted"], refused["reason"]]), json!([false, "lockdown"]), "{refused}");
        assert_eq!(rig.switched_on(lock, output).await, 0);
    }
    for (door, (reader, _)) in DOORS.into_iter().zip(READERS) {
        assert_eq!(rig.state(door).await["mode"], "lockdown");
        assert!(rig.door(door, &["normal"]).await.0);
        rig.event_of(reader, 9999).await; // at an adapter the same card at once again is one that stays
        assert_eq!(rig.swipe(reader, 1234).await["granted"], true);
    }
}

#[tokio::test]
async fn all_is_well_while_readers_and_boards_are_there_and_each_is_counted_as_what_it_is() {
    let rig = Rig::start().await;
    let verdict = rig.gateway.api().site().await["verdict"]["text"].clone();
    let words = "All well: 1 reader online, 2 I/O boards online, 2 not supervised, nobody exposed.";
    assert_eq!(verdict, words);
}

/// Orders the same at every door with a reader.
async fn order_everywhere(rig: &Rig, arguments: &[&str]) {
    for door in DOORS {
        let (done, said) = rig.door(door, arguments).await;
        assert!(done, "{door}: {said}");
    }
}

/// What a card comes to: its number, what is ordered before, whether it is granted, why. At an adapter the same card twice within
/// two seconds is one that stays before the reader, so no two rows in a row have one card.
const DECISIONS: [(u64, &[&str], bool, &str); 8] = [
    (1234, &["normal"], true, "granted"),
    (9999, &["normal"], false, "unknown_card"),
    (1235, &["normal"], false, "unknown_card"),
    (1234, &["lock", "--reason", "closed"], false, "door_locked"),
    (9999, &["lockdown", "--reason", "intruder"], false, "unknown_card"),
    (1234, &["lockdown", "--reason", "intruder"], false, "lockdown"),
    (1235, &["normal"], false, "unknown_card"),
    (1234, &["normal"], true, "granted"),
];

#[tokio::test]
async fn the_same_is_decided_on_every_wire() {
    let rig = Rig::start().await;
    rig.give_card("ada", 1234).await;
    let bob = rig.give_card("bob", 1235).await;
    rig.gateway.scim().set_active(&bob, false).await;
    for (number, order, granted, reason) in DECISIONS {
        order_everywhere(&rig, order).await;
        for (reader, (lock, output)) in READERS {
            let event = rig.event_of(reader, number).await;
            let decided = json!([event["granted"], event["reason"]]);
            assert_eq!(decided, json!([granted, reason]), "card {number}, {order:?}, at {reader}: {event}");
            rig.output_is(lock, output, granted).await;
            rig.output_is(lock, output, false).await;
        }
    }
    for (_, (lock, output)) in READERS {
        assert_eq!(rig.switched_on(lock, output).await, 2);
    }
}
