//! `gateway card learn`

use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use serde_json::json;
use tokio::time::timeout;

use crate::cli::client::{Client, Incoming};
use crate::cli::{Failure, SiteFile, asked, meant, say, tell};
use crate::config::{NamedFiles, Protocol};
use crate::domain::LineId;
use crate::domain::osdpcap::{Io, Record};
use crate::links::wiegand_serial::{ByteOrder, Fit, ParityBits, fits};

/// Find out how an adapter writes cards down: present a card whose number you know
///
/// The running service tells what comes over the line; the command tries every kind of digit, byte order and format on it,
/// and prints the lines for the configuration that give the number on the card.
#[derive(Args)]
#[command(after_help = "Example:
  gateway card learn --line gate --number 4567 --facility 123")]
pub(super) struct Learn {
    #[command(flatten)]
    site: SiteFile,

    /// The line's id in the configuration
    #[arg(long, value_name = "ID")]
    line: String,

    /// The number printed on the card
    #[arg(long, value_name = "N")]
    number: u64,

    /// Its facility code, if you know it
    #[arg(long, value_name = "N")]
    facility: Option<u64>,

    /// How many seconds to wait for the card
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    wait: u64,

    /// What fits, as JSON
    #[arg(long)]
    json: bool,
}

impl Learn {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let adapters = || {
            let lines = config.lines.iter();
            lines.filter(|line| matches!(line.protocol, Protocol::WiegandSerial { .. })).map(|line| &line.id)
        };
        let line = adapters().find(|id| id.as_str() == self.line).ok_or_else(|| {
            let near = meant(&self.line, adapters().map(LineId::as_str));
            let file = config.file.display();
            Failure::Usage(format!(
                "--line: no line of protocol \"wiegand-serial\" in {file} has the id \"{}\"{near}",
                self.line
            ))
        })?;
        let path = format!("/api/v1/lines/{line}/capture");
        asked(&config, async |client: &Client| {
            let incoming = client.stream(&path).await?;
            Ok(self.learn(incoming).await)
        })?
    }

    async fn learn(&self, incoming: Incoming) -> Result<(), Failure> {
        tell(format_args!("present the card {} at the reader of line {}", self.card(), self.line));
        let waited = timeout(Duration::from_secs(self.wait), self.first_fit(incoming)).await;
        let (frame, fits) = waited.unwrap_or_else(|_| Err(self.nothing_came()))?;
        say(if self.json { as_json(&frame, &fits) } else { as_text(&frame, &fits) })
    }

    /// The first frame by which the card has the number.
    async fn first_fit(&self, mut incoming: Incoming) -> Result<(String, Vec<Fit>), Failure> {
        let mut begun = Vec::new();
        while let Some(bytes) = incoming.next().await.map_err(anyhow::Error::from)? {
            begun.extend_from_slice(&bytes);
            while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = begun.drain(..=end).collect();
                let Some(frame) = heard(&line) else { continue };
                let shown = frame.escape_ascii().to_string();
                let found = fits(&frame, self.facility, self.number);
                if !found.is_empty() {
                    return Ok((shown, found));
                }
                tell(format_args!("\"{shown}\" came, and no way to read it gives {}", self.card()));
            }
        }
        Err(anyhow!("the service has ended the stream").into())
    }

    fn card(&self) -> String {
        self.facility
            .map_or_else(|| self.number.to_string(), |facility| format!("{facility}-{}", self.number))
    }

    fn nothing_came(&self) -> Failure {
        let message = format!(
            "no frame that fits came within {} s: check the adapter's wiring, its baud rate, and the number on the card",
            self.wait
        );
        anyhow!(message).into()
    }
}

/// What one record says was heard.
fn heard(line: &[u8]) -> Option<Vec<u8>> {
    let record = Record::read(std::str::from_utf8(line).ok()?.trim_end()).ok()?;
    (record.io == Io::Input && !record.data.is_empty()).then_some(record.data)
}

/// The value of `frames` in the configuration.
fn frames(fit: &Fit) -> String {
    if let Some(name) = fit.shipped {
        return format!("\"{name}\"");
    }
    let profile = &fit.profile;
    let parity = match profile.parity {
        ParityBits::Kept => "kept",
        ParityBits::Stripped => "stripped",
    };
    let order = match profile.order {
        ByteOrder::MostSignificantFirst => "",
        ByteOrder::LeastSignificantFirst => ", order = \"least-significant-first\"",
    };
    let (charset, length, bits) = (profile.charset.word(), profile.length, profile.bits);
    format!("{{ charset = \"{charset}\", length = {length}, bits = {bits}, parity = \"{parity}\"{order} }}")
}

fn as_text(frame: &str, fits: &[Fit]) -> String {
    let lines = fits
        .iter()
        .map(|fit| format!("frames = {:<70} # {}, raw {:#X}", frames(fit), fit.format, fit.card.raw()));
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!("\"{frame}\" is the card by:\n{lines}")
}

fn as_json(frame: &str, fits: &[Fit]) -> String {
    let each = fits.iter().map(|fit| {
        json!({
            "frames": frames(fit),
            "format": fit.format,
            "bits": fit.card.bits(),
            "raw": format!("{:#X}", fit.card.raw()),
        })
    });
    json!({ "frame": frame, "fits": each.collect::<Vec<_>>() }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_written_as_the_configuration_takes_it() {
        let written = |digits: &[u8], number| frames(&fits(digits, None, number)[0]);
        assert_eq!(written(b"7B11D7", 4567), "\"wie232-26\"");
        let turned = written(b"ED6C08E3", 0xE308_6CED);
        assert_eq!(
            turned,
            "{ charset = \"hex\", length = 8, bits = 32, parity = \"kept\", order = \"least-significant-first\" }"
        );
    }
}
