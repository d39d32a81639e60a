//! Simulated devices at a real broker, as a gateway meets them.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod control;
mod esp_rfid;
mod hub;
mod native;
mod reader;

use std::sync::Arc;

use firmware_sim::config::{BrokerConfig, Dialect, MqttConfig};
use firmware_sim::{SimConfig, Site};
use panel_protocol::credential::Credential;
use panel_protocol::wiegand::H10301;

/// The broker's name in every site here.
const BROKER: &str = "hall";

/// A site of devices on the broker at that port.
fn config(port: u16, devices: Vec<(&str, Dialect)>) -> SimConfig {
    let mqtt = devices.into_iter().map(|(id, dialect)| MqttConfig::new(id, BROKER, dialect));
    SimConfig {
        brokers: vec![BrokerConfig::new(BROKER, "127.0.0.1", port)],
        mqtt: mqtt.collect(),
        ..SimConfig::default()
    }
}

fn site(port: u16, devices: Vec<(&str, Dialect)>) -> Arc<Site> {
    Arc::new(Site::start(&config(port, devices)).unwrap())
}

/// A card of the site's facility.
fn card(number: u64) -> Credential {
    H10301.encode(100, number).unwrap()
}
