//! `gateway demo`: a whole site on simulated controllers.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::demo;

/// Show a living site on simulated controllers: page, SCIM, swipes
///
/// One simulated RS-485 line with four controllers and eight doors, made-up people who arrive by real SCIM over HTTP,
/// and the whole service on them. Plain HTTP on loopback; nothing stays behind unless --data is given.
#[derive(Args)]
#[command(after_help = "Examples:\n  gateway demo\n  gateway demo --once\n  gateway demo --empty --json")]
pub(super) struct Demo {
    /// Where the page and SCIM listen, on loopback [default: 127.0.0.1:8080, or a free port if that is taken]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where the simulator's control API listens, on loopback [default: a free port]
    #[arg(long, value_name = "ADDR")]
    control: Option<SocketAddr>,
    /// Keep the site's data here [default: a folder that is removed at the end]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// No made-up people and no swipes
    #[arg(long)]
    empty: bool,
    /// Print the addresses, the sign-in and the token as one JSON object on the first line
    #[arg(long)]
    json: bool,
    /// Revoke one person, print the receipt of it, and end
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self { listen, control, data, empty, json, once } = self;
        for (flag, address) in [("--listen", listen), ("--control", control)] {
            if let Some(address) = address.filter(|address| !address.ip().is_loopback()) {
                let message =
                    format!("{flag} {address}: the demo listens on loopback only, such as 127.0.0.1:8080");
                return Err(Failure::Usage(message));
            }
        }
        super::log_to_stderr("warn");
        let demo = demo::Demo { listen, control, data, empty, json, once };
        Ok(super::runtime()?.block_on(demo::run(demo))?)
    }
}
