//! What is behind a measured PD: a real panel with a table, which under other OUIs answers without doing anything.

use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::file::FileError;
use panel_protocol::osdp::pd::{Answered, FileReceiver, FileSink, Finish, Key, PdHandler, ReplyWriter};
use panel_protocol::osdp::reply::{Capability, DeviceId, NakReason, Reply, function};
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
    files: FileReceiver,
    pub(crate) file: File,
}

/// A file as it arrives: its bytes so far.
#[derive(Default)]
pub(crate) struct File(pub(crate) Vec<u8>);

impl FileSink for File {
    fn begin(&mut self, _: Micros, _: u8, _: u32) -> Result<(), FileError> {
        self.0.clear();
        Ok(())
    }

    fn write(&mut self, _: Micros, _: u32, bytes: &[u8]) -> Result<(), FileError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(&mut self, _: Micros) -> Result<Finish, FileError> {
        Ok(Finish::Processed)
    }
}

impl Device {
    /// A device that can receive frames of `buffer` bytes.
    pub(crate) fn new(key: Scbk, buffer: u16) -> Self {
        Self {
            panel: Box::new(Panel::new(PanelConfig { readers: 1 }, SortedRows::new())),
            key,
            capabilities: [
                Capability::sized(function::RECEIVE_BUFFER, buffer),
                Capability { function: function::SECURITY, compliance: 1, count: 0 },
            ],
            randoms: 0,
            files: FileReceiver::new(0),
            file: File::default(),
        }
    }
}

/// The longest frame that both ends of a measured line take.
pub(crate) const BUFFER: u16 = MAX_FRAME_LEN as u16 - 1;

/// The longest frame that libosdp takes as it is built here.
pub(crate) const LIBOSDP_BUFFER: u16 = 256;

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
            Command::FileTransfer(fragment) => match self.files.receive(now, fragment, &mut self.file) {
                Some(status) => reply.send(&Reply::FileStatus(status)),
                None => reply.busy(),
            },
            _ => reply.nak(NakReason::UnknownCommand),
        }
    }

    fn poll<'b>(&mut self, _: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        reply.ack()
    }

    fn delivered(&mut self, _: Micros) {}
}
