//! A native panel's outputs: one for each reader, on for a while and off by itself.

use std::time::Duration;

use panel_protocol::limits::MAX_READERS;

/// Its outputs.
#[derive(Default)]
pub(super) struct Outputs([Output; MAX_READERS]);

#[derive(Clone, Copy, Default)]
struct Output {
    until: Option<Duration>,
    /// How often the gateway had it switched on.
    released: u64,
}

impl Outputs {
    /// Switches a reader's output on until then, on the panel's own decision.
    pub(super) fn open(&mut self, reader: u8, until: Duration) {
        if let Some(output) = self.0.get_mut(usize::from(reader)) {
            output.until = Some(until);
        }
    }

    /// The same, on the gateway's word.
    pub(super) fn release(&mut self, reader: u8, until: Duration) {
        self.open(reader, until);
        if let Some(output) = self.0.get_mut(usize::from(reader)) {
            output.released += 1;
        }
    }

    /// Switches off what has been on for long enough.
    pub(super) fn expire(&mut self, now: Duration) {
        for output in &mut self.0 {
            output.until = output.until.filter(|until| *until > now);
        }
    }

    /// Switches all off, as a loss of power does.
    pub(super) fn fall(&mut self) {
        self.0.iter_mut().for_each(|output| output.until = None);
    }

    /// When the next one goes off.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.0.iter().filter_map(|output| output.until).min()
    }

    /// Whether a reader's output is on.
    pub(super) fn is_on(&self, reader: u8, now: Duration) -> bool {
        self.0.get(usize::from(reader)).and_then(|output| output.until).is_some_and(|until| until > now)
    }

    /// How often the gateway had it switched on.
    pub(super) fn released(&self, reader: u8) -> u64 {
        self.0.get(usize::from(reader)).map_or(0, |output| output.released)
    }
}
