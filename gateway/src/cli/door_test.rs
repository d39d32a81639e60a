//! `gateway door test`: a walk through the parts of a door, and the record of what was seen.
//!
//! It watches what the site hears, and tells nothing as seen that the site did not hear. Whether a lock has moved is seen by
//! people alone, so they are asked where there is a terminal.

use std::io::{self, BufRead, IsTerminal};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{Client, ClientError};
use super::table::Table;
use super::{Failure, SiteFile, asked, meant, say, tell};
use crate::config::{Config, Door, NamedFiles};
use crate::domain::{LocalClock, one_line};

/// The site is looked at so often.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Walk through a door's reader, lock, contact and button, and print a record of acceptance
///
/// Tells what to do next, watches what the site hears of it, and goes on when it was heard or the time is over. Needs nothing
/// but the box: any card will do, whether it opens the door or not. The door is unlocked once.
///
/// Exit code 0 if every part was seen working, 1 if not; the record says which.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway door test turnstile
  gateway door test turnstile --seconds 60 --json > turnstile.json")]
pub(super) struct Test {
    #[command(flatten)]
    site: SiteFile,

    /// The door's id in the configuration
    door: String,

    /// How long each thing is waited for
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,

    /// The record as one JSON object
    #[arg(long)]
    json: bool,
}

/// What came of one part.
#[derive(Serialize)]
struct Step {
    part: &'static str,
    /// Whether it was seen working.
    seen: bool,
    /// By what, or what was missed.
    what: String,
    at: Timestamp,
}

/// What the service tells of the site, as far as it matters here.
#[derive(Deserialize)]
struct Site {
    controllers: Vec<Controller>,
    events: Vec<CardEvent>,
    door_events: Vec<DoorEvent>,
}

#[derive(Deserialize)]
struct Controller {
    doors: Vec<DoorNow>,
}

#[derive(Deserialize)]
struct DoorNow {
    id: String,
    state: Option<DoorState>,
}

#[derive(Deserialize)]
struct DoorState {
    open: Option<bool>,
}

#[derive(Deserialize)]
struct CardEvent {
    number: u64,
    door: String,
    granted: bool,
    reason_text: String,
}

#[derive(Deserialize)]
struct DoorEvent {
    at: Timestamp,
    door: String,
    what: String,
}

impl Test {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let door = self.known(&config)?;
        let begun = Timestamp::now();
        let steps = asked(&config, async |client| self.walk(client, door).await)?;
        let passed = steps.iter().all(|step| step.seen);
        if self.json {
            say(record(&config, door, begun, &steps, passed))?;
        } else {
            self.print(&config, door, begun, &steps, passed)?;
        }
        if passed { Ok(()) } else { Err(Failure::Told) }
    }

    fn known<'a>(&self, config: &'a Config) -> Result<&'a Door, Failure> {
        let doors = || config.controllers.iter().flat_map(|it| &it.doors);
        doors().find(|door| door.id.as_str() == self.door).ok_or_else(|| {
            let near = meant(&self.door, doors().map(|door| door.id.as_str()));
            let file = config.file.display();
            Failure::Usage(format!("no door in {file} has the id \"{}\"{near}", self.door))
        })
    }

    async fn walk(&self, client: &Client, door: &Door) -> Result<Vec<Step>, ClientError> {
        let watch = Watch { client, door, patience: Duration::from_secs(self.seconds.into()) };
        let mut steps = Vec::new();
        if door.reader.is_some() {
            steps.push(watch.reader("reader", "Present any card at the reader.").await?);
        }
        let Some(parts) = &door.parts else { return Ok(steps) };
        if parts.exit_reader.is_some() {
            steps.push(
                watch.reader("exit_reader", "Present any card at the reader on the other side.").await?,
            );
        }
        steps.push(watch.lock().await?);
        if parts.contact.is_some() {
            steps.push(watch.contact("contact_open", "Open the door.", true).await?);
            steps.push(watch.contact("contact_closed", "Close the door.", false).await?);
        }
        if parts.request_to_exit.is_some() {
            steps.push(watch.button().await?);
        }
        Ok(steps)
    }

    fn print(
        &self,
        config: &Config,
        door: &Door,
        begun: Timestamp,
        steps: &[Step],
        passed: bool,
    ) -> Result<(), Failure> {
        let clock = LocalClock::in_zone(config.site.time_zone.clone(), begun);
        say(format!(
            "Record of acceptance: {} ({}), {}",
            one_line(&door.name),
            door.id,
            one_line(&config.site.name)
        ))?;
        say(format!("Begun {}, gateway {}", clock.dated(&begun), env!("CARGO_PKG_VERSION")))?;
        let mut table = Table::new(["PART", "SEEN", "AT", "WHAT"]);
        for step in steps {
            let seen = if step.seen { "yes" } else { "NO" };
            let part = step.part.replace('_', " ");
            table.row([part, seen.to_owned(), clock.exact(&step.at), one_line(&step.what)]);
        }
        say(table)?;
        say(if passed { "Every part was seen working." } else { "Not every part was seen working." })
    }
}

fn record(config: &Config, door: &Door, begun: Timestamp, steps: &[Step], passed: bool) -> Value {
    json!({
        "site": config.site.name,
        "door": door.id,
        "name": door.name,
        "begun": begun,
        "gateway": env!("CARGO_PKG_VERSION"),
        "passed": passed,
        "parts": steps,
    })
}

/// Watches one door.
struct Watch<'a> {
    client: &'a Client,
    door: &'a Door,
    patience: Duration,
}

impl Watch<'_> {
    async fn reader(&self, part: &'static str, wish: &str) -> Result<Step, ClientError> {
        let newest = |site: &Site| site.events.iter().map(|event| event.number).max().unwrap_or(0);
        let before = newest(&self.look().await?);
        tell(wish);
        let heard = self.until(|site| {
            let mut cards = site.events.iter().filter(|event| event.number > before);
            cards.find(|event| event.door == self.door.name).map(|card| match card.granted {
                true => "a card was read, and opened the door".to_owned(),
                false => format!("a card was read, and refused: {}", card.reason_text),
            })
        });
        Ok(step(part, heard.await?.ok_or_else(|| "no card was read".to_owned())))
    }

    async fn lock(&self) -> Result<Step, ClientError> {
        tell("Unlocking the door once.");
        let order = json!({ "action": "unlock", "reason": "door test" });
        let path = format!("/api/v1/doors/{}/orders", self.door.id);
        let confirmed = match self.client.post(&path, &order).await {
            Ok(_) => Ok("its device confirmed that it was let go".to_owned()),
            Err(error @ ClientError::Refused { .. }) => Err(error.to_string()),
            Err(error) => return Err(error),
        };
        Ok(step("lock", confirmed.and_then(|confirmed| seen_by_people(&confirmed))))
    }

    async fn contact(&self, part: &'static str, wish: &str, open: bool) -> Result<Step, ClientError> {
        tell(wish);
        let is_so = |site: &Site| {
            let mut doors = site.controllers.iter().flat_map(|it| &it.doors);
            let now = doors.find(|door| door.id == self.door.id.as_str())?.state.as_ref()?.open;
            (now == Some(open))
                .then(|| format!("the contact shows it {}", if open { "open" } else { "closed" }))
        };
        let shown = self.until(is_so).await?;
        Ok(step(part, shown.ok_or_else(|| "the contact didn't show it".to_owned())))
    }

    async fn button(&self) -> Result<Step, ClientError> {
        let pressed = |site: &Site| {
            let of_door = site.door_events.iter().filter(|event| event.door == self.door.name);
            of_door.filter(|event| event.what == "request_to_exit").map(|event| event.at).max()
        };
        let before = pressed(&self.look().await?);
        tell("Press the button.");
        let heard = self.until(|site| (pressed(site) > before).then(|| "it was pressed".to_owned())).await?;
        Ok(step("button", heard.ok_or_else(|| "nobody was heard to press it".to_owned())))
    }

    /// What `seen` makes of the site as soon as it makes something of it, or nothing when the time is over.
    async fn until(&self, seen: impl Fn(&Site) -> Option<String>) -> Result<Option<String>, ClientError> {
        let end = Instant::now() + self.patience;
        loop {
            if let Some(seen) = seen(&self.look().await?) {
                return Ok(Some(seen));
            }
            if Instant::now() >= end {
                return Ok(None);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn look(&self) -> Result<Site, ClientError> {
        let answer = self.client.get("/api/v1/site").await?;
        self.client.understood(&answer)
    }
}

/// Whether the lock moved, by the word of somebody who stands there.
fn seen_by_people(confirmed: &str) -> Result<String, String> {
    if !io::stdin().is_terminal() {
        return Ok(format!("{confirmed}; nobody was asked whether it moved"));
    }
    tell("Did the lock let go? [y/n]");
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer).context("standard input can't be read");
    match (read, answer.trim().to_lowercase().as_str()) {
        (Ok(_), "y" | "yes") => Ok(format!("{confirmed}, and somebody saw it")),
        _ => Err(format!("{confirmed}, and nobody saw it move")),
    }
}

fn step(part: &'static str, came: Result<String, String>) -> Step {
    let (seen, what) = match came {
        Ok(what) => (true, what),
        Err(what) => (false, what),
    };
    tell(format!("  {}: {what}", if seen { "seen" } else { "NOT seen" }));
    Step { part, seen, what, at: Timestamp::now() }
}
