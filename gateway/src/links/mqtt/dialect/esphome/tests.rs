//! A node's messages as ESPHome writes them, and as somebody writes them who means no good.

use std::time::Duration;

use panel_protocol::time::{Micros, UtcSeconds};
use panel_protocol::wiegand::H10301;
use serde_json::json;
use tokio::sync::oneshot::{self, Receiver};

use super::*;
use crate::domain::{Became, DeviceCondition, InputState};
use crate::links::mqtt::message::Quality;
use crate::links::mqtt::talk::{Input, Output, Talk, Wish};
use crate::links::{ActuateError, Heard};

struct Rig {
    talk: Conversation,
    now: Micros,
}

impl Rig {
    fn new() -> Self {
        let node = EspHome {
            topic: "porch".to_owned(),
            outputs: ["lock/door", "switch/strike"].map(|name| name.parse().unwrap()).to_vec(),
            inputs: ["binary_sensor/contact", "binary_sensor/exit"]
                .map(|name| name.parse().unwrap())
                .to_vec(),
        };
        let mut rig = Self { talk: Conversation::new(node), now: Micros(1_000_000) };
        rig.talk.handle(rig.now, Input::BrokerUp);
        rig
    }

    fn online() -> Self {
        let mut rig = Self::new();
        rig.answer();
        rig.outputs();
        rig
    }

    fn answer(&mut self) {
        let told = json!({ "ip": "192.0.2.9", "name": "porch", "version": "2026.10.0", "board": "esp32dev" });
        self.say("esphome/discover/porch", told.to_string().as_bytes(), false);
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.talk.poll_output()).collect()
    }

    fn say(&mut self, topic: &str, payload: &[u8], retained: bool) {
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

#[test]
fn states_that_the_broker_had_kept_count_once_the_node_has_answered() {
    let mut rig = Rig::new();
    assert_eq!(rig.told(), ("esphome/ping/porch".to_owned(), String::new(), Quality::AtLeastOnce));
    rig.say("porch/status", b"online", true);
    rig.say("porch/binary_sensor/contact/state", b"ON", true);
    rig.say("esphome/discover/porch", b"{\"version\":\"1\"}", true);
    assert_eq!(rig.outputs(), [], "a broker's memory");
    rig.answer();
    let told = rig.outputs();
    assert_eq!(is(&told), [DeviceCondition::Online]);
    assert_eq!(told[1], Output::Heard(Heard::Inputs(vec![InputState::Active, InputState::Unknown])));
    assert_eq!(rig.talk.standing().identity, Some("ESPHome 2026.10.0, esp32dev"));
    rig.say("porch/binary_sensor/exit/state", b"ON", false);
    assert_eq!(rig.outputs(), [Output::Heard(Heard::Inputs(vec![InputState::Active; 2]))]);
    rig.say("porch/status", b"offline", false);
    assert_eq!(is(&rig.outputs()), [DeviceCondition::Offline]);
}

#[test]
fn a_card_has_its_parity_and_one_that_waited_is_told_as_old() {
    let mut rig = Rig::online();
    let card = H10301.encode(100, 1234).unwrap();
    let raw = |ms: u64| json!({ "bits": 26, "value": card.raw(), "ms": ms }).to_string();
    rig.say("porch/wiegand/raw", raw(5_000).as_bytes(), false);
    let heard = |max_age| Output::Heard(Heard::Card { reader: 0, card, max_age });
    assert_eq!(rig.outputs(), [heard(Duration::ZERO)]);
    rig.now = rig.now + Duration::from_secs(40);
    rig.say("porch/wiegand/raw", raw(6_000).as_bytes(), false);
    assert_eq!(rig.outputs(), [heard(Duration::from_secs(39))]);
    rig.say("porch/wiegand/raw", raw(6_000).as_bytes(), true);
    let wrong = json!({ "bits": 26, "value": card.raw() ^ 1, "ms": 7_000 }).to_string();
    rig.say("porch/wiegand/raw", wrong.as_bytes(), false);
    assert_eq!(rig.outputs(), []);
}

#[test]
fn a_lock_is_opened_for_the_node_s_own_time_and_switched_off_if_it_has_none() {
    let mut rig = Rig::online();
    let mut opened = rig.actuate(0, 50);
    assert_eq!(rig.told(), ("porch/lock/door/command".to_owned(), "OPEN".to_owned(), Quality::NowOrNever));
    rig.say("porch/lock/door/state", b"UNLOCKED", true);
    assert!(opened.try_recv().is_err(), "kept by the broker");
    rig.say("porch/lock/door/state", b"UNLOCKED", false);
    assert_eq!(opened.try_recv(), Ok(Ok(())));
    rig.say("porch/lock/door/state", b"LOCKED", false);
    rig.wait(Duration::from_secs(10));
    assert_eq!(rig.outputs(), []);
    drop(rig.actuate(1, 50));
    assert_eq!(rig.told().1, "ON");
    rig.say("porch/switch/strike/state", b"ON", false);
    rig.wait(Duration::from_secs(7));
    let told = rig.outputs();
    let Output::Transmit(off) = &told[0] else { panic!("{told:?}") };
    assert_eq!(
        (off.topic.as_str(), off.payload.as_slice()),
        ("porch/switch/strike/command", b"OFF".as_slice())
    );
    assert!(matches!(&told[1], Output::Became(Became::Remark { .. })), "{told:?}");
    let mut jammed = rig.actuate(0, 0);
    assert_eq!(rig.told().1, "LOCK");
    rig.say("porch/lock/door/state", b"JAMMED", false);
    assert!(matches!(jammed.try_recv(), Ok(Err(ActuateError::Refused(_)))));
    assert!(matches!(rig.actuate(7, 50).try_recv(), Ok(Err(ActuateError::Refused(_)))));
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
        "{\"bits\":260,\"value\":1}",
        "{\"bits\":26,\"value\":-1}",
        "{\"bits\":26,\"value\":1e300}",
        "{\"bits\":\"26\",\"value\":\"1\"}",
        "{\"bits\":26,\"value\":1,\"ms\":NaN}",
    ] {
        for topic in
            ["porch/wiegand/raw", "porch/status", "porch/lock/door/state", "porch/a/b/c/d", "porch/#"]
        {
            rig.say(topic, payload.as_bytes(), false);
        }
    }
    rig.say("porch/status", &[0xFF; 9], false);
    assert_eq!(rig.outputs(), []);
}
