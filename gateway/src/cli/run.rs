//! `gateway run`: the service.

use clap::Args;

use super::{Failure, SiteFile};
use crate::config::NamedFiles;
use crate::service;

/// Run the service until Ctrl-C or SIGTERM
///
/// Logs go to standard error; RUST_LOG sets their level (error, warn, info, debug), info by default.
#[derive(Args)]
pub(super) struct Run {
    #[command(flatten)]
    site: SiteFile,
}

impl Run {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Checked)?;
        super::log_to_stderr("info");
        let runtime = super::runtime()?;
        runtime.block_on(service::run(config)).map_err(|error| Failure::Failed(error.into()))
    }
}
