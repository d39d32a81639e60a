//! What a simulated site consists of: lines, brokers, what hangs on them, and where the control API listens.
//!
//! [`SimConfig`] can be built in code (`gateway demo`, tests) or [loaded](SimConfig::load) from TOML, where unknown
//! keys are refused and every problem names its place. [`SimConfig::check`] holds all rules either way.

mod check;
mod file;
mod key;
mod mqtt;
mod mqtt_check;
mod mqtt_file;
mod problem;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use key::PanelKey;
pub use mqtt::{
    BrokerConfig, Dialect, EspHomeConfig, EspRfidConfig, Login, MqttConfig, MqttVersion, NativeConfig,
    TasmotaConfig,
};
pub use problem::{Place, Problem, Problems};

use crate::limits::DEFAULT_CAPACITY;

/// A simulated site.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SimConfig {
    /// Where the control API listens, loopback only; `None` for none.
    pub control: Option<SocketAddr>,
    /// The lines.
    pub lines: Vec<LineConfig>,
    /// The panels on them.
    pub panels: Vec<PanelConfig>,
    /// The brokers.
    pub brokers: Vec<BrokerConfig>,
    /// The devices on them.
    pub mqtt: Vec<MqttConfig>,
}

/// One RS-485 line.
#[derive(Clone, PartialEq, Debug)]
pub struct LineConfig {
    /// Its name: letters, digits, `.`, `_` and `-`.
    pub id: String,
    /// Its baud rate; a gateway that talks at another one is not understood.
    pub baud: u32,
    /// Time from a command's last byte until a panel is ready to answer; two idle characters come on top.
    pub turn_around: Duration,
    /// A symbolic link that leads to the line's port while it runs.
    pub symlink: Option<PathBuf>,
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
    /// A line with a turn-around of 1 ms and no link.
    pub fn new(id: impl Into<String>, baud: u32) -> Self {
        Self { id: id.into(), baud, turn_around: Duration::from_millis(1), symlink: None }
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

#[cfg(test)]
mod tests;
