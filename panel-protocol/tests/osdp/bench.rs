//! A PD on a bench: a device behind it, and a CP that does exactly what a test says.

use std::time::Duration;

use crate::flash::Flash;
use panel_protocol::credential::Credential;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::crc::crc16;
use panel_protocol::osdp::file::FileStatus;
use panel_protocol::osdp::frame::{self, Frame, FrameMut, Header, Payload, Scb, scs};
use panel_protocol::osdp::payload::ComSettings;
use panel_protocol::osdp::pd::{
    Answered, Event, EventQueue, FileReceiver, Input, Key, Output, Pd, PdConfig, PdHandler, ReplyWriter,
};
use panel_protocol::osdp::reply::{Capability, DeviceId, NakReason, Raw, Reply, function};
use panel_protocol::osdp::secure::{Handshake, KeyKind, SCBK_D, Scbk, Session};
use panel_protocol::time::Micros;

/// The tested device's address.
pub(crate) const ADDRESS: u8 = 5;
/// The CP's number in its handshakes, unless a test sets another.
pub(crate) const RND_A: [u8; 8] = [7; 8];
/// A vendor that makes nothing.
pub(crate) const OUI: [u8; 3] = [0xCA, 0xFE, 0x01];

/// Longest fragment of a file that the device takes: what fits into its frames.
pub(crate) const MAX_FRAGMENT: u16 = 228;

/// What is behind the PD, and what reached it.
pub(crate) struct Device {
    pub(crate) key: Option<Scbk>,
    pub(crate) news: EventQueue<8>,
    pub(crate) told: usize,
    pub(crate) delivered: usize,
    /// Codes of the commands that reached the handler, in order.
    pub(crate) commands: Vec<u8>,
    /// Data of the vendor's commands among them.
    pub(crate) messages: Vec<Vec<u8>>,
    /// How many commands to answer with BUSY.
    pub(crate) busy: usize,
    pub(crate) refuses_keys: bool,
    /// Random numbers given out.
    pub(crate) randoms: u8,
    pub(crate) files: FileReceiver,
    pub(crate) flash: Flash,
}

impl Device {
    pub(crate) fn factory_new() -> Self {
        Self {
            key: None,
            news: EventQueue::new(),
            told: 0,
            delivered: 0,
            commands: Vec::new(),
            messages: Vec::new(),
            busy: 0,
            refuses_keys: false,
            randoms: 0,
            files: FileReceiver::new(MAX_FRAGMENT),
            flash: Flash::default(),
        }
    }

    pub(crate) fn with_key(key: &Scbk) -> Self {
        Self { key: Some(key.clone()), ..Self::factory_new() }
    }
}

impl PdHandler for Device {
    fn identity(&self) -> DeviceId {
        DeviceId { vendor: OUI, model: 1, version: 2, serial: 0x0403_0201, firmware: [1, 2, 3] }
    }

    fn capabilities(&self) -> &[Capability] {
        const { &[Capability::sized(function::RECEIVE_BUFFER, 256)] }
    }

    fn key(&self) -> Key<'_> {
        self.key.as_ref().map_or(Key::Factory, Key::Installed)
    }

    fn set_key(&mut self, key: &Scbk) -> bool {
        if !self.refuses_keys {
            self.key = Some(key.clone());
        }
        !self.refuses_keys
    }

    fn random(&mut self) -> [u8; 8] {
        self.randoms += 1;
        [self.randoms; 8]
    }

    fn command<'b>(&mut self, now: Micros, command: &Command<'_>, reply: ReplyWriter<'b>) -> Answered<'b> {
        if self.busy > 0 {
            self.busy -= 1;
            return reply.busy();
        }
        self.commands.push(command.code());
        if let Command::Manufacturer(message) = command {
            self.messages.push(message.data.to_vec());
        }
        match command {
            // Echoes the vendor's bytes as often as they fit.
            Command::Manufacturer(message) => reply.manufacturer(message.oui, |room| {
                room.iter_mut().zip(message.data.iter().cycle()).map(|(to, from)| *to = *from).count()
            }),
            Command::ComSet(settings) => {
                reply.send(&Reply::Com(ComSettings { baud: settings.baud.min(115_200), ..*settings }))
            }
            Command::FileTransfer(fragment) => match self.files.receive(now, fragment, &mut self.flash) {
                Some(status) => {
                    let has_news = !self.news.is_empty();
                    reply.send(&Reply::FileStatus(FileStatus { has_news, ..status }))
                }
                None => reply.busy(),
            },
            Command::Abort => {
                self.files.cancel();
                reply.ack()
            }
            Command::Buzzer(_) | Command::Output(_) => reply.ack(),
            _ => reply.nak(NakReason::UnknownCommand),
        }
    }

    fn poll<'b>(&mut self, now: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        let told = self.news.tell(now, reply);
        self.told += usize::from(told.is_ok());
        told.unwrap_or_else(ReplyWriter::ack)
    }

    fn delivered(&mut self, _: Micros) {
        self.delivered += 1;
        self.news.delivered();
    }
}

/// The bench: the PD, the device behind it, and the CP's side of the conversation.
pub(crate) struct Bench {
    pub(crate) pd: Pd<256>,
    pub(crate) device: Device,
    pub(crate) now: Micros,
    /// What the PD noticed and the test has not yet looked at.
    pub(crate) events: Vec<Event>,
    pub(crate) sequence: u8,
    pub(crate) session: Option<Session>,
    pub(crate) rnd_a: [u8; 8],
    /// The MAC that the last channel began with.
    pub(crate) initial_mac: [u8; 16],
    pub(crate) address: u8,
    /// Everything that was put on the line, in order.
    pub(crate) sent: Vec<Vec<u8>>,
}

/// A reply as the CP sees it.
#[derive(Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) header: Header,
    pub(crate) scs: Option<u8>,
    pub(crate) code: u8,
    /// In plain.
    pub(crate) data: Vec<u8>,
}

impl Heard {
    pub(crate) fn reply(&self) -> Reply<'_> {
        Reply::parse(self.code, &self.data).expect("a sound reply")
    }
}

impl Bench {
    pub(crate) fn new(device: Device) -> Self {
        let config = PdConfig { address: ADDRESS, require_secure: true };
        Self {
            pd: Pd::new(config),
            device,
            now: Micros(1_000_000),
            events: Vec::new(),
            sequence: 0,
            session: None,
            rnd_a: RND_A,
            initial_mac: [0; 16],
            address: ADDRESS,
            sent: Vec::new(),
        }
    }

    /// A bench whose CP has opened a channel with the device's key, or with the default key.
    pub(crate) fn secured(device: Device) -> Self {
        let key = device.key.clone();
        let mut bench = Self::new(device);
        let kind = if key.is_some() { KeyKind::Installed } else { KeyKind::Default };
        bench.open_channel(kind, &key.unwrap_or(SCBK_D)).expect("a channel");
        bench.events.clear();
        bench
    }

    /// Shows the device a card.
    pub(crate) fn show(&mut self, card: Credential) {
        let mut bits = [0; 8];
        let read = Reply::Raw(Raw::of(0, card, &mut bits));
        self.device.news.push(self.now, &read).expect("a card fits");
    }

    /// Puts bytes on the line; what the PD sends back, if anything.
    pub(crate) fn wire(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.sent.push(bytes.to_vec());
        self.pd.handle(self.now, Input::Received(bytes), &mut self.device);
        self.drain()
    }

    /// Lets time pass; what the PD sends, if anything.
    pub(crate) fn wait(&mut self, span: Duration) -> Option<Vec<u8>> {
        self.now = self.now + span;
        self.pd.handle(self.now, Input::Tick, &mut self.device);
        self.drain()
    }

    fn drain(&mut self) -> Option<Vec<u8>> {
        let mut sent = None;
        while let Some(output) = self.pd.poll_output() {
            match output {
                Output::Transmit(bytes) => sent = Some(bytes.to_vec()),
                Output::Event(event) => self.events.push(event),
            }
        }
        sent
    }

    /// The next command's header; counts the sequence on.
    pub(crate) fn next_header(&mut self) -> Header {
        let header = Header::command(self.address, self.sequence);
        self.sequence = self.sequence % 3 + 1;
        header
    }

    /// The next command as it travels: sealed when a channel is open.
    pub(crate) fn frame(&mut self, command: &Command<'_>) -> Vec<u8> {
        let header = self.next_header();
        let mut buf = [0; 1441];
        match &mut self.session {
            Some(session) => session.seal(&mut buf, header, command).expect("sealed").to_vec(),
            None => frame::emit(&mut buf, header, None, command).expect("emitted").to_vec(),
        }
    }

    /// The next command in clear, whatever the channel.
    pub(crate) fn clear_frame(&mut self, command: &Command<'_>) -> Vec<u8> {
        let header = self.next_header();
        frame::emit(&mut [0; 1441], header, None, command).expect("emitted").to_vec()
    }

    /// Sends the next command and opens the reply.
    pub(crate) fn ask(&mut self, command: &Command<'_>) -> Heard {
        let frame = self.frame(command);
        let reply = self.wire(&frame).expect("a reply");
        self.listen(&reply)
    }

    /// Sends a step of the handshake and hears the reply.
    pub(crate) fn step(&mut self, kind: u8, key: KeyKind, command: &Command<'_>) -> Heard {
        let (header, data) = (self.next_header(), [key.to_scb()]);
        let scb = Some(Scb { kind, data: &data });
        let frame = frame::emit(&mut [0; 64], header, scb, command).expect("emitted").to_vec();
        let reply = self.wire(&frame).expect("a reply");
        self.listen(&reply)
    }

    /// Understands what the PD sent.
    pub(crate) fn listen(&mut self, reply: &[u8]) -> Heard {
        let mut bytes = reply[1..].to_vec();
        let frame = FrameMut::parse(&mut bytes).expect("a sound frame");
        let (header, scs) = (frame.view().header(), frame.view().scb().map(|scb| scb.kind));
        assert!(header.reply);
        let (code, data) = if frame.view().is_sealed() {
            let message = self.session.as_mut().expect("a session").open(frame).expect("opened");
            (message.code, message.data.to_vec())
        } else {
            (frame.view().code(), frame.view().data().to_vec())
        };
        Heard { header, scs, code, data }
    }

    /// The whole handshake with this key; the PD's refusal when it doesn't come to a channel.
    pub(crate) fn open_channel(&mut self, kind: KeyKind, key: &Scbk) -> Result<(), Heard> {
        self.session = None;
        let heard = self.step(scs::CHALLENGE, kind, &Command::Challenge(self.rnd_a));
        let Reply::ClientCryptogram(client) = heard.reply() else { return Err(heard) };
        let handshake = Handshake::new(key, &self.rnd_a, &client.random);
        let server = match handshake.check_client(&client.cryptogram) {
            Ok(server) => *server,
            Err(_) => [0; 16],
        };
        let heard = self.step(scs::SERVER_CRYPTOGRAM, kind, &Command::ServerCryptogram(server));
        let Reply::InitialMac(mac) = heard.reply() else { return Err(heard) };
        self.session = Some(handshake.confirm(&mac).expect("the same key"));
        self.initial_mac = mac;
        Ok(())
    }
}

/// Whether a sent frame is sealed.
pub(crate) fn is_sealed(sent: &[u8]) -> bool {
    Frame::parse(&sent[1..]).expect("a sound frame").is_sealed()
}

/// Makes the CRC right again after a change.
pub(crate) fn repair_check(frame: &mut [u8]) {
    let body = frame.len() - 2;
    let crc = crc16(&frame[1..body]).to_le_bytes();
    frame[body..].copy_from_slice(&crc);
}

/// Makes the length field say what it is, and this many bytes more.
pub(crate) fn repair_len(frame: &mut [u8], more: usize) {
    let len = u16::try_from(frame.len() - 1 + more).expect("a short frame").to_le_bytes();
    frame[3..5].copy_from_slice(&len);
}

/// The card that a reply tells of.
pub(crate) fn presented(heard: &Heard) -> Option<Credential> {
    match heard.reply() {
        Reply::Raw(raw) => raw.credential().ok(),
        _ => None,
    }
}

/// A card.
pub(crate) fn card(number: u64) -> Credential {
    Credential::new(26, number).expect("26 bits")
}
