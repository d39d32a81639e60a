//! `gateway alarm`

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::ClientError;
use super::table::Table;
use super::{Failure, SiteFile, asked, say, tell};
use crate::config::{Config, NamedFiles};
use crate::domain::LocalClock;
use crate::domain::instant::{self, Edge};

/// See alarms, and say that you have seen them or look after them
///
/// An alarm that tells what somebody did, such as a door that was forced, is listed until somebody has acknowledged it,
/// even when it is over. To mute an alarm is to say that you look after it: it stays an alarm, the verdict goes on to say
/// so, and the mute ends by itself.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Alarm {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(List),
    Acknowledge(Acknowledge),
    Comment(Comment),
    Mute(Mute),
    Unmute(Unmute),
}

/// Show alarms that are open, that somebody should still see, or that are muted
#[derive(Args)]
#[command(after_help = "Examples:\n  gateway alarm list\n  gateway alarm list --json")]
struct List {
    #[command(flatten)]
    site: SiteFile,

    /// Everything, as one JSON object
    #[arg(long)]
    json: bool,
}

/// Which alarm, and how to answer.
#[derive(Args)]
struct One {
    #[command(flatten)]
    site: SiteFile,

    /// The alarm's number, as `gateway alarm list` shows it
    number: u64,

    /// Print the alarm as it is then, as JSON
    #[arg(long)]
    json: bool,
}

/// Say that you have seen an alarm
#[derive(Args)]
#[command(after_help = "Example:\n  gateway alarm acknowledge 12 --comment \"a delivery, door closed\"")]
struct Acknowledge {
    #[command(flatten)]
    one: One,

    /// A word about it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

/// Write something about an alarm
#[derive(Args)]
#[command(after_help = "Example:\n  gateway alarm comment 12 \"the locksmith comes at nine\"")]
struct Comment {
    #[command(flatten)]
    one: One,

    /// What, in a line
    text: String,
}

/// Look after an alarm for a while
#[derive(Args)]
#[command(after_help = "Examples:
  gateway alarm mute 12 --minutes 90 --reason \"being rewired\"
  gateway alarm mute 12 --until 2027-01-31 --reason \"spare part ordered\"")]
struct Mute {
    #[command(flatten)]
    one: One,

    /// Why, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    reason: String,

    #[command(flatten)]
    end: End,
}

/// When it ends by itself.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct End {
    /// Until when: 2027-01-31, "2027-01-31 18:00" by the site's clock, or RFC 3339
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,

    /// For so many minutes
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=43_200))]
    minutes: Option<u32>,
}

/// Look after an alarm no longer
#[derive(Args)]
#[command(after_help = "Example:\n  gateway alarm unmute 12")]
struct Unmute {
    #[command(flatten)]
    one: One,
}

/// What the service has.
#[derive(Deserialize)]
struct All {
    alarms: Vec<Shown>,
}

#[derive(Deserialize)]
struct Shown {
    number: u64,
    since: Timestamp,
    over: Option<Timestamp>,
    level: String,
    text: String,
    acknowledged: Option<By>,
    muted: Option<Muted>,
}

#[derive(Deserialize)]
struct By {
    by: String,
}

#[derive(Deserialize)]
struct Muted {
    by: String,
    until: Timestamp,
}

impl Alarm {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::List(list) => list.run(),
            Action::Acknowledge(Acknowledge { one, comment }) => {
                one.handle("acknowledge", &json!({ "comment": comment }))
            }
            Action::Comment(Comment { one, text }) => one.handle("comments", &json!({ "text": text })),
            Action::Mute(mute) => mute.run(),
            Action::Unmute(Unmute { one }) => one.unmute(),
        }
    }
}

impl List {
    fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let answer = asked(&config, async |client| client.get("/api/v1/alarms").await)?;
        if self.json {
            return say(String::from_utf8(answer).context("the service's answer is not UTF-8")?);
        }
        let All { alarms } = serde_json::from_slice(&answer).context("the service's answer can't be read")?;
        if alarms.is_empty() {
            tell("There are no alarms.");
            return Ok(());
        }
        let clock = clock_of(&config);
        let mut table = Table::new(["NUMBER", "LEVEL", "SINCE", "STATE", "ALARM"]);
        for alarm in alarms {
            let (since, state) = (clock.dated(&alarm.since), alarm.state(&clock));
            table.row([alarm.number.to_string(), alarm.level, since, state, alarm.text]);
        }
        say(table)
    }
}

impl Shown {
    fn state(&self, clock: &LocalClock) -> String {
        let over = self.over.map(|over| format!("over since {}", clock.dated(&over)));
        let seen = match &self.acknowledged {
            Some(By { by }) => format!("acknowledged by {by}"),
            None => "not acknowledged".to_owned(),
        };
        let muted =
            self.muted.as_ref().map(|it| format!("muted by {} until {}", it.by, clock.dated(&it.until)));
        [over, Some(seen), muted].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Mute {
    fn run(&self) -> Result<(), Failure> {
        let until = match (&self.end.until, self.end.minutes) {
            (Some(text), _) => {
                let zone = self.one.site.load(NamedFiles::Ignored)?.site.time_zone;
                let read = instant::read(text, &zone, Edge::End);
                read.map_err(|error| Failure::Usage(format!("--until {text}: {error}")))?
            }
            (None, minutes) => Timestamp::now() + SignedDuration::from_mins(minutes.unwrap_or(1).into()),
        };
        self.one.handle("mute", &json!({ "reason": self.reason, "until": until }))
    }
}

impl One {
    fn handle(&self, verb: &str, body: &Value) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let path = format!("/api/v1/alarms/{}/{verb}", self.number);
        let answer =
            asked(&config, async |client| -> Result<_, ClientError> { client.post(&path, body).await })?;
        self.told(&config, answer)
    }

    fn unmute(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let path = format!("/api/v1/alarms/{}/mute", self.number);
        let answer = asked(&config, async |client| -> Result<_, ClientError> { client.delete(&path).await })?;
        self.told(&config, answer)
    }

    fn told(&self, config: &Config, answer: Vec<u8>) -> Result<(), Failure> {
        if self.json {
            return say(String::from_utf8(answer).context("the service's answer is not UTF-8")?);
        }
        let alarm: Shown = serde_json::from_slice(&answer).context("the service's answer can't be read")?;
        let state = alarm.state(&clock_of(config));
        say(crate::domain::one_line(format!("{}: {state}: {}", alarm.number, alarm.text)))
    }
}

fn clock_of(config: &Config) -> LocalClock {
    LocalClock::in_zone(config.site.time_zone.clone(), Timestamp::now())
}
