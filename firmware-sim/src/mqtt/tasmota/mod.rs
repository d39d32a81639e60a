//! A Tasmota board with a Wiegand reader, relays, and a door contact and a button as its switches 1 and 2.
//!
//! It decides nothing: it tells the number of a card, and switches a relay when it is told to, off again by itself where
//! `PulseTime` says so. What it is and which words it uses stand in its retained discovery messages.

mod command;

use std::collections::VecDeque;
use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::table::Pin;
use serde_json::{Value, json};

use super::calendar;
use super::firmware::{Decision, Firmware, Held, Input, Insides, Moment};
use super::message::{Message, Quality, Terms};
use super::wiegand::stripped;
use crate::config::TasmotaConfig;
use crate::limits::MAX_OUTBOX;
use crate::panel::Contact;

/// Seconds between two signs of life.
const KEEP_ALIVE_S: u16 = 30;

/// Time between two telegrams of its state.
const TELE_PERIOD: Duration = Duration::from_secs(300);

/// Bits of the cards that its driver reads.
const READ: [u8; 4] = [24, 26, 32, 34];

/// A Tasmota board.
pub(super) struct Tasmota {
    config: TasmotaConfig,
    mac: String,
    relays: Vec<Relay>,
    switches: [bool; 2],
    connected: bool,
    booted: Duration,
    next_telegram: Duration,
    says: VecDeque<Message>,
}

#[derive(Clone, Copy, Default)]
struct Relay {
    on: bool,
    /// As it was set: 0 for none.
    pulse_time: u32,
    until: Option<Duration>,
    released: u64,
}

impl Tasmota {
    /// A board with its relays off, the `number`th of the site.
    pub(super) fn new(config: &TasmotaConfig, number: usize) -> Self {
        Self {
            config: config.clone(),
            mac: format!("02A5{:08X}", number + 1),
            relays: vec![Relay::default(); usize::from(config.relays)],
            switches: [false; 2],
            connected: false,
            booted: Duration::ZERO,
            next_telegram: Duration::ZERO,
            says: VecDeque::new(),
        }
    }

    fn topic(&self, prefix: &str, what: &str) -> String {
        let full = self.config.full_topic.replace("%prefix%", prefix).replace("%topic%", &self.config.topic);
        format!("{}/{what}", full.trim_end_matches('/'))
    }

    fn say(&mut self, prefix: &str, what: &str, value: &Value) {
        self.say_text(prefix, what, value.to_string());
    }

    fn say_text(&mut self, prefix: &str, what: &str, text: String) {
        if self.connected && self.says.len() < MAX_OUTBOX {
            self.says.push_back(Message::new(self.topic(prefix, what), text));
        }
    }

    /// `POWER` of an only relay, `POWER1` and so on of several.
    fn power_name(&self, relay: usize) -> String {
        if self.relays.len() == 1 { "POWER".into() } else { format!("POWER{}", relay + 1) }
    }

    fn greet(&mut self, at: Moment) {
        let online = Message::new(self.topic("tele", "LWT"), "Online").retained();
        self.says.push_back(online);
        for (kind, what) in [("config", self.discovery()), ("sensors", self.sensors(at))] {
            let topic = format!("tasmota/discovery/{}/{kind}", self.mac);
            self.says.push_back(Message::new(topic, what.to_string()).retained());
        }
        let info = json!({ "Info1": { "Module": "Generic", "Version": "14.2.0(tasmota)" } });
        self.say("tele", "INFO1", &info);
        self.next_telegram = at.since_start;
    }

    fn discovery(&self) -> Value {
        let numbered = |count: usize, one: i32, none: i32, len: usize| -> Vec<i32> {
            (0..len).map(|place| if place < count { one } else { none }).collect()
        };
        let relays = self.relays.len();
        let names: Vec<_> = (0..8)
            .map(|place| (place < relays).then(|| format!("{} {}", self.config.topic, place + 1)))
            .collect();
        json!({
            "ip": "192.0.2.80", "dn": self.config.topic, "fn": names, "hn": format!("{}-0001", self.config.topic),
            "mac": self.mac, "md": "Generic", "ty": 0, "if": 0, "cam": 0, "ofln": "Offline", "onln": "Online",
            "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "14.2.0", "t": self.config.topic,
            "ft": self.config.full_topic, "tp": ["cmnd", "stat", "tele"], "rl": numbered(relays, 1, 0, 8),
            "swc": numbered(self.switches.len(), 1, -1, 8), "swn": vec![None::<String>; 8],
            "btn": numbered(0, 0, 0, 8), "so": {
                "4": 0, "11": 0, "13": 0, "17": 0, "20": 0, "30": 0, "68": 0, "73": 0, "82": 0, "114": 1, "117": 0,
            },
            "lk": 0, "lt_st": 0, "sho": [0, 0, 0, 0], "ver": 1,
        })
    }

    fn sensors(&self, at: Moment) -> Value {
        json!({ "sn": self.sensor(at, None), "ver": 1 })
    }

    /// What `SENSOR` says: the switches, and the card if one was just read.
    fn sensor(&self, at: Moment, card: Option<Credential>) -> Value {
        let mut sensor = json!({ "Time": calendar::text(at.utc) });
        match card {
            None => {
                for (number, on) in self.switches.iter().enumerate() {
                    sensor[format!("Switch{}", number + 1)] = json!(word(*on));
                }
                sensor["Wiegand"] = json!({ "UID": 0, "Size": 0 });
            }
            Some(card) => {
                let uid = if self.config.with_parity { card.raw() } else { stripped(card) };
                sensor["Wiegand"] = json!({ "UID": uid, "Size": card.bits() });
            }
        }
        sensor
    }

    fn telegram(&mut self, at: Moment) {
        if !self.connected || at.since_start < self.next_telegram {
            return;
        }
        self.next_telegram = at.since_start + TELE_PERIOD;
        let state = self.state(at);
        self.say("tele", "STATE", &state);
        let sensor = self.sensor(at, None);
        self.say("tele", "SENSOR", &sensor);
    }

    fn state(&self, at: Moment) -> Value {
        let mut state = json!({
            "Time": calendar::text(at.utc), "UptimeSec": (at.since_start - self.booted).as_secs(), "Heap": 25,
        });
        for (number, relay) in self.relays.iter().enumerate() {
            state[self.power_name(number)] = json!(word(relay.on));
        }
        state
    }

    fn set_switch(&mut self, number: usize, on: bool) {
        if std::mem::replace(&mut self.switches[number], on) != on {
            let action = json!({ format!("Switch{}", number + 1): { "Action": word(on) } });
            self.say("stat", "RESULT", &action);
        }
    }

    fn expire(&mut self, at: Moment) {
        for relay in 0..self.relays.len() {
            if self.relays[relay].until.is_some_and(|until| until <= at.since_start) {
                self.switch(at, relay, false);
            }
        }
    }
}

const fn word(on: bool) -> &'static str {
    if on { "ON" } else { "OFF" }
}

impl Firmware for Tasmota {
    fn terms(&self) -> Terms {
        let will = Message::new(self.topic("tele", "LWT"), "Offline").acknowledged().retained();
        let filters = vec![(self.topic("cmnd", "#"), Quality::Hoped)];
        Terms { will: Some(will), filters, keep_alive_s: KEEP_ALIVE_S }
    }

    fn handle(&mut self, at: Moment, input: Input<'_>) {
        self.expire(at);
        match input {
            Input::Subscribed => {
                self.connected = true;
                self.greet(at);
            }
            Input::Lost => {
                self.connected = false;
                self.says.clear();
            }
            Input::Message(message) => self.hear(at, message),
            Input::Booted | Input::Wiped => {
                (self.connected, self.booted) = (false, at.since_start);
                self.says.clear();
                self.relays.iter_mut().for_each(|relay| (relay.on, relay.until) = (false, None));
                if input == Input::Wiped {
                    self.relays.iter_mut().for_each(|relay| relay.pulse_time = 0);
                }
            }
            Input::Contact(contact) => self.set_switch(0, contact == Contact::Open),
            Input::RequestToExit(pressed) => self.set_switch(1, pressed),
            Input::Connected | Input::Time | Input::Tamper(_) | Input::ClockOff(_) => {}
        }
        self.telegram(at);
    }

    fn poll_output(&mut self) -> Option<Message> {
        self.says.pop_front()
    }

    fn deadline(&self) -> Option<Duration> {
        let relays = self.relays.iter().filter_map(|relay| relay.until);
        relays.chain(self.connected.then_some(self.next_telegram)).min()
    }

    fn readers(&self) -> u8 {
        1
    }

    fn present(&mut self, at: Moment, _: u8, card: Credential, _: Option<&Pin>) -> Decision {
        if !READ.contains(&card.bits()) {
            return Decision::Unread;
        }
        let sensor = self.sensor(at, Some(card));
        self.say("tele", "SENSOR", &sensor);
        Decision::Gateway
    }

    fn released(&self, reader: u8) -> u64 {
        self.relays.get(usize::from(reader)).map_or(0, |relay| relay.released)
    }

    fn insides(&self, at: Moment) -> Insides {
        let outputs = self.relays.iter().map(|relay| relay.on).collect();
        Insides { clock: Some(at.utc), outputs, ..Insides::default() }
    }

    fn held(&self) -> Vec<Held> {
        Vec::new()
    }

    fn operate(&mut self, _: Moment, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

#[cfg(test)]
mod tests;
