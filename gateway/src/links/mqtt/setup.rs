//! What a broker's link is made from.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;

use super::dialect::esp_rfid::EspRfid;
use super::dialect::esphome::EspHome;
use super::dialect::native;
use super::dialect::tasmota::Tasmota;
use super::topic;
use super::topics::{Topics, takes_in};
use crate::domain::LineId;

/// The broker and the devices that it leads to.
#[derive(Clone, Debug)]
pub struct BrokerSetup {
    /// Its name among the links.
    pub id: LineId,
    /// The site in topics.
    pub site: String,
    /// Where it is.
    pub place: Place,
    /// Who is there.
    pub devices: Vec<DeviceSetup>,
}

/// A device at the broker.
#[derive(Clone, Debug)]
pub struct DeviceSetup {
    /// What the client calls it.
    pub device: usize,
    /// Its name as user of the broker.
    pub user: String,
    /// What it speaks.
    pub dialect: Dialect,
}

/// What a device at the broker speaks, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// panel-protocol's own operations.
    Native {
        /// Its name in topics.
        topic: String,
    },
    /// esp-rfid, version 2.
    EspRfid(EspRfid),
    /// Tasmota, as reader or as I/O board.
    Tasmota(Tasmota),
    /// ESPHome, as reader or as I/O board.
    EspHome(EspHome),
}

impl Dialect {
    /// What its topics begin with, or its name in them.
    pub fn topic(&self) -> &str {
        match self {
            Self::Native { topic } => topic,
            Self::EspRfid(board) => &board.topic,
            Self::Tasmota(board) => &board.topic,
            Self::EspHome(node) => &node.topic,
        }
    }

    /// Which topics are its, on the broker of this site.
    pub fn topics(&self, site: &str) -> Topics {
        match self {
            Self::Native { topic } => native::topics(site, topic),
            Self::EspRfid(board) => board.topics(),
            Self::Tasmota(board) => board.topics(),
            Self::EspHome(node) => node.topics(),
        }
    }

    /// Whether it can be reached over TLS; few boards of the others can.
    pub const fn is_native(&self) -> bool {
        matches!(self, Self::Native { .. })
    }
}

impl BrokerSetup {
    /// What the gateway listens to: each filter once.
    pub(super) fn filters(&self) -> Vec<String> {
        let of_devices = self.devices.iter().flat_map(|device| device.dialect.topics(&self.site).said);
        let foreign = of_devices.filter(|filter| !takes_in(&topic::from_all(&self.site), filter));
        let all: BTreeSet<String> = foreign.chain([topic::from_all(&self.site)]).collect();
        all.into_iter().collect()
    }
}

/// Where a broker is.
#[derive(Clone, Debug)]
pub enum Place {
    /// Inside the gateway.
    Embedded(Embedded),
    /// Somewhere else.
    Elsewhere(Elsewhere),
}

/// The broker inside the gateway.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// Where controllers reach it.
    pub listen: SocketAddr,
    /// Its certificate; `None`: in clear, on loopback. Or why there is none, with the remedy.
    pub tls: Result<Option<Arc<ServerConfig>>, String>,
    /// Where devices reach it that can't do TLS; everybody on that network can read and forge what passes there.
    pub plain: Option<SocketAddr>,
    /// Who may connect, as `gateway enrol` writes it.
    pub passwords: PathBuf,
}

/// A broker that others run.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// Its name or IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What TLS needs; `None`: in clear.
    pub tls: Option<ClientTls>,
    /// A file with one line, `USER:PASSWORD`.
    pub credentials_file: Option<PathBuf>,
}

/// How the broker's certificate is checked, and which one is shown to it; all PEM.
#[derive(Clone, Debug)]
pub struct ClientTls {
    /// The authorities that are believed; `None`: the system's.
    pub ca: Option<PathBuf>,
    /// Our certificate and its key.
    pub client: Option<(PathBuf, PathBuf)>,
}
