//! OSDP lines: one task each, between a serial port and the devices' operations.
//!
//! The rules of the wire are in [`panel_protocol::osdp::cp`], those of card tables in [`crate::sync`]; here are the
//! port, the clock, the key files, and the loop that joins them. A line sees bytes for a device and bytes back, and
//! never decides what to send.
//!
//! [`line`] makes a line's task and the handle to it. `line_task` is the loop, `driver` joins CP and client, `device` is
//! one of the devices, `outputs` are those to be switched, `disturbance` knows what keeps a line from being understood, `event` and `heard` turn the CP's words into those of any link, `port` is the serial port,
//! `timer` a clock fine enough for it, `tap` lets others listen, [`key_file`] and [`keys`] the secure channel's keys,
//! `identity_file` which device had them last, `keeper` the thread that writes both. [`scan`] finds devices on a line
//! that nobody serves yet.

mod device;
mod disturbance;
mod driver;
mod event;
mod heard;
mod identity_file;
mod keeper;
pub mod key_file;
pub mod keys;
mod line_task;
mod outputs;
mod port;
pub mod scan;
mod status;
mod tap;
mod timer;

use std::path::PathBuf;
use std::sync::Arc;

pub use line_task::LineTask;

use super::{DeviceClient, LinkHandle};
use crate::domain::LineId;

/// Every bound of this module.
pub mod limits {
    use std::time::Duration;

    /// Most bytes that are read before the loop looks at everything else again.
    pub const READ_LEN: usize = 4096;

    /// Longest time that a port may take to accept a frame; after it, it counts as gone.
    pub const WRITE_TIMEOUT: Duration = Duration::from_secs(3);

    /// First pause before a port that can't be opened is tried again; each is twice the one before.
    pub const REOPEN_FIRST: Duration = Duration::from_millis(250);

    /// Longest such pause.
    pub const REOPEN_CAP: Duration = Duration::from_secs(5);

    /// A device that refuses an operation is given no other for this long.
    pub const REFUSED_PAUSE: Duration = Duration::from_secs(1);

    /// A device that doesn't know the operations at all is given one again after this long.
    pub const UNSUPPORTED_PAUSE: Duration = Duration::from_secs(60);

    /// A device for which there was demand and then no operation that fits is not asked about for this long.
    pub const IDLE_PAUSE: Duration = Duration::from_millis(10);

    /// Outputs of one line that wait to be switched.
    pub const WAITING_OUTPUTS: usize = 16;

    /// Writes of key and identity files that wait for the disk.
    pub const WAITING_FILES: usize = 64;

    /// A line's status is renewed this often at most, but for events.
    pub const STATUS_INTERVAL: Duration = Duration::from_millis(500);
}

/// One line as the installer describes it.
#[derive(Clone, Debug)]
pub struct LineSetup {
    /// Its name.
    pub id: LineId,
    /// The serial device.
    pub port: PathBuf,
    /// Bits a second.
    pub baud: u32,
    /// Its devices, 32 at most.
    pub devices: Vec<DeviceSetup>,
}

/// One device of a line.
#[derive(Clone, Debug)]
pub struct DeviceSetup {
    /// What the client calls it.
    pub device: usize,
    /// Its address, 0 to 126.
    pub address: u8,
    /// Where its key is, or will be.
    pub key_file: PathBuf,
}

/// A line's task, and the handle to it. Reads the devices' key files, so it may wait for the disk.
pub fn line(setup: LineSetup, client: Arc<dyn DeviceClient>) -> (LinkHandle, LineTask) {
    let (handle, end) = LinkHandle::new(setup.id.clone());
    (handle, LineTask::new(setup, client, end))
}

#[cfg(test)]
mod tests;
