//! Devices that hang on a broker: what a configuration says of them.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use crate::limits::DEFAULT_CAPACITY;

/// A broker that devices connect to. The simulator runs none itself.
#[derive(Clone, PartialEq, Debug)]
pub struct BrokerConfig {
    /// Its name: letters, digits, `.`, `_` and `-`.
    pub id: String,
    /// Its host name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Which MQTT its devices speak.
    pub version: MqttVersion,
    /// The certificates that vouch for it, in PEM; `None`: the connection is plain.
    pub ca: Option<Vec<u8>>,
}

/// The version of MQTT that a device speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MqttVersion {
    /// 5.
    #[default]
    V5,
    /// 3.1.1.
    V311,
}

/// One device on a broker.
#[derive(Clone, PartialEq, Debug)]
pub struct MqttConfig {
    /// Its name, unique among all controllers: letters, digits, `.`, `_` and `-`.
    pub id: String,
    /// The broker that it hangs on.
    pub broker: String,
    /// Its client identifier; `None`: the topic of a native panel, the name of any other device.
    pub client_id: Option<String>,
    /// What it signs in with.
    pub login: Option<Login>,
    /// Longest pause between two attempts to connect; `None`: as its firmware has it.
    pub reconnect: Option<Duration>,
    /// What it is.
    pub dialect: Dialect,
}

/// User name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// What a device on a broker is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// A panel that takes the card-table commands of `panel-protocol`.
    Native(NativeConfig),
    /// An esp-rfid board.
    EspRfid(EspRfidConfig),
    /// A Tasmota board with a Wiegand reader and relays.
    Tasmota(TasmotaConfig),
    /// An ESPHome node with a Wiegand reader and a lock.
    EspHome(EspHomeConfig),
}

/// A native panel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NativeConfig {
    /// The site in its topics.
    pub site: String,
    /// Itself in its topics.
    pub topic: String,
    /// How many readers it has, 1 to 16.
    pub readers: u8,
    /// How many rows its memory holds.
    pub capacity: u32,
    /// The longest operation that it takes, in bytes, 64 to 8192.
    pub receive: u16,
}

/// An esp-rfid board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EspRfidConfig {
    /// The topic that all its topics begin with; boards usually share one.
    pub topic: String,
    /// Its address, by which it knows commands that are for it.
    pub ip: Ipv4Addr,
    /// Relays, 1 to 4.
    pub relays: u8,
    /// Whether card numbers are hexadecimal; else decimal.
    pub hex: bool,
    /// Whether it logs what happens over MQTT.
    pub events: bool,
    /// Whether it presents itself to Home Assistant.
    pub home_assistant: bool,
    /// Time between two heartbeats.
    pub heartbeat: Duration,
    /// Whether it runs the 1.3 firmware, which acknowledges nothing.
    pub old: bool,
}

/// A Tasmota board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TasmotaConfig {
    /// Itself in its topics.
    pub topic: String,
    /// Relays, 1 to 8; reader 0 is at the first.
    pub relays: u8,
    /// Where its telemetry, commands and answers go; `%prefix%` and `%topic%` are filled in.
    pub full_topic: String,
    /// Whether the number of a card includes its parity bits, as it does in some versions.
    pub with_parity: bool,
}

/// An ESPHome node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EspHomeConfig {
    /// What all its topics begin with.
    pub topic: String,
}

impl BrokerConfig {
    /// A broker without TLS whose devices speak MQTT 5.
    pub fn new(id: impl Into<String>, host: impl Into<String>, port: u16) -> Self {
        Self { id: id.into(), host: host.into(), port, version: MqttVersion::V5, ca: None }
    }
}

impl MqttConfig {
    /// A device that signs in without a name.
    pub fn new(id: impl Into<String>, broker: impl Into<String>, dialect: Dialect) -> Self {
        let (id, broker) = (id.into(), broker.into());
        Self { id, broker, client_id: None, login: None, reconnect: None, dialect }
    }

    /// The client identifier that it connects with.
    pub fn client_id(&self) -> &str {
        match (&self.client_id, &self.dialect) {
            (Some(id), _) => id,
            (None, Dialect::Native(native)) => &native.topic,
            (None, _) => &self.id,
        }
    }
}

impl Dialect {
    /// Its word in the configuration.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Native(_) => "native",
            Self::EspRfid(EspRfidConfig { old: false, .. }) => "esp-rfid",
            Self::EspRfid(EspRfidConfig { old: true, .. }) => "esp-rfid-1.3",
            Self::Tasmota(_) => "tasmota",
            Self::EspHome(_) => "esphome",
        }
    }

    /// Where its topics begin.
    pub fn topic(&self) -> &str {
        match self {
            Self::Native(native) => &native.topic,
            Self::EspRfid(esp_rfid) => &esp_rfid.topic,
            Self::Tasmota(tasmota) => &tasmota.topic,
            Self::EspHome(esphome) => &esphome.topic,
        }
    }
}

impl NativeConfig {
    /// A panel with two readers that takes operations of 1,024 bytes.
    pub fn new(site: impl Into<String>, topic: impl Into<String>) -> Self {
        let (site, topic) = (site.into(), topic.into());
        Self { site, topic, readers: 2, capacity: DEFAULT_CAPACITY, receive: 1_024 }
    }
}

impl EspRfidConfig {
    /// A board with one relay and a hexadecimal reader that says nothing but what it must.
    pub fn new(topic: impl Into<String>, ip: Ipv4Addr) -> Self {
        Self {
            topic: topic.into(),
            ip,
            relays: 1,
            hex: true,
            events: false,
            home_assistant: false,
            heartbeat: Duration::from_secs(180),
            old: false,
        }
    }
}

impl TasmotaConfig {
    /// A board with one relay and the topics that Tasmota has unless told otherwise.
    pub fn new(topic: impl Into<String>) -> Self {
        Self { topic: topic.into(), relays: 1, full_topic: "%prefix%/%topic%/".into(), with_parity: false }
    }
}

impl EspHomeConfig {
    /// A node whose topics begin with this.
    pub fn new(topic: impl Into<String>) -> Self {
        Self { topic: topic.into() }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}
