//! Messages as the link's own code sees them, whatever version of MQTT carries them.

use std::time::Duration;

/// A message for the broker. It is never retained.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Outgoing {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    /// How long the broker may keep it for somebody who is away; MQTT 5 alone knows that.
    pub(super) expiry: Duration,
    /// Where the answer is expected, and by which bytes it is known; for those who read properties of MQTT 5.
    pub(super) answer: (String, [u8; 8]),
}

/// A message from the broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Incoming {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    /// The broker had kept it from before we came.
    pub(super) retained: bool,
}
