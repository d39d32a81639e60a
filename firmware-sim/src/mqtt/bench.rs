//! A device on a table: its firmware under a clock that the test turns.

use std::time::Duration;

use panel_protocol::time::UtcSeconds;
use serde_json::Value;

use super::firmware::{Firmware, Input, Moment};
use super::message::Message;

/// 2026-01-01, when every bench begins.
pub(super) const BEGIN: u32 = 1_767_225_600;

/// A firmware and its time.
pub(super) struct Bench<F> {
    pub(super) firmware: F,
    now: Duration,
}

impl<F: Firmware> Bench<F> {
    /// A device that has just been switched on and has no broker.
    pub(super) fn new(firmware: F) -> Self {
        Self { firmware, now: Duration::from_secs(1) }
    }

    /// A device whose broker has taken its subscriptions, after it has said all that it says then.
    pub(super) fn connected(firmware: F) -> (Self, Vec<Message>) {
        let mut bench = Self::new(firmware);
        let greeting = bench.connect();
        (bench, greeting)
    }

    pub(super) fn connect(&mut self) -> Vec<Message> {
        let mut said = self.tell(Input::Connected);
        said.extend(self.tell(Input::Subscribed));
        said
    }

    pub(super) fn at(&self) -> Moment {
        let utc = UtcSeconds(BEGIN + u32::try_from(self.now.as_secs()).unwrap());
        Moment { since_start: self.now, utc }
    }

    /// Something happens; what it says to that at once.
    pub(super) fn tell(&mut self, input: Input<'_>) -> Vec<Message> {
        self.firmware.handle(self.at(), input);
        self.said()
    }

    /// A message comes; what it says to that at once.
    pub(super) fn hear(&mut self, topic: &str, payload: impl Into<Vec<u8>>) -> Vec<Message> {
        self.tell(Input::Message(&Message::new(topic, payload)))
    }

    /// Time passes; all that it says meanwhile.
    pub(super) fn wait(&mut self, time: Duration) -> Vec<Message> {
        let (end, mut said) = (self.now + time, Vec::new());
        while let Some(due) = self.firmware.deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            said.extend(self.tell(Input::Time));
            assert!(
                self.firmware.deadline() > Some(due) || self.firmware.deadline().is_none(),
                "time goes on"
            );
        }
        self.now = end;
        said
    }

    pub(super) fn said(&mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.firmware.poll_output()).collect()
    }
}

/// A message's payload as JSON.
pub(super) fn json(message: &Message) -> Value {
    serde_json::from_slice(&message.payload).unwrap()
}

/// The payload of the only message, as JSON.
pub(super) fn only(messages: &[Message]) -> Value {
    assert_eq!(messages.len(), 1, "{messages:?}");
    json(&messages[0])
}
