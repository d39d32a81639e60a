//! A line with an adapter that turns a reader's Wiegand pulses into characters: on a serial port, or behind a TCP address.
//!
//! Nothing is ever sent to it. Nothing tells whether the adapter or its reader is still there, and that is what is said of it.
//! `profile` has how adapters write cards down, `value` makes a card of a frame, `frames` makes frames of bytes, `learn` finds
//! the profile of a card whose number somebody knows; all of them are pure.

mod frames;
mod learn;
pub mod limits;
mod line_task;
mod profile;
mod stream;
mod value;

use std::sync::Arc;

pub use frames::{Frames, Told};
pub use learn::{Fit, fits};
pub use line_task::LineTask;
pub use profile::{
    ByteOrder, Charset, Checksum, End, ParityBits, Profile, ProfileError, SHIPPED, Shipped, shipped,
};
pub use stream::Place;
pub use value::Broken;

use super::{DeviceClient, LinkHandle};
use crate::domain::LineId;

/// A line as the installer describes it.
#[derive(Clone, Debug)]
pub struct LineSetup {
    /// Its name.
    pub id: LineId,
    /// Where the adapter is.
    pub place: Place,
    /// How it writes cards down.
    pub profile: Profile,
    /// What the client calls the controller; `None` while the configuration has none on this line.
    pub device: Option<usize>,
}

/// The two ends of a line. It does nothing until its task runs.
pub fn line(setup: LineSetup, client: Arc<dyn DeviceClient>) -> (LinkHandle, LineTask) {
    let (handle, end) = LinkHandle::new(setup.id.clone());
    (handle, LineTask::new(setup, client, end))
}

#[cfg(test)]
mod tests;
