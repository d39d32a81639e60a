//! Tasmota with a Wiegand reader, relays and switches. It decides nothing: it tells a card, and switches a relay for as long
//! as it is told to, by its own timer.
//!
//! [`Conversation`] is the machine, `said` what a board says. Which words it uses for its states stands in its discovery
//! message, which is read when it comes.

mod conversation;
mod said;

pub(in crate::links::mqtt) use conversation::Conversation;
pub(in crate::links::mqtt) use said::words;

use crate::links::mqtt::topics::Topics;

/// Where discovery messages go; the level in the middle is the board's own hardware address.
const DISCOVERY: &str = "tasmota/discovery/+/config";

/// A board at the broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tasmota {
    /// Its name in topics.
    pub topic: String,
    /// What its topics are like: `%prefix%/%topic%/`, or the other way round.
    pub full_topic: String,
    /// Whether the numbers of its cards have their parity bits.
    pub parity_kept: bool,
}

impl Tasmota {
    /// The topic of that prefix, without the last level.
    fn base(&self, prefix: &str) -> String {
        let full = self.full_topic.replace("%prefix%", prefix).replace("%topic%", &self.topic);
        full.trim_end_matches('/').to_owned()
    }

    /// Its topics.
    pub fn topics(&self) -> Topics {
        let all = |prefix| format!("{}/+", self.base(prefix));
        Topics {
            said: vec![all("tele"), all("stat"), DISCOVERY.to_owned()],
            told: vec![format!("{}/#", self.base("cmnd"))],
            also_said: vec!["tasmota/discovery/+/sensors".to_owned()],
            also_heard: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
