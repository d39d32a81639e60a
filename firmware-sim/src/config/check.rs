//! The rules that a simulated site must keep, wherever its configuration came from.

use std::collections::HashMap;

use panel_protocol::limits::{MAX_PDS_PER_LINE, MAX_READERS};

use super::{LineConfig, PanelConfig, Place, Problem, Problems, SimConfig, mqtt_check};
use crate::limits::{MAX_BAUD, MAX_CAPACITY, MAX_ID_LEN, MAX_LINES, MAX_TURN_AROUND, MIN_BAUD};

/// The highest working address (OSDP 2.2, 5.9); 127 speaks to every device.
const MAX_ADDRESS: u8 = 126;

impl SimConfig {
    /// Whether this is a site that can be built.
    ///
    /// # Errors
    /// Every problem at once, each with its place.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = Vec::new();
        self.check_control(&mut problems);
        let (mut links, mut controllers) = (HashMap::new(), HashMap::new());
        self.check_lines(&mut links, &mut problems);
        self.check_panels(&mut controllers, &mut problems);
        for (index, broker) in self.brokers.iter().enumerate() {
            check_id(&broker.id, Place { table: "broker", index, key: "id" }, &mut links, &mut problems);
        }
        for (index, device) in self.mqtt.iter().enumerate() {
            check_id(&device.id, Place { table: "mqtt", index, key: "id" }, &mut controllers, &mut problems);
        }
        mqtt_check::check(&self.brokers, &self.mqtt, &mut problems);
        if problems.is_empty() { Ok(()) } else { Err(Problems { file: None, problems }) }
    }

    fn check_control(&self, problems: &mut Vec<Problem>) {
        if let Some(listen) = self.control.filter(|listen| !listen.ip().is_loopback()) {
            problems.push(Problem::at(
                Place { table: "control", index: 0, key: "listen" },
                format!("listen = \"{listen}\" would let other machines open simulated doors"),
                "use a loopback address such as 127.0.0.1:7070",
            ));
        }
    }

    fn check_lines<'a>(&'a self, ids: &mut HashMap<&'a str, ()>, problems: &mut Vec<Problem>) {
        if (self.lines.is_empty() && self.brokers.is_empty()) || self.lines.len() > MAX_LINES {
            problems.push(Problem {
                place: None,
                position: None,
                message: format!("there are {} lines", self.lines.len()),
                remedy: format!("give 1 to {MAX_LINES} [[line]] tables, or a [[broker]]"),
            });
        }
        let mut links = HashMap::new();
        for (index, line) in self.lines.iter().enumerate() {
            let place = |key| Place { table: "line", index, key };
            check_id(&line.id, place("id"), ids, problems);
            check_line(line, place, problems);
            if let Some(link) = &line.symlink
                && let Some(other) = links.insert(link, &line.id)
            {
                let message = format!("symlink = \"{}\" is that of line \"{other}\" too", link.display());
                problems.push(Problem::at(place("symlink"), message, "give each line a link of its own"));
            }
        }
    }

    fn check_panels<'a>(&'a self, ids: &mut HashMap<&'a str, ()>, problems: &mut Vec<Problem>) {
        let mut addresses = HashMap::new();
        for (index, panel) in self.panels.iter().enumerate() {
            let place = |key| Place { table: "panel", index, key };
            check_id(&panel.id, place("id"), ids, problems);
            check_panel(panel, place, problems);
            if !self.lines.iter().any(|line| line.id == panel.line) {
                let known: Vec<_> = self.lines.iter().map(|line| format!("\"{}\"", line.id)).collect();
                let message = format!("line = \"{}\" is not a line of this site", panel.line);
                problems.push(Problem::at(place("line"), message, format!("there is {}", known.join(", "))));
            }
            if let Some(other) = addresses.insert((&panel.line, panel.address), &panel.id) {
                let message = format!("address = {} is taken by panel \"{other}\"", panel.address);
                problems.push(Problem::at(place("address"), message, "give each panel of a line its own"));
            }
            let before = self.panels[..index].iter().filter(|other| other.line == panel.line).count();
            if before == MAX_PDS_PER_LINE {
                let message = format!("line \"{}\" has more than {MAX_PDS_PER_LINE} panels", panel.line);
                problems.push(Problem::at(place("line"), message, "put the rest on another line"));
            }
        }
    }
}

fn check_line(line: &LineConfig, place: impl Fn(&'static str) -> Place, problems: &mut Vec<Problem>) {
    if !(MIN_BAUD..=MAX_BAUD).contains(&line.baud) {
        let message = format!("baud = {} is no rate of such a line", line.baud);
        problems.push(Problem::at(place("baud"), message, format!("{MIN_BAUD} to {MAX_BAUD}, usually 9600")));
    }
    if line.turn_around > MAX_TURN_AROUND {
        let message = format!("turn_around_us = {} is too long", line.turn_around.as_micros());
        let most = format!("OSDP allows up to {}", MAX_TURN_AROUND.as_micros());
        problems.push(Problem::at(place("turn_around_us"), message, most));
    }
}

fn check_panel(panel: &PanelConfig, place: impl Fn(&'static str) -> Place, problems: &mut Vec<Problem>) {
    let mut range = |key, value: u64, from: u64, to: u64| {
        if !(from..=to).contains(&value) {
            let message = format!("{key} = {value} is out of range");
            problems.push(Problem::at(place(key), message, format!("{from} to {to}")));
        }
    };
    range("address", panel.address.into(), 0, MAX_ADDRESS.into());
    range("readers", panel.readers.into(), 1, MAX_READERS as u64);
    range("capacity", panel.capacity.into(), 1, MAX_CAPACITY.into());
}

fn check_id<'a>(id: &'a str, place: Place, seen: &mut HashMap<&'a str, ()>, problems: &mut Vec<Problem>) {
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if id.is_empty() || id.len() > MAX_ID_LEN || !plain {
        let remedy = format!("1 to {MAX_ID_LEN} letters, digits, '.', '_' or '-'");
        problems.push(Problem::at(place, format!("id = {id:?} is no name"), remedy));
    }
    if seen.insert(id, ()).is_some() {
        problems.push(Problem::at(place, format!("id = {id:?} is there twice"), "give each its own"));
    }
}
