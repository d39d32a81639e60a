//! A board's messages as its firmware writes them, and as somebody writes them who means no good.

use std::time::Duration;

use panel_protocol::time::{Micros, UtcSeconds};
use panel_protocol::wiegand::H10301;
use serde_json::{Value, json};
use tokio::sync::oneshot::{self, Receiver};

use super::*;
use crate::domain::{Became, DeviceCondition, InputState};
use crate::links::mqtt::limits::{HELLO_TIMEOUT, QUIET_TIME};
use crate::links::mqtt::message::Quality;
use crate::links::mqtt::talk::{Input, Output, Talk, Wish};
use crate::links::{ActuateError, Heard};

struct Rig {
    talk: Conversation,
    now: Micros,
}

impl Rig {
    fn new() -> Self {
        let board = Tasmota {
            topic: "gate".to_owned(),
            full_topic: "%prefix%/%topic%/".to_owned(),
            parity_kept: false,
        };
        let mut rig = Self { talk: Conversation::new(board), now: Micros(1_000_000) };
        rig.talk.handle(rig.now, Input::BrokerUp);
        rig
    }

    fn online() -> Self {
        let mut rig = Self::new();
        rig.answer("2026-11-30T12:00:00");
        rig.outputs();
        rig
    }

    fn answer(&mut self, time: &str) {
        let sensors = json!({ "StatusSNS": { "Time": time, "Switch1": "OFF", "Switch2": "ON" } });
        self.say("stat/gate/STATUS10", &sensors);
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.talk.poll_output()).collect()
    }

    fn say(&mut self, topic: &str, message: &Value) {
        self.say_raw(topic, message.to_string().as_bytes(), false);
    }

    fn say_raw(&mut self, topic: &str, payload: &[u8], retained: bool) {
        assert!(self.talk.hears(topic), "{topic}");
        self.talk.handle(self.now, Input::Said { topic, payload, retained });
    }

    fn wait(&mut self, span: Duration) {
        self.now = self.now + span;
        self.talk.handle(self.now, Input::Due);
    }

    fn actuate(&mut self, output: u8, tenths: u16) -> Receiver<Result<(), ActuateError>> {
        let (done, answer) = oneshot::channel();
        let until = self.now + Duration::from_secs(2);
        self.talk.actuate(self.now, Wish { output, tenths, until, not_after: UtcSeconds(1) }, done);
        answer
    }

    /// What it is told next, and nothing else.
    fn told(&mut self) -> (String, String, Quality) {
        match &self.outputs()[..] {
            [Output::Transmit(message)] => {
                let payload = String::from_utf8(message.payload.clone()).unwrap();
                (message.topic.clone(), payload, message.quality)
            }
            other => panic!("{other:?}"),
        }
    }
}

fn is(outputs: &[Output]) -> Vec<DeviceCondition> {
    let is = |output: &Output| match output {
        Output::Became(Became::Condition { is, .. }) => Some(*is),
        _ => None,
    };
    outputs.iter().filter_map(is).collect()
}

fn card(uid: &Value, size: u8, time: &str) -> Value {
    json!({ "Time": time, "Wiegand": { "UID": uid, "Size": size } })
}

#[test]
fn it_is_believed_when_it_answers_and_not_because_a_broker_kept_that_it_was_online() {
    let mut rig = Rig::new();
    assert_eq!(rig.told(), ("cmnd/gate/STATUS".to_owned(), "10".to_owned(), Quality::AtLeastOnce));
    rig.say_raw("tele/gate/LWT", b"Online", true);
    rig.say("tele/gate/SENSOR", &card(&json!(6_554_834), 26, "2026-11-30T12:00:00"));
    assert_eq!(rig.outputs(), [], "a card of a board that has not answered opens nothing");
    rig.answer("2026-11-30T12:00:00");
    let told = rig.outputs();
    assert_eq!(is(&told), [DeviceCondition::Online]);
    let Output::Heard(Heard::Inputs(inputs)) = &told[1] else { panic!("{told:?}") };
    assert_eq!(inputs[..3], [InputState::Inactive, InputState::Active, InputState::Unknown]);
    rig.say_raw("tele/gate/LWT", b"Offline", true);
    assert_eq!(rig.outputs(), [], "a stale last word");
    rig.say_raw("tele/gate/LWT", b"Offline", false);
    assert_eq!(is(&rig.outputs()), [DeviceCondition::Offline]);
    rig.say_raw("tele/gate/LWT", b"Online", false);
    assert_eq!(rig.told().1, "10");
    rig.answer("2026-11-30T12:00:01");
    assert_eq!(is(&rig.outputs()), [DeviceCondition::Online]);
    rig.wait(QUIET_TIME);
    (0..3).for_each(|_| rig.wait(HELLO_TIMEOUT));
    assert_eq!(is(&rig.outputs()), [DeviceCondition::Offline], "its last will has never come");
}

#[test]
fn a_card_is_whole_again_and_one_that_waited_somewhere_is_told_as_old() {
    let mut rig = Rig::online();
    let expected = H10301.encode(100, 1234).unwrap();
    let heard = |rig: &mut Rig| match &rig.outputs()[..] {
        [Output::Heard(Heard::Card { reader: 0, card, max_age })] => (*card, *max_age),
        other => panic!("{other:?}"),
    };
    rig.say("tele/gate/SENSOR", &card(&json!(6_554_834), 26, "2026-11-30T12:00:00"));
    assert_eq!(heard(&mut rig), (expected, Duration::ZERO));
    rig.say("tele/gate/SENSOR", &card(&json!("0x6404D2"), 26, "2026-11-30T12:00:00"));
    assert_eq!(heard(&mut rig), (expected, Duration::ZERO));
    rig.now = rig.now + Duration::from_secs(30);
    rig.say("tele/gate/SENSOR", &card(&json!(6_554_834), 26, "2026-11-30T12:00:00"));
    assert_eq!(heard(&mut rig), (expected, Duration::from_secs(30)));
    rig.say_raw(
        "tele/gate/SENSOR",
        card(&json!(6_554_834), 26, "2026-11-30T12:00:30").to_string().as_bytes(),
        true,
    );
    rig.say("tele/gate/SENSOR", &card(&json!(0), 0, "2026-11-30T12:00:30"));
    rig.say("tele/gate/SENSOR", &card(&json!(1_u64 << 24), 26, "2026-11-30T12:00:30"));
    assert_eq!(rig.outputs(), []);
}

#[test]
fn a_relay_is_switched_by_the_board_s_own_timer_and_nothing_is_kept_for_later() {
    let mut rig = Rig::online();
    let mut answer = rig.actuate(0, 50);
    let both = "PulseTime1 50; POWER1 ON".to_owned();
    assert_eq!(rig.told(), ("cmnd/gate/Backlog0".to_owned(), both, Quality::NowOrNever));
    rig.say_raw("stat/gate/POWER", b"ON", true);
    assert!(answer.try_recv().is_err(), "kept by the broker");
    rig.say("stat/gate/RESULT", &json!({ "POWER": "ON" }));
    assert_eq!(answer.try_recv(), Ok(Ok(())));
    for (tenths, pulse) in [(111, 111), (112, 112), (120, 112), (300, 130), (36_000, 3_700)] {
        drop(rig.actuate(1, tenths));
        assert_eq!(rig.told().1, format!("PulseTime2 {pulse}; POWER2 ON"), "{tenths} tenths");
    }
    let mut off = rig.actuate(0, 0);
    assert_eq!(rig.told(), ("cmnd/gate/POWER1".to_owned(), "OFF".to_owned(), Quality::NowOrNever));
    rig.wait(Duration::from_secs(2));
    assert_eq!(off.try_recv(), Ok(Err(ActuateError::Unconfirmed)));
    let mut lost = rig.actuate(0, 50);
    rig.talk.handle(rig.now, Input::BrokerDown);
    assert_eq!(lost.try_recv(), Ok(Err(ActuateError::Unconfirmed)));
    rig.outputs();
    rig.talk.handle(rig.now, Input::BrokerUp);
    assert_eq!(rig.told().1, "10", "and nothing of before");
}

#[test]
fn its_discovery_names_its_words_and_a_topic_that_is_turned_round_is_told() {
    let mut rig = Rig::online();
    let discovery = |topic: &str, full: &str| {
        json!({
            "t": topic, "ft": full, "sw": "14.2.0", "md": "Generic", "state": ["aus", "an", "um", "halt"],
            "ofln": "weg", "onln": "da",
        })
        .to_string()
    };
    let topic = "tasmota/discovery/02A500000001/config";
    rig.say_raw(topic, discovery("other", "%prefix%/%topic%/").as_bytes(), true);
    rig.say_raw(topic, discovery("gate", "%prefix%/%topic%").as_bytes(), true);
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.talk.standing().identity, Some("Tasmota 14.2.0, Generic"));
    rig.say("stat/gate/RESULT", &json!({ "Switch1": { "Action": "an" } }));
    assert!(matches!(&rig.outputs()[..], [Output::Heard(Heard::Inputs(_))]));
    rig.say_raw("tele/gate/LWT", b"weg", false);
    assert_eq!(is(&rig.outputs()), [DeviceCondition::Offline]);
    rig.say_raw(topic, discovery("gate", "%topic%/%prefix%/").as_bytes(), true);
    let told = rig.outputs();
    let Output::Became(became) = &told[0] else { panic!("{told:?}") };
    assert!(became.why().contains("full_topic = \"%topic%/%prefix%/\""), "{became:?}");
}

#[test]
fn hostile_payloads_change_nothing() {
    let mut rig = Rig::online();
    let nested = "[".repeat(8_000) + &"]".repeat(8_000);
    for payload in [
        "",
        "NaN",
        "[]",
        "null",
        "{}",
        &nested,
        "{\"Wiegand\":7}",
        "{\"Wiegand\":{\"UID\":NaN,\"Size\":26}}",
        "{\"Wiegand\":{\"UID\":-1,\"Size\":26}}",
        "{\"Wiegand\":{\"UID\":1e300,\"Size\":26}}",
        "{\"Wiegand\":{\"UID\":1,\"Size\":260}}",
        "{\"Wiegand\":{\"UID\":\"zz\",\"Size\":26}}",
        "{\"Time\":\"9999-99-99T99:99:99\",\"Switch1\":[]}",
        "{\"StatusSNS\":7}",
        "{\"POWER999\":\"ON\",\"POWER0\":\"ON\"}",
        "ON",
    ] {
        for topic in [
            "tele/gate/SENSOR",
            "tele/gate/LWT",
            "stat/gate/RESULT",
            "stat/gate/STATUS10",
            "stat/gate/POWER9",
        ] {
            rig.say_raw(topic, payload.as_bytes(), false);
        }
        rig.say_raw("tasmota/discovery/x/config", payload.as_bytes(), true);
    }
    rig.say_raw("stat/gate/RESULT", &[0xFF; 16], false);
    assert_eq!(rig.outputs(), []);
}
