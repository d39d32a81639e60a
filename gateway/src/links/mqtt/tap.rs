//! What passes at the broker, in words, for whoever watches. Nothing is put into words while nobody does.

use jiff::Timestamp;
use tokio::sync::broadcast;

use super::dialect::{esp_rfid, esphome, native, tasmota};
use super::message::{Incoming, Outgoing};
use super::setup::{BrokerSetup, DeviceSetup, Dialect};
use super::topic;
use super::topics::takes_in;
use crate::domain::osdpcap::Record;

pub(super) struct Tap {
    site: String,
    /// Those whose topics don't say who they are.
    others: Vec<DeviceSetup>,
    listeners: broadcast::Sender<Record>,
}

impl Tap {
    pub(super) fn new(setup: &BrokerSetup, listeners: broadcast::Sender<Record>) -> Self {
        let others = setup.devices.iter().filter(|device| !device.dialect.is_native()).cloned().collect();
        Self { site: setup.site.clone(), others, listeners }
    }

    /// A message has been handed to the broker's connection.
    pub(super) fn sent(&self, message: &Outgoing) {
        self.tell(topic::told, "->", &message.topic, &message.payload, "");
    }

    /// A message has come.
    pub(super) fn came(&self, message: &Incoming) {
        let kept = if message.retained { ", kept by the broker" } else { "" };
        self.tell(topic::said, "<-", &message.topic, &message.payload, kept);
    }

    fn tell(&self, split: Split, arrow: &str, topic: &str, payload: &[u8], more: &str) {
        if self.listeners.receiver_count() == 0 {
            return;
        }
        let text = match split(&self.site, topic) {
            Some((who, what)) => format!("{arrow} {who} {}{more}", native::words(what, payload)),
            None => match self.words(topic, payload) {
                Some((who, words)) => format!("{arrow} {who} {words}{more}"),
                None => format!("{arrow} a topic of nobody, {} bytes{more}", payload.len()),
            },
        };
        // Whoever listened may have gone.
        let _ = self.listeners.send(Record::note(Timestamp::now(), text));
    }

    /// Whose message it is, and what it says. Boards that share a topic are told by the first of them.
    fn words(&self, topic: &str, payload: &[u8]) -> Option<(&str, String)> {
        let is_its = |device: &&DeviceSetup| {
            let topics = device.dialect.topics(&self.site);
            topics.said.iter().chain(&topics.told).any(|filter| takes_in(filter, topic))
        };
        let device = self.others.iter().find(is_its)?;
        let words = match &device.dialect {
            Dialect::EspRfid(_) => esp_rfid::words(payload),
            Dialect::Tasmota(_) => tasmota::words(topic, payload),
            Dialect::EspHome(_) => esphome::words(topic, payload),
            Dialect::Native { .. } => return None,
        };
        Some((&device.user, words))
    }
}

/// Who is told or says what in a topic of the native dialect.
type Split = for<'t> fn(&str, &'t str) -> Option<(&'t str, &'t str)>;
