//! Everything together under one clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::cp::{
    Cp, DeviceIdentity, FileOffer, Input, LineConfig, Output, PdConfig, PdIndex, PdKey, PdState,
};
use panel_protocol::osdp::payload::{ComSettings, Manufacturer};
use panel_protocol::osdp::reply::code;
use panel_protocol::osdp::secure::{Message, Scbk};
use panel_protocol::testing::{Said, Sender};
use panel_protocol::time::Micros;

use super::caller::{Caller, Job};
use super::device::{Device, NUMBER_LEN, OUI, device, heal, restart};
use super::line::Line;
use super::{N, PDS};

/// Most outputs of a machine at one moment.
const MAX_OUTPUTS: usize = 200;

/// Speeds that the line may have.
const BAUDS: [u32; 2] = [115_200, 9_600];

pub(super) struct Bus {
    pub(super) line: Line,
    pub(super) devices: [Device; PDS],
    now: Micros,
    cp: Cp<PDS, N, Box<dyn FnMut() -> [u8; 8]>>,
    pds: [PdIndex; PDS],
    callers: [Caller; PDS],
    line_up: bool,
    commands: u32,
    keys: u8,
}

fn key(byte: u8) -> Scbk {
    Scbk::new([byte; 16])
}

impl Bus {
    pub(super) fn new(speed: u8) -> Self {
        let baud = BAUDS[usize::from(speed) % BAUDS.len()];
        let mut number = 0_u64;
        let random = move || {
            number += 1;
            number.wrapping_mul(0xBF58_476D_1CE4_E5B9).to_le_bytes()
        };
        let mut cp = Cp::new(LineConfig::new(baud), Box::new(random) as Box<dyn FnMut() -> [u8; 8]>);
        let devices: [Device; PDS] = std::array::from_fn(|index| device(index, baud, key(1 + index as u8)));
        let pds = std::array::from_fn(|index| {
            let expected = Some(DeviceIdentity::from(&devices[index].handler.identity));
            let key = PdKey::Scbk(key(1 + index as u8));
            cp.add_pd(PdConfig { address: index as u8, key, expected, check: None }).expect("room for it")
        });
        let callers =
            std::array::from_fn(|index| Caller::new(devices[index].handler.identity, key(1 + index as u8)));
        let line = Line::new(baud);
        let now = Micros(1_000_000);
        Self { line, devices, now, cp, pds, callers, line_up: true, commands: 0, keys: 0x10 }
    }

    pub(super) fn command(&mut self, pd: usize, len: u8, urgent: bool) {
        self.commands += 1;
        let job = Job { number: self.commands, len, urgent };
        if urgent {
            self.callers[pd].jobs.push_front(job);
        } else {
            self.callers[pd].jobs.push_back(job);
        }
    }

    pub(super) fn toggle_power(&mut self, pd: usize) {
        let device = &mut self.devices[pd];
        device.powered ^= true;
        restart(device);
    }

    pub(super) fn reset_to_factory(&mut self, pd: usize) {
        self.devices[pd].handler.key = None;
        restart(&mut self.devices[pd]);
    }

    pub(super) fn toggle_line(&mut self) {
        self.line_up ^= true;
        self.cp.handle(self.now, if self.line_up { Input::LineUp } else { Input::LineDown });
        self.drain();
    }

    pub(super) fn news(&mut self, pd: usize) {
        self.devices[pd].handler.learn_news(self.now);
    }

    /// The operator opens install mode.
    pub(super) fn install(&mut self, pd: usize, span: Duration) {
        let new = self.new_key(pd);
        self.cp.open_install_mode(self.now, self.pds[pd], self.now + span, new.clone());
        self.callers[pd].offered = Some(new);
    }

    pub(super) fn rotate(&mut self, pd: usize, span: Duration) {
        let new = self.new_key(pd);
        if self.cp.rotate_key(self.now, self.pds[pd], self.now + span, new.clone()).is_ok() {
            self.callers[pd].offered = Some(new);
        }
    }

    /// The key that was offered before, as long as it may have arrived; else another one.
    fn new_key(&mut self, pd: usize) -> Scbk {
        self.keys = self.keys.wrapping_add(1);
        self.callers[pd].offered.clone().unwrap_or(key(self.keys))
    }

    /// Has a PD listen at another address. Whether it is asked is the CP's to say.
    pub(super) fn relocate(&mut self, pd: usize, address: u8) {
        let settings = ComSettings { address, baud: self.line.baud };
        self.callers[pd].moving |= self.cp.set_communication(self.now, self.pds[pd], settings).is_ok();
    }

    pub(super) fn send_file(&mut self, pd: usize, total: u32) {
        if self.cp.send_file(self.now, self.pds[pd], FileOffer { kind: 1, total }).is_ok() {
            let before = self.callers[pd].file.replace((0..total).map(|at| (at * 7) as u8).collect());
            assert_eq!(before, None, "two files at once");
        }
    }

    pub(super) fn abort_file(&mut self, pd: usize) {
        self.cp.abort_file(self.pds[pd]);
        self.drain();
    }

    /// Somebody else sends bytes.
    pub(super) fn inject(&mut self, bytes: &[u8]) {
        self.line.fly(self.now, Sender::Stranger, bytes);
    }

    /// Somebody sends again what was sent before.
    pub(super) fn replay(&mut self, which: u8) {
        let history = &self.line.history;
        if let Some(index) = usize::from(which).checked_rem(history.len()) {
            let bytes = history[history.len() - 1 - index].clone();
            self.inject(&bytes);
        }
    }

    /// Ends all faults. Where a device has lost its key, the operator lets it have a new one.
    pub(super) fn heal(&mut self) {
        self.line.fates.clear();
        if !self.line_up {
            self.toggle_line();
        }
        self.drain();
        for pd in 0..PDS {
            heal(&mut self.devices[pd], self.callers[pd].accepted);
            match &self.devices[pd].handler.key {
                Some(key) => assert!(self.callers[pd].knows(key), "a device has a key that nobody knows of"),
                None => self.install(pd, Duration::from_secs(3600)),
            }
        }
    }

    /// Runs until all is well; panics when that takes longer than `span`.
    pub(super) fn recover(&mut self, span: Duration) {
        let end = self.now + span;
        while !self.is_well() {
            let next = self.advance(end);
            assert!(next, "not well within {span:?}: {:?}", self.pds.map(|pd| self.cp.status(pd)));
        }
    }

    /// What must be true of everything that has happened.
    pub(super) fn judge(&self) {
        for pd in 0..PDS {
            let (caller, firmware) = (&self.callers[pd], &self.devices[pd].handler);
            let executed: BTreeSet<u32> = firmware.executed.iter().map(|(number, _)| *number).collect();
            assert_eq!(executed.len(), firmware.executed.len(), "a command was carried out twice");
            let mut sessions = BTreeMap::new();
            for (number, handshake) in &firmware.executed {
                let sent_in = caller.sent.get(number).expect("carried out, and never sent");
                assert_eq!(
                    sessions.entry(sent_in).or_insert(handshake),
                    &handshake,
                    "sent in another session"
                );
            }
            assert!(caller.answered.iter().all(|number| executed.contains(number)));
            let ended: BTreeSet<&u32> = caller.answered.iter().chain(&caller.failed).collect();
            assert_eq!(ended.len(), caller.answered.len() + caller.failed.len(), "two ends of one command");
            assert!(caller.sent.keys().eq(ended), "a command without an end");
            let mut told = caller.told.clone();
            told.dedup();
            assert!(told.iter().copied().eq(0..firmware.news), "news lost or out of order: {told:?}");
            let again = caller.told.len() - told.len();
            let status = self.cp.status(self.pds[pd]).expect("a PD");
            assert_eq!(status.address, self.devices[pd].pd.address());
            assert!(again < status.counters.sessions.max(1) as usize, "news told twice inside one session");
        }
    }

    fn is_well(&self) -> bool {
        (0..PDS).all(|pd| {
            let ready = self.cp.status(self.pds[pd]).is_some_and(|status| status.state == PdState::Ready);
            ready && self.callers[pd].is_done() && self.devices[pd].handler.to_tell.is_empty()
        })
    }

    pub(super) fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while self.advance(end) {}
        self.now = end;
    }

    /// Goes to the next moment at which something happens; false: that is not before `end`.
    fn advance(&mut self, end: Micros) -> bool {
        let wait = self.drain();
        assert!(wait.is_none_or(|until| until > self.now), "the CP waits for the past");
        let ticks = self.devices.iter().filter(|device| device.powered).filter_map(|d| d.pd.deadline());
        let soon = ticks.chain(wait).chain(self.line.next_arrival()).min();
        let Some(next) = soon.filter(|next| *next <= end) else { return false };
        self.now = self.now.max(next);
        for flight in self.line.land(self.now) {
            if flight.from != Sender::Cp && self.line_up {
                self.cp.handle(self.now, Input::Received(&flight.bytes));
                self.drain();
            }
            for pd in (0..PDS).filter(|pd| flight.from != Sender::Pd(*pd)) {
                let said = self.devices[pd].hear(self.now, self.line.baud, flight.crc, &flight.bytes);
                self.say(pd, said);
            }
        }
        for pd in 0..PDS {
            if self.devices[pd].pd.deadline().is_some_and(|deadline| deadline <= self.now) {
                let said = self.devices[pd].tick(self.now);
                self.say(pd, said);
                let deadline = self.devices[pd].pd.deadline();
                assert!(deadline.is_none_or(|deadline| deadline > self.now), "the PD waits for the past");
            }
        }
        true
    }

    fn say(&mut self, pd: usize, said: Said) {
        for (at, reply) in said {
            self.line.launch(at, Sender::Pd(pd), &reply);
        }
    }

    /// Does what the CP says until it waits.
    fn drain(&mut self) -> Option<Micros> {
        for _ in 0..MAX_OUTPUTS {
            for (pd, caller) in self.pds.iter().zip(&self.callers) {
                self.cp.set_demand(*pd, caller.demand());
            }
            match self.cp.poll_output(self.now) {
                Output::Transmit(bytes) => self.line.launch(self.now, Sender::Cp, bytes),
                Output::Turn { pd, max_data, urgent } => self.take_turn(pd, max_data, urgent),
                Output::Fragment { pd, offset, max_len } => {
                    let file = self.callers[pd.get()].file.as_ref().expect("a file is being sent");
                    let bytes = &file[offset as usize..][..max_len];
                    self.cp.send_fragment(self.now, pd, bytes).expect("as many as were asked for");
                }
                Output::Reply { pd, message } => {
                    let caller = &mut self.callers[pd.get()];
                    let number = number_of(&message);
                    assert_eq!(caller.underway.take(), Some(number), "an answer to something else");
                    caller.answered.push(number);
                }
                Output::Unsolicited { pd, message, .. } => {
                    assert_eq!(message.code, code::MFGREP);
                    let news = message.data[OUI.len()..].try_into().expect("a number");
                    self.callers[pd.get()].told.push(u16::from_le_bytes(news));
                }
                Output::Failed { pd } => {
                    let caller = &mut self.callers[pd.get()];
                    caller.failed.push(caller.underway.take().expect("a command was underway"));
                }
                Output::Event { pd, event } => {
                    let about = self.cp.status(pd).and_then(|status| status.about).map(|(device, _)| device);
                    let held = &self.devices[pd.get()].handler.flash.bytes;
                    self.callers[pd.get()].hear(event, about, held);
                }
                Output::Wait(until) => return until,
            }
        }
        panic!("the CP never waits");
    }

    fn take_turn(&mut self, pd: PdIndex, max_data: usize, urgent: bool) {
        let caller = &mut self.callers[pd.get()];
        let job = caller.jobs.pop_front().expect("a turn is for a demand");
        assert_eq!(urgent, job.urgent);
        let mut data = vec![0; usize::from(job.len).clamp(NUMBER_LEN, max_data)];
        data[..NUMBER_LEN].copy_from_slice(&job.number.to_le_bytes());
        let command = Command::Manufacturer(Manufacturer { oui: OUI, data: &data });
        let sessions = self.cp.status(pd).expect("a PD").counters.sessions;
        self.cp.send(self.now, pd, &command).expect("it is the PD's turn");
        caller.sent.insert(job.number, sessions);
        assert_eq!(caller.underway.replace(job.number), None, "two commands at once");
    }
}

/// The number in an answer.
fn number_of(message: &Message<'_>) -> u32 {
    assert_eq!(message.code, code::MFGREP);
    u32::from_le_bytes(message.data[OUI.len()..][..NUMBER_LEN].try_into().expect("four bytes"))
}
