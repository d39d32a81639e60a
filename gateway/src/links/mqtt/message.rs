//! Messages as the link's own code sees them, whatever version of MQTT carries them.

use std::time::Duration;

/// A message for the broker. It is never retained.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Outgoing {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    /// How long the broker may keep it for somebody who is away; MQTT 5 alone knows that.
    pub(super) expiry: Duration,
    pub(super) quality: Quality,
    /// Where the answer is expected, and by which bytes it is known; for those who read properties of MQTT 5.
    pub(super) answer: Option<(String, [u8; 8])>,
}

/// How hard a message is to be delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quality {
    /// Now or never: no broker keeps it for somebody who is away.
    NowOrNever,
    AtLeastOnce,
    /// To those who can't tell a message from its repetition.
    ExactlyOnce,
}

/// A message from the broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Incoming {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    /// The broker had kept it from before we came.
    pub(super) retained: bool,
}
