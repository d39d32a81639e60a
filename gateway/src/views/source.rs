//! The sources of the configuration, as their administrator wants to know them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{EventFault, Finding, Level, SourceCondition, SourceId};

/// One source of the configuration: how it is, and what it gives.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct ConfiguredSourceView {
    /// Its name in the configuration.
    pub id: SourceId,
    /// What it is, such as `webhook`.
    pub kind: &'static str,
    /// Where it sends to, or where it is listened to.
    pub place: String,
    /// How it is.
    pub condition: SourceCondition,
    /// The worst of its findings.
    pub level: Level,
    /// What somebody should know of it, one sentence each.
    pub findings: Vec<Finding>,
    /// When anything last arrived, since the service started.
    pub last_received: Option<Timestamp>,
    /// When an event was last followed, since the service started.
    pub last_success: Option<Timestamp>,
    /// When it last changed something, since the service started.
    pub last_change: Option<Timestamp>,
    /// How long after it had happened the latest event was followed, in seconds, by the sender's clock; absent where the
    /// sender gives no times.
    pub lag_s: Option<u64>,
    /// Events that were followed since the service started.
    pub followed: u64,
    /// What went wrong since the service started, by kind.
    pub errors: Vec<SourceErrorCount>,
    /// What went wrong last, since the service started.
    pub last_error: Option<SourceErrorView>,
    /// How many people it gives.
    pub people: u64,
    /// How many cards.
    pub cards: u64,
    /// Messages that could not be followed and are kept.
    pub dead_letters: u64,
}

/// How often something went wrong in one way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct SourceErrorCount {
    /// Which way: `turned_away`, `malformed` or `refused`.
    pub kind: &'static str,
    /// How often.
    pub count: u64,
}

/// What went wrong once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct SourceErrorView {
    /// When.
    pub at: Timestamp,
    /// What; its value is empty for those who need not see card numbers.
    #[serde(flatten)]
    pub fault: EventFault,
}

/// A message that could not be followed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct DeadLetterView {
    /// Which it is, among those of its source.
    pub number: u64,
    /// When it first came.
    pub first: Timestamp,
    /// When it came last, or was tried last.
    pub at: Timestamp,
    /// How often it has come or was tried.
    pub attempts: u32,
    /// The event's identifier, where it could be read.
    pub event: Option<String>,
    /// The event's type, where it could be read.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Why it could not be followed.
    pub fault: EventFault,
    /// What was in it, its beginning at least; absent for those who need not see card numbers.
    pub body: Option<String>,
    /// Whether it can be tried again.
    pub can_retry: bool,
}

impl ConfiguredSourceView {
    /// `2 refused, 1 turned away`; empty where nothing went wrong.
    pub fn errors_in_words(&self) -> String {
        let told =
            self.errors.iter().map(|error| format!("{} {}", error.count, error.kind.replace('_', " ")));
        told.collect::<Vec<_>>().join(", ")
    }
}
