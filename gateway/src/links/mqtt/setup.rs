//! What a broker's link is made from.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;

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
    /// Its name in topics.
    pub topic: String,
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
