//! What is around a simulated panel: a place for its key, random numbers, a door's contact.

use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::reply::{self, Capability, DeviceId, function};
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::panel::{self, DeviceConfig, Hardware, OUI, Panel, PanelConfig as Readers};
use panel_protocol::time::Micros;

use super::Contact;
use super::flash::Flash;
use crate::config::{PanelConfig, PanelKey};
use crate::entropy;

/// Profiles that a simulated panel holds.
const PROFILES: usize = 256;

/// Events that a simulated panel keeps until the gateway has them.
const EVENTS: usize = 1_024;

/// The firmware's own panel over a flash image.
pub(crate) type FlashPanel = Panel<Flash, PROFILES, EVENTS>;

/// A panel's memory and key, and what is around it.
pub(super) type Device = panel::Device<Box<FlashPanel>, Surroundings>;

/// A panel's inputs and outputs.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) contact: Contact,
    readers: u8,
}

/// A device with an empty memory and the configuration's key.
pub(super) fn device(config: &PanelConfig, contact: Contact) -> Device {
    let readers = config.readers;
    let key = match config.key {
        PanelKey::Factory => None,
        PanelKey::Scbk(bytes) => Some(Scbk::new(bytes)),
    };
    let id = DeviceId { vendor: OUI, model: 1, version: 1, serial: config.serial, firmware: [0, 1, 0] };
    let can = |function| Capability { function, compliance: 1, count: readers };
    let extras = [function::OUTPUTS, function::LED, function::AUDIBLE].map(can);
    let about = DeviceConfig { id, receive_buffer: MAX_FRAME_LEN as u16, extras: &extras };
    Device::new(about, Box::new(empty(config)), key, Surroundings { contact, readers })
}

/// A panel with nothing in its memory.
pub(super) fn empty(config: &PanelConfig) -> FlashPanel {
    blank(config.readers, config.capacity)
}

/// A panel with so many readers, and room for so many rows of which it holds none.
pub(crate) fn blank(readers: u8, capacity: u32) -> FlashPanel {
    Panel::new(Readers { readers }, Flash::new(capacity))
}

impl Hardware for Surroundings {
    /// The device itself outlives all that this simulator does to it.
    fn keep_key(&mut self, _: &Scbk) -> bool {
        true
    }

    fn random(&mut self) -> [u8; 8] {
        entropy::bytes()
    }

    /// The door's contact, active while the door is open.
    fn input(&self, number: usize) -> Option<reply::Contact> {
        (number == 0).then_some(match self.contact {
            Contact::Open => reply::Contact::Active,
            Contact::Closed => reply::Contact::Inactive,
        })
    }

    fn output(&self, number: usize) -> Option<reply::Contact> {
        (number < usize::from(self.readers)).then_some(reply::Contact::Inactive)
    }

    fn carry_out(&mut self, _: Micros, command: &Command<'_>) -> bool {
        matches!(command, Command::Output(_) | Command::Led(_) | Command::Buzzer(_) | Command::Abort)
    }
}
