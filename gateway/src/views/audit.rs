//! The audit log as it is shown.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::unreadable::Unreadable;
use crate::domain::{AuditEntry, AuditOutcome};

/// Something that somebody did, or tried to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct AuditView {
    /// Its number in the log.
    pub number: u64,
    /// When, by the gateway's clock.
    pub at: Timestamp,
    /// Who, in words.
    pub who: String,
    /// From where: an address, or the box itself.
    pub from: String,
    /// What kind of action: a request by method and path, a command, or a few words.
    pub action: String,
    /// What was done, in a sentence; empty where the action says it all.
    pub what: String,
    /// The person who carries a card that it is about.
    pub person: Option<String>,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// The hash of the entry before it, in hexadecimal.
    pub previous: String,
    /// Its own, over that and the entry.
    pub hash: String,
}

impl AuditView {
    /// An entry with its number and the hashes in the chain.
    pub fn of(number: u64, entry: AuditEntry, previous: String, hash: String) -> Self {
        let who = entry.who();
        let AuditEntry { at, from, action, what, person, outcome, .. } = entry;
        Self { number, at, who, from, action, what, person, outcome, previous, hash }
    }
}

/// The audit log.
pub trait ShowAudit: Send + Sync {
    /// Entries before number `before` (the newest for `None`), newest first.
    ///
    /// # Errors
    /// When they can't be read.
    fn audit_log(
        &self,
        before: Option<u64>,
        count: usize,
    ) -> BoxFuture<'_, Result<Vec<AuditView>, Unreadable>>;
}
