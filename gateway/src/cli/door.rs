//! `gateway door`

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Client, ClientError};
use super::door_test::Test;

use super::{Failure, SiteFile, asked, say, tell};
use crate::config::{Config, NamedFiles, closest};
use crate::domain::instant::{self, Edge};

/// Give orders to doors for which the gateway decides, at the running service
#[derive(Args)]
pub(super) struct Door {
    #[command(subcommand)]
    order: Order,
}

#[derive(Subcommand)]
enum Order {
    /// Let somebody in once
    #[command(after_help = "Example:\n  gateway door unlock turnstile --reason \"delivery\"")]
    Unlock(Once),
    /// Keep doors unlocked until an end
    #[command(after_help = "Example:\n  gateway door hold turnstile --minutes 30 --reason \"fire drill\"")]
    Hold(Ending),
    /// Keep doors locked: no card opens them, and this command still lets somebody in
    #[command(after_help = "Example:\n  gateway door lock turnstile --until 2027-01-31 --reason \"closed\"")]
    Lock(Ending),
    /// Keep doors locked against everything from outside; whoever wants out gets out
    #[command(after_help = "Example:\n  gateway door lockdown turnstile --reason \"intruder\"")]
    Lockdown(Ending),
    /// Put doors back to normal use
    #[command(after_help = "Example:\n  gateway door normal turnstile")]
    Normal(Once),
    Test(Test),
}

/// Which doors, and why.
#[derive(Args)]
struct Once {
    #[command(flatten)]
    site: SiteFile,

    /// The doors' ids in the configuration
    #[arg(required = true, value_name = "DOOR")]
    doors: Vec<String>,

    /// Why, for whoever reads the log later
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Print the answers as JSON
    #[arg(long)]
    json: bool,
}

/// The same, until an end.
#[derive(Args)]
struct Ending {
    #[command(flatten)]
    once: Once,

    /// Until when: 2027-01-31, "2027-01-31 18:00" by the site's clock, or RFC 3339
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,

    /// For so many minutes
    #[arg(long, conflicts_with = "until", value_parser = clap::value_parser!(u32).range(1..=10_080))]
    minutes: Option<u32>,
}

/// What the service answers.
#[derive(Deserialize)]
struct Ordered {
    mode: String,
    until: Option<Timestamp>,
}

impl Door {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.order {
            Order::Unlock(once) => once.order("unlock", None),
            Order::Normal(once) => once.order("normal", None),
            Order::Test(test) => test.run(),
            Order::Hold(ending) => ending.order("hold"),
            Order::Lock(ending) => ending.order("lock"),
            Order::Lockdown(ending) => ending.order("lockdown"),
        }
    }
}

impl Ending {
    fn order(&self, action: &str) -> Result<(), Failure> {
        if self.once.reason.is_none() {
            return Err(Failure::Usage("give a --reason, for whoever reads the log later".to_owned()));
        }
        let until = match (&self.until, self.minutes) {
            (None, None) if action == "hold" => {
                return Err(Failure::Usage(
                    "a door is held open with an end: give --minutes or --until".to_owned(),
                ));
            }
            (None, None) => None,
            (None, Some(minutes)) => Some(Timestamp::now() + SignedDuration::from_mins(minutes.into())),
            (Some(text), _) => {
                let zone = self.once.site.load(NamedFiles::Ignored)?.site.time_zone;
                let read = instant::read(text, &zone, Edge::End);
                Some(read.map_err(|error| Failure::Usage(format!("--until {text}: {error}")))?)
            }
        };
        self.once.order(action, until)
    }
}

impl Once {
    fn order(&self, action: &str, until: Option<Timestamp>) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        self.doors.iter().try_for_each(|door| known(&config, door))?;
        let body = json!({ "action": action, "until": until, "reason": self.reason });
        let answers = asked(&config, async |client| self.ask(client, &body).await)?;
        let (mut refused, mut shown) = (0, Vec::new());
        for (door, answer) in self.doors.iter().zip(answers) {
            match answer {
                Ok(body) if self.json => shown.push(read::<Value>(&body)?),
                Ok(body) => say(sentence(door, action, &read(&body)?, &config))?,
                Err(error) => {
                    refused += 1;
                    tell(format_args!("error: {door}: {error}"));
                }
            }
        }
        if self.json {
            say(Value::Array(shown))?;
        }
        match refused {
            0 => Ok(()),
            _ => Err(anyhow!("{refused} of {} doors did not take the order", self.doors.len()).into()),
        }
    }

    /// One answer for each; an error when there is nobody to ask.
    async fn ask(
        &self,
        client: &Client,
        body: &Value,
    ) -> Result<Vec<Result<Vec<u8>, ClientError>>, ClientError> {
        let mut answers = Vec::with_capacity(self.doors.len());
        for door in &self.doors {
            match client.post(&format!("/api/v1/doors/{door}/orders"), body).await {
                refused @ Err(ClientError::Refused { .. }) => answers.push(refused),
                answer => answers.push(Ok(answer?)),
            }
        }
        Ok(answers)
    }
}

fn known(config: &Config, door: &str) -> Result<(), Failure> {
    let ids = || config.controllers.iter().flat_map(|it| &it.doors).map(|door| door.id.as_str());
    if ids().any(|id| id == door) {
        return Ok(());
    }
    let near = closest(door, ids()).map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
    Err(Failure::Usage(format!("no door in {} has the id \"{door}\"{near}", config.file.display())))
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> anyhow::Result<T> {
    serde_json::from_slice(body).context("the service's answer can't be read")
}

fn sentence(door: &str, action: &str, ordered: &Ordered, config: &Config) -> String {
    let what = match (action, ordered.mode.as_str()) {
        ("unlock", _) => "unlocked",
        (_, "held") => "held open",
        (_, "locked") => "locked",
        (_, "lockdown") => "in lockdown",
        _ => "in normal use",
    };
    let zone = config.site.time_zone.clone();
    let until =
        ordered.until.map(|until| until.to_zoned(zone).strftime(" until %Y-%m-%d %H:%M:%S").to_string());
    format!("{door}: {what}{}", until.unwrap_or_default())
}
