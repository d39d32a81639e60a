//! What the simulator tells of devices on brokers, as plain values.

use std::time::Duration;

use super::firmware::Insides;
use super::way::{MqttCounters, MqttFaults};
use crate::panel::Contact;

/// What a device on a broker is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MqttSummary {
    /// Its name.
    pub id: String,
    /// Its broker's name.
    pub broker: String,
    /// `native`, `esp-rfid`, `esp-rfid-1.3`, `tasmota` or `esphome`.
    pub dialect: &'static str,
    /// Whether it decides by itself.
    pub decides: bool,
    /// Where its topics begin.
    pub topic: String,
    /// How many readers it has.
    pub readers: u8,
}

/// A device on a broker as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MqttStatus {
    /// What it is.
    pub summary: MqttSummary,
    /// Whether it has power.
    pub powered: bool,
    /// Whether the broker has taken its subscriptions.
    pub online: bool,
    /// How often it has booted since its memory was erased.
    pub boots: u16,
    /// Its door's contact.
    pub contact: Contact,
    /// How it is inside.
    pub insides: Insides,
}

/// A broker as its devices see it.
#[derive(Clone, PartialEq, Debug)]
pub struct BrokerStatus {
    /// Its name.
    pub id: String,
    /// Where it is, `host:port`.
    pub address: String,
    /// What goes wrong between it and its devices.
    pub faults: MqttFaults,
    /// What has travelled between it and its devices.
    pub counters: MqttCounters,
    /// How many of its devices are connected.
    pub online: usize,
}

/// How a card presented at a device on a broker fared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MqttSwipe {
    /// Whether the lock was released; `None` when the gateway did not say in time.
    pub granted: Option<bool>,
    /// Why, in the device's own words; the gateway tells a device nothing but to open.
    pub reason: Option<String>,
    /// Whether the device decided by itself.
    pub by_itself: bool,
    /// From the card's presentation to the decision.
    pub latency: Option<Duration>,
}
