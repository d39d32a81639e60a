//! `gateway card add` and `gateway card deactivate`

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::{Failure, SiteFile, asked, say};
use crate::config::NamedFiles;
use crate::domain::instant::{self, Edge};
use crate::domain::one_line;

/// Whose card, and which.
#[derive(Args)]
struct Which {
    #[command(flatten)]
    site: SiteFile,

    /// The person's user name, as the identity provider writes it
    #[arg(long = "user", value_name = "NAME")]
    user_name: String,

    /// The card's number: NUMBER, FACILITY:NUMBER, FORMAT:FACILITY:NUMBER or raw:BITS:0xHEX
    #[arg(long, value_name = "CARD")]
    card: String,
}

/// Give a person a card by hand, at the running service
///
/// No identity provider touches such a card. To take it away: gateway card deactivate.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway card add --user ada@example.org --card 100:1234
  gateway card add --user ada@example.org --card 1235 --badge-type Visitor --until 2027-01-31")]
pub(super) struct Add {
    #[command(flatten)]
    which: Which,

    /// What kind of card it is [default: the site's]
    #[arg(long, value_name = "TYPE")]
    badge_type: Option<String>,

    /// The card opens nothing before this instant: 2027-01-31, "2027-01-31 18:00" by the site's clock, or RFC 3339
    #[arg(long, value_name = "INSTANT")]
    from: Option<String>,

    /// The card opens nothing from this instant on; a day alone ends with that day
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
}

/// Deactivate a card that was added by hand, at the running service
#[derive(Args)]
#[command(after_help = "Example:
  gateway card deactivate --user ada@example.org --card 100:1234")]
pub(super) struct Deactivate {
    #[command(flatten)]
    which: Which,
}

/// What the service answers.
#[derive(Deserialize)]
struct Done {
    holder_name: String,
    revision: u64,
}

impl Add {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut body = self.which.body();
        let zone = self.which.site.load(NamedFiles::Ignored)?.site.time_zone;
        let read = |flag: &str, text: &str, edge| {
            instant::read(text, &zone, edge)
                .map_err(|error| Failure::Usage(format!("{flag} {text}: {error}")))
        };
        if let Some(from) = &self.from {
            body["valid_from"] = read("--from", from, Edge::Start)?.to_string().into();
        }
        if let Some(until) = &self.until {
            let instant = read("--until", until, Edge::End)?;
            if instant <= Timestamp::now() {
                return Err(Failure::Usage(format!("--until {until}: this is over already")));
            }
            body["valid_until"] = instant.to_string().into();
        }
        if let Some(badge_type) = &self.badge_type {
            body["badge_type"] = badge_type.as_str().into();
        }
        let done = self.which.ask("/api/v1/cards", &body)?;
        say(format_args!(
            "{}: card {} is active, revision {}",
            one_line(done.holder_name),
            self.which.card,
            done.revision
        ))
    }
}

impl Deactivate {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let done = self.which.ask("/api/v1/cards/deactivate", &self.which.body())?;
        let card = &self.which.card;
        say(format_args!(
            "{}: card {card} is deactivated, revision {}",
            one_line(done.holder_name),
            done.revision
        ))
    }
}

impl Which {
    fn body(&self) -> Value {
        json!({ "user_name": self.user_name, "card": self.card })
    }

    fn ask(&self, path: &str, body: &Value) -> Result<Done, Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let answer = asked(&config, async |client| client.post(path, body).await)?;
        Ok(serde_json::from_slice(&answer).context("the service's answer can't be read")?)
    }
}
