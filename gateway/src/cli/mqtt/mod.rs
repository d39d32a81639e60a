//! `gateway mqtt`: what passes at the broker, and the files of a broker beside the gateway.
//!
//! [`watch`] shows a running service's traffic in words, [`mosquitto`] writes a Mosquitto's files. `secret` makes the file
//! that a controller needs, for `gateway enrol`.

mod mosquitto;
pub(super) mod secret;
mod watch;

use clap::{Args, Subcommand};

use super::Failure;

/// The site's MQTT broker: watch it, or set one up beside the gateway
#[derive(Args)]
pub(super) struct Mqtt {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Watch(watch::Watch),
    MosquittoConfig(mosquitto::MosquittoConfig),
}

impl Mqtt {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Watch(watch) => watch.run(),
            Action::MosquittoConfig(config) => config.run(),
        }
    }
}
