//! ESPHome nodes. A node decides nothing: it tells a card and its sensors, and lets a lock go when it is told to.
//!
//! Its `wiegand` component has no topics of its own: the node's configuration publishes `{"bits":…,"value":…,"ms":…}` on
//! `NODE/wiegand/raw`. All else is at ESPHome's own topics, and how long a lock stays open is the node's own business.
//! [`Conversation`] is the machine, `component` the names and words of what a node has.

mod component;
mod conversation;

pub use component::{Component, ComponentError};
pub(in crate::links::mqtt) use conversation::{Conversation, words};

use crate::links::mqtt::topics::Topics;

/// A node at the broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EspHome {
    /// Its name, which its topics begin with.
    pub topic: String,
    /// Its outputs, from number 0: locks and switches.
    pub outputs: Vec<Component>,
    /// Its inputs, from number 0: binary sensors.
    pub inputs: Vec<Component>,
}

impl EspHome {
    fn state(&self, of: &Component) -> String {
        format!("{}/{of}/state", self.topic)
    }

    fn command(&self, of: &Component) -> String {
        format!("{}/{of}/command", self.topic)
    }

    /// Its topics.
    pub fn topics(&self) -> Topics {
        let node = &self.topic;
        Topics {
            said: vec![
                format!("{node}/status"),
                format!("{node}/wiegand/raw"),
                format!("{node}/+/+/state"),
                format!("esphome/discover/{node}"),
            ],
            told: vec![format!("{node}/+/+/command"), format!("esphome/ping/{node}")],
            also_said: vec![
                format!("{node}/debug"),
                format!("{node}/wiegand/tag"),
                format!("homeassistant/+/{node}/+/config"),
            ],
            also_heard: vec!["esphome/discover".to_owned(), "homeassistant/status".to_owned()],
        }
    }
}

#[cfg(test)]
mod tests;
