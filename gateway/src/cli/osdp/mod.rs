//! `gateway osdp`: the installer's wire microscope.
//!
//! [`decode`] explains frames, [`capture`] records a running service's line. `input` finds out what is to be decoded,
//! `stream` finds frames in it, `explain` follows the conversation, `fields` give data its meaning, `shown` is a frame
//! for people and for programs.

mod capture;
mod decode;
mod explain;
mod fields;
mod input;
mod keys;
mod shown;
mod stream;

use clap::{Args, Subcommand};

use super::Failure;

/// What travels on an OSDP line: explain it, record it
#[derive(Args)]
pub(super) struct Osdp {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Capture(capture::Capture),
    Decode(decode::Decode),
}

impl Osdp {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Capture(capture) => capture.run(),
            Action::Decode(decode) => decode.run(),
        }
    }
}
