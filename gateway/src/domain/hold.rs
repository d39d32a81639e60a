//! A hold: a block that somebody on site puts on a card or a person, whoever gave it. No source lifts it, and no source
//! is told of it.

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use serde::{Deserialize, Serialize};

use super::cardholder::CardholderId;
use super::credential_text;
use super::identifier::identifier;
use super::origin::Origin;
use super::revision::Revision;

identifier! {
    /// The gateway's own identifier of a hold.
    HoldId
}

/// What a hold is on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldOn {
    /// A card, whosever it is or becomes.
    Card(#[serde(with = "credential_text::shown")] Credential),
    /// A person, with all cards that they have or get.
    Person(CardholderId),
}

/// A block on a card or a person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Hold {
    /// Stable for life.
    pub id: HoldId,
    /// On what.
    pub on: HoldOn,
    /// Why, in one line of 1 to [`Self::MAX_REASON_LEN`] characters.
    pub reason: String,
    /// It is over from this instant on; absent: when somebody lifts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who put it there.
    pub by: Origin,
    /// When.
    pub created: Timestamp,
    /// The revision that changed it last.
    pub revision: Revision,
}

impl Hold {
    /// The longest reason, in characters.
    pub const MAX_REASON_LEN: usize = 200;

    /// Whether it blocks at `now`.
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
