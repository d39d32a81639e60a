//! Card formats against published cards, and against every card that can be made.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod facts;
mod keys;
mod properties;
mod refusals;
