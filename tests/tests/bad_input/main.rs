//! What clients and wires do wrong changes nothing, is counted, and is told in words.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod line;
mod scim;
