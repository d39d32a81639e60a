//! A line on a virtual clock: a real CP, real PDs, and bytes that take ten bits each.
//!
//! A PD answers after its reply time and two characters of silence, as the standard wants. Nothing is lost, unless a
//! measurement wants it: the figures are what the protocol itself costs.

use std::time::Duration;

use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::cp::{
    Cp, Demand, Event, Input, LineConfig, Output, PdConfig, PdIndex, PdKey, line_time,
};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::testing::{self, Disorder, Faults, Flight, Sender};
use panel_protocol::time::Micros;

use crate::device::Device;

/// Most PDs of a measured line.
pub(crate) const MAX_PDS: usize = 32;

/// Silence before each frame, in characters.
pub(crate) const IDLE: usize = 2;

/// What is to be sent on a measured line.
pub(crate) trait Caller {
    /// Whether there is something for this PD.
    fn demand(&mut self, now: Micros, pd: usize) -> Demand;

    /// Writes the vendor part of the next command; how long it is, and under which OUI. `None`: nothing after all.
    fn command(&mut self, now: Micros, pd: usize, urgent: bool, room: &mut [u8]) -> Option<(usize, [u8; 3])>;

    /// The answer's vendor part; none in an acknowledgement.
    fn answer(&mut self, now: Micros, pd: usize, bytes: &[u8]);

    /// Nobody knows what has become of its command.
    fn failed(&mut self, pd: usize) {
        panic!("PD {pd} lost a command");
    }

    /// Whether its commands that are not urgent change nothing at their PDs.
    fn only_reads(&self) -> bool {
        false
    }

    /// When its demand grows by itself, if it ever does.
    fn wakes(&self, _: Micros) -> Option<Micros> {
        None
    }
}

/// A caller that wants nothing.
pub(crate) struct Silent;

impl Caller for Silent {
    fn demand(&mut self, _: Micros, _: usize) -> Demand {
        Demand::None
    }

    fn command(&mut self, _: Micros, _: usize, _: bool, _: &mut [u8]) -> Option<(usize, [u8; 3])> {
        None
    }

    fn answer(&mut self, _: Micros, _: usize, _: &[u8]) {}
}

type MeasuredCp = Cp<MAX_PDS, MAX_FRAME_LEN, fn() -> [u8; 8]>;

/// The line, its CP and its PDs.
pub(crate) struct Line {
    pub(crate) now: Micros,
    pub(crate) cp: Box<MeasuredCp>,
    pub(crate) devices: Vec<testing::Device<Device, MAX_FRAME_LEN>>,
    pub(crate) pds: Vec<PdIndex>,
    baud: u32,
    wires: testing::Line,
    /// Sessions that have come up.
    sessions: usize,
    /// Frames that the CP has sent, polls included.
    pub(crate) frames: u64,
    /// Bytes of the longest of them, mark included.
    pub(crate) longest_frame: usize,
    /// Whether sessions may be lost.
    is_bad: bool,
    /// PDs that went offline.
    pub(crate) offline: usize,
    /// When each PD was last sent something, and the times between two such moments.
    sent_at: Vec<Option<Micros>>,
    pub(crate) gaps: Vec<Duration>,
}

impl Line {
    /// A line with so many PDs, each in its secure channel.
    pub(crate) fn up(config: LineConfig, pds: usize, reply_time: Duration) -> Self {
        let baud = config.baud;
        let mut cp: Box<MeasuredCp> = Box::new(Cp::new(config, || [7; 8]));
        let key = |at: usize| Scbk::new([at as u8 + 1; 16]);
        let mut line = Self {
            now: Micros(1),
            pds: (0..pds)
                .map(|at| {
                    let config = PdConfig {
                        address: at as u8,
                        key: PdKey::Scbk(key(at)),
                        expected: None,
                        check: None,
                    };
                    cp.add_pd(config).expect("room for the line's PDs")
                })
                .collect(),
            cp,
            devices: (0..pds)
                .map(|at| {
                    let mut device = testing::Device::new(at as u8, baud, Device::new(key(at)));
                    device.reply_time = reply_time + line_time(IDLE, baud);
                    device
                })
                .collect(),
            baud,
            wires: testing::Line::new(usize::MAX),
            sessions: 0,
            frames: 0,
            longest_frame: 0,
            is_bad: false,
            offline: 0,
            sent_at: vec![None; pds],
            gaps: Vec::new(),
        };
        line.run(&mut Silent, |line| line.sessions == pds);
        line
    }

    /// A line on which so many PDs are in their secure channels and so many others dead, and where frames get lost.
    pub(crate) fn bad(config: LineConfig, live: usize, dead: usize, drop_rate: f64, seed: u64) -> Self {
        let mut line = Self::up(config, live + dead, Duration::from_millis(1));
        line.is_bad = true;
        line.devices[live..].iter_mut().for_each(|device| device.powered = false);
        line.run(&mut Silent, |line| line.offline == dead);
        let settled = line.now + Duration::from_secs(60);
        line.run(&mut Silent, |line| line.now >= settled);
        line.wires.set_faults(Faults { drop_rate, seed, ..Faults::default() }, Disorder::default());
        line.offline = 0;
        line.sent_at.truncate(live);
        line.gaps.clear();
        line
    }

    /// Runs until `done`.
    pub(crate) fn run(&mut self, caller: &mut impl Caller, mut done: impl FnMut(&mut Self) -> bool) {
        while !done(self) {
            self.step(caller);
        }
    }

    /// Does what is due now, or lets time pass to what is next.
    pub(crate) fn step(&mut self, caller: &mut impl Caller) {
        let now = self.now;
        if self.cp.is_free() {
            for (at, pd) in self.pds.iter().enumerate() {
                self.cp.set_demand(*pd, caller.demand(now, at));
            }
        }
        match self.cp.poll_output(now) {
            Output::Transmit(bytes) => {
                self.frames += 1;
                self.longest_frame = self.longest_frame.max(bytes.len());
                let last = self.sent_at.get_mut(usize::from(bytes[2])).and_then(|at| at.replace(now));
                self.gaps.extend(last.map(|last| now.since(last)));
                self.wires.send(now, Sender::Cp, self.baud, bytes);
            }
            Output::Turn { pd, max_data, urgent } => self.take_turn(pd, max_data, urgent, caller),
            Output::Reply { pd, message } => match Reply::parse(message.code, message.data) {
                Ok(Reply::Manufacturer(said)) => caller.answer(now, pd.get(), said.data),
                Ok(Reply::Ack) => caller.answer(now, pd.get(), &[]),
                other => panic!("a panel answered {other:?}"),
            },
            Output::Event { event: Event::SecureUp, .. } => self.sessions += 1,
            Output::Event { event: Event::Offline { .. }, .. } => self.offline += 1,
            Output::Event { event: Event::SecureLost { cause }, .. } => {
                assert!(self.is_bad, "a session was lost: {cause:?}");
            }
            Output::Failed { pd } => caller.failed(pd.get()),
            Output::Wait(until) => self.wait(until, caller),
            _ => {}
        }
    }

    fn take_turn(&mut self, pd: PdIndex, max_data: usize, urgent: bool, caller: &mut impl Caller) {
        let mut room = [0; MAX_FRAME_LEN];
        let Some((len, oui)) = caller.command(self.now, pd.get(), urgent, &mut room[..max_data]) else {
            return self.cp.decline(self.now, pd);
        };
        let command = Command::Manufacturer(Manufacturer { oui, data: &room[..len] });
        let sent = match caller.only_reads() {
            true => self.cp.send_read(self.now, pd, &command),
            false => self.cp.send(self.now, pd, &command),
        };
        sent.expect("it was this PD's turn, and it fits");
    }

    /// Lets time pass to what is next: the end of the frame in flight, what the CP waits for, or the caller's wish.
    fn wait(&mut self, until: Option<Micros>, caller: &mut impl Caller) {
        let next = [until, self.wires.next_arrival(), caller.wakes(self.now)].into_iter().flatten().min();
        self.now = next.expect("something is always due on a polled line").max(self.now);
        for flight in self.wires.land(self.now) {
            match flight.from {
                Sender::Pd(_) => self.cp.handle(self.now, Input::Received(&flight.bytes)),
                _ => self.answer(&flight),
            }
        }
    }

    /// All PDs hear the frame, one answers.
    fn answer(&mut self, command: &Flight) {
        for (at, device) in self.devices.iter_mut().enumerate() {
            for (begins, reply) in device.hear(self.now, command.baud, command.crc, &command.bytes) {
                self.wires.send(begins, Sender::Pd(at), self.baud, &reply);
            }
        }
    }
}
