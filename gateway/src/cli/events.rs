//! `gateway events`

use std::io::{self, ErrorKind, Write};

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use super::client::{Client, ClientError};
use super::table::Table;
use super::{Failure, SiteFile, asked, say, tell};
use crate::config::{Config, NamedFiles};
use crate::domain::instant::{Span, SpanError};
use crate::domain::{EventResult, LocalClock};

/// Events that a terminal shows where nobody says how many.
const ON_A_TERMINAL: usize = 30;

/// Events that are asked for at once.
const AT_ONCE: usize = 1_000;

/// Show who was at which door, and what came of it, from the running service's event log
///
/// The newest in the log come first. What a controller tells after it was cut off stands where it came in.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway events --door dock-roller --from 2027-01-31 --to 2027-01-31
  gateway events --person ada@example.org --result refused
  gateway events --from 2027-01-01 --to 2027-01-31 --csv > january.csv
  gateway events --card 100:1234 --json | jq .reason")]
pub(super) struct Events {
    #[command(flatten)]
    site: SiteFile,

    /// Only those at this door, by id or name
    #[arg(long, value_name = "DOOR")]
    door: Option<String>,

    /// Only those of this person, by id, name, user name or e-mail address
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,

    /// Only those with this card: NUMBER, FACILITY:NUMBER, FORMAT:FACILITY:NUMBER or raw:BITS:0xHEX
    #[arg(long, value_name = "CARD")]
    card: Option<String>,

    /// Only those with this result: granted, refused, or a reason such as expired
    #[arg(long, value_name = "RESULT", value_parser = result)]
    result: Option<String>,

    /// Only from this instant on: 2027-01-31, "2027-01-31 18:00" by the site's clock, or RFC 3339
    #[arg(long, value_name = "INSTANT")]
    from: Option<String>,

    /// Only before this instant; a day alone ends with that day
    #[arg(long, value_name = "INSTANT")]
    to: Option<String>,

    /// At most so many [default: 30; with --csv and --json all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,

    /// As CSV, with the names of the columns in the first line
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    /// As JSON, one object a line
    #[arg(long)]
    json: bool,
}

/// The word of a result.
fn result(text: &str) -> Result<String, String> {
    text.parse::<EventResult>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// A part of what is asked for.
#[derive(Deserialize)]
struct Page {
    at: Timestamp,
    events: Vec<Value>,
    next: Option<u64>,
}

/// What a terminal shows of an event.
#[derive(Deserialize)]
struct Shown {
    at: Timestamp,
    door: String,
    who: Option<String>,
    card: Option<String>,
    granted: bool,
    reason_text: String,
}

impl Events {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let question = self.question(&config)?;
        match (self.csv, self.json) {
            (true, _) => self.csv(&config, question),
            (_, true) => {
                let most = self.limit.unwrap_or(usize::MAX);
                each(&config, &question, most, |event, _| say(event)).map(drop)
            }
            _ => self.table(&config, &question),
        }
    }

    fn table(&self, config: &Config, question: &Url) -> Result<(), Failure> {
        let mut table = Table::new(["WHEN", "DOOR", "WHO", "CARD", "RESULT"]);
        let zone = &config.site.time_zone;
        let more = each(config, question, self.limit.unwrap_or(ON_A_TERMINAL), |event, now| {
            table.row(row(event, &LocalClock::in_zone(zone.clone(), now))?);
            Ok(())
        })?;
        if table.is_empty() {
            tell("no such event is in the log");
            return Ok(());
        }
        if more {
            tell("there are older ones: --limit shows more");
        }
        say(table)
    }

    /// What is asked, without how much of it and in which form.
    fn question(&self, config: &Config) -> Result<Url, Failure> {
        let span = Span::read(self.from.as_deref(), self.to.as_deref(), &config.site.time_zone);
        let span = span.map_err(|SpanError { end, value, what, remedy }| {
            Failure::Usage(format!("--{end} {value:?} is {what}: {remedy}"))
        })?;
        let (from, until) = (span.from.map(|at| at.to_string()), span.until.map(|at| at.to_string()));
        let mut url = Url::parse("http://localhost/api/v1/events").context("the service's address")?;
        for (name, value) in [
            ("door", &self.door),
            ("person", &self.person),
            ("card", &self.card),
            ("result", &self.result),
            ("from", &from),
            ("to", &until),
        ] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        Ok(url)
    }

    /// Writes what comes as it comes.
    fn csv(&self, config: &Config, mut question: Url) -> Result<(), Failure> {
        question.query_pairs_mut().append_pair("as", "csv");
        if let Some(limit) = self.limit {
            question.query_pairs_mut().append_pair("limit", &limit.to_string());
        }
        asked(config, async |client: &Client| {
            let mut incoming = client.stream(&path(&question)).await?;
            while let Some(bytes) = incoming.next().await? {
                if let Err(failure) = write(&bytes) {
                    return Ok(Err(failure));
                }
            }
            Ok::<_, ClientError>(Ok(()))
        })?
    }
}

/// Has each of the newest `most` events taken, with the time of the answer. Whether there are more.
fn each(
    config: &Config,
    question: &Url,
    most: usize,
    mut take: impl FnMut(Value, Timestamp) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    let (mut before, mut left) = (None, most);
    while left > 0 {
        let Page { at, events, next } = page(config, question, before, left.min(AT_ONCE))?;
        left -= events.len().min(left);
        events.into_iter().try_for_each(|event| take(event, at))?;
        if next.is_none() {
            return Ok(false);
        }
        before = next;
    }
    Ok(before.is_some())
}

fn page(config: &Config, question: &Url, before: Option<u64>, limit: usize) -> Result<Page, Failure> {
    let mut question = question.clone();
    question.query_pairs_mut().append_pair("limit", &limit.to_string());
    if let Some(before) = before {
        question.query_pairs_mut().append_pair("before", &before.to_string());
    }
    let answer = asked(config, async |client| client.get(&path(&question)).await)?;
    Ok(serde_json::from_slice(&answer).context("the service's answer can't be read")?)
}

/// Path and query of an address.
fn path(url: &Url) -> String {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{query}", url.path())
}

fn row(event: Value, clock: &LocalClock) -> Result<[String; 5], Failure> {
    let event: Shown = serde_json::from_value(event).context("the service's answer can't be read")?;
    Ok([
        clock.exact(&event.at),
        event.door,
        event.who.unwrap_or_else(|| "unknown card".to_owned()),
        event.card.unwrap_or_default(),
        if event.granted { event.reason_text } else { format!("refused: {}", event.reason_text) },
    ])
}

fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::OutputClosed),
        Err(error) => Err(anyhow::Error::new(error).context("standard output can't be written").into()),
    }
}
