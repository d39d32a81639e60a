//! The `gateway` program as people meet it: real processes, their output and their exit codes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod audit;
mod card;
mod check;
mod completions;
mod events;
mod init;
mod osdp;
mod program;
mod scan;
mod service;
mod token;
mod usage;
mod user;
