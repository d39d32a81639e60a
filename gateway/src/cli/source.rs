//! `gateway source`

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::table::Table;
use super::{Failure, SiteFile, asked, counted, say, tell};
use crate::config::NamedFiles;
use crate::domain::{LocalClock, check_name};

/// Sources of the configuration: how each is, and what of theirs could not be followed
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Source {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(List),
    Test(Test),
    Resync(Resync),
    Letters(Letters),
    Retry(Letter),
    Discard(Letter),
}

/// Show all sources
#[derive(Args)]
#[command(after_help = "Examples:\n  gateway source list\n  gateway source list --json")]
struct List {
    #[command(flatten)]
    site: SiteFile,

    /// Everything, as one JSON object
    #[arg(long)]
    json: bool,
}

/// Look whether everything is there that a source needs
#[derive(Args)]
#[command(after_help = "Example:\n  gateway source test hr")]
struct Test {
    #[command(flatten)]
    site: SiteFile,

    #[command(flatten)]
    of: Of,

    /// Everything, as one JSON object
    #[arg(long)]
    json: bool,
}

/// Make the directory say what a source has said of everybody
///
/// Whatever somebody else has changed of the people whom the source gives is taken back.
#[derive(Args)]
#[command(after_help = "Example:\n  gateway source resync hr")]
struct Resync {
    #[command(flatten)]
    site: SiteFile,

    #[command(flatten)]
    of: Of,

    /// The answer, as one JSON object
    #[arg(long)]
    json: bool,
}

/// Show a source's messages that could not be followed, and why
#[derive(Args)]
#[command(after_help = "Example:\n  gateway source letters hr")]
struct Letters {
    #[command(flatten)]
    site: SiteFile,

    #[command(flatten)]
    of: Of,

    /// Everything, as one JSON object
    #[arg(long)]
    json: bool,
}

/// Try a message again that could not be followed, or keep it no longer
#[derive(Args)]
#[command(after_help = "Examples:\n  gateway source retry hr 3\n  gateway source discard hr 3")]
struct Letter {
    #[command(flatten)]
    site: SiteFile,

    #[command(flatten)]
    of: Of,

    /// The message's number, as `gateway source letters` has it
    number: u64,
}

#[derive(Args)]
struct Of {
    /// The source's id in the configuration
    source: String,
}

impl Of {
    /// Where the API has it.
    fn path(&self) -> Result<String, Failure> {
        let fits = |()| format!("/api/v1/sources/{}", self.source);
        check_name(&self.source)
            .map(fits)
            .map_err(|error| Failure::Usage(format!("the source {:?} {error}", self.source)))
    }
}

impl Source {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::List(list) => list.run(),
            Action::Test(test) => test.run(),
            Action::Resync(resync) => resync.run(),
            Action::Letters(letters) => letters.run(),
            Action::Retry(letter) => letter.retry(),
            Action::Discard(letter) => letter.discard(),
        }
    }
}

#[derive(Deserialize)]
struct All {
    sources: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    id: String,
    kind: String,
    condition: Condition,
    findings: Vec<Finding>,
    last_success: Option<Timestamp>,
    people: u64,
    cards: u64,
    dead_letters: u64,
}

#[derive(Deserialize)]
struct Condition {
    is: String,
}

#[derive(Deserialize)]
struct Finding {
    text: String,
}

#[derive(Deserialize)]
struct Tested {
    passed: bool,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    what: String,
    passed: Option<bool>,
    found: String,
}

#[derive(Deserialize)]
struct Resynced {
    changed: u64,
}

#[derive(Deserialize)]
struct Kept {
    letters: Vec<KeptLetter>,
}

#[derive(Deserialize)]
struct KeptLetter {
    number: u64,
    at: Timestamp,
    attempts: u64,
    #[serde(rename = "type")]
    kind: Option<String>,
    fault: Fault,
}

#[derive(Deserialize)]
struct Fault {
    field: String,
    value: String,
    message: String,
    remedy: String,
}

/// An answer, and the same for people.
fn read<T: for<'de> Deserialize<'de>>(answer: &[u8]) -> Result<T, Failure> {
    Ok(serde_json::from_slice(answer).context("the service's answer can't be read")?)
}

fn as_it_is(answer: Vec<u8>) -> Result<(), Failure> {
    say(String::from_utf8(answer).context("the service's answer is not UTF-8")?)
}

impl List {
    fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let answer = asked(&config, async |client| client.get("/api/v1/sources").await)?;
        if self.json {
            return as_it_is(answer);
        }
        let all: All = read(&answer)?;
        if all.sources.is_empty() {
            tell("The configuration has no [[source]].");
            return Ok(());
        }
        let clock = LocalClock::in_zone(config.site.time_zone, Timestamp::UNIX_EPOCH);
        let mut table =
            Table::new(["SOURCE", "KIND", "CONDITION", "LAST EVENT", "PEOPLE", "CARDS", "NOT FOLLOWED"]);
        for one in &all.sources {
            let last = one.last_success.map_or_else(|| "-".to_owned(), |at| clock.dated(&at));
            let counts = [one.people, one.cards, one.dead_letters].map(|count| count.to_string());
            let [people, cards, letters] = counts;
            table.row([
                one.id.clone(),
                one.kind.clone(),
                one.condition.is.clone(),
                last,
                people,
                cards,
                letters,
            ]);
        }
        say(table)?;
        all.sources.iter().flat_map(|one| &one.findings).for_each(|finding| tell(&finding.text));
        Ok(())
    }
}

impl Test {
    fn run(&self) -> Result<(), Failure> {
        let (config, path) = (self.site.load(NamedFiles::Ignored)?, format!("{}/test", self.of.path()?));
        let answer = asked(&config, async |client| client.post(&path, &json!({})).await)?;
        let tested: Tested = read(&answer)?;
        if self.json {
            as_it_is(answer)?;
        } else {
            let mut table = Table::new(["CHECK", "RESULT", "FOUND"]);
            for check in tested.checks {
                let result = match check.passed {
                    Some(true) => "passed",
                    Some(false) => "FAILED",
                    None => "unknown",
                };
                table.row([check.what, result.to_owned(), check.found]);
            }
            say(table)?;
        }
        if tested.passed { Ok(()) } else { Err(Failure::Told) }
    }
}

impl Resync {
    fn run(&self) -> Result<(), Failure> {
        let (config, path) = (self.site.load(NamedFiles::Ignored)?, format!("{}/resync", self.of.path()?));
        let answer = asked(&config, async |client| client.post(&path, &json!({})).await)?;
        if self.json {
            return as_it_is(answer);
        }
        let Resynced { changed } = read(&answer)?;
        match usize::try_from(changed).unwrap_or(usize::MAX) {
            0 => say("The directory said so already."),
            changed => say(format!("{} changed.", counted(changed, "record"))),
        }
    }
}

impl Letters {
    fn run(&self) -> Result<(), Failure> {
        let (config, path) = (self.site.load(NamedFiles::Ignored)?, format!("{}/letters", self.of.path()?));
        let answer = asked(&config, async |client| client.get(&path).await)?;
        if self.json {
            return as_it_is(answer);
        }
        let kept: Kept = read(&answer)?;
        if kept.letters.is_empty() {
            tell("Every event could be followed.");
            return Ok(());
        }
        let clock = LocalClock::in_zone(config.site.time_zone, Timestamp::UNIX_EPOCH);
        let mut table =
            Table::new(["NUMBER", "LAST TRIED", "TRIED", "TYPE", "FIELD", "VALUE", "WHY", "REMEDY"]);
        for letter in kept.letters {
            let Fault { field, value, message, remedy } = letter.fault;
            let (number, tried) = (letter.number.to_string(), letter.attempts.to_string());
            let kind = letter.kind.unwrap_or_else(|| "-".to_owned());
            table.row([number, clock.dated(&letter.at), tried, kind, field, value, message, remedy]);
        }
        say(table)
    }
}

impl Letter {
    fn path(&self) -> Result<String, Failure> {
        Ok(format!("{}/letters/{}", self.of.path()?, self.number))
    }

    fn retry(&self) -> Result<(), Failure> {
        let (config, path) = (self.site.load(NamedFiles::Ignored)?, format!("{}/retry", self.path()?));
        asked(&config, async |client| client.post(&path, &json!({})).await)?;
        tell("It was followed.");
        Ok(())
    }

    fn discard(&self) -> Result<(), Failure> {
        let (config, path) = (self.site.load(NamedFiles::Ignored)?, self.path()?);
        asked(&config, async |client| client.delete(&path).await)?;
        tell("It is no longer kept.");
        Ok(())
    }
}
