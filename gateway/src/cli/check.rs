//! `gateway check`

use clap::Args;

use super::{Failure, SiteFile, counted, say};
use crate::config::NamedFiles;

/// Validate a configuration, with the files that it names
///
/// Every mistake is shown with its place and a remedy. Exit code 2 if there is one.
#[derive(Args)]
#[command(after_help = "Example:\n  gateway check --config /etc/gatehouse/gateway.toml")]
pub(super) struct Check {
    #[command(flatten)]
    site: SiteFile,
}

impl Check {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Checked)?;
        let doors = config.controllers.iter().map(|controller| controller.doors.len()).sum();
        let lines = counted(config.lines.len(), "line");
        let controllers = counted(config.controllers.len(), "controller");
        say(format_args!("OK: {lines}, {controllers}, {}", counted(doors, "door")))
    }
}
