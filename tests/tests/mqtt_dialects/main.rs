//! Other makers' devices at a broker, end to end: boards that hold cards and list them, and readers that hold none; with the
//! broker inside, and with a Mosquitto.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod boards;
mod readers;
mod rig;
