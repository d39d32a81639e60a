//! `gateway card encode`

use clap::Args;
use panel_protocol::credential::Credential;
use panel_protocol::wiegand::keypad::{Burst, Key};
use panel_protocol::wiegand::{CardBits, Field, Format, FormatError, Part, Reading};
use serde_json::json;

use super::{binary, by_id, raw, word};
use crate::cli::{Failure, say};

/// Say which bits a card has
#[derive(Args)]
#[command(after_help = "Examples:
  gateway card encode --format H10301 --facility 123 --number 4567
  gateway card encode --format H10302 --number 34359738367 --json
  gateway card encode --format KEY8 --key '#'

`gateway card formats` lists the formats.")]
pub(super) struct Encode {
    /// The format's name, in any case
    #[arg(long, value_name = "FORMAT")]
    format: String,

    /// The facility code or company, where the format has one
    #[arg(long, value_name = "N")]
    facility: Option<u64>,

    /// The card number
    #[arg(long, value_name = "N", required_unless_present = "key", conflicts_with = "key")]
    number: Option<u64>,

    /// How often the number was issued before, where the format says it [default: 0]
    #[arg(long, value_name = "N")]
    issue: Option<u64>,

    /// The OEM code, where the format has one [default: 900]
    #[arg(long, value_name = "N")]
    oem: Option<u64>,

    /// A keypad's key, in format KEY4 or KEY8: 0 to 9, * or #
    #[arg(long, value_name = "KEY", value_parser = key, conflicts_with_all = ["facility", "issue", "oem"])]
    key: Option<Key>,

    /// As one JSON object
    #[arg(long)]
    json: bool,
}

impl Encode {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let card = self.card()?;
        let credential = Credential::try_from(card);
        if self.json {
            return say(json!({
                "credential": credential.ok().filter(|_| self.key.is_none()).map(|card| card.to_string()),
                "bits": card.bits(),
                "raw": raw(card),
                "binary": binary(card),
            }));
        }
        if self.key.is_none() {
            match credential {
                Ok(credential) => say(format_args!("credential  {credential}"))?,
                Err(error) => say(format_args!("credential  none: {error}"))?,
            }
        }
        say(format_args!("bits        {}", card.bits()))?;
        say(format_args!("raw         {}", raw(card)))?;
        say(format_args!("binary      {}", binary(card)))
    }

    fn card(&self) -> Result<CardBits, Failure> {
        let burst = [Burst::Four, Burst::ComplementFirst]
            .into_iter()
            .find(|burst| burst.id().eq_ignore_ascii_case(&self.format));
        match (burst, self.key, self.number) {
            (Some(burst), Some(key), _) => Ok(burst.encode(key)),
            (Some(burst), None, _) => {
                Err(Failure::Usage(format!("{} is how keypads send keys; give --key", burst.id())))
            }
            (None, None, Some(number)) => self.composed(by_id(&self.format)?, number),
            (None, ..) => {
                let id = by_id(&self.format)?.id;
                Err(Failure::Usage(format!("--key: {id} is a format of cards; KEY4 and KEY8 are of keys")))
            }
        }
    }

    fn composed(&self, format: &Format, number: u64) -> Result<CardBits, Failure> {
        // No facility code is often written as 0.
        let facility = self.facility.filter(|facility| *facility != 0 || format.facility.is_some());
        let reading = Reading { facility, issue: self.issue, oem: self.oem, number };
        format.compose(&reading).map_err(|error| Failure::Usage(refusal(format, error)))
    }
}

/// What is wrong, by the option's name, and what would be right.
fn refusal(format: &Format, error: FormatError) -> String {
    let id = format.id;
    match error {
        FormatError::TooGreat { part, value, max } => {
            format!("--{} {value}: the {part} of {id} is 0 to {max}", word(part))
        }
        FormatError::NoField(part) => format!("--{}: {id} has no {part}; leave it out", word(part)),
        FormatError::NoFacility => {
            let max = format.facility.map_or(0, Field::max);
            format!("--facility is missing: the {} of {id} is 0 to {max}", Part::Facility)
        }
        other => format!("{id}: {other}"),
    }
}

fn key(text: &str) -> Result<Key, String> {
    let key = match text {
        "*" => Some(Key::STAR),
        "#" => Some(Key::HASH),
        digit if digit.len() == 1 => digit.parse().ok().and_then(Key::from_code),
        _ => None,
    };
    key.ok_or_else(|| "a keypad has 0 to 9, * and #".into())
}
