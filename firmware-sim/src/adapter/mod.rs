//! A simulated adapter that turns a reader's Wiegand pulses into characters, and what goes wrong with such.
//!
//! It hears nothing. A card or a key is characters on its line, which a faulty one says twice, or mixes with those of the card
//! before; that a frame is lost is the line's fault, as anywhere.

mod frames;

use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::testing::Dice;
use serde::Serialize;

use crate::config::AdapterConfig;
use crate::limits::{KEY_PAUSE, REPEATS_AFTER};
use crate::panel::Power;
pub use frames::{Charset, End, Frames};

/// What is wrong with an adapter. The default is nothing.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct AdapterFaults {
    /// Chance that a frame comes twice, 0 to 1.
    pub repeat_rate: f64,
    /// Chance that a frame is mixed with that of the card before, 0 to 1.
    pub mix_rate: f64,
    /// Where the random numbers begin.
    pub seed: u64,
}

/// An adapter as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdapterStatus {
    /// What it is.
    pub config: AdapterConfig,
    /// Whether it has power.
    pub powered: bool,
}

/// Characters, and how long after the card was presented they are said.
pub(crate) type Saying = (Duration, Vec<u8>);

/// An adapter on a line.
#[derive(Debug)]
pub(crate) struct SimAdapter {
    config: AdapterConfig,
    powered: bool,
    faults: AdapterFaults,
    dice: Dice,
    before: Vec<u8>,
}

impl SimAdapter {
    pub(crate) fn new(config: &AdapterConfig) -> Self {
        Self {
            config: config.clone(),
            powered: true,
            faults: AdapterFaults::default(),
            dice: Dice(0),
            before: Vec::new(),
        }
    }

    pub(crate) fn status(&self) -> AdapterStatus {
        AdapterStatus { config: self.config.clone(), powered: self.powered }
    }

    pub(crate) fn set_power(&mut self, power: Power) {
        self.powered = power != Power::Off;
    }

    /// From now on these faults, their random numbers at the beginning.
    pub(crate) fn set_faults(&mut self, faults: AdapterFaults) {
        (self.faults, self.dice) = (faults, Dice(faults.seed));
    }

    pub(crate) const fn has_power(&self) -> bool {
        self.powered
    }

    /// What it says of a card and of keys that are pressed after it; `None`: its reader can't read such a card.
    pub(crate) fn present(&mut self, card: Option<Credential>, keys: &[u8]) -> Option<Vec<Saying>> {
        let mut said = Vec::new();
        if let Some(card) = card {
            let frame = self.config.frames.write(card)?;
            let mixes = self.dice.happens(self.faults.mix_rate);
            let repeats = self.dice.happens(self.faults.repeat_rate);
            let heard = if mixes { self.mixed(&frame) } else { frame.clone() };
            said.push((Duration::ZERO, heard.clone()));
            said.extend(repeats.then_some((REPEATS_AFTER, heard)));
            self.before = frame;
        }
        let mut at = said.last().map_or(Duration::ZERO, |(at, _)| *at + KEY_PAUSE);
        for key in keys {
            said.push((at, vec![*key]));
            at += KEY_PAUSE;
        }
        Some(said)
    }

    /// The frame of the card before in the middle of this one; its own where there was none.
    fn mixed(&self, frame: &[u8]) -> Vec<u8> {
        let other = if self.before.is_empty() { frame } else { &self.before };
        let (head, tail) = frame.split_at(frame.len() / 2);
        [head, other, tail].concat()
    }
}
