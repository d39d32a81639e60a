//! A line, as people see it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{LineId, LinkCondition};

/// One RS-485 pair, or the broker.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct LineView {
    /// Its name in the configuration.
    pub id: LineId,
    /// What is spoken on it, such as `osdp`.
    pub protocol: String,
    /// The port's path, or where the broker is.
    pub port: String,
    /// Bits a second; absent where there is no wire.
    pub baud: Option<u32>,
    /// How it is.
    pub state: LinkCondition,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// Frames sent since the service started.
    pub frames_sent: u64,
    /// Frames received whole and from whom they were expected.
    pub frames_received: u64,
    /// Bytes received that belong to no frame.
    pub noise_bytes: u64,
    /// Frames that nobody had asked for, and starts of frames that no frame can have.
    pub stray_frames: u64,
}

impl LineView {
    /// `12 bytes of noise, 1 stray frame`; `None` on a quiet line.
    pub fn noise_words(&self) -> Option<String> {
        let bytes = (self.noise_bytes > 0).then(|| format!("{} bytes of noise", self.noise_bytes));
        let frames = (self.stray_frames > 0).then(|| format!("{} stray frames", self.stray_frames));
        let told: Vec<String> = bytes.into_iter().chain(frames).collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}
