//! What to ask next, and what an answer means.
//!
//! No port and no clock: [`Scan::handle`] takes what was heard and when, and then [`Scan::next`] says what to do until
//! it says to wait.

use std::collections::VecDeque;
use std::time::Duration;

use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::cp::line_time;
use panel_protocol::osdp::deframe::{Deframed, Deframer};
use panel_protocol::osdp::frame::{Check, Frame};
use panel_protocol::osdp::reply::{NakReason, Reply, code};
use panel_protocol::osdp::timing::REPLY_TIMEOUT;
use panel_protocol::time::Micros;

use super::limits::{BUSY_PAUSE, FEW_ADDRESSES, GAP, REPEATS};
use super::question::{Asked, Question};
use super::{Device, Event, Occupied, Plan};

/// Bytes of a question and of the silence before it.
const QUESTION_BYTES: usize = 12;
/// Silence before a frame (OSDP 2.2, 5.7).
const IDLE_BYTES: usize = 2;

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Set the port's rate, and forget what it has received.
    SetBaud(u32),
    /// Send these bytes.
    Transmit(Vec<u8>),
    /// Tell the operator.
    Event(Event),
    /// Nothing, until then or until something is heard.
    Wait(Micros),
    /// The scan is over.
    Done(Result<(), Occupied>),
}

/// A scan under way.
#[derive(Debug)]
pub struct Scan {
    plan: Plan,
    /// Where in the plan's rates it is; past the last when all are done.
    rate: usize,
    /// What is left to ask at this rate, and how often it was put before.
    questions: VecDeque<(Question, u8)>,
    asked: Option<Asked>,
    /// The line is left alone until then.
    idle_until: Micros,
    deframer: Deframer<MAX_FRAME_LEN>,
    outputs: VecDeque<Output>,
    occupied: Option<Occupied>,
}

/// What a frame turned out to be.
enum Said {
    /// An answer, and its consequences are drawn.
    Answer,
    /// Of no concern.
    Nothing,
    Occupied(Occupied),
}

impl Scan {
    /// A scan that has not begun; the port is open at any rate.
    pub fn new(plan: Plan) -> Self {
        let mut scan = Self {
            plan,
            rate: 0,
            questions: VecDeque::new(),
            asked: None,
            idle_until: Micros(0),
            deframer: deframer(),
            outputs: VecDeque::new(),
            occupied: None,
        };
        scan.begin_rate();
        if !scan.plan.force {
            scan.questions.push_front((Question::Listen, 0));
        }
        scan
    }

    /// Takes what was heard at `now`.
    pub fn handle(&mut self, now: Micros, bytes: &[u8]) {
        let Some(mut asked) = self.asked.take() else { return };
        asked.hear(now, bytes.len());
        let mut deframer = std::mem::replace(&mut self.deframer, deframer());
        if !self.is_over(now, &mut asked, &mut deframer, bytes) {
            self.asked = Some(asked);
        }
        self.deframer = deframer;
    }

    /// What to do now. To be called until it says to wait, or that the scan is over.
    pub fn next(&mut self, now: Micros) -> Output {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
            if let Some(occupied) = self.occupied {
                return Output::Done(Err(occupied));
            }
            match &self.asked {
                Some(asked) if asked.until > now => return Output::Wait(asked.until),
                Some(_) => self.stop_waiting(now),
                None if self.rate >= self.plan.rates.len() => return Output::Done(Ok(())),
                None if self.idle_until > now => return Output::Wait(self.idle_until),
                None => self.ask(now),
            }
        }
    }

    /// How long the rest takes, if nobody else answers.
    pub fn remaining(&self) -> Duration {
        let one = |baud| REPLY_TIMEOUT + line_time(QUESTION_BYTES, baud);
        let (all, each) = if self.plan.thorough { (self.plan.addresses.len(), 2) } else { (self.few(), 1) };
        let here = self.plan.rates.get(self.rate).map_or(Duration::ZERO, |baud| one(*baud));
        let mut rest = here * u32::try_from(self.questions.len() * each).unwrap_or(u32::MAX);
        for baud in self.plan.rates.iter().skip(self.rate + 1) {
            let probes = if self.is_probed() { 2 } else { 0 };
            rest += one(*baud) * u32::try_from(all * each + probes).unwrap_or(u32::MAX);
        }
        rest
    }

    fn baud(&self) -> u32 {
        self.plan.rates.get(self.rate).copied().unwrap_or_default()
    }

    /// Asking all at once saves time only where there are many to ask one by one.
    fn is_probed(&self) -> bool {
        !self.plan.thorough && self.plan.addresses.len() > FEW_ADDRESSES
    }

    fn few(&self) -> usize {
        self.plan.addresses.len().min(FEW_ADDRESSES)
    }

    fn begin_rate(&mut self) {
        let Some(baud) = self.plan.rates.get(self.rate) else { return };
        self.outputs.push_back(Output::SetBaud(*baud));
        if self.is_probed() {
            self.questions.push_back((Question::Everybody(Check::Crc), 0));
        } else {
            self.ask_addresses(self.plan.addresses.len(), Check::Crc);
        }
    }

    fn ask_addresses(&mut self, first: usize, check: Check) {
        let addresses = self.plan.addresses.iter().take(first);
        self.questions.extend(addresses.map(|address| (Question::Id(*address, check), 0)));
    }

    /// Puts the next question, or goes on to the next rate.
    fn ask(&mut self, now: Micros) {
        let Some((question, repeats)) = self.questions.pop_front() else {
            self.rate += 1;
            return self.begin_rate();
        };
        let baud = self.baud();
        self.deframer.clear();
        let frame = question.frame();
        self.asked = Some(Asked::new(now, baud, question, repeats, &frame));
        if question == Question::Listen {
            return self.outputs.push_back(Output::Event(Event::Listening { baud }));
        }
        self.outputs.push_back(Output::Event(Event::Asking { baud, address: question.address() }));
        self.outputs.push_back(Output::Transmit(frame));
    }

    fn ask_next(&mut self, question: Question) {
        self.questions.push_front((question, 0));
    }

    /// Looks at each frame in what was heard. True: the question is answered, or the scan can't go on.
    fn is_over(
        &mut self,
        now: Micros,
        asked: &mut Asked,
        deframer: &mut Deframer<MAX_FRAME_LEN>,
        mut bytes: &[u8],
    ) -> bool {
        while let Some(found) = deframer.next(now, &mut bytes) {
            let Deframed::Frame(frame) = found else { continue };
            match self.weigh(now, asked, &frame.view()) {
                Said::Nothing => {}
                Said::Answer => {
                    self.idle_until = self.idle_until.max(now + line_time(IDLE_BYTES, self.baud()));
                    return true;
                }
                Said::Occupied(occupied) => {
                    self.occupied = Some(occupied);
                    return true;
                }
            }
        }
        false
    }

    /// What a whole frame says.
    fn weigh(&mut self, now: Micros, asked: &mut Asked, frame: &Frame<'_>) -> Said {
        if asked.understand(frame) {
            return Said::Nothing;
        }
        let header = frame.header();
        if !header.reply && !self.plan.force {
            return Said::Occupied(Occupied::Command { baud: self.baud(), address: header.address });
        }
        match asked.reply(frame) {
            Some((Reply::Busy, _)) if asked.repeats < REPEATS => {
                self.questions.push_front((asked.question, asked.repeats + 1));
                self.idle_until = now + BUSY_PAUSE;
                Said::Answer
            }
            Some((reply, check)) if self.answered(asked.question, &reply, check) => Said::Answer,
            _ => Said::Nothing,
        }
    }

    /// Draws the consequences of a reply. False: it is none to this question.
    fn answered(&mut self, question: Question, reply: &Reply<'_>, check: Check) -> bool {
        let baud = self.baud();
        match (question, reply) {
            (Question::Id(address, asked), Reply::Id(id)) => {
                let id = Some(*id);
                let device = Device { id, ..nameless(baud, address, check) };
                self.ask_next(Question::Capabilities(device, asked));
            }
            (Question::Id(address, Check::Crc), Reply::Nak(nak)) if nak.reason == NakReason::Check => {
                self.ask_next(Question::Id(address, Check::Checksum));
            }
            (Question::Id(address, _), Reply::Other { code: code::PDID, data }) => {
                let malformed = Some(data.len());
                self.found(Device { malformed, ..nameless(baud, address, check) });
            }
            (Question::Id(address, _), Reply::Nak(nak)) => {
                let refusal = Some(nak.reason);
                self.found(Device { refusal, ..nameless(baud, address, check) });
            }
            (Question::Capabilities(device, _), Reply::Capabilities(list)) => {
                self.found(Device { capabilities: Some(list.into()), ..device });
            }
            (Question::Capabilities(device, _), Reply::Nak(nak)) => {
                self.found(Device { refusal: Some(nak.reason), ..device });
            }
            _ => return false,
        }
        true
    }

    /// The time for an answer is over. The silence may have shown one that stood in something else's way.
    fn stop_waiting(&mut self, now: Micros) {
        self.handle(now, &[]);
        if let Some(asked) = self.asked.take() {
            self.unanswered(&asked);
        }
    }

    fn unanswered(&mut self, asked: &Asked) {
        match asked.question {
            Question::Listen if asked.is_answered() => {
                self.occupied = Some(Occupied::Noise { baud: self.baud(), bytes: asked.heard() });
            }
            Question::Listen => {}
            Question::Everybody(check) if asked.is_answered() => {
                self.ask_addresses(self.plan.addresses.len(), check);
            }
            Question::Everybody(Check::Crc) => self.ask_next(Question::Everybody(Check::Checksum)),
            Question::Everybody(Check::Checksum) => self.ask_addresses(FEW_ADDRESSES, Check::Crc),
            again if asked.is_damaged() && asked.repeats < REPEATS => {
                self.questions.push_front((again, asked.repeats + 1));
            }
            Question::Id(address, _) if asked.is_damaged() => {
                let unclear = Event::Unclear { baud: self.baud(), address };
                self.outputs.push_back(Output::Event(unclear));
            }
            Question::Id(address, Check::Crc) if self.plan.thorough => {
                self.ask_next(Question::Id(address, Check::Checksum));
            }
            Question::Id(..) => {}
            Question::Capabilities(device, _) => self.found(device),
        }
    }

    fn found(&mut self, device: Device) {
        self.outputs.push_back(Output::Event(Event::Found(device)));
    }
}

/// A device of which nothing is known but that it answers.
const fn nameless(baud: u32, address: u8, check: Check) -> Device {
    Device { baud, address, check, id: None, capabilities: None, refusal: None, malformed: None }
}

fn deframer() -> Deframer<MAX_FRAME_LEN> {
    Deframer::with_gap(GAP)
}
