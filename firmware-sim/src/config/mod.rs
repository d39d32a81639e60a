//! What a simulated site consists of: lines, brokers, what hangs on them, and where the control API listens.
//!
//! [`SimConfig`] can be built in code (`gateway demo`, tests) or [loaded](SimConfig::load) from TOML, where unknown
//! keys are refused and every problem names its place. [`SimConfig::check`] holds all rules either way.

mod check;
mod doors;
mod doors_check;
mod doors_file;
mod file;
mod key;
mod key_words;
mod mqtt;
mod mqtt_check;
mod mqtt_file;
mod problem;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use doors::{AdapterConfig, BoardConfig, Charset, End, Follow, Frames, LockPlace, Model, ReaderConfig};
pub use key::PanelKey;
pub use mqtt::{
    BrokerConfig, Dialect, EspHomeConfig, EspRfidConfig, Login, MqttConfig, MqttVersion, NativeConfig,
    TasmotaConfig,
};
pub use problem::{Place, Problem, Problems};

use crate::limits::{DEFAULT_CAPACITY, NETWORK_RATE};

/// A simulated site.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SimConfig {
    /// Where the control API listens, loopback only; `None` for none.
    pub control: Option<SocketAddr>,
    /// The lines.
    pub lines: Vec<LineConfig>,
    /// The panels on them.
    pub panels: Vec<PanelConfig>,
    /// The readers on them.
    pub readers: Vec<ReaderConfig>,
    /// The boards on them.
    pub boards: Vec<BoardConfig>,
    /// The Wiegand adapters on them.
    pub adapters: Vec<AdapterConfig>,
    /// The brokers.
    pub brokers: Vec<BrokerConfig>,
    /// The devices on them.
    pub mqtt: Vec<MqttConfig>,
}

/// One line.
#[derive(Clone, PartialEq, Debug)]
pub struct LineConfig {
    /// Its name: letters, digits, `.`, `_` and `-`.
    pub id: String,
    /// What is spoken on it.
    pub protocol: LineProtocol,
    /// Its baud rate; a gateway that talks at another one is not understood.
    pub baud: u32,
    /// Time from a command's last byte until a panel is ready to answer; two idle characters come on top.
    pub turn_around: Duration,
    /// A symbolic link that leads to the line's port while it runs.
    pub symlink: Option<PathBuf>,
    /// Where it is reached over TCP, loopback only and port 0 for a free one, instead of a port.
    pub listen: Option<SocketAddr>,
}

/// What is spoken on a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LineProtocol {
    /// OSDP, to panels and readers.
    #[default]
    Osdp,
    /// Modbus RTU, to boards.
    Modbus,
    /// Modbus TCP, to boards.
    ModbusTcp,
    /// Characters of a Wiegand adapter, which is never told anything.
    WiegandSerial,
}

/// One panel.
#[derive(Clone, PartialEq, Debug)]
pub struct PanelConfig {
    /// Its name, unique among all panels: letters, digits, `.`, `_` and `-`.
    pub id: String,
    /// The line it is wired to.
    pub line: String,
    /// Its OSDP address, 0 to 126.
    pub address: u8,
    /// How many readers it has, 1 to 16.
    pub readers: u8,
    /// How many rows its memory holds.
    pub capacity: u32,
    /// Its serial number.
    pub serial: u32,
    /// Its secure-channel key.
    pub key: PanelKey,
}

impl LineConfig {
    /// An OSDP line with a turn-around of 1 ms and no link.
    pub fn new(id: impl Into<String>, baud: u32) -> Self {
        Self {
            id: id.into(),
            protocol: LineProtocol::Osdp,
            baud,
            turn_around: Duration::from_millis(1),
            symlink: None,
            listen: None,
        }
    }

    /// A line of another protocol.
    pub fn of(protocol: LineProtocol, id: impl Into<String>, baud: u32) -> Self {
        Self { protocol, ..Self::new(id, baud) }
    }

    /// Boards in the network, at this address.
    pub fn modbus_tcp(id: impl Into<String>, listen: SocketAddr) -> Self {
        Self { listen: Some(listen), ..Self::of(LineProtocol::ModbusTcp, id, NETWORK_RATE) }
    }
}

impl PanelConfig {
    /// A panel with two readers, in factory state, its address for a serial number.
    pub fn new(id: impl Into<String>, line: impl Into<String>, address: u8) -> Self {
        Self {
            id: id.into(),
            line: line.into(),
            address,
            readers: 2,
            capacity: DEFAULT_CAPACITY,
            serial: u32::from(address),
            key: PanelKey::Factory,
        }
    }
}

impl LineProtocol {
    /// Its word in the configuration, as the gateway has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Osdp => "osdp",
            Self::Modbus => "modbus",
            Self::ModbusTcp => "modbus-tcp",
            Self::WiegandSerial => "wiegand-serial",
        }
    }
}

#[cfg(test)]
mod tests;
