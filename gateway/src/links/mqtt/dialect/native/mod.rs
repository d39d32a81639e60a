//! The native dialect: panel-protocol's own operations as payloads, between the gateway and one controller.
//!
//! [`Conversation`] is the machine; `envelope` has the bytes, `wish` the outputs that are to be switched, `told` what is
//! told of a controller, `watch` messages for somebody who looks on. What it rests on: a controller carries out only what has the session that it has made itself,
//! and a number above all before, so nothing old that a broker delivers can change a table. The gateway believes a
//! controller that has answered its hello, and nothing that a broker had kept.

mod conversation;
mod envelope;
mod told;
mod watch;
mod wish;

pub(in crate::links::mqtt) use conversation::{Conversation, Input, Output};
pub(in crate::links::mqtt) use watch::words;
pub(in crate::links::mqtt) use wish::Done;
