//! `gateway mqtt watch`

use clap::Args;
use jiff::tz::TimeZone;

use crate::cli::client::{Client, Incoming};
use crate::cli::{Failure, SiteFile, asked, say, tell};
use crate::config::{BROKER_ID, NamedFiles};
use crate::domain::osdpcap::Record;

/// Longest line of the service that is read, in bytes.
const MAX_LINE_LEN: usize = 64 * 1024;

/// Show what passes at the broker, in words
///
/// Asks the running service. Cards, keys and secrets are never shown: an operation is told by its name and length.
/// Ctrl-C ends it.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway mqtt watch
  gateway mqtt watch --topic shed")]
pub(super) struct Watch {
    #[command(flatten)]
    site: SiteFile,

    /// Only what this controller says and is told, by its topic name
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
}

impl Watch {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        if !config.lines.iter().any(|line| line.id.as_str() == BROKER_ID) {
            let file = config.file.display();
            return Err(Failure::Usage(format!("{file} has no section [mqtt]")));
        }
        asked(&config, async |client: &Client| {
            let incoming = client.stream(&format!("/api/v1/lines/{BROKER_ID}/capture")).await?;
            tell("watching the broker; Ctrl-C ends it");
            Ok(self.pour(incoming, &config.site.time_zone).await)
        })?
    }

    async fn pour(&self, mut incoming: Incoming, zone: &TimeZone) -> Result<(), Failure> {
        let mut begun = Vec::new();
        while let Some(bytes) = incoming.next().await.map_err(anyhow::Error::new)? {
            begun.extend_from_slice(&bytes);
            while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = begun.drain(..=end).collect();
                self.show(&String::from_utf8_lossy(&line), zone)?;
            }
            if begun.len() > MAX_LINE_LEN {
                return Err(anyhow::anyhow!("the service says what is no record").into());
            }
        }
        tell("the service has ended");
        Ok(())
    }

    fn show(&self, line: &str, zone: &TimeZone) -> Result<(), Failure> {
        let Ok(record) = Record::read(line.trim()) else { return Ok(()) };
        let Some(words) = record.note.filter(|words| self.is_wanted(words)) else { return Ok(()) };
        let at = record.at.map(|at| at.to_zoned(zone.clone()).strftime("%H:%M:%S%.3f").to_string());
        say(format_args!("{} {words}", at.unwrap_or_default()))
    }

    /// The second word is whose message it is.
    fn is_wanted(&self, words: &str) -> bool {
        self.topic.as_deref().is_none_or(|topic| words.split(' ').nth(1) == Some(topic))
    }
}
