//! How a source of the configuration is, in a fixed list.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// How a source is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum SourceCondition {
    /// Nothing is known of it yet.
    Starting,
    /// It can be heard.
    Connected {
        /// Since when.
        since: Timestamp,
    },
    /// Nothing arrives: the way to it is broken.
    Disconnected {
        /// Since when.
        since: Timestamp,
        /// Why, with what to do.
        why: String,
    },
    /// Nothing can be taken from it: something is missing on this side.
    Unusable {
        /// Since when.
        since: Timestamp,
        /// Why, with what to do.
        why: String,
    },
}

impl SourceCondition {
    /// In a few words.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Connected { .. } => "connected",
            Self::Disconnected { .. } => "not connected",
            Self::Unusable { .. } => "can't be used",
        }
    }

    /// What is wrong and since when, if anything is.
    pub const fn trouble(&self) -> Option<(Timestamp, &String)> {
        match self {
            Self::Starting | Self::Connected { .. } => None,
            Self::Disconnected { since, why } | Self::Unusable { since, why } => Some((*since, why)),
        }
    }

    /// This condition, and since when it is so where it was like `known`.
    #[must_use]
    pub fn after(self, known: &Self) -> Self {
        match (self, known) {
            (Self::Connected { .. }, Self::Connected { since }) => Self::Connected { since: *since },
            (Self::Disconnected { why, .. }, Self::Disconnected { since, .. }) => {
                Self::Disconnected { since: *since, why }
            }
            (Self::Unusable { why, .. }, Self::Unusable { since, .. }) => {
                Self::Unusable { since: *since, why }
            }
            (other, _) => other,
        }
    }
}
