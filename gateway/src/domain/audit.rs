//! What somebody did to the site, as the audit log keeps it. Holds no secret and no card number.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::origin::Origin;

/// Something that somebody did, or tried to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When, by the gateway's clock.
    pub at: Timestamp,
    /// Who; absent where nobody has shown who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Origin>,
    /// From where: an address, or [`Self::THE_BOX`].
    pub from: String,
    /// What kind of action: a request of the API by method and path, a command, or one of few words.
    pub action: String,
    /// What was done, in a sentence; empty where the action says it all. Names no person who carries a card.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// The person who carries a card that it is about, apart from the sentence, so that it can be forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// What came of it.
    pub outcome: AuditOutcome,
}

/// What came of an action.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was refused, and changed nothing.
    Refused,
    /// It failed.
    Failed,
}

impl AuditEntry {
    /// From where, if not from the network.
    pub const THE_BOX: &str = "the box itself";

    /// Longest action, address or name, in characters.
    pub const MAX_WORD_CHARS: usize = 200;

    /// Longest sentence, in characters.
    pub const MAX_SENTENCE_CHARS: usize = 2_000;

    /// With no text longer than it may be.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.from = cut(&self.from, Self::MAX_WORD_CHARS);
        self.action = cut(&self.action, Self::MAX_WORD_CHARS);
        self.what = cut(&self.what, Self::MAX_SENTENCE_CHARS);
        self.person = self.person.map(|person| cut(&person, Self::MAX_WORD_CHARS));
        self
    }

    /// Who, in words.
    pub fn who(&self) -> String {
        self.by.as_ref().map_or_else(|| "nobody who is known".to_owned(), Origin::words)
    }
}

impl AuditOutcome {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// What an HTTP status says.
    pub const fn of_status(status: u16) -> Self {
        match status {
            0..400 => Self::Done,
            400..500 => Self::Refused,
            _ => Self::Failed,
        }
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_an_entry_is_longer_than_it_may_be() {
        let long = "é".repeat(5_000);
        let entry = AuditEntry {
            at: Timestamp::UNIX_EPOCH,
            by: None,
            from: long.clone(),
            action: long.clone(),
            what: long.clone(),
            person: Some(long),
            outcome: AuditOutcome::Done,
        };
        let bounded = entry.bounded();
        assert_eq!(bounded.what.chars().count(), AuditEntry::MAX_SENTENCE_CHARS + 1);
        for text in [&bounded.from, &bounded.action, &bounded.person.clone().unwrap()] {
            assert_eq!(text.chars().count(), AuditEntry::MAX_WORD_CHARS + 1);
        }
        assert_eq!(bounded.who(), "nobody who is known");
    }
}
