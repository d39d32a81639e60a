//! `gateway accept-loss`

use anyhow::Context;
use clap::Args;

use super::{Failure, SiteFile, audited, say};
use crate::config::NamedFiles;
use crate::store::Incomplete;

/// Accept that changes of the directory are lost for good
///
/// Where files of the data folder are gone, the directory lacks changes that had been made, and the page shows a problem until
/// somebody accepts that. Restore a backup first, if there is one. Works whether or not the service runs.
#[derive(Args)]
#[command(after_help = "Example:\n  gateway accept-loss --config /etc/gatehouse/gateway.toml")]
pub(super) struct AcceptLoss {
    #[command(flatten)]
    site: SiteFile,
}

impl AcceptLoss {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let accepted = Incomplete::accept(&config.site.data_dir.join("directory"));
        match accepted.context("the loss can't be accepted")? {
            Some(lacking) => {
                let (first, last) = (lacking.kept.next(), lacking.known);
                say(format_args!(
                    "Accepted: changes {first} to {last} are lost, {} at least. Have the identity provider send everybody again.",
                    lacking.lost()
                ))?;
                let what = format!("accepted that changes {first} to {last} are lost");
                audited(&self.site, "gateway accept-loss", &what)
            }
            None => say("Nothing is known to be lost."),
        }
    }
}
