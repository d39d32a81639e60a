//! How far a forwarder has come: what is kept over a restart.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most dead letters that are kept of one forwarder. One more forgets the oldest, and that is counted.
const MAX_DEAD_LETTERS: usize = 1_000;

/// How far a forwarder has come.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ForwardProgress {
    /// The number of the last event that is done with: taken, or a dead letter.
    pub done: u64,
    /// Events that the receiver refused, oldest first.
    #[serde(default)]
    pub dead: VecDeque<DeadLetter>,
    /// Dead letters that are to be offered again, by number.
    #[serde(default)]
    pub again: VecDeque<u64>,
    /// Events that were gone from the log before the receiver took them, and dead letters beyond the most that are kept.
    #[serde(default)]
    pub lost: u64,
    /// Why nothing is sent until an operator says so: the receiver wants no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<String>,
}

/// An event that its receiver refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its number in the log.
    pub number: u64,
    /// When it was refused for the last time.
    pub at: Timestamp,
    /// What the receiver said.
    pub why: String,
}

impl ForwardProgress {
    /// Of a forwarder that begins after that event: what happened before it was there is not sent.
    pub fn after(number: u64) -> Self {
        Self { done: number, ..Self::default() }
    }

    /// Adds a dead letter.
    pub fn bury(&mut self, letter: DeadLetter) {
        self.dead.push_back(letter);
        if self.dead.len() > MAX_DEAD_LETTERS {
            self.dead.pop_front();
            self.lost += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_letters_are_bounded() {
        let mut progress = ForwardProgress::default();
        for number in 0..=MAX_DEAD_LETTERS as u64 {
            progress.bury(DeadLetter { number, at: Timestamp::UNIX_EPOCH, why: String::new() });
        }
        assert_eq!((progress.dead.len(), progress.dead[0].number, progress.lost), (MAX_DEAD_LETTERS, 1, 1));
    }
}
