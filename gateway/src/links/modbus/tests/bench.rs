//! A line of made-up boards on a clock of our own, with whatever goes wrong on real ones.

use std::time::Duration;

use panel_protocol::time::Micros;
use tokio::sync::oneshot;

use super::super::board::Telling;
use super::super::limits::{REPLY_GAP, RESPONSE_TIMEOUT};
use super::super::machine::{Ask, Input, Machine, Next};
use super::super::map::{Outputs, Points, Pulse, RegisterMap, Write, WriteFunction};
use super::super::request::{Answer, Fault, Request, Table};
use super::super::setup::BoardSetup;
use crate::domain::{Became, DeviceCondition, LinkCondition};
use crate::links::{ActuateError, Heard, InputState, Switch};

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// What came of an order, once it is known.
pub(super) type Outcome = oneshot::Receiver<Result<(), ActuateError>>;

/// Eight relays and eight inputs, with pulses of the board's own or without.
pub(super) fn map(pulses: bool) -> RegisterMap {
    let coil = |value| Write { function: WriteFunction::Coil, first: 0, value };
    let points = |table| Points { table, first: 0, count: 8, packed: false, active: true };
    let unit = MS * 100;
    let pulse = Pulse { function: WriteFunction::Coil, first: 0x200, plus: 0, unit, most: 0x7FFF };
    RegisterMap {
        name: "eight and eight".to_owned(),
        outputs: Some(Outputs {
            points: points(Table::Coils),
            on: coil(0xFF00),
            off: coil(0),
            pulse: pulses.then_some(pulse),
        }),
        inputs: Some(points(Table::DiscreteInputs)),
    }
}

/// A board as it would stand at the other end.
#[derive(Debug, Default)]
pub(super) struct Fake {
    pub on: [bool; 8],
    /// When its own timer switches an output off.
    timers: [Option<Micros>; 8],
    /// From and until when its input 0 is pressed.
    pub presses: Vec<(Micros, Micros)>,
    pub is_silent: bool,
    /// It knows no pulses, and says so.
    pub refuses_pulses: bool,
    /// It knows nothing, and says so.
    pub refuses_all: bool,
    /// Its next answers are all zeros.
    pub zeros: u8,
    /// Its next answer is that to an earlier question.
    pub stale: Option<Answer>,
    /// What it was told to switch, and when.
    pub writes: Vec<(Micros, Request)>,
}

impl Fake {
    pub(super) fn tick(&mut self, now: Micros) {
        for (on, timer) in self.on.iter_mut().zip(&mut self.timers) {
            if timer.is_some_and(|at| at <= now) {
                (*on, *timer) = (false, None);
            }
        }
    }

    fn answer(&mut self, now: Micros, request: Request) -> Result<Answer, Fault> {
        self.tick(now);
        if self.is_silent {
            return Err(Fault::Timeout);
        }
        if self.refuses_all {
            return Err(Fault::Refused(2));
        }
        match request {
            Request::Read { .. } if self.zeros > 0 => {
                self.zeros -= 1;
                Ok(Answer::Bits(vec![false; 8]))
            }
            Request::Read { .. } if self.stale.is_some() => Ok(self.stale.take().unwrap()),
            Request::Read { table: Table::Coils, .. } => Ok(Answer::Bits(self.on.to_vec())),
            Request::Read { .. } => {
                let pressed = self.presses.iter().any(|(from, to)| (*from..*to).contains(&now));
                Ok(Answer::Bits((0..8).map(|input| input == 0 && pressed).collect()))
            }
            Request::WriteCoil { address, .. } if address >= 0x200 && self.refuses_pulses => {
                Err(Fault::Refused(3))
            }
            Request::WriteCoil { address, value } => {
                self.writes.push((now, request));
                let output = usize::from(address & 0xFF);
                self.on[output] = value != 0;
                let timer = now + MS * 100 * u32::from(value);
                self.timers[output] = (address >= 0x200).then_some(timer);
                Ok(Answer::Written)
            }
            Request::WriteRegister { .. } => Err(Fault::Refused(1)),
        }
    }
}

/// What goes wrong with one exchange.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trouble {
    None,
    /// The request never reaches the board.
    LostRequest,
    /// The board does it, and its reply is lost.
    LostReply,
    /// Its reply is damaged.
    Damaged,
    /// Another board's reply comes.
    Foreign,
    /// Its reply comes with another one behind it.
    Glued,
}

/// The line, its boards, and what was told.
pub(super) struct Bench {
    pub machine: Machine,
    pub now: Micros,
    pub boards: Vec<Fake>,
    pub told: Vec<(usize, Telling)>,
    pub links: Vec<LinkCondition>,
    pub stopped: bool,
    /// One exchange takes so long, but for the time-outs.
    pub exchange: Duration,
}

impl Bench {
    /// So many boards of one kind, all well, addresses from 1; their outputs 0 and 3 belong to doors.
    pub(super) fn new(count: u8, map: &RegisterMap) -> Self {
        let map = std::sync::Arc::new(map.clone());
        let setup = |at: u8| BoardSetup {
            device: at.into(),
            address: at + 1,
            map: map.clone(),
            driven: vec![0, 3],
            timeout: RESPONSE_TIMEOUT,
        };
        let mut bench = Self {
            machine: Machine::new((0..count).map(setup).collect(), REPLY_GAP),
            now: Micros(1_000_000),
            boards: (0..count).map(|_| Fake::default()).collect(),
            told: Vec::new(),
            links: Vec::new(),
            stopped: false,
            exchange: MS * 20,
        };
        bench.machine.handle(bench.now, Input::Up);
        bench
    }

    pub(super) fn run(&mut self, span: Duration) {
        self.run_with(span, |_| Trouble::None);
    }

    /// Lets time pass; each exchange has some trouble.
    pub(super) fn run_with(&mut self, span: Duration, mut trouble: impl FnMut(Request) -> Trouble) {
        let end = self.now + span;
        loop {
            match self.machine.next(self.now) {
                Next::Ask(ask) => {
                    let trouble = trouble(ask.request);
                    self.exchange(ask, trouble);
                }
                Next::Tell(device, telling) => self.told.push((device, telling)),
                Next::Link(condition) => self.links.push(condition),
                Next::Stopped => {
                    self.stopped = true;
                    return;
                }
                Next::Wait(until) => {
                    if self.now >= end {
                        return;
                    }
                    let until = until.unwrap_or(end).min(end);
                    assert!(until > self.now, "it waits for what has passed");
                    self.now = until;
                    self.boards.iter_mut().for_each(|board| board.tick(until));
                }
            }
        }
    }

    fn exchange(&mut self, ask: Ask, trouble: Trouble) {
        let board = &mut self.boards[usize::from(ask.address - 1)];
        let result = match trouble {
            Trouble::LostRequest => Err(Fault::Timeout),
            _ => board.answer(self.now, ask.request),
        };
        let result = match trouble {
            Trouble::LostReply => Err(Fault::Timeout),
            Trouble::Damaged => result.and(Err(Fault::Damaged)),
            Trouble::Foreign => result.and(Err(Fault::Foreign)),
            _ => result,
        };
        let noise = if matches!(trouble, Trouble::Glued) { 8 } else { 0 };
        let took = if result == Err(Fault::Timeout) { ask.timeout } else { self.exchange };
        self.now = self.now + took;
        self.machine.handle(self.now, Input::Result(result, noise));
    }

    /// Has an output switched, if that can be sent within a second.
    pub(super) fn order(&mut self, device: usize, output: u8, switch: Switch) -> Outcome {
        let (done, outcome) = oneshot::channel();
        let until = self.now + SECOND;
        self.machine.handle(self.now, Input::Order { device, output, switch, until, done });
        outcome
    }

    /// What a device became, in order.
    pub(super) fn conditions(&self, of: usize) -> Vec<DeviceCondition> {
        let condition = |(device, telling): &(usize, Telling)| match telling {
            Telling::Became(Became::Condition { is, .. }) if *device == of => Some(*is),
            _ => None,
        };
        self.told.iter().filter_map(condition).collect()
    }

    /// What was remarked of a device.
    pub(super) fn remarks(&self, of: usize) -> Vec<&str> {
        let remark = |(device, telling): &'_ (usize, Telling)| {
            *device == of && matches!(telling, Telling::Became(Became::Remark { .. }))
        };
        self.told.iter().filter(|told| remark(told)).map(|(_, telling)| text(telling)).collect()
    }

    /// How often its input 0 became active.
    pub(super) fn presses_seen(&self, of: usize) -> usize {
        let states: Vec<InputState> = self
            .told
            .iter()
            .filter_map(|(device, telling)| match telling {
                Telling::Heard(Heard::Inputs(inputs)) if *device == of => inputs.first().copied(),
                _ => None,
            })
            .collect();
        states.windows(2).filter(|pair| pair[0] != pair[1] && pair[1] == InputState::Active).count()
    }
}

fn text(telling: &Telling) -> &str {
    match telling {
        Telling::Became(became) => became.why(),
        Telling::Heard(_) => "",
    }
}
