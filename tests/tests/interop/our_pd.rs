//! Our PD machine with a device behind it.

use std::time::Duration;

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::file::FileError;
use panel_protocol::osdp::pd::{
    Answered, Event, EventQueue, FileReceiver, FileSink, Finish, Input, Key, MAX_EVENT_LEN, Output, Pd,
    PdConfig, PdHandler, ReplyWriter,
};
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::{
    Capability, Contact, DeviceId, LocalStatus, NakReason, ReaderState, Reply, function,
};
use panel_protocol::osdp::secure::{KeyKind, Scbk};
use panel_protocol::time::Micros;

use crate::line::{Clock, End};
use crate::our_cp::{N, Said, random};
use crate::pair::{ADDRESS, Machine, OUI};

/// The polled side.
pub(crate) struct OurPd {
    pd: Pd<N>,
    pub(crate) device: Device,
    end: End,
    clock: Clock,
    pub(crate) events: Vec<Event>,
}

/// A reader with a door's inputs and outputs: what is behind the PD.
pub(crate) struct Device {
    pub(crate) key: Option<Scbk>,
    /// What the next polls shall be answered with.
    pub(crate) news: EventQueue<8, MAX_EVENT_LEN>,
    pub(crate) commands: Vec<Said>,
    pub(crate) polls: usize,
    files: FileReceiver,
    pub(crate) flash: Flash,
    capabilities: Vec<Capability>,
}

/// How many inputs and outputs the devices of both sides have.
pub(crate) const CONTACTS: u8 = 4;

impl OurPd {
    /// With a key; without one, `secure` says whether it waits for one or knows no secure channel at all.
    pub(crate) fn new(end: End, key: Option<Scbk>, secure: bool) -> Self {
        let one = |function, compliance, count| Capability { function, compliance, count };
        let capabilities = vec![
            one(function::CONTACTS, 1, CONTACTS),
            one(function::OUTPUTS, 1, CONTACTS),
            one(function::CHECK, 1, 0),
            one(function::SECURITY, u8::from(secure), 0),
            Capability::sized(function::RECEIVE_BUFFER, 1023),
            one(function::READERS, 0, 1),
        ];
        let device = Device {
            key,
            news: EventQueue::new(),
            commands: Vec::new(),
            polls: 0,
            files: FileReceiver::new(0),
            flash: Flash::default(),
            capabilities,
        };
        Self { pd: Self::machine(), device, end, clock: Clock::start(), events: Vec::new() }
    }

    fn machine() -> Pd<N> {
        Pd::new(PdConfig { address: ADDRESS, require_secure: true })
    }

    /// Its power fails and returns; it keeps its key.
    pub(crate) fn restart(&mut self) {
        self.pd = Self::machine();
    }

    pub(crate) fn secured_by(&self) -> Option<KeyKind> {
        self.pd.secured_by()
    }

    pub(crate) fn frames_heard(&self) -> u32 {
        self.pd.counters().frames
    }

    pub(crate) fn noise_heard(&self) -> u32 {
        self.pd.counters().noise_bytes
    }

    /// Sends what no PD would.
    pub(crate) fn babble(&self, bytes: &[u8]) {
        self.end.send(bytes);
    }

    pub(crate) fn tell(&mut self, news: &Reply<'_>) {
        self.device.news.push(self.clock.now(), news).unwrap();
    }
}

impl Machine for OurPd {
    fn step(&mut self) {
        let (now, mut room) = (self.clock.now(), [0; N]);
        let received = self.end.receive(&mut room);
        let input = if received > 0 { Input::Received(&room[..received]) } else { Input::Tick };
        self.pd.handle(now, input, &mut self.device);
        while let Some(output) = self.pd.poll_output() {
            match output {
                Output::Transmit(bytes) => self.end.send(bytes),
                Output::Event(event) => self.events.push(event),
            }
        }
    }
}

impl PdHandler for Device {
    fn identity(&self) -> DeviceId {
        DeviceId { vendor: OUI, model: 1, version: 2, serial: 0x0403_0201, firmware: [1, 2, 3] }
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
        random()
    }

    fn command<'b>(&mut self, now: Micros, command: &Command<'_>, reply: ReplyWriter<'b>) -> Answered<'b> {
        if let Command::FileTransfer(fragment) = command {
            return match self.files.receive(now, fragment, &mut self.flash) {
                Some(status) => reply.send(&Reply::FileStatus(status)),
                None => reply.busy(),
            };
        }
        self.commands.push(Said::of(command));
        match command {
            Command::Manufacturer(message) if message.data.is_empty() => reply.ack(),
            Command::Manufacturer(message) => reply.manufacturer(message.oui, |room| {
                let backwards = room.iter_mut().zip(message.data.iter().rev());
                backwards.map(|(to, from)| *to = *from).count()
            }),
            Command::LocalStatus => reply.send(&Reply::LocalStatus(TAMPERED)),
            Command::InputStatus => reply.send(&Reply::InputStatus(Records::of(&CONTACT_STATES))),
            Command::OutputStatus => reply.send(&Reply::OutputStatus(Records::of(&CONTACT_STATES))),
            Command::ReaderStatus => reply.send(&Reply::ReaderStatus(Records::of(&READER_STATES))),
            Command::Led(_) | Command::Buzzer(_) | Command::Output(_) | Command::Text(_) => reply.ack(),
            _ => reply.nak(NakReason::UnknownCommand),
        }
    }

    fn poll<'b>(&mut self, now: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        self.polls += 1;
        self.news.tell(now, reply).unwrap_or_else(ReplyWriter::ack)
    }

    fn delivered(&mut self, _: Micros) {
        self.news.delivered();
    }
}

/// Where our device keeps a file.
#[derive(Default)]
pub(crate) struct Flash {
    pub(crate) kind: u8,
    pub(crate) file: Vec<u8>,
    /// Files that have come to their end.
    pub(crate) finished: usize,
    /// How long it is busy with each fragment, and with each answer that it is not yet done.
    pub(crate) pace: Duration,
    busy_until: Micros,
    /// How often it still has to be asked whether it is done.
    pub(crate) unready: usize,
}

impl FileSink for Flash {
    fn begin(&mut self, _: Micros, kind: u8, _: u32) -> Result<(), FileError> {
        (self.kind, self.file) = (kind, Vec::new());
        Ok(())
    }

    fn write(&mut self, now: Micros, offset: u32, bytes: &[u8]) -> Result<(), FileError> {
        assert_eq!(usize::try_from(offset).unwrap(), self.file.len());
        self.file.extend_from_slice(bytes);
        self.busy_until = now + self.pace;
        Ok(())
    }

    fn finish(&mut self, now: Micros) -> Result<Finish, FileError> {
        if self.unready > 0 {
            (self.unready, self.busy_until) = (self.unready - 1, now + self.pace);
            return Ok(Finish::Working);
        }
        self.finished += 1;
        Ok(Finish::Processed)
    }

    fn delay(&self, now: Micros) -> Duration {
        self.busy_until.since(now)
    }
}

/// What our device says of itself when it is asked: somebody has opened it.
pub(crate) const TAMPERED: LocalStatus = LocalStatus { tamper: true, power_failure: false };
/// Its inputs, and its outputs.
pub(crate) const CONTACT_STATES: [Contact; CONTACTS as usize] =
    [Contact::Inactive, Contact::Active, Contact::Active, Contact::Inactive];
/// The reader attached to it.
pub(crate) const READER_STATES: [ReaderState; 1] = [ReaderState::Tampered];
