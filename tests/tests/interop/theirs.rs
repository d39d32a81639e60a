//! Their side: libosdp's control panel and its peripheral device.

use std::cell::RefCell;
use std::rc::Rc;

use libosdp::{
    ControlPanel, ControlPanelBuilder, OsdpCommand, OsdpCommandFileTx, OsdpError, OsdpEvent, OsdpFileOps,
    OsdpFlag, OsdpStatusReport, OsdpStatusReportType, PdCapEntity, PdCapability, PdId, PdInfoBuilder,
    PeripheralDevice,
};
use panel_protocol::osdp::secure::Scbk;

use crate::line::End;
use crate::our_pd::CONTACTS;
use crate::pair::{ADDRESS, BAUD, Machine};

/// What the application above libosdp saw.
pub(crate) type Seen<T> = Rc<RefCell<Vec<T>>>;

/// How a machine of theirs begins.
#[derive(Clone, Default)]
pub(crate) struct Setup {
    /// Without a key, the PD is in install mode, and the CP never uses the secure channel.
    pub(crate) key: Option<Scbk>,
    /// ENFORCE_SECURE: nothing in clear, and never the default key.
    pub(crate) enforce: bool,
}

impl Setup {
    pub(crate) fn with_key(key: &Scbk) -> Self {
        Self { key: Some(key.clone()), enforce: false }
    }

    pub(crate) fn enforced(key: &Scbk) -> Self {
        Self { enforce: true, ..Self::with_key(key) }
    }

    fn info(&self) -> PdInfoBuilder {
        let address = i32::from(ADDRESS);
        let mut info =
            PdInfoBuilder::new().address(address).unwrap().baud_rate(i32::try_from(BAUD).unwrap()).unwrap();
        if let Some(key) = &self.key {
            info = info.secure_channel_key(*key.expose());
        }
        if self.enforce { info.flag(OsdpFlag::EnforceSecure) } else { info }
    }
}

/// The polling side.
pub(crate) struct TheirCp {
    panel: ControlPanel,
    events: Seen<OsdpEvent>,
    setup: Setup,
    end: End,
}

impl TheirCp {
    pub(crate) fn new(end: End, setup: &Setup) -> Self {
        let events = Seen::default();
        let panel = Self::panel(end.clone(), setup, Rc::clone(&events));
        Self { panel, events, setup: setup.clone(), end }
    }

    fn panel(end: End, setup: &Setup, seen: Seen<OsdpEvent>) -> ControlPanel {
        let line = ControlPanelBuilder::new().add_channel(Box::new(end), vec![setup.info()]);
        let mut panel = line.build().unwrap();
        panel.set_event_callback(move |_, event| {
            seen.borrow_mut().push(event);
            0
        });
        panel
    }

    /// Its application begins anew.
    pub(crate) fn restart(&mut self) {
        self.panel = Self::panel(self.end.clone(), &self.setup, Rc::clone(&self.events));
    }

    pub(crate) fn is_online(&self) -> bool {
        self.panel.is_online(0)
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.panel.is_sc_active(0)
    }

    /// Queues a command, of which it can keep four.
    pub(crate) fn send(&mut self, command: OsdpCommand) {
        self.panel.send_command(0, command).unwrap();
    }

    /// Begins to send a file.
    pub(crate) fn send_file(&mut self, kind: u8, file: &[u8]) {
        let store = Rc::new(RefCell::new(file.to_vec()));
        self.panel.register_file_ops(0, Box::new(Store(store))).unwrap();
        self.send(OsdpCommand::FileTx(OsdpCommandFileTx { id: kind.into(), flags: 0 }));
    }

    /// Whether the PD has said of the last file that it is done with it.
    pub(crate) fn has_sent_file(&self) -> bool {
        self.panel.file_transfer_status(0).is_ok_and(|(size, sent)| sent == size)
    }

    pub(crate) fn events(&self) -> Vec<OsdpEvent> {
        self.events.borrow().clone()
    }
}

impl Machine for TheirCp {
    fn step(&mut self) {
        self.panel.refresh();
    }
}

/// The polled side.
pub(crate) struct TheirPd {
    device: PeripheralDevice,
    commands: Seen<OsdpCommand>,
    setup: Setup,
    end: End,
}

impl TheirPd {
    pub(crate) fn new(end: End, setup: &Setup) -> Self {
        let commands = Seen::default();
        let device = Self::device(end.clone(), setup, Rc::clone(&commands));
        Self { device, commands, setup: setup.clone(), end }
    }

    fn device(end: End, setup: &Setup, seen: Seen<OsdpCommand>) -> PeripheralDevice {
        let some = |count| PdCapEntity::new(1, count);
        let info = setup.info().id(&PdId::from_number(7)).capabilities(&[
            PdCapability::ContactStatusMonitoring(some(CONTACTS)),
            PdCapability::OutputControl(some(CONTACTS)),
            PdCapability::LedControl(some(2)),
            PdCapability::AudibleOutput(some(1)),
            PdCapability::TextOutput(some(1)),
            PdCapability::Readers(some(1)),
        ]);
        let mut device = PeripheralDevice::new(info, Box::new(end)).unwrap();
        device.set_command_callback(move |command| {
            seen.borrow_mut().push(command.clone());
            answer(command)
        });
        device
    }

    /// Its power fails and returns; it keeps the key it was set up with.
    pub(crate) fn restart(&mut self) {
        self.device = Self::device(self.end.clone(), &self.setup, Rc::clone(&self.commands));
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.device.is_sc_active()
    }

    pub(crate) fn tell(&mut self, event: OsdpEvent) {
        self.device.notify_event(event).unwrap();
    }

    /// Takes files from now on; the last one comes to lie in what is given.
    pub(crate) fn take_files(&mut self) -> Seen<u8> {
        let store = Seen::default();
        self.device.register_file_ops(Box::new(Store(Rc::clone(&store)))).unwrap();
        store
    }

    pub(crate) fn commands(&self) -> Vec<OsdpCommand> {
        self.commands.borrow().clone()
    }
}

impl Machine for TheirPd {
    fn step(&mut self) {
        self.device.refresh();
    }
}

/// The device behind their PD. 0 is "done", more is "answered in place", less is "refused".
fn answer(command: &mut OsdpCommand) -> i32 {
    match command {
        OsdpCommand::Mfg(message) if message.data.is_empty() => 0,
        OsdpCommand::Mfg(message) => {
            message.data.reverse();
            1
        }
        OsdpCommand::Status(report) => {
            *report = status(report.type_);
            0
        }
        _ => 0,
    }
}

/// One file in memory, for libosdp to read or to write.
struct Store(Seen<u8>);

impl OsdpFileOps for Store {
    fn open(&mut self, _: i32, read_only: bool) -> Result<usize, OsdpError> {
        if !read_only {
            self.0.borrow_mut().clear();
        }
        Ok(self.0.borrow().len())
    }

    fn offset_read(&self, room: &mut [u8], offset: u64) -> Result<usize, OsdpError> {
        let file = self.0.borrow();
        let rest = &file[usize::try_from(offset).unwrap()..];
        let count = rest.len().min(room.len());
        room[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn offset_write(&self, bytes: &[u8], offset: u64) -> Result<usize, OsdpError> {
        let mut file = self.0.borrow_mut();
        let (from, len) = (usize::try_from(offset).unwrap(), file.len());
        file.resize(len.max(from + bytes.len()), 0);
        file[from..][..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn close(&mut self) -> Result<(), OsdpError> {
        Ok(())
    }
}

/// What either device says of itself when it is asked.
pub(crate) fn status(kind: OsdpStatusReportType) -> OsdpStatusReport {
    let entries: &[u8] = match kind {
        OsdpStatusReportType::Local => &[1, 0],
        OsdpStatusReportType::Input | OsdpStatusReportType::Output => &[0, 1, 1, 0],
        OsdpStatusReportType::Remote => &[2],
    };
    let mut report = [0; 64];
    report[..entries.len()].copy_from_slice(entries);
    OsdpStatusReport { type_: kind, nr_entries: entries.len(), report }
}
