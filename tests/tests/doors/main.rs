//! Doors for which the gateway decides, of several devices, end to end: a real gateway, and simulated hardware on the lines
//! that it opens. One door is an OSDP reader's own, one is made of a Wiegand adapter, a Modbus relay and a contact elsewhere,
//! one hangs on a board in the network.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod faults;
mod opening;
mod rig;
