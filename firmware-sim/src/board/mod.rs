//! A simulated board on a Modbus line: relays and inputs, as the models of `model` have them, refusals included.
//!
//! It hears what is on its line, answers what is for its address, and never speaks unasked. Its relays fall back without
//! power, by their own timers, and by a watchdog where it has one; what they showed before a restart is forgotten.

mod commands;
mod ear;
mod modbus;
mod model;

use std::time::Duration;

use panel_protocol::osdp::timing::OFFLINE_AFTER;

use crate::config::{BoardConfig, LineProtocol};
use crate::line::Station;
use crate::output::Output;
use crate::panel::Power;
use crate::passing::Passing;
use ear::Ear;
pub use model::Model;

/// A board as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BoardStatus {
    /// What it is.
    pub config: BoardConfig,
    /// The address that it has now.
    pub address: u8,
    /// Whether it has power.
    pub powered: bool,
    /// Whether it has answered a gateway in the last 8 s.
    pub online: bool,
    /// Its outputs, whether each is on.
    pub outputs: Vec<bool>,
    /// How often each was switched on since the board has had power.
    pub switched_on: Vec<u64>,
    /// Its inputs, whether each is active.
    pub inputs: Vec<bool>,
    /// How often it was restarted.
    pub boots: u64,
}

/// A board on a line.
#[derive(Debug)]
pub(crate) struct SimBoard {
    config: BoardConfig,
    address: u8,
    ear: Ear,
    powered: bool,
    boots: u64,
    answered: Option<Duration>,
    /// When it was last asked something.
    asked: Duration,
    outputs: Vec<Output>,
    inputs: Vec<bool>,
    passing: Vec<Passing>,
}

impl SimBoard {
    /// A board that has just been switched on for the first time.
    pub(crate) fn new(config: &BoardConfig, protocol: LineProtocol, baud: u32) -> Self {
        Self {
            address: config.address,
            ear: Ear::new(protocol, baud),
            powered: true,
            boots: 0,
            answered: None,
            asked: Duration::ZERO,
            outputs: (0..config.model.outputs()).map(|_| Output::default()).collect(),
            inputs: vec![false; config.model.inputs().into()],
            passing: vec![Passing::default(); config.contacts.len()],
            config: config.clone(),
        }
    }

    pub(crate) fn status(&mut self, now: Duration) -> BoardStatus {
        self.watch(now);
        BoardStatus {
            config: self.config.clone(),
            address: self.address,
            powered: self.powered,
            online: self.answered.is_some_and(|answered| now.saturating_sub(answered) < OFFLINE_AFTER),
            outputs: self.outputs.iter().map(|output| output.is_on(now)).collect(),
            switched_on: self.outputs.iter().map(Output::switched_on).collect(),
            inputs: self.inputs(now),
            boots: self.boots,
        }
    }

    /// Sets inputs by number.
    pub(crate) fn set(&mut self, inputs: &[(u8, bool)]) {
        for (number, active) in inputs {
            if let Some(input) = self.inputs.get_mut(usize::from(*number)) {
                *input = *active;
            }
        }
    }

    /// An output of it, if it has so many.
    pub(crate) fn output(&mut self, number: u8) -> Option<&mut Output> {
        self.outputs.get_mut(usize::from(number))
    }

    /// Its inputs are what is wired to it, and stay; its relays fall back.
    pub(crate) fn set_power(&mut self, power: Power) {
        if power == Power::On && self.powered {
            return;
        }
        let (protocol, baud) = self.ear.of();
        let inputs = std::mem::take(&mut self.inputs);
        let address =
            if matches!(power, Power::Wiped | Power::Factory) { self.config.address } else { self.address };
        let boots = self.boots + u64::from(power != Power::Off);
        let powered = power != Power::Off;
        *self = Self { inputs, address, boots, powered, ..Self::new(&self.config, protocol, baud) };
    }

    /// What each input shows: what it was set to, and whoever walks through its door.
    fn inputs(&self, now: Duration) -> Vec<bool> {
        let mut inputs = self.inputs.clone();
        for (follow, passing) in self.config.contacts.iter().zip(&self.passing) {
            inputs[usize::from(follow.input)] |= passing.is_open(now);
        }
        inputs
    }

    fn outputs(&self, now: Duration) -> Vec<bool> {
        self.outputs.iter().map(|output| output.is_on(now)).collect()
    }

    /// Lets its outputs go when nobody has asked it anything for too long.
    fn watch(&mut self, now: Duration) {
        if self.config.watchdog.is_some_and(|span| now.saturating_sub(self.asked) >= span) {
            self.outputs.iter_mut().for_each(Output::drop_out);
        }
    }

    /// Whoever's lock this output is may go through.
    fn let_go(&mut self, now: Duration, output: usize) {
        for (follow, passing) in self.config.contacts.iter().zip(&mut self.passing) {
            if usize::from(follow.output) == output {
                passing.begin(now);
            }
        }
    }
}

impl Station for SimBoard {
    fn hear(&mut self, at: Duration, bytes: &[u8], reply: &mut Vec<u8>) {
        if !self.powered {
            return;
        }
        self.ear.hear(at, bytes);
        while let Some(request) = self.ear.request() {
            // A broadcast is done by all and answered by none.
            if request.unit != self.address && request.unit != 0 {
                continue;
            }
            self.watch(at);
            self.asked = at;
            let answer = self.execute(at, &request.pdu);
            if request.unit != 0 {
                reply.extend(request.answered(&answer));
                self.answered = Some(at);
            }
        }
    }

    fn thinks(&self) -> Duration {
        self.config.answers_after
    }
}

#[cfg(test)]
mod tests;
