//! OSDP lines: one task each, between a serial port and the devices' operations.
//!
//! The rules of the wire are in [`panel_protocol::osdp::cp`], those of card tables in [`crate::sync`]; here are the
//! port, the clock, the key files, and the loop that joins them. A line sees bytes for a device and bytes back, and
//! never decides what to send.
//!
//! [`line`] makes a line's task and the handle to it. `line_task` is the loop, `driver` joins CP and client, `device` is one
//! of the devices, `outputs` are those to be switched, `feedback` is what people see at readers, `disturbance` knows what keeps a line from being understood, `event`
//! and `heard` turn the CP's words into those of any link. `port` is the serial port, `timer` a clock fine enough for it,
//! `tap` lets others listen; [`key_file`] and [`keys`] are the secure channel's keys, `identity_file` which device had them
//! last, and `keeper` has both written. [`scan`] finds devices on a line that nobody serves yet.

mod device;
mod disturbance;
mod driver;
mod event;
mod feedback;
mod heard;
mod identity_file;
mod keeper;
pub mod key_file;
pub mod keys;
pub mod limits;
mod line_task;
mod moving;
mod outputs;
pub mod scan;
mod setup;
mod status;
mod tap;
mod tend;
mod timer;
mod works;

use std::sync::Arc;

pub use line_task::LineTask;
pub use setup::{DeviceSetup, LineSetup};

use super::{DeviceClient, LinkHandle};

/// A line's task, and the handle to it. Reads the devices' key files, so it may wait for the disk.
pub fn line(setup: LineSetup, client: Arc<dyn DeviceClient>) -> (LinkHandle, LineTask) {
    let (handle, end) = LinkHandle::new(setup.id.clone());
    (handle, LineTask::new(setup, client, end))
}

#[cfg(test)]
mod tests;
