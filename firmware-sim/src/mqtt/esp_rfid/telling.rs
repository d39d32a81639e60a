//! What a board says, word for word as its firmware does.

use serde_json::{Value, json};

use super::EspRfid;
use crate::limits::MAX_OUTBOX;
use crate::mqtt::firmware::Moment;
use crate::mqtt::message::Message;

impl EspRfid {
    pub(super) fn say(&mut self, topic: &str, payload: impl Into<Vec<u8>>) {
        if self.connected && self.says.len() < MAX_OUTBOX {
            self.says.push_back(Message::new(format!("{}/{topic}", self.config.topic), payload));
        }
    }

    pub(super) fn send(&mut self, value: &Value) {
        self.say("send", value.to_string());
    }

    /// What every acknowledgement is: the command's word and who answers.
    pub(super) fn acknowledge(&mut self, command: &str) {
        if !self.config.old {
            self.send(&json!({ "type": command, "ip": self.config.ip, "hostname": self.hostname }));
        }
    }

    /// Logged over MQTT if that is switched on, else in a file that nobody reads here.
    pub(super) fn event(&mut self, at: Moment, kind: &str, source: &str, what: &str, data: &str) {
        if self.config.events {
            self.send(&json!({
                "cmd": "event", "type": kind, "src": source, "desc": what, "data": data,
                "time": at.utc.0, "hostname": self.hostname,
            }));
        }
    }

    /// An access message: one word for one relay, a list for several.
    pub(super) fn access(&mut self, at: Moment, known: bool, access: &Value, user: &str, uid: &str) {
        let door_name = if access.is_array() {
            (1..=self.config.relays).map(|door| format!("Door {door}")).collect()
        } else {
            json!("Door 1")
        };
        let mut message = json!({
            "uid": uid, "username": user, "access": access, "time": at.utc.0, "doorName": door_name,
        });
        if self.config.events {
            message["cmd"] = json!("log");
        }
        if self.config.home_assistant {
            return self.say("tag", message.to_string());
        }
        message["type"] = json!("access");
        message["isKnown"] = json!(if known { "true" } else { "false" });
        if !self.config.old {
            message["hostname"] = json!(self.hostname);
        }
        self.send(&message);
    }

    /// On every connection, whether it has restarted or not.
    pub(super) fn greet(&mut self, at: Moment) {
        let boot = if self.config.old {
            json!({ "type": "boot", "time": at.utc.0, "Wifi SSID": "site", "Local IP": self.config.ip })
        } else {
            json!({
                "type": "boot", "time": at.utc.0, "uptime": "0", "ip": self.config.ip, "hostname": self.hostname,
            })
        };
        self.send(&boot);
        if self.config.home_assistant {
            self.present_itself();
        }
    }

    pub(super) fn beat(&mut self, at: Moment) {
        if !self.connected || at.since_start < self.next_beat {
            return;
        }
        self.next_beat = at.since_start + self.config.heartbeat;
        let beat = if self.config.old {
            json!({ "type": "heartbeat", "time": at.utc.0 })
        } else {
            json!({
                "type": "heartbeat", "time": at.utc.0, "uptime": (at.since_start - self.booted).as_secs(),
                "ip": self.config.ip, "hostname": self.hostname,
            })
        };
        self.say(if self.config.old { "sync" } else { "send" }, beat.to_string());
    }
}
