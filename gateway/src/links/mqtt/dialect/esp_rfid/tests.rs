//! A board's messages as its firmware writes them, and as somebody writes them who means no good.

use std::time::Duration;

use panel_protocol::decide::Reason;
use panel_protocol::table::Row;
use panel_protocol::time::{Micros, UtcSeconds};
use panel_protocol::wiegand::H10301;
use serde_json::{Value, json};

use super::*;
use crate::domain::{Became, DeviceCondition, with_parity};
use crate::links::mqtt::limits::{ANSWER_TIMEOUT, HELLO_TIMEOUT, LIST_SILENCE, QUIET_TIME};
use crate::links::mqtt::message::Quality;
use crate::links::mqtt::talk::{Input, Output, Talk};
use crate::links::{Decided, Heard};
use crate::sync::{Answer, Failure, ListedRow, Operation, Room};

const IP: &str = "192.0.2.31";

struct Rig {
    talk: Conversation,
    now: Micros,
}

impl Rig {
    fn new() -> Self {
        let board = EspRfid {
            topic: "/esprfid".to_owned(),
            ip: IP.parse().unwrap(),
            numbers: Numbers::Hexadecimal,
            bits: 26,
            neighbours: vec!["192.0.2.32".parse().unwrap()],
        };
        Self { talk: Conversation::new(board), now: Micros(1_000_000) }
    }

    /// One whose board has answered.
    fn online() -> Self {
        let mut rig = Self::new();
        rig.talk.handle(rig.now, Input::BrokerUp);
        rig.outputs();
        rig.acknowledge("deletuid");
        rig.outputs();
        rig
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.talk.poll_output()).collect()
    }

    fn say(&mut self, message: &Value) {
        self.say_raw(message.to_string().as_bytes(), false);
    }

    fn say_raw(&mut self, payload: &[u8], retained: bool) {
        self.talk.handle(self.now, Input::Said { topic: "/esprfid/send", payload, retained });
    }

    fn acknowledge(&mut self, word: &str) {
        self.say(&json!({ "type": word, "ip": IP, "hostname": "yard" }));
    }

    fn wait(&mut self, span: Duration) {
        self.now = self.now + span;
        self.talk.handle(self.now, Input::Due);
    }

    fn offer(&mut self, fill: impl Fn(&mut dyn Room) -> bool) {
        assert!(self.talk.is_free(self.now));
        assert!(self.talk.offer(self.now, &mut |room| fill(room)));
    }

    /// What it is told next, and nothing else.
    fn told(&mut self) -> Value {
        match &self.outputs()[..] {
            [Output::Transmit(message)] => {
                assert_eq!((message.topic.as_str(), message.quality), ("/esprfid/cmd", Quality::ExactlyOnce));
                serde_json::from_slice(&message.payload).unwrap()
            }
            other => panic!("{other:?}"),
        }
    }
}

fn row() -> Row {
    let (from, until) = (Some(UtcSeconds(1_000)), Some(UtcSeconds(2_000)));
    Row { valid_from: from, valid_until: until, ..Row::new(H10301.encode(100, 1234).unwrap(), 0) }
}

fn conditions(outputs: &[Output]) -> Vec<DeviceCondition> {
    let is = |output: &Output| match output {
        Output::Became(Became::Condition { is, .. }) => Some(*is),
        _ => None,
    };
    outputs.iter().filter_map(is).collect()
}

#[test]
fn it_is_asked_something_harmless_and_is_online_when_it_answers_that() {
    let mut rig = Rig::new();
    rig.talk.handle(rig.now, Input::BrokerUp);
    assert_eq!(rig.told(), json!({ "cmd": "deletuid", "doorip": IP, "uid": "none" }));
    rig.say(&json!({ "type": "deletuid", "ip": "192.0.2.32", "hostname": "dock" }));
    assert_eq!(rig.outputs(), [], "that was the neighbour");
    assert!(!rig.talk.is_free(rig.now));
    rig.acknowledge("deletuid");
    assert_eq!(conditions(&rig.outputs()), [DeviceCondition::Online]);
    assert!(rig.talk.is_free(rig.now));
    rig.say(&json!({ "type": "heartbeat", "time": 1, "uptime": "9", "ip": IP, "hostname": "yard" }));
    assert_eq!(rig.outputs(), []);
    rig.say(&json!({ "type": "boot", "time": 1, "uptime": "0", "ip": IP, "hostname": "yard" }));
    assert_eq!(conditions(&rig.outputs()), [DeviceCondition::Online], "it may hold anything now");
    rig.wait(QUIET_TIME);
    assert_eq!(rig.told()["uid"], "none");
    rig.wait(HELLO_TIMEOUT);
    rig.wait(HELLO_TIMEOUT);
    rig.wait(HELLO_TIMEOUT);
    assert_eq!(conditions(&rig.outputs()), [DeviceCondition::Offline]);
}

#[test]
fn a_card_s_file_has_the_last_second_in_which_it_opens_and_no_name() {
    let mut rig = Rig::online();
    rig.offer(|room| room.put(&row()));
    let file = json!({
        "cmd": "adduser", "doorip": IP, "uid": "6404d2", "user": "card", "acctype": 1,
        "validsince": 1_000, "validuntil": 1_999,
    });
    assert_eq!(rig.told(), file);
    rig.acknowledge("deletuid");
    assert_eq!(rig.outputs(), [], "the acknowledgement of something else");
    rig.acknowledge("adduser");
    rig.acknowledge("adduser");
    assert_eq!(rig.outputs(), [Output::Answered(Answer::Acknowledged)]);
    rig.offer(|room| room.put(&Row::new(row().credential, 0)));
    assert_eq!(rig.told()["validuntil"], 4_102_444_800_u32, "without an end it would count as expired");
    rig.wait(ANSWER_TIMEOUT);
    assert!(rig.outputs().contains(&Output::Failed(Failure::Lost)));
    assert!(!rig.talk.is_free(rig.now), "it has to answer first");
}

#[test]
fn a_card_that_its_reader_can_t_read_has_no_place_there() {
    let mut rig = Rig::online();
    let long = with_parity(34, 5).unwrap();
    assert!(!rig.talk.offer(rig.now, &mut |room| room.put(&Row::new(long, 0))));
    rig.offer(|room| room.delete_named("deadbeef") && !room.delete(row().credential));
    assert_eq!(rig.told(), json!({ "cmd": "deletuid", "doorip": IP, "uid": "deadbeef" }));
}

#[test]
fn a_list_ends_by_silence_and_by_the_answer_to_what_was_sent_behind_it() {
    let mut rig = Rig::online();
    rig.offer(|room| room.operation(&Operation::List));
    assert_eq!(rig.told()["cmd"], "getuserlist");
    let ours = |uid: &str, more: Value| {
        let mut file = json!({
            "cmd": "adduser", "doorip": IP, "uid": uid, "user": "card", "acctype": 1, "validsince": 1_000,
            "validuntil": 1_999,
        });
        file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        file
    };
    rig.say(&ours("6404d2", json!({})));
    rig.say(&ours("6404d3", json!({ "acctype": 99 })));
    rig.say(&ours("6404d4", json!({ "pincode": "1234" })));
    rig.say(&ours("deadbeef", json!({})));
    rig.say(&ours("006404D2", json!({})));
    rig.say(&ours("6404d5", json!({ "doorip": "192.0.2.32" })));
    rig.say(&json!({ "cmd": "userfile", "uid": "6404d6", "user": "by hand", "acctype": 1 }));
    rig.acknowledge("deletuid");
    assert_eq!(rig.outputs(), [], "an acknowledgement from before");
    rig.wait(LIST_SILENCE);
    assert_eq!(rig.told()["uid"], "none");
    rig.say(&ours("6404d7", json!({})));
    rig.acknowledge("deletuid");
    let card = |number| H10301.encode(100, number).unwrap();
    let line = |number, row| ListedRow { credential: card(number), row };
    let rows = vec![
        line(1234, Some(row())),
        line(1235, None),
        line(1236, None),
        line(1238, None),
        line(1239, Some(Row { credential: card(1239), ..row() })),
    ];
    let strays = ["deadbeef", "006404D2"].map(ToOwned::to_owned).to_vec();
    assert_eq!(rig.outputs(), [Output::Answered(Answer::Listed { rows, strays })]);
}

#[test]
fn a_list_gives_way_and_a_message_that_found_no_memory_is_sent_again() {
    let mut rig = Rig::online();
    rig.offer(|room| room.operation(&Operation::List));
    rig.outputs();
    rig.talk.give_way(rig.now);
    assert_eq!(rig.outputs(), [Output::Failed(Failure::Lost)]);
    rig.offer(|room| room.delete(row().credential));
    assert_eq!(rig.told()["uid"], "6404d2");
    rig.talk.give_way(rig.now);
    assert_eq!(rig.outputs(), [], "what deletes gives way to nothing");
    let dropped = |hostname: &str| {
        json!({
            "cmd": "event", "type": "ERRO", "src": "mqtt", "desc": "Dropping MQTT message, out of memory",
            "data": "", "time": 5, "hostname": hostname,
        })
    };
    rig.say(&dropped("dock"));
    assert_eq!(rig.outputs(), []);
    rig.say(&dropped("yard"));
    assert_eq!(rig.outputs(), [Output::Failed(Failure::Lost)]);
    assert!(!rig.talk.is_free(rig.now) && rig.talk.spared_until().is_some());
}

#[test]
fn what_it_has_decided_is_told_once_with_its_time_and_of_no_other_board() {
    let mut rig = Rig::online();
    let access = |hostname: &str, uid: &str, word: Value, time: u32| {
        json!({
            "type": "access", "time": time, "isKnown": "true", "access": word, "username": "card", "uid": uid,
            "hostname": hostname, "doorName": "Door 1",
        })
    };
    rig.say(&access("yard", "6404d2", json!("Always"), 7));
    rig.say(&access("yard", "6404d2", json!("Always"), 7));
    rig.say(&access("dock", "6404d2", json!("Always"), 8));
    rig.say(&access("yard", "6404d2", json!(["Expired", "Always"]), 9));
    rig.say(&access("yard", "deadbeef", json!("Denied"), 10));
    rig.say(&access("yard", " ", json!("Always"), 11));
    rig.say_raw(access("yard", "6404d2", json!("Always"), 12).to_string().as_bytes(), true);
    let heard: Vec<Decided> = rig
        .outputs()
        .into_iter()
        .map(|output| match output {
            Output::Heard(Heard::Decided(decided)) => decided,
            other => panic!("{other:?}"),
        })
        .collect();
    let decided = |card, reason, at| Decided { reader: 0, card, reason, at_s: Some(at) };
    let long = panel_protocol::credential::Credential::new(32, 0xdead_beef).unwrap();
    assert_eq!(
        heard,
        [
            decided(row().credential, Reason::Granted, 7),
            decided(row().credential, Reason::Expired, 9),
            decided(long, Reason::UnknownCard, 10),
        ]
    );
}

#[test]
fn version_1_3_is_told_apart_and_refused_in_words() {
    let mut rig = Rig::new();
    rig.talk.handle(rig.now, Input::BrokerUp);
    rig.outputs();
    rig.say(&json!({ "type": "boot", "time": 5, "Wifi SSID": "site", "Local IP": IP }));
    let told = rig.outputs();
    assert_eq!(conditions(&told), [DeviceCondition::Unsupported]);
    let Output::Became(became) = &told[0] else { panic!() };
    assert!(became.why().contains("version 2"), "{became:?}");
    assert!(!rig.talk.is_free(rig.now));
    for _ in 0..4 {
        rig.wait(Duration::from_secs(60));
    }
    assert_eq!(conditions(&rig.outputs()), [], "it goes on to be that");
    rig.acknowledge("deletuid");
    assert_eq!(conditions(&rig.outputs()), [DeviceCondition::Online], "until version 2 is on it");
}

#[test]
fn hostile_payloads_change_nothing() {
    let mut rig = Rig::online();
    rig.offer(|room| room.operation(&Operation::List));
    rig.outputs();
    let nested = "[".repeat(8_000) + &"]".repeat(8_000);
    let long = format!("{{\"cmd\":\"adduser\",\"uid\":\"{}\"}}", "f".repeat(10_000));
    for payload in [
        "",
        "NaN",
        "{\"cmd\":NaN}",
        "[]",
        "null",
        "{}",
        &nested,
        &long,
        "{\"type\":\"access\",\"access\":7,\"uid\":[],\"time\":\"x\"}",
        "{\"type\":\"access\",\"access\":[],\"uid\":\"1\"}",
        "{\"type\":\"boot\",\"ip\":7,\"hostname\":{}}",
        "{\"type\":\"adduser\",\"ip\":\"x\",\"hostname\":\"yard\"}",
        "{\"cmd\":\"adduser\",\"uid\":7}",
        "\u{0}\u{1}",
    ] {
        rig.say_raw(payload.as_bytes(), false);
    }
    rig.say_raw(&[0xFF, 0xFE], false);
    rig.say_raw(json!({ "type": "deletuid", "ip": IP, "hostname": "yard" }).to_string().as_bytes(), true);
    let remark = |output: &Output| matches!(output, Output::Became(Became::Remark { .. }));
    let outputs = rig.outputs();
    assert!(outputs.len() == 1 && remark(&outputs[0]), "told once: {outputs:?}");
    rig.wait(LIST_SILENCE);
    rig.acknowledge("deletuid");
    let listed = rig.outputs().pop().unwrap();
    assert_eq!(listed, Output::Answered(Answer::Listed { rows: vec![], strays: vec![] }));
}
