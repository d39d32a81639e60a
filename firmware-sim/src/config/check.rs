//! The rules that a simulated site must keep, wherever its configuration came from.

use std::collections::HashMap;

use panel_protocol::limits::{MAX_PDS_PER_LINE, MAX_READERS};

use super::{LineConfig, LineProtocol, PanelConfig, Place, Problem, Problems, SimConfig, mqtt_check};
use crate::limits::{MAX_BAUD, MAX_CAPACITY, MAX_ID_LEN, MAX_LINES, MAX_TURN_AROUND, MIN_BAUD};

/// The highest working address (OSDP 2.2, 5.9); 127 speaks to every device.
pub(super) const MAX_ADDRESS: u8 = 126;

/// Who has which address of which line.
pub(super) type Addresses<'a> = HashMap<(&'a str, u8), &'a str>;

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
        let mut addresses = HashMap::new();
        self.check_panels(&mut controllers, &mut addresses, &mut problems);
        self.check_doors(&mut controllers, &mut addresses, &mut problems);
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

    fn check_panels<'a>(
        &'a self,
        ids: &mut HashMap<&'a str, ()>,
        addresses: &mut Addresses<'a>,
        problems: &mut Vec<Problem>,
    ) {
        for (index, panel) in self.panels.iter().enumerate() {
            let place = |key| Place { table: "panel", index, key };
            check_id(&panel.id, place("id"), ids, problems);
            check_panel(panel, place, problems);
            self.check_line_of(&panel.line, &[LineProtocol::Osdp], place, problems);
            self.check_address(&panel.id, &panel.line, panel.address, place, addresses, problems);
        }
    }

    /// That the line is there, and speaks what the device understands.
    pub(super) fn check_line_of(
        &self,
        line: &str,
        spoken: &[LineProtocol],
        place: impl Fn(&'static str) -> Place,
        problems: &mut Vec<Problem>,
    ) {
        let quoted = |id: &str| format!("\"{id}\"");
        let fitting = self.lines.iter().filter(|known| spoken.contains(&known.protocol));
        let fitting: Vec<_> = fitting.map(|line| quoted(&line.id)).collect();
        let message = match self.lines.iter().find(|known| known.id == line) {
            Some(known) if spoken.contains(&known.protocol) => return,
            Some(known) => format!("line = \"{line}\" is a line of protocol \"{}\"", known.protocol.word()),
            None => format!("line = \"{line}\" is not a line of this site"),
        };
        let remedy = if fitting.is_empty() {
            format!("add a [[line]] with protocol = \"{}\"", spoken[0].word())
        } else {
            format!("there is {}", fitting.join(", "))
        };
        problems.push(Problem::at(place("line"), message, remedy));
    }

    /// That the address is free, and the line not too long.
    pub(super) fn check_address<'a>(
        &self,
        id: &'a str,
        line: &'a str,
        address: u8,
        place: impl Fn(&'static str) -> Place,
        addresses: &mut Addresses<'a>,
        problems: &mut Vec<Problem>,
    ) {
        let before = addresses.keys().filter(|(of, _)| *of == line).count();
        if let Some(other) = addresses.insert((line, address), id) {
            let message = format!("address = {address} is taken by \"{other}\"");
            problems.push(Problem::at(place("address"), message, "give each device of a line its own"));
        } else if before == MAX_PDS_PER_LINE {
            let message = format!("line \"{line}\" has more than {MAX_PDS_PER_LINE} devices");
            problems.push(Problem::at(place("line"), message, "put the rest on another line"));
        }
    }
}

fn check_line(line: &LineConfig, place: impl Fn(&'static str) -> Place, problems: &mut Vec<Problem>) {
    if line.protocol == LineProtocol::ModbusTcp && line.listen.is_none() {
        let remedy = "add listen = \"127.0.0.1:5020\", or port 0 for a free one";
        problems.push(Problem::at(place("id"), "boards in the network need an address", remedy));
    }
    if line.listen.is_some() && (line.protocol == LineProtocol::Osdp || line.symlink.is_some()) {
        let message = "only Modbus boards and Wiegand adapters are reached over TCP, and then without a link";
        problems.push(Problem::at(place("listen"), message, "remove listen, or symlink"));
    }
    if let Some(listen) = line.listen.filter(|listen| !listen.ip().is_loopback()) {
        let message = format!("listen = \"{listen}\" would let other machines switch simulated doors");
        problems.push(Problem::at(place("listen"), message, "use a loopback address such as 127.0.0.1:5020"));
    }
    if line.protocol != LineProtocol::ModbusTcp && !(MIN_BAUD..=MAX_BAUD).contains(&line.baud) {
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
    check_range(place("address"), panel.address.into(), 0, MAX_ADDRESS.into(), problems);
    check_range(place("readers"), panel.readers.into(), 1, MAX_READERS as u64, problems);
    check_range(place("capacity"), panel.capacity.into(), 1, MAX_CAPACITY.into(), problems);
}

pub(super) fn check_range(place: Place, value: u64, from: u64, to: u64, problems: &mut Vec<Problem>) {
    if !(from..=to).contains(&value) {
        let message = format!("{} = {value} is out of range", place.key);
        problems.push(Problem::at(place, message, format!("{from} to {to}")));
    }
}

pub(super) fn check_id<'a>(
    id: &'a str,
    place: Place,
    seen: &mut HashMap<&'a str, ()>,
    problems: &mut Vec<Problem>,
) {
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if id.is_empty() || id.len() > MAX_ID_LEN || !plain {
        let remedy = format!("1 to {MAX_ID_LEN} letters, digits, '.', '_' or '-'");
        problems.push(Problem::at(place, format!("id = {id:?} is no name"), remedy));
    }
    if seen.insert(id, ()).is_some() {
        problems.push(Problem::at(place, format!("id = {id:?} is there twice"), "give each its own"));
    }
}
