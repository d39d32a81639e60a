//! The tables `[[broker]]` and `[[mqtt]]` of a configuration file.

use std::fs::File;
use std::io::Read;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::mqtt::{
    BrokerConfig, Dialect, EspHomeConfig, EspRfidConfig, Login, MqttConfig, MqttVersion, NativeConfig,
    TasmotaConfig,
};
use super::problem::{Place, Problem};
use crate::limits::MAX_CA_LEN;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BrokerTable {
    id: String,
    host: String,
    port: u16,
    #[serde(default)]
    version: Version,
    ca_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Deserialize, Default)]
enum Version {
    #[default]
    #[serde(rename = "5")]
    V5,
    #[serde(rename = "3.1.1")]
    V311,
}

/// The keys of all dialects; which of them a dialect has is checked when it is resolved.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MqttTable {
    id: String,
    broker: String,
    dialect: Word,
    topic: Option<String>,
    client_id: Option<String>,
    user: Option<String>,
    password: Option<String>,
    reconnect_ms: Option<u64>,
    site: Option<String>,
    readers: Option<u8>,
    capacity: Option<u32>,
    receive: Option<u16>,
    ip: Option<Ipv4Addr>,
    relays: Option<u8>,
    hex: Option<bool>,
    events: Option<bool>,
    home_assistant: Option<bool>,
    heartbeat_s: Option<u64>,
    full_topic: Option<String>,
    with_parity: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Native,
    EspRfid,
    #[serde(rename = "esp-rfid-1.3")]
    EspRfid13,
    Tasmota,
    #[serde(rename = "esphome")]
    EspHome,
}

impl BrokerTable {
    pub(super) fn resolve(self, index: usize, folder: &Path, problems: &mut Vec<Problem>) -> BrokerConfig {
        let version = match self.version {
            Version::V5 => MqttVersion::V5,
            Version::V311 => MqttVersion::V311,
        };
        let place = Place { table: "broker", index, key: "ca_file" };
        let ca = self.ca_file.and_then(|path| match read(&folder.join(&path)) {
            Ok(pem) => Some(pem),
            Err(error) => {
                let message = format!("ca_file = \"{}\": {error}", path.display());
                problems.push(Problem::at(place, message, "a file of certificates in PEM"));
                None
            }
        });
        BrokerConfig { id: self.id, host: self.host, port: self.port, version, ca }
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut pem = Vec::new();
    File::open(path)?.take(MAX_CA_LEN).read_to_end(&mut pem)?;
    Ok(pem)
}

impl MqttTable {
    pub(super) fn resolve(self, index: usize, problems: &mut Vec<Problem>) -> MqttConfig {
        let place = |key| Place { table: "mqtt", index, key };
        for (key, dialects) in self.misplaced() {
            let message = format!("{key} is no key of this dialect");
            problems.push(Problem::at(place(key), message, format!("it is one of {dialects}")));
        }
        if self.ip.is_none() && matches!(self.dialect, Word::EspRfid) {
            let message = format!("\"{}\" has no ip", self.id);
            problems.push(Problem::at(
                place("id"),
                message,
                "give it one: commands name the board by its address",
            ));
        }
        if self.user.is_some() != self.password.is_some() {
            let message = format!("\"{}\" has a user or a password, but not both", self.id);
            problems.push(Problem::at(place("id"), message, "give both or neither"));
        }
        let dialect = self.dialect();
        MqttConfig {
            id: self.id,
            broker: self.broker,
            client_id: self.client_id,
            login: self.user.zip(self.password).map(|(user, password)| Login { user, password }),
            reconnect: self.reconnect_ms.map(Duration::from_millis),
            dialect,
        }
    }

    /// Keys that are there and shouldn't be, with the dialects that have them.
    fn misplaced(&self) -> Vec<(&'static str, &'static str)> {
        use Word::{EspRfid, EspRfid13, Native, Tasmota};
        let keys: [(&str, bool, &[Word], &str); 11] = [
            ("site", self.site.is_some(), &[Native], "native"),
            ("readers", self.readers.is_some(), &[Native], "native"),
            ("capacity", self.capacity.is_some(), &[Native], "native"),
            ("receive", self.receive.is_some(), &[Native], "native"),
            ("ip", self.ip.is_some(), &[EspRfid, EspRfid13], "esp-rfid"),
            ("relays", self.relays.is_some(), &[EspRfid, Tasmota], "esp-rfid, tasmota"),
            ("hex", self.hex.is_some(), &[EspRfid, EspRfid13], "esp-rfid"),
            ("events", self.events.is_some(), &[EspRfid], "esp-rfid"),
            ("home_assistant", self.home_assistant.is_some(), &[EspRfid], "esp-rfid"),
            ("full_topic", self.full_topic.is_some(), &[Tasmota], "tasmota"),
            ("with_parity", self.with_parity.is_some(), &[Tasmota], "tasmota"),
        ];
        let heartbeat = ("heartbeat_s", self.heartbeat_s.is_some(), &[EspRfid, EspRfid13][..], "esp-rfid");
        let wrong = |(key, there, dialects, names): (&'static str, bool, &[Word], &'static str)| {
            (there && !dialects.contains(&self.dialect)).then_some((key, names))
        };
        keys.into_iter().chain([heartbeat]).filter_map(wrong).collect()
    }

    fn dialect(&self) -> Dialect {
        let topic = |default: &str| self.topic.clone().unwrap_or_else(|| default.to_owned());
        match self.dialect {
            Word::Native => {
                let site = self.site.clone().unwrap_or_else(|| "site".into());
                let plain = NativeConfig::new(site, topic(&self.id));
                Dialect::Native(NativeConfig {
                    readers: self.readers.unwrap_or(plain.readers),
                    capacity: self.capacity.unwrap_or(plain.capacity),
                    receive: self.receive.unwrap_or(plain.receive),
                    ..plain
                })
            }
            Word::EspRfid | Word::EspRfid13 => {
                let plain = EspRfidConfig::new(topic("/esprfid"), self.ip.unwrap_or(Ipv4Addr::UNSPECIFIED));
                Dialect::EspRfid(EspRfidConfig {
                    relays: self.relays.unwrap_or(plain.relays),
                    hex: self.hex.unwrap_or(plain.hex),
                    events: self.events.unwrap_or(plain.events),
                    home_assistant: self.home_assistant.unwrap_or(plain.home_assistant),
                    heartbeat: self.heartbeat_s.map_or(plain.heartbeat, Duration::from_secs),
                    old: self.dialect == Word::EspRfid13,
                    ..plain
                })
            }
            Word::Tasmota => {
                let plain = TasmotaConfig::new(topic(&self.id));
                Dialect::Tasmota(TasmotaConfig {
                    relays: self.relays.unwrap_or(plain.relays),
                    full_topic: self.full_topic.clone().unwrap_or(plain.full_topic),
                    with_parity: self.with_parity.unwrap_or(plain.with_parity),
                    topic: plain.topic,
                })
            }
            Word::EspHome => Dialect::EspHome(EspHomeConfig::new(topic(&self.id))),
        }
    }
}
