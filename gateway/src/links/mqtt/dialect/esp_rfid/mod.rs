//! esp-rfid 2: a small board that keeps a file for each card and decides by itself.
//!
//! It can be told of a card's number and its span of time, and of nothing else: no schedule, no PIN that isn't in clear. It
//! acknowledges without a word on what came of it, and lists what it holds without an end. [`Conversation`] is the machine,
//! `user` a card's file, `said` what a board says, `told` what is told of it. Version 1.3 acknowledges nothing; it is told
//! apart and refused.

mod conversation;
mod list;
mod room;
mod said;
mod told;
mod user;

use std::net::Ipv4Addr;

pub(in crate::links::mqtt) use conversation::Conversation;
pub(in crate::links::mqtt) use said::words;

use crate::links::mqtt::topics::Topics;

/// A board at the broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EspRfid {
    /// What its topics begin with; boards may share it.
    pub topic: String,
    /// The address that it has, by which it knows what is meant for it.
    pub ip: Ipv4Addr,
    /// How it writes card numbers.
    pub numbers: Numbers,
    /// How long its reader's cards are, parity bits included.
    pub bits: u8,
    /// The addresses of the other boards that share its topic.
    pub neighbours: Vec<Ipv4Addr>,
}

/// How a board writes card numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbers {
    /// `6404d2`
    Hexadecimal,
    /// `6554834`
    Decimal,
}

impl EspRfid {
    /// Its topics.
    pub fn topics(&self) -> Topics {
        let below = |what: &str| format!("{}/{what}", self.topic);
        Topics {
            said: ["send", "tag"].map(below).to_vec(),
            told: vec![below("cmd")],
            also_said: ["sync", "accesslist", "avty", "io/+"].map(below).to_vec(),
            also_heard: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
