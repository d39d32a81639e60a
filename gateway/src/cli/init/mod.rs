//! `gateway init`

mod answers;
mod files;
mod next;
mod owner;
mod template;

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Failure, say, tell};
use crate::config::BAUD_RATES;
use answers::Answers;

/// Write a commented configuration for a new site
///
/// On a terminal it asks for what the flags don't say; elsewhere, or with --yes, it takes defaults. Nothing that
/// exists is overwritten.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway init /etc/gatehouse
  gateway init try-out --simulator --yes")]
pub(super) struct Init {
    /// The folder to write to; made if it is missing
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,

    /// What people call the site
    #[arg(long, value_parser = answers::site_name)]
    name: Option<String>,

    /// The site's time zone, such as Europe/Berlin
    #[arg(long, value_parser = answers::time_zone)]
    time_zone: Option<String>,

    /// Where the gateway keeps its data; relative to DIR [default: data, or /var/lib/gatehouse for a DIR below /etc]
    #[arg(long, value_name = "DIR", value_parser = answers::path)]
    data_dir: Option<String>,

    /// The address and port of the page, the API and SCIM
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,

    /// The serial device of the RS-485 line
    #[arg(long, value_name = "DEV", value_parser = answers::path)]
    port: Option<String>,

    /// The line's rate in bits a second
    #[arg(long, value_parser = answers::baud)]
    baud: Option<u32>,

    /// How many controllers are on the line, 1 to 32
    #[arg(long, value_name = "N", value_parser = answers::controllers)]
    controllers: Option<u8>,

    /// How many doors each controller has, 1 to 16
    #[arg(long, value_name = "N", value_parser = answers::doors)]
    doors: Option<u8>,

    /// The facility code of card numbers that come without one, 0 to 255
    #[arg(long, value_name = "CODE", value_parser = answers::facility)]
    facility: Option<u8>,

    /// Also write sim.toml and keys, so that `firmware-sim run` can stand in for the hardware
    #[arg(long, conflicts_with = "port")]
    simulator: bool,

    /// Ask nothing: take the defaults for what is not given
    #[arg(long)]
    yes: bool,
}

impl Init {
    pub(super) fn run(self) -> Result<(), Failure> {
        files::refuse_to_overwrite(&self.folder, self.simulator)?;
        let (folder, simulator) = (self.folder.clone(), self.simulator);
        let answers = if self.yes || !io::stdin().is_terminal() {
            Answers::defaults(&self)
        } else {
            Answers::asked(&self, &mut io::stdin().lock(), &mut io::stderr().lock())?
        };
        let written = files::write(&folder, &answers, simulator)?;
        for path in &written {
            say(path.display())?;
        }
        let owner = owner::hand_over(&folder, &written)?;
        let next = next::Next { config: &folder.join(files::CONFIG_NAME), listen: answers.listen, owner };
        tell(next.to_string().trim_end());
        Ok(())
    }
}

/// The rates as an installer reads them.
fn rates() -> String {
    BAUD_RATES.map(|rate| rate.to_string()).join(", ")
}
