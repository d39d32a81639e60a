//! To whom events are forwarded, and how far each has come.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::ForwarderId;

/// A forwarder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ForwarderView {
    /// Its name in the configuration.
    pub id: ForwarderId,
    /// What its receiver is and where, without anything secret.
    pub to: String,
    /// Events that wait.
    pub waiting: u64,
    /// Since when nothing arrives; absent while all does.
    pub failing_since: Option<Timestamp>,
    /// Why nothing arrives.
    pub why: Option<String>,
    /// Its receiver said that it wants no more: nothing is sent until somebody says so.
    pub off: bool,
    /// When something arrived last, since the service started.
    pub last_arrived: Option<Timestamp>,
    /// Events that its receiver refused, oldest first.
    pub refused: Vec<RefusedEventView>,
    /// Events that never arrived and never will: the log forgot them first.
    pub lost: u64,
    /// How it is, in words.
    pub text: String,
}

/// An event that was refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct RefusedEventView {
    /// Its number in the log.
    pub number: u64,
    /// When it was refused for the last time.
    pub at: Timestamp,
    /// What the receiver said.
    pub why: String,
}

impl ForwarderView {
    /// How it is, in words, from all else of it.
    #[must_use]
    pub fn in_words(mut self) -> Self {
        let mut words = Vec::new();
        match (&self.why, self.off) {
            (Some(why), true) => words.push(format!("off, because {why}")),
            (Some(why), false) => words.push(format!("nothing arrives: {why}")),
            (None, _) => words.push("well".to_owned()),
        }
        let mut count = |count: u64, one: &str, many: &str| match count {
            0 => {}
            1 => words.push(format!("1 {one}")),
            count => words.push(format!("{count} {many}")),
        };
        count(self.waiting, "event waits", "events wait");
        count(self.refused.len() as u64, "was refused", "were refused");
        count(self.lost, "is lost", "are lost");
        self.text = words.join("; ");
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_it_is_is_said_in_words() {
        let well = ForwarderView {
            id: "siem".parse().unwrap(),
            to: String::new(),
            waiting: 0,
            failing_since: None,
            why: None,
            off: false,
            last_arrived: None,
            refused: Vec::new(),
            lost: 0,
            text: String::new(),
        };
        assert_eq!(well.clone().in_words().text, "well");
        let why = Some("it answered 503".to_owned());
        let failing = ForwarderView { waiting: 1, lost: 2, why, ..well };
        assert_eq!(
            failing.clone().in_words().text,
            "nothing arrives: it answered 503; 1 event waits; 2 are lost"
        );
        assert!(ForwarderView { off: true, ..failing }.in_words().text.starts_with("off, because "));
    }
}
