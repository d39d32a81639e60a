//! An ESPHome node with a Wiegand reader, a lock, a strike, and a door contact, a button and a tamper switch.
//!
//! It decides nothing. ESPHome's `wiegand` component has no topics of its own; this node's configuration publishes what it
//! reads as `{"bits":…,"value":…,"ms":…}`, with its uptime, on `NODE/wiegand/raw` and as text on `NODE/wiegand/tag`. All else is at ESPHome's
//! default topics. `switch/strike` goes off by itself, as an `on_turn_on` with a delay does, and so does the lock's OPEN.

use std::collections::VecDeque;
use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::table::Pin;
use serde_json::json;

use super::firmware::{Decision, Firmware, Held, Input, Insides, Moment};
use super::message::{Message, Quality, Terms};
use super::wiegand::stripped;
use crate::config::EspHomeConfig;
use crate::limits::MAX_OUTBOX;
use crate::panel::Contact;

/// Seconds between two signs of life.
const KEEP_ALIVE_S: u16 = 15;

/// How long the strike stays on.
const STRIKE: Duration = Duration::from_secs(5);

/// An ESPHome node.
pub(super) struct EspHome {
    config: EspHomeConfig,
    connected: bool,
    unlocked: bool,
    until: Option<Duration>,
    released: u64,
    inputs: [bool; 3],
    says: VecDeque<Message>,
}

/// Its binary sensors, in the order of `inputs`, with Home Assistant's class for each.
const SENSORS: [(&str, &str); 3] = [("contact", "door"), ("exit", "occupancy"), ("tamper", "tamper")];

impl EspHome {
    /// A node with its lock locked.
    pub(super) fn new(config: &EspHomeConfig) -> Self {
        Self {
            config: config.clone(),
            connected: false,
            unlocked: false,
            until: None,
            released: 0,
            inputs: [false; 3],
            says: VecDeque::new(),
        }
    }

    fn topic(&self, rest: &str) -> String {
        format!("{}/{rest}", self.config.topic)
    }

    fn say(&mut self, message: Message) {
        if self.connected && self.says.len() < MAX_OUTBOX {
            self.says.push_back(message);
        }
    }

    fn state(&mut self, of: &str, state: &str) {
        self.say(Message::new(self.topic(&format!("{of}/state")), state).retained());
    }

    fn greet(&mut self) {
        self.say(Message::new(self.topic("status"), "online").retained());
        self.discover("lock", "door", json!({ "cmd_t": self.topic("lock/door/command"), "pl_open": "OPEN" }));
        self.discover("switch", "strike", json!({ "cmd_t": self.topic("switch/strike/command") }));
        for (name, class) in SENSORS {
            self.discover("binary_sensor", name, json!({ "dev_cla": class }));
        }
        self.tell_lock();
        (0..SENSORS.len()).for_each(|number| self.tell_input(number));
    }

    fn discover(&mut self, component: &str, id: &str, mut what: serde_json::Value) {
        let node = self.config.topic.clone();
        what["name"] = json!(id);
        what["stat_t"] = json!(self.topic(&format!("{component}/{id}/state")));
        what["avty_t"] = json!(self.topic("status"));
        what["uniq_id"] = json!(format!("{node}{component}{id}"));
        what["dev"] =
            json!({ "ids": node, "name": node, "sw": "2026.10.0", "mf": "espressif", "mdl": "esp32dev" });
        let topic = format!("homeassistant/{component}/{node}/{id}/config");
        self.say(Message::new(topic, what.to_string()).retained());
    }

    fn tell_lock(&mut self) {
        self.state("lock/door", if self.unlocked { "UNLOCKED" } else { "LOCKED" });
        self.state("switch/strike", if self.unlocked { "ON" } else { "OFF" });
    }

    fn tell_input(&mut self, number: usize) {
        let state = if self.inputs[number] { "ON" } else { "OFF" };
        self.state(&format!("binary_sensor/{}", SENSORS[number].0), state);
    }

    /// Who it is, as it answers to everybody who asks; for the broker to keep.
    fn introduce(&mut self) {
        let node = &self.config.topic;
        let told = json!({
            "ip": "192.0.2.90", "name": node, "friendly_name": node, "port": 6053, "version": "2026.10.0",
            "mac": "02e590000001", "platform": "ESP32", "board": "esp32dev", "network": "wifi",
        });
        let topic = format!("esphome/discover/{node}");
        self.say(Message::new(topic, told.to_string()).retained());
    }

    fn hear(&mut self, at: Moment, message: &Message) {
        if message.topic.starts_with("esphome/") {
            return self.introduce();
        }
        let Some(topic) = message.topic.strip_prefix(&self.topic("")) else { return };
        let pulse = Some(at.since_start + STRIKE);
        match (topic, message.payload.as_slice()) {
            ("lock/door/command", b"UNLOCK") => self.set(true, None),
            ("lock/door/command", b"OPEN") | ("switch/strike/command", b"ON") => self.set(true, pulse),
            ("lock/door/command", b"LOCK") | ("switch/strike/command", b"OFF") => self.set(false, None),
            ("switch/strike/command", b"TOGGLE") => {
                self.set(!self.unlocked, pulse.filter(|_| !self.unlocked));
            }
            _ => {}
        }
    }

    fn set(&mut self, unlocked: bool, until: Option<Duration>) {
        (self.unlocked, self.until) = (unlocked, until);
        self.released += u64::from(unlocked);
        self.tell_lock();
    }

    fn set_input(&mut self, number: usize, on: bool) {
        if std::mem::replace(&mut self.inputs[number], on) != on {
            self.tell_input(number);
        }
    }
}

impl Firmware for EspHome {
    fn terms(&self) -> Terms {
        let will = Message::new(self.topic("status"), "offline").retained();
        let filters = ["lock/door/command", "switch/strike/command"];
        let mut filters = filters.map(|topic| (self.topic(topic), Quality::Hoped)).to_vec();
        filters.push(("esphome/discover".into(), Quality::Exact));
        filters.push((format!("esphome/ping/{}", self.config.topic), Quality::Exact));
        Terms { will: Some(will), filters, keep_alive_s: KEEP_ALIVE_S }
    }

    fn handle(&mut self, at: Moment, input: Input<'_>) {
        if self.until.is_some_and(|until| until <= at.since_start) {
            self.set(false, None);
        }
        match input {
            Input::Subscribed => {
                self.connected = true;
                self.greet();
            }
            Input::Lost => {
                self.connected = false;
                self.says.clear();
            }
            Input::Message(message) => self.hear(at, message),
            Input::Booted | Input::Wiped => {
                (self.connected, self.unlocked, self.until) = (false, false, None);
                self.says.clear();
            }
            Input::Contact(contact) => self.set_input(0, contact == Contact::Open),
            Input::RequestToExit(pressed) => self.set_input(1, pressed),
            Input::Tamper(tampered) => self.set_input(2, tampered),
            Input::Connected | Input::Time | Input::ClockOff(_) => {}
        }
    }

    fn poll_output(&mut self) -> Option<Message> {
        self.says.pop_front()
    }

    fn deadline(&self) -> Option<Duration> {
        self.until
    }

    fn readers(&self) -> u8 {
        1
    }

    fn present(&mut self, at: Moment, _: u8, card: Credential, _: Option<&Pin>) -> Decision {
        let ms = u64::try_from(at.since_start.as_millis()).unwrap_or(u64::MAX);
        let raw = json!({ "bits": card.bits(), "value": card.raw(), "ms": ms });
        self.say(Message::new(self.topic("wiegand/raw"), raw.to_string()));
        if matches!(card.bits(), 26 | 34) {
            self.say(Message::new(self.topic("wiegand/tag"), stripped(card).to_string()));
        }
        Decision::Gateway
    }

    fn released(&self, _: u8) -> u64 {
        self.released
    }

    fn insides(&self, at: Moment) -> Insides {
        Insides { clock: Some(at.utc), outputs: vec![self.unlocked], ..Insides::default() }
    }

    fn held(&self) -> Vec<Held> {
        Vec::new()
    }

    fn operate(&mut self, _: Moment, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

#[cfg(test)]
#[path = "esphome_tests.rs"]
mod tests;
