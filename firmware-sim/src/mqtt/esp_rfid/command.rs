//! What a board does with a command: which it takes, where it waits, how long it takes, what is answered.

use std::ops::Bound::{Excluded, Unbounded};
use std::time::Duration;

use serde_json::{Value, json};

use super::EspRfid;
use super::json::parse;
use super::user::POOL;
use crate::limits::MAX_ESP_RFID_USERS;
use crate::mqtt::firmware::Moment;
use crate::mqtt::message::Message;

/// The longest command, and what parsing it may take, in bytes.
const BUDGET: usize = 2_048;

/// The longest command of the 1.3 firmware.
const OLD_BUDGET: usize = 255;

/// Bytes of the chip's memory that are free while nothing waits.
const FREE_HEAP: usize = 20 * 1024;

/// Below so many free bytes a message is dropped.
const HEAP_NEEDED: usize = 2_048;

/// What a waiting message takes: its copy and the fields taken out of it.
const WAITING: usize = 2_048 + 128;

/// Longest name of a command or of a card that is kept; the rest is cut off.
const NAME: usize = 19;

/// How long the flash takes to write or delete a file: the order of it, as boards differ.
const WRITE: Duration = Duration::from_millis(20);

/// How long it takes to read one file and send it.
const READ: Duration = Duration::from_millis(5);

/// How long anything else takes.
const STEP: Duration = Duration::from_millis(1);

/// A command that waits, or is being carried out.
pub(super) struct Command {
    name: String,
    uid: String,
    door: usize,
    text: String,
}

/// What the board is busy with, and until when.
pub(super) struct Work {
    pub(super) until: Duration,
    command: Command,
    /// For a list: the file that was sent last.
    listed: Option<String>,
}

impl Command {
    fn read(value: &Value, text: String) -> Option<Self> {
        let field = |name: &str| value.get(name).and_then(Value::as_str);
        let kept = |name: &str| field(name).unwrap_or_default().chars().take(NAME).collect::<String>();
        field("cmd")?;
        let door = field("door").and_then(|digits| digits.parse().ok()).unwrap_or(0);
        Some(Self { name: kept("cmd"), uid: kept("uid"), door, text })
    }

    fn takes(&self) -> Duration {
        match self.name.as_str() {
            "adduser" | "deletuid" | "deletusers" => WRITE,
            "getuserlist" | "getuser" | "listusr" => READ,
            _ => STEP,
        }
    }

    /// Where a list goes.
    fn list_topic(&self) -> &'static str {
        if self.name == "getuser" { "accesslist" } else { "send" }
    }
}

impl EspRfid {
    /// A message has come: it waits, or nobody ever hears of it again.
    pub(super) fn hear(&mut self, at: Moment, message: &Message) {
        let budget = if self.config.old { OLD_BUDGET } else { BUDGET };
        let (topic, text) = (&message.topic, &message.payload);
        if *topic != format!("{}/cmd", self.config.topic) || text.len() >= budget {
            return;
        }
        let Some(value) = parse(text, BUDGET) else { return };
        if value.get("doorip").and_then(Value::as_str) != Some(&self.config.ip.to_string()) {
            return;
        }
        let waiting = (self.queue.len() + usize::from(self.work.is_some())) * WAITING;
        if FREE_HEAP.saturating_sub(waiting) < HEAP_NEEDED {
            return self.event(at, "ERRO", "mqtt", "Dropping MQTT message, out of memory", "");
        }
        let text = String::from_utf8_lossy(text).into_owned();
        self.queue.extend(Command::read(&value, text));
    }

    /// Finishes what is due, and begins what is next.
    pub(super) fn carry_on(&mut self, at: Moment) {
        while self.connected {
            let Some(work) = self.work.take_if(|work| work.until <= at.since_start) else { break };
            let until = work.until;
            self.work = self.finish(at, work);
            if self.work.is_none() {
                self.begin(until);
            }
        }
        if self.work.is_none() {
            self.begin(at.since_start);
        }
    }

    fn begin(&mut self, from: Duration) {
        let next = self.queue.pop_front();
        self.work = next.map(|command| Work { until: from + command.takes(), command, listed: None });
    }

    /// Carries out a command whose time has come; what is left to do of it.
    fn finish(&mut self, at: Moment, work: Work) -> Option<Work> {
        let Work { until, command, listed } = work;
        match (command.name.as_str(), self.config.old) {
            ("adduser", _) => {
                if self.files.len() < MAX_ESP_RFID_USERS || self.files.contains_key(&command.uid) {
                    self.files.insert(command.uid.clone(), command.text);
                }
                self.acknowledge("adduser");
            }
            ("deletuid", _) => {
                self.files.remove(&command.uid);
                self.acknowledge("deletuid");
            }
            ("deletusers", _) => {
                self.files.clear();
                self.acknowledge("deletusers");
            }
            ("getuserlist", false) | ("getuser" | "listusr", true) => {
                return self.list(until, command, listed.as_deref());
            }
            ("opendoor", _) => {
                self.access(at, true, &json!("Always"), "MQTT", " ");
                (0..self.relays.len()).for_each(|relay| self.pulse(at, relay, true));
            }
            ("open", false) => self.switch(at, command.door, false),
            ("close", false) => self.switch(at, command.door, true),
            ("deletlog", false) => self.acknowledge("deletlog"),
            ("getconf", false) => self.send(&json!({
                "type": "getconf", "ip": self.config.ip, "hostname": self.hostname,
                "configfile": {
                    "mqtt": { "topic": self.config.topic, "interval": self.config.heartbeat.as_secs() },
                    "hardware": { "numrelays": self.config.relays, "wiegandreadhex": self.config.hex },
                },
            })),
            _ => {}
        }
        None
    }

    /// Sends the next file; a file that is too large to be parsed is skipped, and nothing tells the end.
    fn list(&mut self, until: Duration, command: Command, listed: Option<&str>) -> Option<Work> {
        let after = listed.map_or(Unbounded, Excluded);
        let (uid, file) = self.files.range::<str, _>((after, Unbounded)).next()?;
        let (uid, file) = (uid.clone(), parse(file.as_bytes(), POOL));
        if let Some(file) = file {
            self.say(command.list_topic(), file.to_string());
        }
        Some(Work { until: until + READ, command, listed: Some(uid) })
    }

    /// A relay with a time of its own is switched on anew by either word, if it was in the other state.
    fn switch(&mut self, at: Moment, relay: usize, was_on: bool) {
        self.access(at, true, &json!("Always"), "MQTT", " ");
        if self.relays.get(relay).is_some_and(|relay| relay.until.is_some() == was_on) {
            self.pulse(at, relay, !was_on);
        }
    }
}
