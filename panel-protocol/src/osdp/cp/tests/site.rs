//! One simulated line: a CP, its PDs, bytes that take their time, and seeded faults.

use core::time::Duration;
use std::boxed::Box;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::vec::Vec;

use super::gadget::{Gadget, OUI};
use crate::limits::MAX_FRAME_LEN;
use crate::osdp::command::Command;
use crate::osdp::cp::{
    Cp, Demand, DeviceIdentity, Event, Input, LineConfig, Output, PdConfig, PdIndex, PdKey, PdStatus,
    line_time,
};
use crate::osdp::frame::{Header, Payload, emit};
use crate::osdp::payload::Manufacturer;
use crate::osdp::secure::Scbk;
use crate::testing::{self, Dice, Disorder, Faults, Flight, Line, Said, Sender};
use crate::time::Micros;

/// Longest frame of either side, mark included.
pub(super) const N: usize = MAX_FRAME_LEN;
/// Most PDs of a line: all addresses but one.
pub(super) const PDS: usize = 126;
/// Bytes that arrive at once, behind a frame's first.
const PIECE: usize = 16;

pub(super) type Device = testing::Device<Gadget, N>;

/// What was answered, told or reported of one PD.
#[derive(Default)]
pub(super) struct Log {
    pub answered: Vec<u32>,
    pub failed: Vec<u32>,
    pub told: Vec<u8>,
    /// When it was told, and how old it might have been.
    pub told_at: Vec<(Micros, Option<Duration>)>,
    pub events: Vec<(Micros, Event)>,
}

/// A command that waits for its PD's turn.
pub(super) struct Job {
    pub number: u32,
    pub len: usize,
    pub urgent: bool,
    pub since: Micros,
}

pub(super) type TestCp = Cp<PDS, N, Box<dyn FnMut() -> [u8; 8]>>;
type Tamper = Box<dyn FnMut(&mut Vec<u8>) -> bool>;

pub(super) struct Site {
    pub now: Micros,
    pub cp: Box<TestCp>,
    pub baud: u32,
    pub pds: Vec<PdIndex>,
    pub devices: Vec<Device>,
    line: Line,
    seed: u64,
    pub logs: Vec<Log>,
    pub jobs: Vec<VecDeque<Job>>,
    /// Jobs without end for these PDs, of as many bytes as fit.
    pub endless: BTreeMap<usize, Demand>,
    /// The command of each PD that is on its way.
    pub underway: Vec<Option<u32>>,
    /// How long each urgent job waited for its first byte.
    pub urgent_waits: Vec<Duration>,
    /// Whether commands that are not urgent change nothing at their PDs.
    pub reads: bool,
    /// The last frame with a command to each PD, and those whose command was told to have failed.
    last_frames: Vec<Vec<u8>>,
    dead_frames: BTreeSet<Vec<u8>>,
    /// The PD whose command is in the frame that comes next.
    command_launched: Option<usize>,
    /// Whether the CP has heard anything since its last frame.
    heard: bool,
    /// All that the devices sent.
    pub replied: Vec<Vec<u8>>,
    /// Bytes and times of all frames that the CP sent.
    pub sent: Vec<(Micros, Vec<u8>)>,
    /// Looks at each reply before it travels, and may change it; false loses it.
    pub tamper: Option<Tamper>,
    /// Vendor bytes of the answered commands, of which one at a time is underway.
    pub answered_bytes: usize,
    underway_len: usize,
    /// What is being sent to each PD as a file.
    pub files: Vec<Vec<u8>>,
    /// Bytes of a file that are at hand at first.
    pub at_hand: usize,
    next_number: u32,
    /// Whether everyone speaks in turn, so that the CP must keep the silence between frames.
    pub polite: bool,
}

pub(super) fn key(byte: u8) -> Scbk {
    Scbk::new([byte; 16])
}

impl Site {
    pub(super) fn new(seed: u64, baud: u32) -> Self {
        Self::with(seed, LineConfig::new(baud))
    }

    pub(super) fn with(seed: u64, config: LineConfig) -> Self {
        std::println!("seed {seed}");
        let mut numbers = Dice(seed ^ 0xC0FFEE);
        Self {
            now: Micros(1_000_000),
            baud: config.baud,
            cp: Box::new(Cp::new(config, Box::new(move || numbers.roll().to_le_bytes()))),
            pds: Vec::new(),
            devices: Vec::new(),
            line: Line::new(PIECE),
            seed,
            logs: Vec::new(),
            jobs: Vec::new(),
            endless: BTreeMap::new(),
            underway: Vec::new(),
            urgent_waits: Vec::new(),
            reads: false,
            last_frames: Vec::new(),
            dead_frames: BTreeSet::new(),
            command_launched: None,
            heard: false,
            replied: Vec::new(),
            sent: Vec::new(),
            tamper: None,
            answered_bytes: 0,
            underway_len: 0,
            files: Vec::new(),
            at_hand: usize::MAX,
            next_number: 0,
            polite: true,
        }
    }

    /// A PD with the key that the CP expects.
    pub(super) fn add(&mut self) -> usize {
        let byte = self.devices.len() as u8 + 1;
        self.add_with(PdKey::Scbk(key(byte)), None, Some(key(byte)))
    }

    pub(super) fn add_with(
        &mut self,
        ours: PdKey,
        expected: Option<DeviceIdentity>,
        theirs: Option<Scbk>,
    ) -> usize {
        let config = Self::config(self.devices.len());
        self.add_as(PdConfig { key: ours, expected, ..config }, theirs)
    }

    /// How the CP knows the PD with this number, unless a test wants it otherwise.
    pub(super) fn config(index: usize) -> PdConfig {
        let address = index as u8;
        PdConfig { address, key: PdKey::Scbk(key(address + 1)), check: None, expected: None }
    }

    pub(super) fn add_as(&mut self, config: PdConfig, theirs: Option<Scbk>) -> usize {
        let address = config.address;
        self.pds.push(self.cp.add_pd(config).unwrap());
        self.add_stranger(address, theirs)
    }

    /// A device of which the CP has not been told.
    pub(super) fn add_stranger(&mut self, address: u8, theirs: Option<Scbk>) -> usize {
        let index = self.devices.len();
        self.devices.push(Device::new(address, self.baud, Gadget::new(index, theirs)));
        self.logs.push(Log::default());
        self.jobs.push(VecDeque::new());
        self.underway.push(None);
        self.last_frames.push(Vec::new());
        self.files.push(Vec::new());
        index
    }

    /// A device that has lost its power and got it back.
    pub(super) fn restart(&mut self, pd: usize) {
        self.devices[pd].restart();
    }

    /// From now on the line loses and damages frames, as often as this.
    pub(super) fn lose(&mut self, drop_rate: f64, damage_rate: f64) {
        self.set_faults(Faults { drop_rate, damage_rate, ..Faults::default() }, Disorder::default());
    }

    /// The line is perfect again.
    pub(super) fn heal(&mut self) {
        self.lose(0.0, 0.0);
    }

    /// From now on the line is as bad as this.
    pub(super) fn set_faults(&mut self, faults: Faults, disorder: Disorder) {
        self.line.set_faults(Faults { seed: self.seed, ..faults }, disorder);
    }

    /// The caller sets its port, and so the line, to another speed.
    pub(super) fn set_baud(&mut self, baud: u32) {
        self.run_to(Duration::from_secs(1), |site| site.cp.is_free());
        self.baud = baud;
        self.cp.set_baud(self.now, baud);
    }

    pub(super) fn job(&mut self, pd: usize, len: usize, urgent: bool) -> u32 {
        self.next_number += 1;
        let number = self.next_number;
        self.jobs[pd].push_back(Job { number, len, urgent, since: self.now });
        number
    }

    pub(super) fn status(&self, pd: usize) -> PdStatus {
        self.cp.status(self.pds[pd]).unwrap()
    }

    pub(super) fn saw(&self, pd: usize, wanted: impl Fn(&Event) -> bool) -> bool {
        self.logs[pd].events.iter().any(|(_, event)| wanted(event))
    }

    pub(super) fn events(&self, pd: usize) -> Vec<Event> {
        self.logs[pd].events.iter().map(|(_, event)| *event).collect()
    }

    pub(super) fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        self.run_until(end, |_| false);
        self.now = end;
    }

    /// Runs until `done`; panics when that takes longer than `span`.
    pub(super) fn run_to(&mut self, span: Duration, done: impl Fn(&Self) -> bool) {
        let end = self.now + span;
        let states = |site: &Self| site.pds.iter().map(|pd| site.cp.status(*pd)).collect::<Vec<_>>();
        assert!(self.run_until(end, done), "not done within {span:?}: {:?}", states(self));
    }

    fn run_until(&mut self, end: Micros, done: impl Fn(&Self) -> bool) -> bool {
        loop {
            let wait = self.drain();
            if done(self) {
                return true;
            }
            let flight = self.line.next_arrival();
            let Some(next) = [wait, flight].into_iter().flatten().min().filter(|next| *next <= end) else {
                return false;
            };
            assert!(next > self.now || flight == Some(next), "the CP waits for the past");
            self.now = self.now.max(next);
            self.land();
        }
    }

    /// Does what the CP says until it waits.
    fn drain(&mut self) -> Option<Micros> {
        for _ in 0..10_000 {
            self.state_demand();
            match self.cp.poll_output(self.now) {
                Output::Transmit(bytes) => {
                    let bytes = bytes.to_vec();
                    self.watch_frame(&bytes);
                    self.sent.push((self.now, bytes.clone()));
                    self.launch(None, bytes, self.now);
                }
                Output::Turn { pd, max_data, urgent } => self.take_turn(pd, max_data, urgent),
                Output::Fragment { pd, offset, max_len } => {
                    let rest = &self.files[pd.get()][offset as usize..];
                    let at_hand = self.at_hand.saturating_sub(offset as usize);
                    let bytes = rest[..max_len.min(at_hand)].to_vec();
                    self.cp.send_fragment(self.now, pd, &bytes).unwrap();
                }
                Output::Reply { pd, message } => {
                    let number = u32::from_le_bytes(message.data[3..7].try_into().unwrap());
                    assert_eq!(self.underway[pd.get()].take(), Some(number), "an answer to something else");
                    self.logs[pd.get()].answered.push(number);
                    self.answered_bytes += self.underway_len;
                }
                Output::Unsolicited { pd, message, max_age } => {
                    self.logs[pd.get()].told.push(message.data[2]);
                    self.logs[pd.get()].told_at.push((self.now, max_age));
                }
                Output::Failed { pd } => {
                    let number = self.underway[pd.get()].take().expect("a command was underway");
                    self.logs[pd.get()].failed.push(number);
                    self.dead_frames.insert(self.last_frames[pd.get()].clone());
                }
                Output::Event { pd, event } => {
                    if let Event::FileSent { .. } = event {
                        let file = &self.devices[pd.get()].handler.file;
                        assert!(*file == self.files[pd.get()], "it has taken a file that it does not have");
                    }
                    self.logs[pd.get()].events.push((self.now, event));
                }
                Output::Wait(until) => return until,
            }
        }
        panic!("the CP never waits");
    }

    fn state_demand(&mut self) {
        for (index, pd) in self.pds.iter().enumerate() {
            let demand = match self.jobs[index].front() {
                _ if self.endless.get(&index) == Some(&Demand::Urgent) => Demand::Urgent,
                Some(job) if job.urgent => Demand::Urgent,
                Some(_) => Demand::Bulk,
                None => self.endless.get(&index).copied().unwrap_or_default(),
            };
            self.cp.set_demand(*pd, demand);
        }
    }

    fn take_turn(&mut self, pd: PdIndex, max_data: usize, urgent: bool) {
        let index = pd.get();
        let job = self.jobs[index].pop_front().unwrap_or_else(|| {
            self.next_number += 1;
            Job { number: self.next_number, len: max_data, urgent: false, since: self.now }
        });
        if job.urgent {
            assert!(urgent);
            self.urgent_waits.push(self.now.since(job.since));
        }
        let mut data = std::vec![0; job.len.clamp(4, max_data)];
        data[..4].copy_from_slice(&job.number.to_le_bytes());
        let command = Command::Manufacturer(Manufacturer { oui: OUI, data: &data });
        let sent = if self.reads {
            self.cp.send_read(self.now, pd, &command)
        } else {
            self.cp.send(self.now, pd, &command)
        };
        sent.unwrap();
        self.underway[index] = Some(job.number);
        self.command_launched = Some(index);
        self.underway_len = data.len();
    }

    /// What holds for every frame of the CP: the exchange before it is over, and its command has not failed.
    fn watch_frame(&mut self, bytes: &[u8]) {
        if let Some((at, before)) = self.sent.last() {
            let patience = line_time(before.len(), self.baud) + LineConfig::new(self.baud).reply_timeout;
            assert!(self.heard || self.now >= *at + patience, "the frame before this one is in flight");
        }
        self.heard = false;
        assert!(!self.dead_frames.contains(bytes), "sent again after it was told to have failed");
        if let Some(pd) = self.command_launched.take() {
            self.last_frames[pd] = bytes.to_vec();
        }
    }

    /// Somebody on the wire sends a frame, which all hear.
    pub(super) fn inject(&mut self, bytes: &[u8]) {
        self.heard = true;
        self.cp.handle(self.now, Input::Received(bytes));
        for listener in 0..self.devices.len() {
            self.hear(listener, bytes);
        }
    }

    /// Puts bytes on the line, as its faults let them.
    fn launch(&mut self, from: Option<usize>, mut bytes: Vec<u8>, at: Micros) {
        if from.is_some() && self.tamper.as_mut().is_some_and(|tamper| !tamper(&mut bytes)) {
            return;
        }
        if from.is_none() && self.polite {
            assert!(
                at >= self.line.busy_until() + line_time(2, self.baud),
                "sent into a reply or too soon after it"
            );
        }
        match from {
            Some(pd) => self.line.send(at, Sender::Pd(pd), self.devices[pd].baud, &bytes),
            None => self.line.send(at, Sender::Cp, self.baud, &bytes),
        }
    }

    /// Delivers what has arrived. All hear all at their own speed; the CP does not hear itself.
    fn land(&mut self) {
        for Flight { from, baud, crc, bytes, .. } in self.line.land(self.now) {
            if from != Sender::Cp && baud == self.baud {
                self.heard = true;
                self.cp.handle(self.now, Input::Received(&bytes));
            }
            for listener in (0..self.devices.len()).filter(|listener| from != Sender::Pd(*listener)) {
                let baud_before = self.devices[listener].baud;
                let said = self.devices[listener].hear(self.now, baud, crc, &bytes);
                self.say(listener, baud_before, said);
            }
        }
    }

    fn hear(&mut self, listener: usize, bytes: &[u8]) {
        let baud = self.devices[listener].baud;
        let said = self.devices[listener].hear(self.now, baud, false, bytes);
        self.say(listener, baud, said);
    }

    /// Puts a device's replies on the line, at the speed that it had when it was asked.
    fn say(&mut self, pd: usize, baud: u32, said: Said) {
        let baud_after = core::mem::replace(&mut self.devices[pd].baud, baud);
        for (at, reply) in said {
            self.replied.push(reply.clone());
            self.launch(Some(pd), reply, at);
        }
        self.devices[pd].baud = baud_after;
    }
}

/// A frame in clear as it stands on the line, mark included.
pub(super) fn line_bytes(header: Header, payload: &impl Payload) -> Vec<u8> {
    let mut buf = [0; 64];
    emit(&mut buf, header, None, payload).unwrap().to_vec()
}
