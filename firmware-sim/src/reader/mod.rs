//! A simulated OSDP reader: no card table, outputs and inputs, a light, a keypad. Whoever polls it decides.
//!
//! Its OSDP machine is `panel-protocol`'s. A card that is presented waits until it is polled; the answer is what comes
//! back over the line: an output that is switched on, or a light. Where its contact follows the lock, somebody walks
//! through whenever the lock is let go.

mod annunciator;
mod device;

use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use panel_protocol::credential::Credential;
use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::pd::{Input, Key, Output, Pd, PdConfig, PdHandler};
use panel_protocol::osdp::timing::OFFLINE_AFTER;
use panel_protocol::time::Micros;

use crate::config::{PanelKey, ReaderConfig};
use crate::line::Station;
use crate::panel::Power;
pub use annunciator::Shown;
use device::Device;

/// A reader as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReaderStatus {
    /// What it is.
    pub config: ReaderConfig,
    /// Whether it has power.
    pub powered: bool,
    /// Whether it has answered a gateway in the last 8 s.
    pub online: bool,
    /// Whether a secure channel is open.
    pub secure: bool,
    /// Whether it has a key of its own.
    pub has_key: bool,
    /// Its outputs, whether each is on.
    pub outputs: Vec<bool>,
    /// How often each was switched on since it has had power.
    pub switched_on: Vec<u64>,
    /// Its inputs, whether each is active.
    pub inputs: Vec<bool>,
    /// Whether it was opened or moved.
    pub tampered: bool,
    /// What people see and hear.
    pub shown: Shown,
}

/// What came back to a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Answered {
    /// An output was switched on, or the light is green; else it is red.
    pub(crate) granted: bool,
    pub(crate) at: Instant,
}

/// What is done to a reader's surroundings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Surroundings {
    /// Inputs by number, and whether each is active.
    pub inputs: Vec<(u8, bool)>,
    /// Whether it was opened or moved.
    pub tampered: Option<bool>,
}

/// A reader on a line.
#[derive(Debug)]
pub(crate) struct SimReader {
    config: ReaderConfig,
    pd: Box<Pd<MAX_FRAME_LEN>>,
    device: Device,
    powered: bool,
    answered: Option<Duration>,
    waiting: Option<SyncSender<Answered>>,
}

impl SimReader {
    /// A reader that has just been switched on for the first time.
    pub(crate) fn new(config: &ReaderConfig) -> Self {
        Self {
            config: config.clone(),
            pd: pd(config),
            device: Device::new(config),
            powered: true,
            answered: None,
            waiting: None,
        }
    }

    pub(crate) fn status(&mut self, now: Duration) -> ReaderStatus {
        self.device.pass_time(now);
        ReaderStatus {
            config: self.config.clone(),
            powered: self.powered,
            online: self.answered.is_some_and(|answered| now.saturating_sub(answered) < OFFLINE_AFTER),
            secure: self.pd.secured_by().is_some(),
            has_key: matches!(self.device.key(), Key::Installed(_)),
            outputs: self.device.outputs.iter().map(|output| output.is_on(now)).collect(),
            switched_on: self.device.outputs.iter().map(crate::output::Output::switched_on).collect(),
            inputs: self.device.inputs.clone(),
            tampered: self.device.tampered,
            shown: self.device.annunciator.shown(now),
        }
    }

    /// Presents a card, types keys, or one after the other; whoever waits is told what comes back. False without power.
    pub(crate) fn present(
        &mut self,
        now: Duration,
        card: Option<Credential>,
        keys: &[u8],
        waiting: SyncSender<Answered>,
    ) -> bool {
        if self.powered {
            self.device.present(now, card, keys);
            self.waiting = Some(waiting);
        }
        self.powered
    }

    /// An output of it, if it has so many.
    pub(crate) fn output(&mut self, number: u8) -> Option<&mut crate::output::Output> {
        self.device.outputs.get_mut(usize::from(number))
    }

    pub(crate) fn set(&mut self, now: Duration, around: &Surroundings) {
        self.device.set(now, around);
    }

    /// Its outputs fall back without power; its key outlives everything but [`Power::Factory`].
    pub(crate) fn set_power(&mut self, power: Power) {
        if power == Power::On && self.powered {
            return;
        }
        self.powered = power != Power::Off;
        (self.answered, self.waiting) = (None, None);
        if power == Power::Factory {
            self.config.key = PanelKey::Factory;
        }
        let key = self.device.take_key().filter(|_| power != Power::Factory);
        self.device = Device::new(&self.config);
        if let Some(key) = key {
            self.device.set_key(&key);
        }
        self.pd = pd(&self.config);
    }
}

impl Station for SimReader {
    fn hear(&mut self, at: Duration, bytes: &[u8], reply: &mut Vec<u8>) {
        if !self.powered {
            return;
        }
        self.device.pass_time(at);
        self.pd.handle(micros(at), Input::Received(bytes), &mut self.device);
        while let Some(output) = self.pd.poll_output() {
            match output {
                Output::Transmit(bytes) => reply.extend_from_slice(bytes),
                Output::Event(event) => tracing::debug!(reader = self.config.id, ?event, "osdp"),
            }
        }
        if !reply.is_empty() {
            self.answered = Some(at);
        }
        if let Some(granted) = self.device.take_verdict()
            && let Some(waiting) = self.waiting.take()
        {
            // Whoever waited may have given up.
            let _ = waiting.try_send(Answered { granted, at: Instant::now() });
        }
    }
}

fn pd(config: &ReaderConfig) -> Box<Pd<MAX_FRAME_LEN>> {
    Box::new(Pd::new(PdConfig { address: config.address, require_secure: !config.in_clear }))
}

/// A time on the line's clock, as the machines of `panel-protocol` take it.
fn micros(time: Duration) -> Micros {
    Micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}
