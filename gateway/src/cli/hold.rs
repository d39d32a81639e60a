//! `gateway hold`

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::client::ClientError;
use super::table::Table;
use super::{Failure, SiteFile, asked, say, tell};
use crate::config::NamedFiles;
use crate::domain::{LocalClock, one_line};

/// Block a card or a person on site, whoever gave the card
///
/// A hold takes effect at once, and no identity provider lifts it. What the provider is told of the card stays as it is.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Hold {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Add(Add),
    List(List),
    Remove(Remove),
}

/// Block a card, or a person with all cards that they have or get
#[derive(Args)]
#[command(after_help = "Examples:
  gateway hold add --person ada@example.org --reason \"left her badge on the tram\"
  gateway hold add --card 100:1234 --reason lost --until 2027-01-31")]
struct Add {
    #[command(flatten)]
    site: SiteFile,

    #[command(flatten)]
    on: On,

    /// Why, in a few words
    #[arg(long)]
    reason: String,

    /// When it is over by itself: a date, which ends with that day, or a date and a time of the day, or RFC 3339
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct On {
    /// The card's number, in any way that one may be written
    #[arg(long, value_name = "NUMBER")]
    card: Option<String>,

    /// The person's user name
    #[arg(long, value_name = "NAME")]
    person: Option<String>,
}

/// Show all holds
#[derive(Args)]
#[command(after_help = "Examples:\n  gateway hold list\n  gateway hold list --json")]
struct List {
    #[command(flatten)]
    site: SiteFile,

    /// Everything, as one JSON object
    #[arg(long)]
    json: bool,
}

/// Lift a hold
#[derive(Args)]
#[command(after_help = "Example:\n  gateway hold remove 0f8fad5b-d9cb-469f-a165-70867728950e")]
struct Remove {
    #[command(flatten)]
    site: SiteFile,

    /// The hold, as `gateway hold list` names it
    id: String,
}

impl Hold {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Add(add) => add.run(),
            Action::List(list) => list.run(),
            Action::Remove(remove) => remove.run(),
        }
    }
}

/// What the service has.
#[derive(Deserialize)]
struct All {
    holds: Vec<Held>,
}

#[derive(Deserialize)]
struct Held {
    id: String,
    card: Option<String>,
    person: Option<String>,
    person_name: Option<String>,
    reason: String,
    until: Option<Timestamp>,
    over: bool,
    by: String,
}

impl Held {
    fn what(&self) -> String {
        match (&self.card, &self.person_name, &self.person) {
            (Some(card), ..) => format!("card {card}"),
            (None, Some(name), _) => name.clone(),
            (None, None, gone) => format!("{}, who is gone", gone.as_deref().unwrap_or("somebody")),
        }
    }
}

impl Add {
    fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let mut body = json!({ "reason": self.reason });
        let On { card, person } = &self.on;
        for (key, text) in [("card", card), ("person", person), ("until", &self.until)] {
            if let Some(text) = text {
                body[key] = json!(text);
            }
        }
        let answer = asked(&config, async |client| client.post("/api/v1/holds", &body).await)?;
        let hold: Held = serde_json::from_slice(&answer).context("the service's answer can't be read")?;
        tell(format!("{} is blocked.", one_line(hold.what())));
        say(hold.id)
    }
}

impl List {
    fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let answer = asked(&config, async |client| client.get("/api/v1/holds").await)?;
        if self.json {
            return say(String::from_utf8(answer).context("the service's answer is not UTF-8")?);
        }
        let all: All = serde_json::from_slice(&answer).context("the service's answer can't be read")?;
        if all.holds.is_empty() {
            tell("There are no holds.");
            return Ok(());
        }
        let zone = config.site.time_zone.iana_name().unwrap_or("UTC");
        let clock = LocalClock::new(zone, Timestamp::UNIX_EPOCH);
        let mut table = Table::new(["HOLD", "ON", "UNTIL", "BY", "REASON"]);
        for hold in &all.holds {
            let until = hold.until.map_or_else(|| "-".to_owned(), |until| clock.dated(&until));
            let over = if hold.over { " (over)" } else { "" };
            let what = one_line(hold.what()).to_string();
            let [by, reason] = [&hold.by, &hold.reason].map(|text| one_line(text).to_string());
            table.row([hold.id.clone(), what, format!("{until}{over}"), by, reason]);
        }
        say(table)
    }
}

impl Remove {
    fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if self.id.is_empty() || !self.id.bytes().all(is_plain) {
            return Err(Failure::Usage(format!("{:?} is no hold; `gateway hold list` names them", self.id)));
        }
        let path = format!("/api/v1/holds/{}", self.id);
        asked(&config, async |client| -> Result<_, ClientError> { client.delete(&path).await })?;
        tell("The hold is lifted.");
        Ok(())
    }
}
