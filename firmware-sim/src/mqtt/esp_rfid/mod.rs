//! An esp-rfid board: a small chip that keeps a file for each card and decides by itself.
//!
//! It behaves as the firmware does, not as its page says. A command counts only with the board's own address in `doorip`,
//! acknowledgements name no card and come even when nothing was written, `getuserlist` ends without a word, and what does
//! not fit its memory is dropped. Commands wait in a queue of a few messages and are carried out one after the other, each
//! taking the time of its flash access. The 1.3 firmware acknowledges nothing at all.

mod command;
mod home_assistant;
mod json;
mod telling;
mod user;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::table::Pin;
use serde_json::json;

use super::firmware::{Decision, Firmware, Held, Input, Insides, Moment, Verdict};
use super::message::{Message, Quality, Terms};
use super::wiegand::{card_of, stripped};
use crate::config::EspRfidConfig;
use crate::limits::MAX_ESP_RFID_USERS;
use crate::panel::Contact;
use command::{Command, Work};
use user::{Access, User};

/// Seconds between two signs of life, as its client library has it.
const KEEP_ALIVE_S: u16 = 15;

/// How long a relay stays on.
const ACTIVATE: Duration = Duration::from_millis(400);

/// Bits of the cards that its Wiegand library reads.
const READ: [u8; 4] = [24, 26, 32, 34];

/// An esp-rfid board.
pub(super) struct EspRfid {
    config: EspRfidConfig,
    hostname: String,
    files: BTreeMap<String, String>,
    queue: VecDeque<Command>,
    work: Option<Work>,
    relays: Vec<Relay>,
    contact: Contact,
    connected: bool,
    booted: Duration,
    next_beat: Duration,
    says: VecDeque<Message>,
}

#[derive(Clone, Copy, Default)]
struct Relay {
    until: Option<Duration>,
    released: u64,
}

impl EspRfid {
    /// A board without users, under its host name.
    pub(super) fn new(config: &EspRfidConfig, hostname: &str) -> Self {
        Self {
            config: config.clone(),
            hostname: hostname.to_owned(),
            files: BTreeMap::new(),
            queue: VecDeque::new(),
            work: None,
            relays: vec![Relay::default(); usize::from(config.relays)],
            contact: Contact::Closed,
            connected: false,
            booted: Duration::ZERO,
            next_beat: Duration::ZERO,
            says: VecDeque::new(),
        }
    }

    /// Switches a relay on for its time.
    fn pulse(&mut self, at: Moment, relay: usize, by_gateway: bool) {
        let Some(relay_state) = self.relays.get_mut(relay) else { return };
        relay_state.until = Some(at.since_start + ACTIVATE);
        relay_state.released += u64::from(by_gateway);
        self.tell_lock(relay, true);
    }

    fn relock(&mut self, at: Moment) {
        for relay in 0..self.relays.len() {
            if self.relays[relay].until.is_some_and(|until| until <= at.since_start) {
                self.relays[relay].until = None;
                self.tell_lock(relay, false);
            }
        }
    }

    fn door(&mut self, at: Moment, contact: Contact) {
        if contact == self.contact {
            return;
        }
        self.contact = contact;
        let open = contact == Contact::Open;
        self.event(at, "INFO", "door", if open { "Door Open" } else { "Door Closed" }, "");
        let forced = open && self.relays.first().is_some_and(|relay| relay.until.is_none());
        if forced {
            self.event(at, "WARN", "tamper", "Door was tampered!", "");
        }
        self.tell_door(open, forced);
    }

    fn restart(&mut self, at: Moment) {
        (self.connected, self.booted, self.next_beat) = (false, at.since_start, Duration::ZERO);
        self.queue.clear();
        self.work = None;
        self.says.clear();
        self.relays.iter_mut().for_each(|relay| relay.until = None);
    }

    /// What it makes of a known card's file.
    fn admit(&mut self, at: Moment, uid: &str, file: &str) -> Verdict {
        let user = User::read(file);
        let name = user.as_ref().map_or("", |user| user.name.as_str()).to_owned();
        let access = user.as_ref().map_or(Access::Disabled, |user| user.access(at.utc));
        if !access.opens() {
            self.access(at, true, &json!(access.word()), &name, uid);
            return Verdict::Word { granted: false, word: access.word() };
        }
        let types = user.map(|user| user.types).unwrap_or_default();
        let admin = access == Access::Admin;
        let opened = |relay: &usize| admin || types[*relay] == user::ALWAYS;
        let relays: Vec<_> = (0..self.relays.len()).filter(opened).collect();
        relays.iter().for_each(|relay| self.pulse(at, *relay, false));
        let word = if self.relays.len() == 1 {
            json!(access.word())
        } else {
            types[..self.relays.len()].iter().filter_map(|kind| user::word_of(*kind)).collect()
        };
        self.access(at, true, &word, &name, uid);
        Verdict::Word { granted: !relays.is_empty(), word: access.word() }
    }
}

impl Firmware for EspRfid {
    fn terms(&self) -> Terms {
        let offline = || Message::new(format!("{}/avty", self.config.topic), "offline").retained();
        let will = self.config.home_assistant.then(|| Message { quality: Quality::Exact, ..offline() });
        let filters = vec![(format!("{}/cmd", self.config.topic), Quality::Exact)];
        Terms { will, filters, keep_alive_s: KEEP_ALIVE_S }
    }

    fn handle(&mut self, at: Moment, input: Input<'_>) {
        self.relock(at);
        match input {
            Input::Connected => {
                self.connected = true;
                self.greet(at);
            }
            Input::Lost => {
                self.connected = false;
                self.says.clear();
            }
            Input::Message(message) => self.hear(at, message),
            Input::Booted => self.restart(at),
            Input::Wiped => {
                self.restart(at);
                self.files.clear();
            }
            Input::Contact(contact) => self.door(at, contact),
            Input::Subscribed
            | Input::Time
            | Input::RequestToExit(_)
            | Input::Tamper(_)
            | Input::ClockOff(_) => {}
        }
        self.carry_on(at);
        self.beat(at);
    }

    fn poll_output(&mut self) -> Option<Message> {
        self.says.pop_front()
    }

    fn deadline(&self) -> Option<Duration> {
        let relays = self.relays.iter().filter_map(|relay| relay.until);
        let work = self.work.as_ref().filter(|_| self.connected).map(|work| work.until);
        relays.chain(work).chain(self.connected.then_some(self.next_beat)).min()
    }

    fn readers(&self) -> u8 {
        1
    }

    fn present(&mut self, at: Moment, _: u8, card: Credential, _: Option<&Pin>) -> Decision {
        if !READ.contains(&card.bits()) {
            return Decision::Unread;
        }
        let number = stripped(card);
        let uid = if self.config.hex { format!("{number:x}") } else { number.to_string() };
        let verdict = match self.files.get(&uid).cloned() {
            Some(file) => self.admit(at, &uid, &file),
            None => {
                let data = format!("{uid} {}", card.bits());
                self.event(at, "WARN", "rfid", "Unknown rfid tag is scanned", &data);
                self.access(at, false, &json!("Denied"), "Unknown", &uid);
                Verdict::Word { granted: false, word: "Denied" }
            }
        };
        Decision::Own(verdict)
    }

    fn released(&self, reader: u8) -> u64 {
        self.relays.get(usize::from(reader)).map_or(0, |relay| relay.released)
    }

    fn insides(&self, at: Moment) -> Insides {
        let on = |relay: &Relay| relay.until.is_some_and(|until| until > at.since_start);
        Insides {
            cards: self.files.len(),
            capacity: MAX_ESP_RFID_USERS,
            clock: Some(at.utc),
            outputs: self.relays.iter().map(on).collect(),
            ..Insides::default()
        }
    }

    fn held(&self) -> Vec<Held> {
        let held = |(uid, file): (&String, &String)| {
            let number = u64::from_str_radix(uid, if self.config.hex { 16 } else { 10 }).ok();
            Held::User { uid: uid.clone(), card: number.and_then(card_of), file: file.clone() }
        };
        self.files.iter().map(held).collect()
    }

    fn operate(&mut self, _: Moment, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

#[cfg(test)]
mod tests;
