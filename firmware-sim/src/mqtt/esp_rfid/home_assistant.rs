//! What a board adds when it presents itself to Home Assistant: discovery, availability, states.

use serde_json::{Value, json};

use super::EspRfid;
use crate::mqtt::message::Message;
use crate::panel::Contact;

impl EspRfid {
    /// Says what it is and how it is, on every connection.
    pub(super) fn present_itself(&mut self) {
        let (base, name) = (self.config.topic.clone(), self.hostname.clone());
        let mac =
            format!("02:00:{:02X}:{:02X}:{:02X}:{:02X}", self.ip(0), self.ip(1), self.ip(2), self.ip(3));
        let whole = json!({ "ids": mac, "name": name, "mf": "esp-rfid", "sw": "2.0.0" });
        for relay in 0..self.relays.len() {
            let payload =
                |word: &str| format!("{{cmd:'{word}', door:'{relay}', doorip:'{}'}}", self.config.ip);
            let lock = json!({
                "name": format!("{name} Lock{relay}"), "uniq_id": format!("{name}/lock{relay}"),
                "stat_t": format!("{base}/io/lock{relay}"), "cmd_t": format!("{base}/cmd"),
                "pl_unlk": payload("open"), "pl_lock": payload("close"), "avty_t": format!("{base}/avty"),
                "dev": if relay == 0 { whole.clone() } else { json!({ "ids": mac }) },
            });
            self.discover(&format!("lock/{name}/lock{relay}"), &lock);
        }
        for (what, class) in [("door", "door"), ("tamper", "safety")] {
            let sensor = json!({
                "name": what, "uniq_id": format!("{name}/{what}"), "stat_t": format!("{base}/io/{what}"),
                "avty_t": format!("{base}/avty"), "dev_cla": class, "dev": { "ids": mac },
            });
            self.discover(&format!("binary_sensor/{name}/{what}"), &sensor);
        }
        let tag = json!({
            "name": "Tag", "uniq_id": format!("{name}/tag"), "stat_t": format!("{base}/tag"),
            "avty_t": format!("{base}/avty"), "val_tpl": "{{ value_json.uid }}",
            "json_attr_t": format!("{base}/tag"), "dev": { "ids": mac },
        });
        self.discover(&format!("sensor/{name}/tag"), &tag);
        self.says.push_back(Message::new(format!("{base}/avty"), "online").retained());
        self.tell_door(self.contact == Contact::Open, false);
        (0..self.relays.len()).for_each(|relay| self.tell_lock(relay, self.relays[relay].until.is_some()));
    }

    pub(super) fn tell_lock(&mut self, relay: usize, unlocked: bool) {
        self.tell(&format!("lock{relay}"), if unlocked { "UNLOCKED" } else { "LOCKED" });
    }

    /// The door's state; a door that closes is no longer forced.
    pub(super) fn tell_door(&mut self, open: bool, forced: bool) {
        self.tell("door", if open { "ON" } else { "OFF" });
        if forced || !open {
            self.tell("tamper", if forced { "ON" } else { "OFF" });
        }
    }

    fn tell(&mut self, what: &str, state: &str) {
        if self.config.home_assistant {
            self.say(&format!("io/{what}"), state);
        }
    }

    fn discover(&mut self, topic: &str, what: &Value) {
        self.says
            .push_back(Message::new(format!("homeassistant/{topic}/config"), what.to_string()).retained());
    }

    fn ip(&self, place: usize) -> u8 {
        self.config.ip.octets()[place]
    }
}
