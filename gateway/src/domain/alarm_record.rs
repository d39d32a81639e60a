//! An alarm from its beginning to its end, and what people did about it: acknowledged, commented, muted for a while.
//!
//! To mute an alarm is to say that somebody looks after it. It stays an alarm, and what it says of the site stays true.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::{Alarm, AlarmKind};

/// An alarm's own number, the same over restarts.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct AlarmNumber(pub u64);

impl fmt::Display for AlarmNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AlarmNumber {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Somebody has seen an alarm.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledged {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
}

/// What somebody wrote about an alarm.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AlarmComment {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

/// Somebody looks after an alarm for a while.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Muted {
    /// Since when.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// It ends by itself then.
    pub until: Timestamp,
}

/// An alarm with its history. One that opens again goes on under its number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AlarmRecord {
    /// Its number.
    pub number: AlarmNumber,
    /// What it is about, in words.
    #[serde(flatten)]
    pub alarm: Alarm,
    /// When it opened, the last time that it did.
    pub since: Timestamp,
    /// How often it has opened.
    pub times: u32,
    /// When it was over; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Timestamp>,
    /// Who has seen it since it opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledged>,
    /// Oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<AlarmComment>,
    /// Who last muted it. What counts at an instant is [`muted_at`](Self::muted_at).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<Muted>,
}

impl AlarmRecord {
    /// One that opens.
    pub const fn new(number: AlarmNumber, since: Timestamp, alarm: Alarm) -> Self {
        Self {
            number,
            alarm,
            since,
            times: 1,
            over: None,
            acknowledged: None,
            comments: Vec::new(),
            muted: None,
        }
    }

    /// What kind it is, and where.
    pub const fn what(&self) -> &AlarmKind {
        &self.alarm.what
    }

    /// Who mutes it at that instant.
    pub fn muted_at(&self, now: Timestamp) -> Option<&Muted> {
        self.muted.as_ref().filter(|muted| now < muted.until)
    }

    /// Whether it is kept at that instant: while it lasts, until somebody has seen it where somebody should, and while it
    /// is muted.
    pub fn is_kept(&self, now: Timestamp) -> bool {
        let unseen = self.what().wants_acknowledging() && self.acknowledged.is_none();
        self.over.is_none() || unseen || self.muted_at(now).is_some()
    }
}

/// What somebody does about an alarm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AlarmDeed {
    /// Says that they have seen it, with or without a word.
    Acknowledge {
        /// The word.
        comment: Option<String>,
    },
    /// Writes something about it.
    Comment(String),
    /// Looks after it for a while.
    Mute {
        /// Why.
        reason: String,
        /// Until when.
        until: Timestamp,
    },
    /// Looks after it no longer.
    Unmute,
}

/// Why nothing was done about an alarm.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AlarmDeedError {
    /// There is none of that number any more, or there never was.
    #[error("there is no alarm {0}, or it is over and needs nobody any more")]
    Unknown(AlarmNumber),
    /// It has as many comments as it may have.
    #[error("alarm {number} has {most} comments already, and takes no more")]
    TooManyComments {
        /// Which.
        number: AlarmNumber,
        /// How many it may have.
        most: usize,
    },
    /// The end is not ahead, or too far ahead.
    #[error("an alarm is muted until an instant that is ahead, by {days} days at the most")]
    Until {
        /// What was asked for.
        until: Timestamp,
        /// The longest.
        days: i64,
    },
    /// Nobody mutes it.
    #[error("alarm {0} is not muted")]
    NotMuted(AlarmNumber),
}
