//! One node at the broker: asked whether it is there, heard, and told to let a lock go.
//!
//! The node's own timer ends it. One that leaves an output on for much longer is told to switch it off, and that is said. What is
//! to be switched is sent so that no broker keeps it. States that the broker had kept count once the node has answered: it
//! renews them whenever it connects.

use std::collections::VecDeque;

use panel_protocol::credential::Credential;
use panel_protocol::time::Micros;
use serde_json::{Map, Value};

use super::EspHome;
use super::component::State;
use crate::domain::{Became, DeviceCondition, FaultCounts, InputState, Level, bare_number};
use crate::links::mqtt::limits::{ACTUATE_EXPIRY, MAX_WORD_LEN, OPERATION_EXPIRY, OVERDUE};
use crate::links::mqtt::message::{Outgoing, Quality};
use crate::links::mqtt::talk::lateness::Lateness;
use crate::links::mqtt::talk::pending::Pending;
use crate::links::mqtt::talk::presence::{Presence, Step};
use crate::links::mqtt::talk::{Done, Input, Output, Standing, Talk, Wish};
use crate::links::{ActuateError, Heard};

/// The machine.
#[derive(Debug)]
pub(in crate::links::mqtt) struct Conversation {
    node: EspHome,
    presence: Presence,
    condition: DeviceCondition,
    identity: Option<String>,
    lateness: Lateness,
    inputs: Vec<InputState>,
    /// When an output that was switched on should be off again, by the node's own timer.
    off_by: Vec<Option<Micros>>,
    told_overdue: bool,
    pending: Pending,
    faults: FaultCounts,
    sent: u64,
    received: u64,
    outputs: VecDeque<Output>,
}

impl Conversation {
    /// With this node, while the broker is away.
    pub(in crate::links::mqtt) fn new(node: EspHome) -> Self {
        Self {
            inputs: vec![InputState::Unknown; node.inputs.len()],
            off_by: vec![None; node.outputs.len()],
            node,
            presence: Presence::default(),
            condition: DeviceCondition::Starting,
            identity: None,
            lateness: Lateness::default(),
            told_overdue: false,
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
            Step::Ask => {
                let topic = format!("esphome/ping/{}", self.node.topic);
                self.transmit(topic, "", Quality::AtLeastOnce);
            }
            Step::Arrived => {
                self.pending.lose();
                let what = self.identity.as_deref().unwrap_or("ESPHome");
                let why = format!("answers: {what}");
                self.become_so(DeviceCondition::Online, why);
                self.tell_inputs();
            }
            Step::Gone => {
                self.forget();
                let why = "doesn't answer at the broker; check its power, its network, its name, and that its \
                           `mqtt` has not switched `discover_ip` off";
                self.become_so(DeviceCondition::Offline, why.to_owned());
            }
        }
    }

    fn forget(&mut self) {
        self.pending.lose();
        self.lateness.forget();
        self.inputs.fill(InputState::Unknown);
        self.off_by.fill(None);
    }

    fn become_so(&mut self, is: DeviceCondition, why: String) {
        self.condition = is;
        self.outputs.push_back(Output::Became(Became::Condition { is, why }));
    }

    fn take(&mut self, now: Micros, topic: &str, payload: &[u8], retained: bool) {
        if let Some(name) = topic.strip_prefix("esphome/discover/") {
            if name == self.node.topic && !retained {
                self.take_answer(now, payload);
            }
            return;
        }
        let Some(what) = topic.strip_prefix(&self.node.topic).and_then(|rest| rest.strip_prefix('/')) else {
            return;
        };
        if !retained {
            self.presence.heard(now);
            self.received += 1;
        }
        match what {
            "status" => {
                let step = match payload {
                    b"online" => self.presence.online(now, retained),
                    b"offline" => self.presence.offline(now, retained),
                    _ => return self.faults.bad_check += 1,
                };
                self.step(step);
            }
            "wiegand/raw" if retained => self.faults.foreign += 1,
            "wiegand/raw" => self.take_card(now, payload),
            _ => self.take_state(topic, payload, retained),
        }
    }

    fn take_answer(&mut self, now: Micros, payload: &[u8]) {
        let Some(told) = object(payload) else { return self.faults.bad_check += 1 };
        let text = |name: &str| {
            let text = told.get(name).and_then(Value::as_str).unwrap_or_default();
            text.chars().take(MAX_WORD_LEN).collect::<String>()
        };
        let identity = format!("ESPHome {}, {}", text("version"), text("board"));
        self.identity = Some(identity.escape_debug().to_string());
        self.received += 1;
        let step = self.presence.answered(now);
        self.step(step);
    }

    fn take_card(&mut self, now: Micros, payload: &[u8]) {
        let Some(read) = object(payload) else { return self.faults.bad_check += 1 };
        let number = |name: &str| read.get(name).and_then(Value::as_u64);
        let age = number("ms").and_then(|ms| i64::try_from(ms).ok()).map(|ms| self.lateness.age(now, ms));
        let card = || Credential::new(u8::try_from(number("bits")?).ok()?, number("value")?).ok();
        let Some(card) = card().filter(|card| bare_number(*card).is_some()) else {
            return self.faults.bad_check += 1;
        };
        if self.presence.is_there() {
            let max_age = age.unwrap_or_default();
            self.outputs.push_back(Output::Heard(Heard::Card { reader: 0, card, max_age }));
        }
    }

    fn take_state(&mut self, topic: &str, payload: &[u8], retained: bool) {
        if let Some(at) = self.node.inputs.iter().position(|input| self.node.state(input) == topic) {
            self.inputs[at] = match self.node.inputs[at].state(payload) {
                Some(State::On) => InputState::Active,
                Some(State::Off) => InputState::Inactive,
                _ => InputState::Unknown,
            };
            return self.tell_inputs();
        }
        let Some(at) = self.node.outputs.iter().position(|output| self.node.state(output) == topic) else {
            return;
        };
        let number = u8::try_from(at).unwrap_or(u8::MAX);
        // That a lock was open some time ago says nothing of now.
        match self.node.outputs[at].state(payload).filter(|_| !retained) {
            Some(State::On) => self.pending.told(number, true),
            Some(State::Off) => {
                self.off_by[at] = None;
                self.pending.told(number, false);
            }
            Some(State::Jammed) => self.pending.refused(number, "its lock is jammed"),
            None => {}
        }
    }

    fn tell_inputs(&mut self) {
        let is_known = self.inputs.iter().any(|state| *state != InputState::Unknown);
        if is_known && self.presence.is_there() {
            self.outputs.push_back(Output::Heard(Heard::Inputs(self.inputs.clone())));
        }
    }

    /// Switches off what the node's own timer has left on.
    fn end_overdue(&mut self, now: Micros) {
        for at in 0..self.off_by.len() {
            if self.off_by[at].take_if(|by| *by <= now).is_none() {
                continue;
            }
            let output = &self.node.outputs[at];
            let (topic, (_, off)) = (self.node.command(output), output.words());
            self.transmit(topic, off, Quality::NowOrNever);
            if !std::mem::replace(&mut self.told_overdue, true) {
                let text = format!(
                    "leaves {} on for longer than its door asks for; give it a timer of its own, because it would \
                     stay open if the box stopped",
                    self.node.outputs[at]
                );
                self.outputs
                    .push_back(Output::Became(Became::Remark { level: Some(Level::Attention), text }));
            }
        }
    }

    fn transmit(&mut self, topic: String, payload: &str, quality: Quality) {
        let expiry = if quality == Quality::NowOrNever { ACTUATE_EXPIRY } else { OPERATION_EXPIRY };
        self.sent += 1;
        let payload = payload.as_bytes().to_vec();
        self.outputs.push_back(Output::Transmit(Outgoing { topic, payload, expiry, quality, answer: None }));
    }
}

fn object(payload: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(payload).ok()
}

/// A message in a few words, for somebody who watches. Never a card.
pub(in crate::links::mqtt) fn words(topic: &str, payload: &[u8]) -> String {
    let name: String = topic.split('/').skip(1).collect::<Vec<_>>().join("/");
    let name: String = name.chars().take(2 * MAX_WORD_LEN).collect();
    let is_plain = payload.len() <= MAX_WORD_LEN && payload.iter().all(u8::is_ascii_alphabetic);
    match std::str::from_utf8(payload) {
        Ok(text) if is_plain && !name.starts_with("wiegand") => format!("{} {text}", name.escape_debug()),
        _ => format!("{} {} bytes", name.escape_debug(), payload.len()),
    }
}

impl Talk for Conversation {
    fn hears(&self, topic: &str) -> bool {
        let rest = topic.strip_prefix("esphome/discover/").unwrap_or(topic);
        rest.strip_prefix(&self.node.topic).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn handle(&mut self, now: Micros, input: Input<'_>) {
        match input {
            Input::BrokerUp => {
                let step = self.presence.broker_up(now);
                self.step(step);
            }
            Input::BrokerDown => {
                self.forget();
                if self.presence.broker_down() {
                    self.become_so(DeviceCondition::Offline, "can't be reached: the broker can't".to_owned());
                }
            }
            Input::Said { topic, payload, retained } => self.take(now, topic, payload, retained),
            Input::Due => {
                self.pending.expire(now);
                self.end_overdue(now);
                let step = self.presence.due(now);
                self.step(step);
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Micros> {
        let overdue = self.off_by.iter().flatten().copied().min();
        [self.presence.deadline(), self.pending.deadline(), overdue].into_iter().flatten().min()
    }

    fn actuate(&mut self, now: Micros, wish: Wish, done: Done) {
        let at = usize::from(wish.output);
        let Some(output) = self.node.outputs.get(at) else {
            return drop(done.send(Err(ActuateError::Refused("it has no such output".to_owned()))));
        };
        let (topic, (on, off)) = (self.node.command(output), output.words());
        if !self.pending.add(wish, done) {
            return;
        }
        let span = std::time::Duration::from_millis(u64::from(wish.tenths) * 100);
        self.off_by[at] = (wish.tenths > 0).then(|| now + span + OVERDUE);
        self.transmit(topic, if wish.tenths > 0 { on } else { off }, Quality::NowOrNever);
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
