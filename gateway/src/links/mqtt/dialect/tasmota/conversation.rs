//! One board at the broker: asked whether it is there, heard, and told to switch a relay for a while.
//!
//! A relay is switched on together with its `PulseTime`, in one command, so that the board's own timer ends it whatever becomes
//! of the connection. It is sent so that no broker keeps it.

use std::collections::VecDeque;

use panel_protocol::time::Micros;
use serde_json::{Map, Value};

use super::Tasmota;
use super::said::{self, Discovery, MAX_POINTS, Words};
use crate::domain::{Became, DeviceCondition, FaultCounts, InputState, Level};
use crate::links::mqtt::limits::{ACTUATE_EXPIRY, OPERATION_EXPIRY};
use crate::links::mqtt::message::{Outgoing, Quality};
use crate::links::mqtt::talk::lateness::Lateness;
use crate::links::mqtt::talk::pending::Pending;
use crate::links::mqtt::talk::presence::{Presence, Step};
use crate::links::mqtt::talk::{Done, Input, Output, Standing, Talk, Wish};
use crate::links::{ActuateError, Heard};

/// Up to here its `PulseTime` counts tenths of a second, above it whole seconds and a hundred.
const TENTHS: u16 = 111;

/// What is asked of a board to see that it is there, and what its switches show.
const QUESTION: (&str, &str) = ("STATUS", "10");

/// The machine.
#[derive(Debug)]
pub(in crate::links::mqtt) struct Conversation {
    board: Tasmota,
    presence: Presence,
    condition: DeviceCondition,
    identity: Option<String>,
    words: Words,
    lateness: Lateness,
    switches: [InputState; MAX_POINTS],
    pending: Pending,
    faults: FaultCounts,
    sent: u64,
    received: u64,
    outputs: VecDeque<Output>,
}

impl Conversation {
    /// With this board, while the broker is away.
    pub(in crate::links::mqtt) fn new(board: Tasmota) -> Self {
        Self {
            board,
            presence: Presence::default(),
            condition: DeviceCondition::Starting,
            identity: None,
            words: Words::default(),
            lateness: Lateness::default(),
            switches: [InputState::Unknown; MAX_POINTS],
            pending: Pending::default(),
            faults: FaultCounts::default(),
            sent: 0,
            received: 0,
            outputs: VecDeque::new(),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Nothing => {}
            Step::Ask => self.transmit(QUESTION.0, QUESTION.1, Quality::AtLeastOnce),
            Step::Arrived => {
                self.pending.lose();
                let what = self.identity.as_deref().unwrap_or("Tasmota");
                let why = format!("answers: {what}");
                self.become_so(DeviceCondition::Online, why);
            }
            Step::Gone => {
                self.pending.lose();
                self.switches = [InputState::Unknown; MAX_POINTS];
                self.lateness.forget();
                let why = "doesn't answer at the broker; check its power, its network and its topic";
                self.become_so(DeviceCondition::Offline, why.to_owned());
            }
        }
    }

    fn become_so(&mut self, is: DeviceCondition, why: String) {
        self.condition = is;
        self.outputs.push_back(Output::Became(Became::Condition { is, why }));
    }

    fn take(&mut self, now: Micros, topic: &str, payload: &[u8], retained: bool) {
        if topic.starts_with("tasmota/discovery/") {
            return self.discover(payload);
        }
        let Some((base, what)) = topic.rsplit_once('/') else { return };
        if what == "LWT" {
            let step = match payload {
                word if word == self.words.online.as_bytes() => self.presence.online(now, retained),
                word if word == self.words.offline.as_bytes() => self.presence.offline(now, retained),
                _ => return self.faults.bad_check += 1,
            };
            return self.step(step);
        }
        // A state that was kept is of some time, and a card that was kept opens nothing.
        if retained {
            return self.faults.foreign += 1;
        }
        self.presence.heard(now);
        self.received += 1;
        if base == self.board.base("stat") {
            self.take_state(now, what, payload);
        } else {
            self.take_told(now, what, payload);
        }
    }

    /// What it answers, and what became of its relays.
    fn take_state(&mut self, now: Micros, what: &str, payload: &[u8]) {
        if let Some(relay) = said::relay(what) {
            let word = std::str::from_utf8(payload).ok().and_then(|word| said::is_on(word, &self.words));
            return word.into_iter().for_each(|on| self.pending.told(relay, on));
        }
        let Some(message) = object(payload) else { return self.faults.bad_check += 1 };
        if let ("STATUS10", Some(Value::Object(sensors))) = (what, message.get("StatusSNS")) {
            if let Some(time) = said::time_ms(sensors) {
                self.lateness.answered(now, time);
            }
            let step = self.presence.answered(now);
            self.step(step);
            return self.take_switches(sensors);
        }
        self.take_switches(&message);
        said::relays(&message, &self.words).into_iter().for_each(|(relay, on)| self.pending.told(relay, on));
    }

    /// What it tells without being asked: its switches, and a card.
    fn take_told(&mut self, now: Micros, what: &str, payload: &[u8]) {
        if what != "SENSOR" {
            return;
        }
        let Some(message) = object(payload) else { return self.faults.bad_check += 1 };
        self.take_switches(&message);
        let age = said::time_ms(&message).map(|time| self.lateness.age(now, time));
        let Some(card) = said::card(&message, self.board.parity_kept) else { return };
        if self.presence.is_there() {
            let max_age = age.unwrap_or_default();
            self.outputs.push_back(Output::Heard(Heard::Card { reader: 0, card, max_age }));
        }
    }

    fn take_switches(&mut self, message: &Map<String, Value>) {
        let told = said::switches(message, &self.words);
        if told.is_empty() || !self.presence.is_there() {
            return;
        }
        for (switch, on) in told {
            self.switches[switch] = if on { InputState::Active } else { InputState::Inactive };
        }
        self.outputs.push_back(Output::Heard(Heard::Inputs(self.switches.to_vec())));
    }

    /// Words and topics stand in a message that the broker keeps; they open nothing.
    fn discover(&mut self, payload: &[u8]) {
        let Some(found) = Discovery::read(payload).filter(|found| found.topic == self.board.topic) else {
            return;
        };
        self.identity = Some(found.identity);
        self.words = found.words;
        let same = |text: &str| text.trim_end_matches('/').to_owned();
        if same(&found.full_topic) != same(&self.board.full_topic) {
            let text = format!(
                "has topics like {}; write full_topic = \"{0}\" in the configuration, or change its FullTopic",
                found.full_topic.escape_debug()
            );
            self.outputs.push_back(Output::Became(Became::Remark { level: Some(Level::Attention), text }));
        }
    }

    fn transmit(&mut self, command: &str, argument: &str, quality: Quality) {
        let expiry = if quality == Quality::NowOrNever { ACTUATE_EXPIRY } else { OPERATION_EXPIRY };
        self.sent += 1;
        self.outputs.push_back(Output::Transmit(Outgoing {
            topic: format!("{}/{command}", self.board.base("cmnd")),
            payload: argument.as_bytes().to_vec(),
            expiry,
            quality,
            answer: None,
        }));
    }
}

fn object(payload: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(payload).ok()
}

/// What its `PulseTime` is to be, for at least so many tenths of a second.
const fn pulse_time(tenths: u16) -> u16 {
    if tenths <= TENTHS { tenths } else { tenths.div_ceil(10) + 100 }
}

impl Talk for Conversation {
    fn hears(&self, topic: &str) -> bool {
        let (base, _) = topic.rsplit_once('/').unwrap_or_default();
        base == self.board.base("tele")
            || base == self.board.base("stat")
            || topic.starts_with("tasmota/discovery/")
    }

    fn handle(&mut self, now: Micros, input: Input<'_>) {
        match input {
            Input::BrokerUp => {
                let step = self.presence.broker_up(now);
                self.step(step);
            }
            Input::BrokerDown => {
                self.pending.lose();
                self.switches = [InputState::Unknown; MAX_POINTS];
                if self.presence.broker_down() {
                    self.become_so(DeviceCondition::Offline, "can't be reached: the broker can't".to_owned());
                }
            }
            Input::Said { topic, payload, retained } => self.take(now, topic, payload, retained),
            Input::Due => {
                self.pending.expire(now);
                let step = self.presence.due(now);
                self.step(step);
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Micros> {
        self.presence.deadline().into_iter().chain(self.pending.deadline()).min()
    }

    fn actuate(&mut self, _: Micros, wish: Wish, done: Done) {
        if usize::from(wish.output) >= MAX_POINTS {
            return drop(done.send(Err(ActuateError::Refused("it has no such relay".to_owned()))));
        }
        if !self.pending.add(wish, done) {
            return;
        }
        let number = wish.output + 1;
        match wish.tenths {
            0 => self.transmit(&format!("POWER{number}"), "OFF", Quality::NowOrNever),
            tenths => {
                let both = format!("PulseTime{number} {}; POWER{number} ON", pulse_time(tenths));
                self.transmit("Backlog0", &both, Quality::NowOrNever);
            }
        }
    }

    fn standing(&self) -> Standing<'_> {
        Standing {
            condition: self.condition,
            identity: self.identity.as_deref(),
            last_heard: self.presence.last_heard(),
            faults: FaultCounts { timeouts: self.presence.timeouts, ..self.faults },
            sent: self.sent,
            received: self.received,
        }
    }
}
