//! What is behind a measured PD: a real panel with a table, which under other OUIs answers without doing anything.

use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::pd::{Answered, Key, PdHandler, ReplyWriter};
use panel_protocol::osdp::reply::{Capability, DeviceId, NakReason, function};
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::panel::{OUI, Panel, PanelConfig};
use panel_protocol::table::SortedRows;
use panel_protocol::time::Micros;

/// Rows that a measured panel takes.
pub(crate) const CAPACITY: usize = 10_000;

/// An OUI under which a device answers as briefly as a panel that has changed a row: one cipher block.
pub(crate) const SHORT_ANSWER: [u8; 3] = [2, 2, 2];

/// Vendor bytes of such an answer: operation, status, digest and count.
const SHORT_ANSWER_LEN: usize = 12;

/// An OUI under which a device answers with as many bytes as it may: events that have gathered.
pub(crate) const LONG_ANSWER: [u8; 3] = [2, 2, 4];

/// An OUI under which a device only acknowledges.
pub(crate) const ACKNOWLEDGED: [u8; 3] = [2, 2, 3];

/// A panel.
pub(crate) struct Device {
    pub(crate) panel: Box<Panel<SortedRows<CAPACITY>, 4, 64>>,
    key: Scbk,
    capabilities: [Capability; 2],
    randoms: u64,
}

impl Device {
    /// A device with the longest buffer.
    pub(crate) fn new(key: Scbk) -> Self {
        Self {
            panel: Box::new(Panel::new(PanelConfig { readers: 1 }, SortedRows::new())),
            key,
            capabilities: [
                Capability::sized(function::RECEIVE_BUFFER, BUFFER),
                Capability { function: function::SECURITY, compliance: 1, count: 0 },
            ],
            randoms: 0,
        }
    }
}

/// The longest frame that both ends of a measured line take.
const BUFFER: u16 = MAX_FRAME_LEN as u16 - 1;

impl PdHandler for Device {
    fn identity(&self) -> DeviceId {
        DeviceId { vendor: OUI, model: 1, version: 1, serial: 1, firmware: [1, 0, 0] }
    }

    fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    fn key(&self) -> Key<'_> {
        Key::Installed(&self.key)
    }

    fn set_key(&mut self, key: &Scbk) -> bool {
        self.key = key.clone();
        true
    }

    fn random(&mut self) -> [u8; 8] {
        self.randoms += 1;
        self.randoms.to_le_bytes()
    }

    fn command<'b>(&mut self, now: Micros, command: &Command<'_>, reply: ReplyWriter<'b>) -> Answered<'b> {
        match command {
            Command::Manufacturer(message) if message.oui == OUI => {
                reply.manufacturer(OUI, |room| self.panel.operate(now, message.data, room))
            }
            Command::Manufacturer(message) if message.oui == SHORT_ANSWER => {
                reply.manufacturer(SHORT_ANSWER, |room| room.len().min(SHORT_ANSWER_LEN))
            }
            Command::Manufacturer(message) if message.oui == LONG_ANSWER => {
                reply.manufacturer(LONG_ANSWER, |room| room.len())
            }
            Command::Manufacturer(_) => reply.ack(),
            _ => reply.nak(NakReason::UnknownCommand),
        }
    }

    fn poll<'b>(&mut self, _: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        reply.ack()
    }

    fn delivered(&mut self, _: Micros) {}
}
