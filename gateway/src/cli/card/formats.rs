//! `gateway card formats`

use clap::Args;
use panel_protocol::wiegand::{Confidence, FORMATS, Field, Format, Part};
use serde_json::{Value, json};

use super::word;
use crate::cli::table::Table;
use crate::cli::{Failure, say};

/// List the known card formats
///
/// KNOWN says how well the layout is attested in public; try one that is not known well on a card of the site before
/// relying on it.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway card formats
  gateway card formats --json | jq '.[] | select(.bits == 37)'")]
pub(super) struct Formats {
    /// As a JSON array
    #[arg(long)]
    json: bool,
}

impl Formats {
    pub(super) fn run(&self) -> Result<(), Failure> {
        if self.json {
            return say(FORMATS.iter().map(as_json).collect::<Value>());
        }
        let mut table = Table::new(["FORMAT", "BITS", "FACILITY", "NUMBER", "KNOWN", "NAME", "ALSO CALLED"]);
        for format in FORMATS {
            table.row([
                format.id.into(),
                format.bits.to_string(),
                format.facility.map_or("none".into(), range),
                range(format.number),
                confidence(format).into(),
                format.name.into(),
                format.aliases.join(", "),
            ]);
        }
        say(table)
    }
}

fn range(field: Field) -> String {
    format!("0-{}", field.max())
}

const fn confidence(format: &Format) -> &'static str {
    match format.confidence {
        Confidence::High => "well",
        Confidence::Medium => "fairly",
        Confidence::Low => "poorly",
    }
}

fn as_json(format: &Format) -> Value {
    let mut shown = json!({
        "format": format.id,
        "name": format.name,
        "aliases": format.aliases,
        "bits": format.bits,
        "credential": format.fits_credential(),
        "known": confidence(format),
    });
    for part in Part::ALL {
        if let Some(field) = format.field(part) {
            shown[word(part)] = json!({ "max": field.max() });
        }
    }
    shown
}
