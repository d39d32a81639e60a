//! A simulated panel: the firmware's own machines with a power switch, readers and a door contact.
//!
//! Its OSDP machine, card table, clock, events and decision are `panel-protocol`'s; nothing of them is imitated here.
//! Without power it hears and says nothing and reads no card; its flash image, key and events outlive that, its clock
//! and its conversation don't.

mod device;
mod flash;

use std::iter::successors;
use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::pd::{Input, Key, Output, Pd, PdConfig, PdHandler};
use panel_protocol::osdp::timing::OFFLINE_AFTER;
use panel_protocol::panel::Operation;
use panel_protocol::table::{Pin, Row};
use panel_protocol::time::{Micros, UtcSeconds};
use serde::Serialize;

use crate::clock::shifted;
use crate::config::{PanelConfig, PanelKey};
use crate::line::Station;
use device::{Device, device, empty};
pub(crate) use device::{FlashPanel, blank};

/// What is done to a panel's supply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Power {
    /// Switched off: it falls silent in the middle of a word.
    Off,
    /// Switched on: it boots, unless it was on.
    On,
    /// Its memory is erased, table and events, and it boots. Its secure-channel key is kept elsewhere and stays.
    Wiped,
    /// Its key is erased as well, and it boots as it left the factory.
    Factory,
}

/// The state of a door, as its contact tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// The door stands open.
    Open,
    /// The door is closed.
    Closed,
}

/// What a panel is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PanelSummary {
    /// Its name.
    pub id: String,
    /// Its line's name.
    pub line: String,
    /// Its OSDP address.
    pub address: u8,
    /// How many readers it has.
    pub readers: u8,
}

/// A panel as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PanelStatus {
    /// What it is.
    pub summary: PanelSummary,
    /// Whether it has power.
    pub powered: bool,
    /// Whether it has answered a gateway in the last 8 s.
    pub online: bool,
    /// Whether a secure channel is open.
    pub secure: bool,
    /// Whether it has a key of its own; else it accepts the published default key.
    pub has_key: bool,
    /// The digest of its card table.
    pub digest: u64,
    /// Rows in its memory.
    pub rows: u32,
    /// Rows that its memory holds at most.
    pub capacity: u32,
    /// Profiles in its memory.
    pub profiles: usize,
    /// Events that the gateway has not acknowledged.
    pub events: usize,
    /// Its clock, unless that has not been set since it booted.
    pub clock: Option<UtcSeconds>,
    /// How often it has booted since its memory was erased.
    pub boots: u16,
    /// Its door's contact.
    pub contact: Contact,
}

/// A panel on a line.
#[derive(Debug)]
pub(crate) struct SimPanel {
    config: PanelConfig,
    pd: Box<Pd<MAX_FRAME_LEN>>,
    device: Device,
    powered: bool,
    boots: u16,
    answered: Option<Duration>,
}

impl SimPanel {
    /// A panel that has just been switched on for the first time.
    pub(crate) fn new(config: &PanelConfig) -> Self {
        Self {
            config: config.clone(),
            pd: pd(config),
            device: device(config, Contact::Closed),
            powered: true,
            boots: 0,
            answered: None,
        }
    }

    pub(crate) fn summary(&self) -> PanelSummary {
        let PanelConfig { id, line, address, readers, .. } = &self.config;
        PanelSummary { id: id.clone(), line: line.clone(), address: *address, readers: *readers }
    }

    pub(crate) fn status(&self, now: Duration) -> PanelStatus {
        let table = self.device.panel.table();
        PanelStatus {
            summary: self.summary(),
            powered: self.powered,
            online: self.answered.is_some_and(|answered| now.saturating_sub(answered) < OFFLINE_AFTER),
            secure: self.pd.secured_by().is_some(),
            has_key: matches!(self.device.key(), Key::Installed(_)),
            digest: table.digest(),
            rows: table.len(),
            capacity: table.capacity(),
            profiles: table.profiles().len(),
            events: self.device.panel.pending_events(),
            clock: self.device.panel.clock(micros(now)).filter(|_| self.powered),
            boots: self.boots,
            contact: self.device.hardware.contact,
        }
    }

    /// The rows of some buckets of its memory.
    pub(crate) fn cards(&self, buckets: RangeInclusive<u8>) -> Vec<Row> {
        let table = self.device.panel.table();
        let after = |bucket| move |row: &Row| table.next_in_bucket(bucket, Some(row.credential));
        let rows = |bucket| successors(table.next_in_bucket(bucket, None), after(bucket));
        buckets.flat_map(rows).collect()
    }

    /// Carries out an operation in its memory, whether it has power or not.
    pub(crate) fn operate(&mut self, now: Duration, request: &[u8]) -> Vec<u8> {
        let mut answer = vec![0; MAX_FRAME_LEN];
        let len = self.device.panel.operate(micros(now), request, &mut answer);
        answer.truncate(len);
        answer
    }

    /// Presents a card at a reader, with a PIN or without; `None` without power.
    pub(crate) fn present(
        &mut self,
        now: Duration,
        reader: u8,
        card: Credential,
        pin: Option<&Pin>,
    ) -> Option<Reason> {
        self.powered.then(|| self.device.panel.present_with_pin(micros(now), reader, card, pin))
    }

    /// From now on its clock is off by this, whatever it showed before.
    pub(crate) fn set_clock_off(&mut self, now: Duration, offset_s: i64) {
        let utc = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |utc| utc.as_secs());
        let right = UtcSeconds(u32::try_from(utc).unwrap_or(u32::MAX));
        let mut request = [0; 16];
        if let Some(len) = Operation::SetClock(shifted(right, offset_s)).encode(&mut request) {
            self.operate(now, &request[..len]);
        }
    }

    pub(crate) fn set_power(&mut self, power: Power) {
        match power {
            Power::Off => (self.powered, self.answered) = (false, None),
            Power::On if self.powered => {}
            Power::On => {
                self.device.panel.reboot();
                self.boots = self.boots.wrapping_add(1);
                self.start();
            }
            Power::Wiped => {
                *self.device.panel = empty(&self.config);
                self.boots = 0;
                self.start();
            }
            Power::Factory => {
                let factory = PanelConfig { key: PanelKey::Factory, ..self.config.clone() };
                self.device = device(&factory, self.device.hardware.contact);
                self.boots = 0;
                self.start();
            }
        }
    }

    fn start(&mut self) {
        (self.pd, self.answered, self.powered) = (pd(&self.config), None, true);
        self.tell_contact();
    }

    pub(crate) fn set_contact(&mut self, contact: Contact) {
        self.device.hardware.contact = contact;
        self.tell_contact();
    }

    /// An interlock goes by the doors that stand open; this panel has one contact, at its first reader.
    fn tell_contact(&mut self) {
        let open = self.device.hardware.contact == Contact::Open;
        self.device.panel.set_open_doors(u16::from(open));
    }
}

impl Station for SimPanel {
    fn hear(&mut self, at: Duration, bytes: &[u8], reply: &mut Vec<u8>) {
        if !self.powered {
            return;
        }
        self.pd.handle(micros(at), Input::Received(bytes), &mut self.device);
        while let Some(output) = self.pd.poll_output() {
            match output {
                Output::Transmit(bytes) => reply.extend_from_slice(bytes),
                Output::Event(event) => tracing::debug!(panel = self.config.id, ?event, "osdp"),
            }
        }
        if !reply.is_empty() {
            self.answered = Some(at);
        }
    }
}

/// A conversation that has not begun. Its buffers are as long as a frame can be.
fn pd(config: &PanelConfig) -> Box<Pd<MAX_FRAME_LEN>> {
    Box::new(Pd::new(PdConfig { address: config.address, require_secure: true }))
}

/// A time on the line's clock, as the machines of `panel-protocol` take it.
fn micros(time: Duration) -> Micros {
    Micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}
