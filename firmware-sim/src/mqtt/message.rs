//! What travels between a device and its broker.

use std::fmt;

/// How hard a message is to be delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Quality {
    /// Once, or not at all (QoS 0).
    #[default]
    Hoped,
    /// Until it is acknowledged (QoS 1).
    Acknowledged,
    /// Exactly once (QoS 2).
    Exact,
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) quality: Quality,
    /// To be kept by the broker; on arrival: was kept by it.
    pub(crate) retain: bool,
}

/// What a device wants of a connection before it says anything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Terms {
    /// What the broker says when the device falls silent.
    pub(crate) will: Option<Message>,
    /// What it wants to hear.
    pub(crate) filters: Vec<(String, Quality)>,
    /// Seconds between two signs of life.
    pub(crate) keep_alive_s: u16,
}

impl Message {
    /// A message that is delivered at most once and not kept.
    pub(crate) fn new(topic: impl Into<String>, payload: impl Into<Vec<u8>>) -> Self {
        Self { topic: topic.into(), payload: payload.into(), quality: Quality::Hoped, retain: false }
    }

    /// The same, delivered at least once.
    pub(crate) fn acknowledged(self) -> Self {
        Self { quality: Quality::Acknowledged, ..self }
    }

    /// The same, kept by the broker.
    pub(crate) fn retained(self) -> Self {
        Self { retain: true, ..self }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payload = String::from_utf8_lossy(&self.payload);
        f.debug_struct("Message")
            .field("topic", &self.topic)
            .field("payload", &payload)
            .field("quality", &self.quality)
            .field("retain", &self.retain)
            .finish()
    }
}
