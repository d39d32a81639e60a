//! `gateway check`

mod port;

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::{Failure, SiteFile, counted, say, tell};
use crate::config::{Config, NamedFiles, Protocol, Tls};
use crate::domain::LocalClock;
use crate::web::tls::Certificate;

/// Validate a configuration, with the files that it names
///
/// Every mistake is shown with its place and a remedy. Exit code 2 if there is one. What may be right on the day that
/// the hardware is there, such as a port that isn't plugged in, is a warning.
#[derive(Args)]
#[command(after_help = "Examples:\n  gateway check\n  gateway check site/gateway.toml")]
pub(super) struct Check {
    /// The site's configuration file, as `--config` takes it
    #[arg(value_name = "FILE", conflicts_with = "config")]
    file: Option<PathBuf>,

    #[command(flatten)]
    site: SiteFile,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let site = self.file.map_or(self.site, |config| SiteFile { config });
        let config = site.load(NamedFiles::Checked)?;
        tell_expiry(&config);
        for line in &config.lines {
            if let Some(port) = line.protocol.port()
                && let Err(unfit) = port::check(port)
            {
                tell(format_args!("warning: line {}: {} {unfit}", line.id, port.display()));
            }
        }
        let doors = config.controllers.iter().map(|controller| controller.doors.len()).sum();
        let brokers = config.lines.iter().filter(|line| matches!(line.protocol, Protocol::Mqtt(_))).count();
        let lines = counted(config.lines.len() - brokers, "line");
        let lines = if brokers > 0 { format!("{lines}, a broker") } else { lines };
        let controllers = counted(config.controllers.len(), "controller");
        say(format_args!("OK: {lines}, {controllers}, {}", counted(doors, "door")))
    }
}

/// When the operator's own certificate ends. One that has ended is no mistake in the file: the doors go on.
fn tell_expiry(config: &Config) {
    let Tls::Files { cert, key } = &config.web.tls else { return };
    let Ok(certificate) = Certificate::from_files(cert, key) else { return };
    let (path, validity, now) = (cert.display(), certificate.validity(), Timestamp::now());
    let clock = LocalClock::in_zone(config.site.time_zone.clone(), now);
    let (from, end) = (clock.dated(&validity.from), clock.dated(&validity.until));
    if validity.until <= now {
        tell(format_args!("warning: the certificate {path} ended on {end}; clients will refuse it"));
    } else if validity.from > now {
        tell(format_args!(
            "warning: the certificate {path} is not valid before {from}; clients will refuse it"
        ));
    } else {
        tell(format_args!("The certificate {path} is valid until {end}."));
    }
}
