//! An event as it is told to others: already in words and masked, in the order of the log.

use jiff::Timestamp;
use serde_json::Value;

/// How much it matters to whoever watches many systems.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// A door opened, a change was proven.
    Usual,
    /// Somebody was refused, or something is over.
    Notable,
    /// A device or a part of the box fails.
    Failing,
    /// A door was forced, or opened under duress.
    Urgent,
}

/// An event of the log for others.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    /// Its number in the log; 0 for a test, which is in no log.
    pub number: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What kind, in lower-case words with dots: `access.denied`.
    pub kind: &'static str,
    /// What it is about: `doors/dock`.
    pub subject: String,
    /// How much it matters.
    pub weight: Weight,
    /// One sentence.
    pub text: String,
    /// All of it, as the API shows it.
    pub data: Value,
}

impl Told {
    /// What a test sends: nothing happened.
    pub fn test(at: Timestamp) -> Self {
        Self {
            number: 0,
            at,
            kind: "test",
            subject: "forwarders".to_owned(),
            weight: Weight::Usual,
            text: "This is a test of forwarding; nothing happened".to_owned(),
            data: serde_json::json!({ "test": true }),
        }
    }
}
