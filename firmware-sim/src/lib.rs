//! Simulated door hardware on simulated lines and real brokers, with a control API.
//!
//! Code map, from the wire inwards:
//! - `line`: one pair of wires as a pty or a TCP port, with byte timing, half duplex, and seeded faults.
//! - `panel`: the real OSDP machine and the real panel of `panel-protocol` over a flash image, with a power switch.
//! - `reader`, `board`, `adapter`: OSDP readers, Modbus boards and Wiegand adapters on lines of the same kind; `on_line` is any of
//!   them, `output` an output by its own timer, `passing` somebody who walks through.
//! - [`mqtt`]: devices on a broker, each with a connection of its own.
//! - [`site`]: lines and what hangs on them by name; what `gateway demo` and the tests use in process.
//! - [`control`]: the same over HTTP on loopback.
//! - [`config`]: what a site consists of, from TOML or from code.
//!
//! This crate never knows the gateway: whatever it learns came in over a line or the control API.

mod adapter;
mod board;
mod clock;
pub mod config;
pub mod control;
mod entropy;
mod error;
pub mod limits;
mod line;
pub mod mqtt;
mod on_line;
mod output;
mod panel;
mod passing;
mod reader;
pub mod site;

pub use config::SimConfig;
pub use line::{Counters, Faults, Lateness, Passed, Reach};
pub use site::Site;
