//! Modbus lines: boards with relays and inputs, by register maps, on a pair, through a network adapter, or by Modbus TCP.
//!
//! A line tells which inputs are active and which outputs are on, and switches outputs when it is told to. It never decides,
//! never toggles, never broadcasts, and never leaves an output on that nobody ordered.
//!
//! [`line`] makes a line's task and the handle to it. `line_task` is the loop; `machine` has all rules: whose turn it is, and in
//! `board` how one board is, in `relays` what its outputs should show, in `orders` what is to be switched. [`map`] is what a
//! kind of board can do, [`request`] what it can be asked. `exchange` asks by the library, and by `codec` what the library can't
//! say; `wire` carries the bytes of both. [`pace`] says how long a round takes.

mod board;
mod codec;
mod exchange;
pub mod limits;
mod line_task;
mod machine;
pub mod map;
mod orders;
pub mod pace;
mod relays;
pub mod request;
pub mod scan;
mod setup;
mod wire;

use std::sync::Arc;

pub use line_task::LineTask;
pub use setup::{BoardSetup, LineSetup, Reach};

use super::{DeviceClient, LinkHandle};

/// A line's task, and the handle to it.
pub fn line(setup: LineSetup, client: Arc<dyn DeviceClient>) -> (LinkHandle, LineTask) {
    let (handle, end) = LinkHandle::new(setup.id.clone());
    (handle, LineTask::new(setup, client, end))
}

#[cfg(test)]
mod tests;
