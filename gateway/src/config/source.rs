//! `[[source]]`: where people and cards come from besides SCIM, which has tokens instead.

use std::path::PathBuf;
use std::time::Duration;

use super::NamedFiles;
use super::mqtt::{self, BrokerElsewhere};
use super::problem::Problem;
use super::section::Section;
use super::taken::Once;
use crate::domain::SourceId;
use crate::sources::webhook::Secrets;
use crate::sources::webhook::limits::{DEFAULT_TOLERANCE, MAX_TOLERANCE, MIN_TOLERANCE};

/// Most sources of one gateway.
pub const MAX_SOURCES: usize = 16;

/// Longest topic filter, in bytes.
const MAX_TOPIC_LEN: usize = 256;

/// One source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// What it is called; unique.
    pub id: SourceId,
    /// What it is.
    pub kind: SourceKind,
}

/// What kinds of sources there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SourceKind {
    /// Events that somebody posts.
    Webhook {
        /// The secrets of who may, one a line.
        secret_file: PathBuf,
        /// How far the time of a request may be off.
        tolerance: Duration,
    },
    /// Events at a broker that others run.
    Mqtt {
        /// Where it is.
        broker: BrokerElsewhere,
        /// What is listened to.
        topic: String,
    },
}

#[derive(Clone, Copy)]
enum Kind {
    Webhook,
    Mqtt,
}

const KINDS: [(&str, Kind); 2] = [("webhook", Kind::Webhook), ("mqtt", Kind::Mqtt)];

const OF_WEBHOOKS: [&str; 2] = ["secret_file", "tolerance_s"];
const OF_BROKERS: [&str; 5] = ["broker", "topic", "credentials_file", "ca", "client_cert"];

pub(super) fn read(sections: &[Section<'_, '_>]) -> Vec<Source> {
    if let Some(one_too_many) = sections.get(MAX_SOURCES) {
        let message = format!("the file has {} sources; at most {MAX_SOURCES} are possible", sections.len());
        one_too_many.review.note(Problem::at(one_too_many.header.clone(), message));
    }
    let mut ids = Once::default();
    let read: Vec<_> = sections.iter().map(|section| source(section, &mut ids)).collect();
    read.into_iter().flatten().collect()
}

fn source(section: &Section<'_, '_>, ids: &mut Once<String>) -> Option<Source> {
    let id = section.id::<SourceId>("id = \"hr\"");
    if let Some(id) = &id {
        let name = id.get_ref().to_string();
        let what = format!("the source id \"{name}\"");
        ids.take(section, name, id.span(), what);
    }
    if section.value("kind").is_none() {
        section.missing("kind", "kind = \"webhook\"");
    }
    let kind = match section.word("kind", &KINDS, &["entra", "okta", "signals", "csv"])? {
        Kind::Webhook => {
            section.unused(
                &OF_BROKERS,
                "at a source of kind \"webhook\"",
                "remove it, or write kind = \"mqtt\"",
            );
            webhook(section)
        }
        Kind::Mqtt => {
            section.unused(
                &OF_WEBHOOKS,
                "at a source of kind \"mqtt\"",
                "remove it, or write kind = \"webhook\"",
            );
            at_broker(section)
        }
    };
    Some(Source { id: id?.into_inner(), kind: kind? })
}

fn webhook(section: &Section<'_, '_>) -> Option<SourceKind> {
    let bounds = MIN_TOLERANCE.as_secs()..MAX_TOLERANCE.as_secs() + 1;
    let tolerance = match section.value("tolerance_s") {
        None => Some(DEFAULT_TOLERANCE),
        Some(_) => section.number("tolerance_s", bounds).map(|it| Duration::from_secs(it.into_inner())),
    };
    let file = section.required_text("secret_file", "secret_file = \"secrets/hr\"")?;
    let secret_file = section.review.path(file.get_ref());
    if section.review.files == NamedFiles::Checked
        && secret_file.exists()
        && let Err(error) = Secrets::read(&secret_file)
    {
        section.review.note(Problem::at(file.span(), error.to_string()).help(error.remedy()));
    }
    Some(SourceKind::Webhook { secret_file, tolerance: tolerance? })
}

fn at_broker(section: &Section<'_, '_>) -> Option<SourceKind> {
    let broker = section.required_text("broker", "broker = \"mqtts://broker.example:8883\"");
    let topic = section.required_text("topic", "topic = \"hr/gatehouse/#\"");
    let broker = broker.and_then(|broker| {
        mqtt::elsewhere(section, &broker, "it is a place such as \"mqtts://broker.example:8883\"")
    });
    let topic = topic?;
    if !is_filter(topic.get_ref()) {
        let message = format!("`topic` can't be \"{}\"", topic.get_ref());
        let help = "such as \"hr/gatehouse\", or with + for one level and # at the end for all below";
        section.review.note(Problem::at(topic.span(), message).help(help));
        return None;
    }
    Some(SourceKind::Mqtt { broker: broker?, topic: (*topic.get_ref()).to_owned() })
}

/// Whether a topic filter is one (MQTT 5, 4.7), and not of the broker's own topics.
fn is_filter(text: &str) -> bool {
    let levels: Vec<&str> = text.split('/').collect();
    let fits = |(at, level): (usize, &&str)| match *level {
        "#" => at + 1 == levels.len(),
        "+" => true,
        level => !level.contains(['+', '#']) && !level.contains(char::is_control),
    };
    text.len() <= MAX_TOPIC_LEN && !text.starts_with('$') && levels.iter().enumerate().all(fits)
}
