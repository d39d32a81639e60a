//! Simulated door controllers on simulated lines and real brokers, with a control API.
//!
//! Code map, from the wire inwards:
//! - `line`: one RS-485 pair as a pty, with byte timing, half duplex, and seeded faults.
//! - `panel`: the real OSDP machine and the real panel of `panel-protocol` over a flash image, with a power switch.
//! - [`mqtt`]: devices on a broker, each with a connection of its own.
//! - [`site`]: lines and panels by name; what `gateway demo` and the tests use in process.
//! - [`control`]: the same over HTTP on loopback.
//! - [`config`]: what a site consists of, from TOML or from code.
//!
//! This crate never knows the gateway: whatever it learns came in over a line or the control API.

pub mod config;
pub mod control;
mod entropy;
mod error;
pub mod limits;
mod line;
pub mod mqtt;
mod panel;
pub mod site;

pub use config::SimConfig;
pub use line::{Counters, Faults, Lateness};
pub use site::Site;
