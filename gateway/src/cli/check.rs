//! `gateway check`

use clap::Args;
use jiff::Timestamp;

use super::{Failure, SiteFile, counted, say, tell};
use crate::config::{Config, NamedFiles, Tls};
use crate::web::tls::Identity;

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
        tell_expiry(&config);
        let doors = config.controllers.iter().map(|controller| controller.doors.len()).sum();
        let lines = counted(config.lines.len(), "line");
        let controllers = counted(config.controllers.len(), "controller");
        say(format_args!("OK: {lines}, {controllers}, {}", counted(doors, "door")))
    }
}

/// When the operator's own certificate ends. One that has ended is no mistake in the file: the doors go on.
fn tell_expiry(config: &Config) {
    let Tls::Files { cert, key } = &config.web.tls else { return };
    let Ok(identity) = Identity::from_files(cert, key) else { return };
    let (path, day) = (cert.display(), identity.expires().strftime("%Y-%m-%d"));
    if identity.expires() <= Timestamp::now() {
        tell(format_args!("warning: the certificate {path} ended on {day}; clients will refuse it"));
    } else {
        tell(format_args!("The certificate {path} is valid until {day}."));
    }
}
