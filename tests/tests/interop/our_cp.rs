//! Our CP machine with a caller above it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use panel_protocol::osdp::bytes::Writer;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::cp::{
    Cp, Demand, Event, FileOffer, Input, LineConfig, Output, PdConfig, PdIndex, PdKey, PdState, PdStatus,
};
use panel_protocol::osdp::frame::Payload;
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::osdp::timing::OFFLINE_AFTER;
use panel_protocol::time::Micros;

use crate::line::{Clock, End};
use crate::pair::{ADDRESS, BAUD, Machine};

/// Longest frame that our machines take, mark included.
pub(crate) const N: usize = 1024;

/// A command or a reply that outlives its frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Said {
    code: u8,
    data: Vec<u8>,
}

impl Said {
    pub(crate) fn of(payload: &impl Payload) -> Self {
        let mut room = [0; N];
        let mut out = Writer::new(&mut room);
        payload.emit(&mut out).unwrap();
        let len = out.len();
        Self { code: payload.code(), data: room[..len].to_vec() }
    }

    pub(crate) fn command(&self) -> Command<'_> {
        Command::parse(self.code, &self.data).unwrap()
    }

    pub(crate) fn reply(&self) -> Reply<'_> {
        Reply::parse(self.code, &self.data).unwrap()
    }
}

/// The polling side.
pub(crate) struct OurCp {
    cp: Cp<1, N, fn() -> [u8; 8]>,
    pd: PdIndex,
    end: End,
    clock: Clock,
    /// The file that is being sent.
    file: Vec<u8>,
    /// The command that waits for its turn.
    pub(crate) command: Option<Said>,
    /// The answer to it, or that there will be none.
    pub(crate) answer: Option<Result<Said, PdStatus>>,
    /// What the PD told unasked.
    pub(crate) told: Vec<Said>,
    pub(crate) events: Vec<Event>,
}

impl OurCp {
    pub(crate) fn new(end: End, key: PdKey) -> Self {
        Self::with_patience(end, key, OFFLINE_AFTER)
    }

    /// It takes a PD that is silent for `offline_after` to be away.
    pub(crate) fn with_patience(end: End, key: PdKey, offline_after: Duration) -> Self {
        // A busy machine may leave this thread alone for longer than the standard's 200 ms.
        let reply_timeout = Duration::from_secs(1);
        let config = LineConfig { reply_timeout, offline_after, ..LineConfig::new(BAUD) };
        let mut cp: Cp<1, N, fn() -> [u8; 8]> = Cp::new(config, random);
        let pd = cp.add_pd(PdConfig { address: ADDRESS, key, expected: None, check: None }).unwrap();
        Self {
            cp,
            pd,
            end,
            clock: Clock::start(),
            file: Vec::new(),
            command: None,
            answer: None,
            told: Vec::new(),
            events: Vec::new(),
        }
    }

    pub(crate) fn status(&self) -> PdStatus {
        self.cp.status(self.pd).unwrap()
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.status().state == PdState::Ready
    }

    /// The operator gives the PD a new key within `span`.
    pub(crate) fn install_key(&mut self, span: Duration, key: Scbk) {
        let now = self.clock.now();
        self.cp.open_install_mode(now, self.pd, now + span, key);
    }

    /// Begins to send a file.
    pub(crate) fn send_file(&mut self, kind: u8, file: &[u8]) {
        self.file = file.to_vec();
        let offer = FileOffer { kind, total: u32::try_from(file.len()).unwrap() };
        self.cp.send_file(self.clock.now(), self.pd, offer).unwrap();
    }

    fn send_fragment(&mut self, now: Micros, offset: u32, max_len: usize) {
        let rest = &self.file[usize::try_from(offset).unwrap()..];
        self.cp.send_fragment(now, self.pd, &rest[..max_len]).unwrap();
    }

    fn take_turn(&mut self, now: Micros) {
        match self.command.take() {
            Some(command) => self.cp.send(now, self.pd, &command.command()).unwrap(),
            None => self.cp.decline(now, self.pd),
        }
        self.cp.set_demand(self.pd, Demand::None);
    }
}

impl Machine for OurCp {
    fn step(&mut self) {
        let (now, mut room) = (self.clock.now(), [0; N]);
        let received = self.end.receive(&mut room);
        if received > 0 {
            self.cp.handle(now, Input::Received(&room[..received]));
        }
        if self.command.is_some() {
            self.cp.set_demand(self.pd, Demand::Urgent);
        }
        loop {
            match self.cp.poll_output(now) {
                Output::Transmit(bytes) => self.end.send(bytes),
                Output::Turn { .. } => self.take_turn(now),
                Output::Fragment { offset, max_len, .. } => self.send_fragment(now, offset, max_len),
                Output::Reply { message, .. } => {
                    self.answer = Some(Ok(Said { code: message.code, data: message.data.to_vec() }));
                }
                Output::Unsolicited { message, .. } => {
                    self.told.push(Said { code: message.code, data: message.data.to_vec() });
                }
                Output::Failed { .. } => self.answer = Some(Err(self.status())),
                Output::Event { event, .. } => self.events.push(event),
                Output::Wait(_) => break,
            }
        }
    }
}

/// Eight bytes that never come twice.
pub(crate) fn random() -> [u8; 8] {
    RandomState::new().build_hasher().finish().to_le_bytes()
}
