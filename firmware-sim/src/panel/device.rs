//! What is behind a panel's line: the real panel over its flash image, its key, and the hardware around it.

use std::fmt;

use panel_protocol::limits::{MAX_FRAME_LEN, MAX_READERS};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::pd::{Answered, Key, PdHandler, ReplyWriter};
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::{
    self, Capability, DeviceId, LocalStatus, NakReason, ReaderState, Reply, function,
};
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::panel::{OUI, Panel, PanelConfig as Readers};
use panel_protocol::time::Micros;

use super::Contact;
use super::flash::Flash;
use crate::config::{PanelConfig, PanelKey};
use crate::entropy;

/// Profiles that a simulated panel holds.
const PROFILES: usize = 256;

/// Events that a simulated panel keeps until the gateway has them.
const EVENTS: usize = 1_024;

/// Bytes of the longest notice that events wait.
const NOTICE_LEN: usize = 64;

/// A panel's memory, key, readers and door.
pub(super) struct Device {
    pub(super) panel: Box<Panel<Flash, PROFILES, EVENTS>>,
    pub(super) contact: Contact,
    key: Option<Scbk>,
    readers: u8,
    serial: u32,
    capabilities: [Capability; 10],
}

impl Device {
    /// A device with an empty memory and this key.
    pub(super) fn new(config: &PanelConfig, key: PanelKey, contact: Contact) -> Self {
        let panel = Panel::new(Readers { readers: config.readers }, Flash::new(config.capacity));
        Self {
            panel: Box::new(panel),
            contact,
            key: match key {
                PanelKey::Factory => None,
                PanelKey::Scbk(bytes) => Some(Scbk::new(bytes)),
            },
            readers: config.readers,
            serial: config.serial,
            capabilities: capabilities(config.readers),
        }
    }

    /// Empties the memory. The key is elsewhere, and stays.
    pub(super) fn erase(&mut self, config: &PanelConfig) {
        let key = self.key.take();
        *self = Self { key, ..Self::new(config, PanelKey::Factory, self.contact) };
    }

    /// Whether it has a key of its own.
    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The card-table command set, inside the secure channel only.
    fn operate<'b>(
        &mut self,
        now: Micros,
        message: &Manufacturer<'_>,
        reply: ReplyWriter<'b>,
    ) -> Answered<'b> {
        if message.oui != OUI {
            return reply.nak(NakReason::UnknownCommand);
        }
        if !reply.is_sealed() {
            return reply.nak(NakReason::Security);
        }
        reply.manufacturer(OUI, |room| self.panel.operate(now, message.data, room))
    }

    /// Inputs: the door's contact, active while the door is open.
    fn inputs(&self) -> [reply::Contact; 1] {
        [match self.contact {
            Contact::Open => reply::Contact::Active,
            Contact::Closed => reply::Contact::Inactive,
        }]
    }
}

impl PdHandler for Device {
    fn identity(&self) -> DeviceId {
        DeviceId { vendor: OUI, model: 1, version: 1, serial: self.serial, firmware: [0, 1, 0] }
    }

    fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    fn key(&self) -> Key<'_> {
        self.key.as_ref().map_or(Key::Factory, Key::Installed)
    }

    fn set_key(&mut self, key: &Scbk) -> bool {
        self.key = Some(key.clone());
        true
    }

    fn random(&mut self) -> [u8; 8] {
        entropy::bytes()
    }

    fn command<'b>(&mut self, now: Micros, command: &Command<'_>, reply: ReplyWriter<'b>) -> Answered<'b> {
        let readers = usize::from(self.readers).min(MAX_READERS);
        match command {
            Command::Manufacturer(message) => self.operate(now, message, reply),
            Command::LocalStatus => reply.send(&Reply::LocalStatus(LocalStatus::default())),
            Command::InputStatus => reply.send(&Reply::InputStatus(Records::of(&self.inputs()))),
            Command::OutputStatus => {
                let outputs = [reply::Contact::Inactive; MAX_READERS];
                reply.send(&Reply::OutputStatus(Records::of(&outputs[..readers])))
            }
            Command::ReaderStatus => {
                let states = [ReaderState::Normal; MAX_READERS];
                reply.send(&Reply::ReaderStatus(Records::of(&states[..readers])))
            }
            Command::Output(_) | Command::Led(_) | Command::Buzzer(_) | Command::Abort => reply.ack(),
            _ => reply.nak(NakReason::UnknownCommand),
        }
    }

    /// Tells that events wait, inside the secure channel only.
    fn poll<'b>(&mut self, _: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        let mut notice = [0; NOTICE_LEN];
        let waiting = if reply.is_sealed() { self.panel.waiting(&mut notice) } else { None };
        match waiting {
            Some(len) => reply.send(&Reply::Manufacturer(Manufacturer { oui: OUI, data: &notice[..len] })),
            None => reply.ack(),
        }
    }

    /// Nothing to forget: events stay until the gateway acknowledges them by number.
    fn delivered(&mut self, _: Micros) {}
}

/// What a simulated panel says that it can do (OSDP 2.2, Annex B).
fn capabilities(readers: u8) -> [Capability; 10] {
    let can = |function, compliance, count| Capability { function, compliance, count };
    [
        can(function::CONTACTS, 1, 1),
        can(function::OUTPUTS, 1, readers),
        can(function::CARD_FORMAT, 1, 0),
        can(function::LED, 1, readers),
        can(function::AUDIBLE, 1, readers),
        can(function::CHECK, 1, 0),
        can(function::SECURITY, 1, 1),
        Capability::sized(function::RECEIVE_BUFFER, MAX_FRAME_LEN as u16),
        can(function::READERS, 0, readers),
        can(function::OSDP_VERSION, 2, 0),
    ]
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("serial", &self.serial).field("key", &self.key).finish_non_exhaustive()
    }
}
