//! A simulated site's configuration as a TOML file.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::de::DeTable;

use super::doors_file::{AdapterTable, BoardTable, ReaderTable};
use super::key_words::KeyWords;
use super::mqtt_file::{BrokerTable, MqttTable};
use super::{LineConfig, LineProtocol, PanelConfig, Place, Problem, Problems, SimConfig};
use crate::limits::{DEFAULT_CAPACITY, MAX_CONFIG_LEN, NETWORK_RATE};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    control: Option<ControlTable>,
    #[serde(default)]
    line: Vec<LineTable>,
    #[serde(default)]
    panel: Vec<PanelTable>,
    #[serde(default)]
    reader: Vec<ReaderTable>,
    #[serde(default)]
    board: Vec<BoardTable>,
    #[serde(default)]
    adapter: Vec<AdapterTable>,
    #[serde(default)]
    broker: Vec<BrokerTable>,
    #[serde(default)]
    mqtt: Vec<MqttTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlTable {
    listen: SocketAddr,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineTable {
    id: String,
    #[serde(default)]
    protocol: ProtocolWord,
    baud: Option<u32>,
    symlink: Option<PathBuf>,
    listen: Option<SocketAddr>,
    #[serde(default = "default_turn_around_us")]
    turn_around_us: u64,
}

#[derive(Clone, Copy, PartialEq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum ProtocolWord {
    #[default]
    Osdp,
    Modbus,
    ModbusTcp,
    WiegandSerial,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PanelTable {
    id: String,
    line: String,
    address: u8,
    #[serde(default = "default_readers")]
    readers: u8,
    #[serde(default = "default_capacity")]
    capacity: u32,
    serial: Option<u32>,
    scbk: Option<String>,
    scbk_file: Option<PathBuf>,
    #[serde(default)]
    factory: bool,
}

const fn default_turn_around_us() -> u64 {
    1_000
}

const fn default_readers() -> u8 {
    2
}

const fn default_capacity() -> u32 {
    DEFAULT_CAPACITY
}

impl SimConfig {
    /// Reads and checks a configuration file. Relative paths in it start from the folder that it is in.
    ///
    /// # Errors
    /// Everything that is wrong with it, with line and column.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        let whole = |message: String| Problems {
            file: Some(path.display().to_string()),
            problems: vec![Problem { place: None, position: None, message, remedy: String::new() }],
        };
        let length = fs::metadata(path).map_err(|error| whole(format!(" {error}")))?.len();
        if length > MAX_CONFIG_LEN {
            return Err(whole(format!(" it has {length} bytes, more than {MAX_CONFIG_LEN}")));
        }
        let text = fs::read_to_string(path).map_err(|error| whole(format!(" {error}")))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, folder)
            .map_err(|problems| Problems { file: Some(path.display().to_string()), ..problems })
    }

    /// Reads and checks a configuration; `folder` is where its relative paths start.
    ///
    /// # Errors
    /// Everything that is wrong with it, with line and column.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Problems> {
        let file: File = toml::from_str(text).map_err(|error| {
            let position = error.span().map(|span| position(text, span.start));
            let message = error.message().trim().replace('\n', ", ");
            let problem = Problem { place: None, position, message, remedy: String::new() };
            Problems { file: None, problems: vec![problem] }
        })?;
        let mut problems = Vec::new();
        let config = file.resolve(folder, &mut problems);
        problems.extend(config.check().err().into_iter().flat_map(|more| more.problems));
        if problems.is_empty() {
            return Ok(config);
        }
        locate(text, &mut problems);
        problems.sort_by_key(|problem| problem.position);
        Err(Problems { file: None, problems })
    }
}

impl File {
    fn resolve(self, folder: &Path, problems: &mut Vec<Problem>) -> SimConfig {
        let lines = self.line.into_iter().enumerate();
        let lines = lines.map(|(index, line)| line.resolve(index, folder, problems)).collect();
        let panels = self.panel.into_iter().enumerate().map(|(index, panel)| PanelConfig {
            key: panel.key().resolve(index, folder, problems),
            serial: panel.serial.unwrap_or(u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)),
            id: panel.id,
            line: panel.line,
            address: panel.address,
            readers: panel.readers,
            capacity: panel.capacity,
        });
        let panels = panels.collect();
        let readers = self.reader.into_iter().enumerate();
        let readers = readers.map(|(index, reader)| reader.resolve(index, folder, problems)).collect();
        let boards = self.board.into_iter().enumerate();
        let boards = boards.map(|(index, board)| board.resolve(index, problems)).collect();
        let adapters = self.adapter.into_iter().enumerate();
        let adapters = adapters.map(|(index, adapter)| adapter.resolve(index, problems)).collect();
        let brokers = self.broker.into_iter().enumerate();
        let brokers = brokers.map(|(index, broker)| broker.resolve(index, folder, problems)).collect();
        let devices = self.mqtt.into_iter().enumerate();
        let mqtt = devices.map(|(index, device)| device.resolve(index, problems)).collect();
        let control = self.control.map(|control| control.listen);
        SimConfig { control, lines, panels, readers, boards, adapters, brokers, mqtt }
    }
}

impl LineTable {
    fn resolve(self, index: usize, folder: &Path, problems: &mut Vec<Problem>) -> LineConfig {
        let protocol = match self.protocol {
            ProtocolWord::Osdp => LineProtocol::Osdp,
            ProtocolWord::Modbus => LineProtocol::Modbus,
            ProtocolWord::ModbusTcp => LineProtocol::ModbusTcp,
            ProtocolWord::WiegandSerial => LineProtocol::WiegandSerial,
        };
        let in_the_network = protocol == LineProtocol::ModbusTcp;
        if in_the_network == self.baud.is_some() {
            let place = Place { table: "line", index, key: "baud" };
            let (message, remedy) = match in_the_network {
                true => ("boards in the network have no rate", "remove baud"),
                false => ("the line has no rate", "add baud = 9600, or what its devices have"),
            };
            problems.push(Problem::at(place, message, remedy));
        }
        LineConfig {
            id: self.id,
            protocol,
            baud: self.baud.unwrap_or(NETWORK_RATE),
            turn_around: Duration::from_micros(self.turn_around_us),
            symlink: self.symlink.map(|link| folder.join(link)),
            listen: self.listen,
        }
    }
}

impl PanelTable {
    fn key(&self) -> KeyWords<'_> {
        KeyWords {
            table: "panel",
            id: &self.id,
            scbk: self.scbk.as_deref(),
            scbk_file: self.scbk_file.as_deref(),
            factory: self.factory,
        }
    }
}

/// Finds each problem's value in the text: the value itself, else the table that lacks it.
fn locate(text: &str, problems: &mut [Problem]) {
    let Ok(tree) = DeTable::parse(text) else { return };
    for problem in problems {
        let Some(place) = problem.place else { continue };
        let Some(tables) = tree.get_ref().get(place.table) else { continue };
        let one = tables.get_ref().as_array().map_or(Some(tables), |many| many.get(place.index));
        let Some(table) = one else { continue };
        let value = table.get_ref().as_table().and_then(|keys| keys.get(place.key));
        problem.position = Some(position(text, value.unwrap_or(table).span().start));
    }
}

/// Line and column of a byte, both from 1; columns count characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
