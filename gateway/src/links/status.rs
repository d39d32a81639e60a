//! A link and its devices as they stand, for whoever shows them. Counts begin with the service.

use jiff::Timestamp;

use crate::domain::{DeviceCondition, FaultCounts, LineId, LinkCondition};

/// One link.
#[derive(Clone, PartialEq, Debug)]
pub struct LinkStatus {
    /// Its name.
    pub id: LineId,
    /// How it is; `None` before it has begun.
    pub condition: Option<LinkCondition>,
    /// Bytes received that belong to no message.
    pub noise_bytes: u64,
    /// Messages that nobody had asked for, and starts of messages that no message can have.
    pub stray_frames: u64,
    /// Its devices, in the order of its setup.
    pub devices: Vec<DeviceStatus>,
}

/// One device on a link.
#[derive(Clone, PartialEq, Debug)]
pub struct DeviceStatus {
    /// What the client calls it.
    pub device: usize,
    /// How it is.
    pub condition: DeviceCondition,
    /// Who it last said it is, in words; `None` before it was asked.
    pub identity: Option<String>,
    /// When it last answered; `None`: not since the start.
    pub last_heard: Option<Timestamp>,
    /// What went wrong on its way.
    pub faults: FaultCounts,
    /// Messages sent to it.
    pub frames_sent: u64,
    /// Messages that it answered.
    pub frames_received: u64,
}

impl LinkStatus {
    /// A link that has not begun.
    pub const fn new(id: LineId) -> Self {
        Self { id, condition: None, noise_bytes: 0, stray_frames: 0, devices: Vec::new() }
    }
}
