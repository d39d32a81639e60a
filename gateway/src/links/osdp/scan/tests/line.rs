//! A made-up line with devices of many manners, and a scan of it on a virtual clock.

use std::collections::BTreeSet;
use std::time::Duration;

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::cp::line_time;
use panel_protocol::osdp::frame::{BROADCAST, Check, Frame, Header, Payload, emit};
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::{Capability, DeviceId, Nak, NakReason, Reply, code, function};
use panel_protocol::testing::{Line as Wires, Sender};
use panel_protocol::time::Micros;

use super::super::*;

/// Bytes that arrive at once, behind a frame's first.
const PIECE: usize = 5;

/// How long a device takes to answer.
const REPLY_TIME: Duration = Duration::from_millis(3);

/// When those begin to speak who are there before anything is sent.
const BABBLE_AFTER: Duration = Duration::from_millis(10);

/// What a made-up device does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Good,
    /// Answers to its own address only.
    Shy,
    /// Knows no CRC, and takes no notice of frames that have one.
    ChecksumOnly,
    /// The same, and says so.
    ChecksumOnlyByNak,
    /// Says nothing without a secure channel.
    Secretive,
    /// Tells who it is, not what it can do.
    Terse,
    /// Must be asked twice.
    Busy,
    /// Says who it is in so many bytes.
    Malformed(usize),
}

pub(super) struct Gadget {
    baud: u32,
    address: u8,
    manner: Manner,
}

/// Who hangs on a line, and what was sent on it.
#[derive(Default)]
pub(super) struct Line {
    pub(super) gadgets: Vec<Gadget>,
    /// The adapter hears what it sends.
    pub(super) echoes: bool,
    /// Bytes that are there before anything is sent.
    pub(super) babble: Vec<u8>,
    /// What another CP says after so many questions.
    pub(super) intruder: Option<(usize, Vec<u8>)>,
    /// At which speed, to which address, which code.
    pub(super) sent: Vec<(u32, u8, u8)>,
}

/// How a scan went.
pub(super) struct Outcome {
    pub(super) events: Vec<Event>,
    pub(super) ended: Result<(), Occupied>,
    pub(super) took: Duration,
    pub(super) first_estimate: Duration,
}

pub(super) fn gadget(baud: u32, address: u8, manner: Manner) -> Gadget {
    Gadget { baud, address, manner }
}

pub(super) fn plan() -> Plan {
    let addresses = (0..=LAST_ADDRESS).collect();
    Plan { rates: RATES.to_vec(), addresses, thorough: false, force: false }
}

pub(super) fn id(serial: u8) -> DeviceId {
    DeviceId { vendor: [0, 6, 0x8E], model: 7, version: 2, serial: serial.into(), firmware: [1, 2, 3] }
}

pub(super) fn frame(address: u8, reply: bool, sequence: u8, check: Check, payload: &impl Payload) -> Vec<u8> {
    let header = Header { address, reply, sequence, check };
    emit(&mut [0; 200], header, None, payload).unwrap().to_vec()
}

impl Gadget {
    fn answer(&self, asked: &Frame<'_>, again: bool) -> Option<Vec<u8>> {
        let Header { address, sequence, check, .. } = asked.header();
        let hears = address == self.address || address == BROADCAST && self.manner != Manner::Shy;
        let deaf = check == Check::Crc && self.manner == Manner::ChecksumOnly;
        if !hears || deaf {
            return None;
        }
        let list: Vec<u8> = [
            Capability { function: function::READERS, compliance: 0, count: 2 },
            Capability { function: function::SECURITY, compliance: 1, count: 1 },
            Capability::sized(function::RECEIVE_BUFFER, 1024),
        ]
        .iter()
        .flat_map(|one| [one.function, one.compliance, one.count])
        .collect();
        let is_id = Command::parse(asked.code(), asked.data()) == Ok(Command::Id);
        let reply = match self.manner {
            Manner::Busy if !again => Reply::Busy,
            Manner::Secretive => Reply::nak(NakReason::Security),
            Manner::ChecksumOnlyByNak if check == Check::Crc => Reply::nak(NakReason::Check),
            Manner::Malformed(len) if is_id => Reply::Other { code: code::PDID, data: &[7; 16][..len] },
            _ if is_id => Reply::Id(id(self.address)),
            Manner::Terse => Reply::Nak(Nak { reason: NakReason::UnknownCommand, detail: &[] }),
            _ => Reply::Capabilities(Records::parse(&list).unwrap()),
        };
        Some(frame(address, true, sequence, check, &reply))
    }
}

impl Line {
    pub(super) fn of(gadgets: impl IntoIterator<Item = Gadget>) -> Self {
        Self { gadgets: gadgets.into_iter().collect(), ..Self::default() }
    }

    /// What comes back: answers that are begun at the same time damage each other.
    fn answer(&mut self, baud: u32, bytes: &[u8]) -> Option<Vec<u8>> {
        let asked = Frame::parse(&bytes[1..]).unwrap();
        let said = (baud, asked.header().address, asked.code());
        let again = self.sent.contains(&said);
        self.sent.push(said);
        let there = self.gadgets.iter().filter(|gadget| gadget.baud == baud);
        let mut answers = there.filter_map(|gadget| gadget.answer(&asked, again));
        let mut answer = answers.next()?;
        for other in answers {
            answer.iter_mut().zip(other).skip(1).for_each(|(one, other)| *one &= other ^ 0x10);
        }
        Some(answer)
    }

    /// Puts on the wires what a question brings about.
    fn carry(&mut self, wires: &mut Wires, now: Micros, baud: u32, bytes: &[u8]) {
        if self.echoes {
            wires.fly(now, Sender::Cp, baud, bytes);
        }
        let after = now + line_time(bytes.len(), baud) + REPLY_TIME;
        let answer = self.answer(baud, bytes).unwrap_or_default();
        wires.fly(after, Sender::Pd(0), baud, &answer);
        if let Some((questions, said)) = &self.intruder
            && self.sent.len() > *questions
        {
            wires.fly(after + line_time(answer.len(), baud), Sender::Stranger, baud, said);
        }
    }

    pub(super) fn scan(&mut self, plan: Plan) -> Outcome {
        let mut scan = Scan::new(plan);
        let began = Micros(1_000_000);
        let (mut now, mut baud, mut events) = (began, 0, Vec::new());
        let mut wires = Wires::new(PIECE);
        let mut first_estimate = Duration::ZERO;
        loop {
            match scan.next(now) {
                Output::SetBaud(rate) => baud = rate,
                Output::Transmit(bytes) => self.carry(&mut wires, now, baud, &bytes),
                Output::Event(event) => {
                    if let Event::Listening { .. } = event {
                        let babble = std::mem::take(&mut self.babble);
                        wires.fly(now + BABBLE_AFTER, Sender::Stranger, baud, &babble);
                    }
                    if events.is_empty() {
                        first_estimate = scan.remaining();
                    }
                    events.push(event);
                }
                Output::Wait(until) => {
                    assert!(until > now, "no time passes");
                    now = wires.next_arrival().filter(|at| *at < until).unwrap_or(until);
                    for flight in wires.land(now).iter().filter(|flight| flight.baud == baud) {
                        scan.handle(now, &flight.bytes);
                    }
                }
                Output::Done(ended) => {
                    return Outcome { events, ended, took: now.since(began), first_estimate };
                }
            }
        }
    }
}

impl Outcome {
    pub(super) fn found(&self) -> Vec<Device> {
        let found = self.events.iter();
        found
            .filter_map(|event| if let Event::Found(device) = event { Some(*device) } else { None })
            .collect()
    }

    pub(super) fn places(&self) -> BTreeSet<(u32, u8)> {
        self.found().iter().map(|device| (device.baud, device.address)).collect()
    }
}
