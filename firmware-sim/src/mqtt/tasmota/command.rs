//! What a Tasmota board does when it is told to: relays, their pulse times, questions after its state.

use std::time::Duration;

use serde_json::{Map, json};

use super::{Relay, Tasmota, word};
use crate::mqtt::firmware::Moment;
use crate::mqtt::message::Message;

/// Up to here a pulse time counts tenths of a second, above it seconds.
const TENTHS: u32 = 111;

impl Tasmota {
    pub(super) fn hear(&mut self, at: Moment, message: &Message) {
        let Some(command) = message.topic.strip_prefix(&self.topic("cmnd", "")) else { return };
        let Ok(argument) = std::str::from_utf8(&message.payload) else { return };
        // A retained command would be carried out at each connection, and Tasmota does just that.
        self.command(at, &command.to_ascii_uppercase(), argument.trim());
    }

    fn command(&mut self, at: Moment, command: &str, argument: &str) {
        let (name, number) = split(command);
        let relay = number.unwrap_or(1).checked_sub(1).filter(|relay| *relay < self.relays.len());
        match (name, relay) {
            // `Backlog0` leaves no pause between two commands.
            ("BACKLOG", _) if matches!(number, None | Some(0)) => self.backlog(at, argument),
            ("POWER", Some(relay)) => self.power(at, relay, argument),
            ("PULSETIME", Some(relay)) => self.pulse_time(at, relay, argument),
            ("STATE", _) => {
                let state = self.state(at);
                self.say("stat", "RESULT", &state);
            }
            ("STATUS", _) => self.status(at, argument),
            _ => self.say("stat", "RESULT", &json!({ "Command": "Unknown" })),
        }
    }

    /// Its sensors (10) or its state (11), as whoever has just found it asks.
    fn status(&mut self, at: Moment, argument: &str) {
        let (name, inner) = match argument {
            "10" => ("StatusSNS", self.sensor(at, None)),
            "11" => ("StatusSTS", self.state(at)),
            _ => return,
        };
        self.say("stat", &format!("STATUS{argument}"), &json!({ name: inner }));
    }

    fn backlog(&mut self, at: Moment, commands: &str) {
        for command in commands.split(';').map(str::trim).filter(|command| !command.is_empty()) {
            let (name, argument) = command.split_once(' ').unwrap_or((command, ""));
            if !name.eq_ignore_ascii_case("backlog") {
                self.command(at, &name.to_ascii_uppercase(), argument.trim());
            }
        }
    }

    fn power(&mut self, at: Moment, relay: usize, argument: &str) {
        let on = match argument.to_ascii_uppercase().as_str() {
            "ON" | "1" | "TRUE" => true,
            "OFF" | "0" | "FALSE" => false,
            "TOGGLE" | "2" => !self.relays[relay].on,
            _ => return self.tell_power(relay),
        };
        self.switch(at, relay, on);
    }

    pub(super) fn switch(&mut self, at: Moment, relay: usize, on: bool) {
        let state = &mut self.relays[relay];
        state.on = on;
        state.until = pulse(state.pulse_time).filter(|_| on).map(|pulse| at.since_start + pulse);
        state.released += u64::from(on);
        self.tell_power(relay);
    }

    fn tell_power(&mut self, relay: usize) {
        let (name, state) = (self.power_name(relay), word(self.relays[relay].on));
        self.say("stat", "RESULT", &Map::from_iter([(name.clone(), json!(state))]).into());
        self.say_text("stat", &name, state.into());
    }

    fn pulse_time(&mut self, at: Moment, relay: usize, argument: &str) {
        if let Ok(set) = argument.parse::<u32>() {
            self.relays[relay].pulse_time = set.min(64_900);
        }
        let Relay { pulse_time, until, .. } = self.relays[relay];
        let left = until.map_or(0, |until| until.saturating_sub(at.since_start).as_secs());
        let name = format!("PulseTime{}", relay + 1);
        let told = json!({ "Set": pulse_time, "Remaining": left });
        self.say("stat", "RESULT", &Map::from_iter([(name, told)]).into());
    }
}

/// A command's name, and the number at its end.
fn split(command: &str) -> (&str, Option<usize>) {
    let name = command.trim_end_matches(|last: char| last.is_ascii_digit());
    (name, command[name.len()..].parse().ok())
}

/// How long a relay stays on.
fn pulse(set: u32) -> Option<Duration> {
    match set {
        0 => None,
        tenths @ 1..=TENTHS => Some(Duration::from_millis(u64::from(tenths) * 100)),
        more => Some(Duration::from_secs(u64::from(more) - 100)),
    }
}
