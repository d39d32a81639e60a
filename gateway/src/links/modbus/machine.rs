//! All boards of one line, and whose turn it is: one request at a time, and a rest after each reply.
//!
//! Feed it what happens with [`handle`](Machine::handle), then call [`next`](Machine::next) until it says to wait. After
//! [`Next::Ask`] comes exactly one [`Input::Result`], or [`Input::Down`]. It reads no clock and touches no port.
//!
//! What is to be switched off goes before everything else, then what was ordered; of all that is read, what has been due
//! longest, so that a slow line is slow for all its boards alike. On a line that is never idle one reading of outputs comes
//! on as many of inputs as there are boards: a button is pressed for less time than a relay needs to be watched.

use std::collections::VecDeque;
use std::time::Duration;

use panel_protocol::time::Micros;

use super::board::{Board, Purpose, Telling};
use super::limits::{DISTURBED_FROM, WATCHED_EXCHANGES};
use super::orders::{Done, Order, answer};
use super::request::{Answer, Fault, Request};
use super::setup::BoardSetup;
use crate::domain::LinkCondition;
use crate::links::{ActuateError, Switch};

/// What happens to a line.
#[derive(Debug)]
pub(super) enum Input {
    /// Its port is open, or its peer reached.
    Up,
    /// It can't be used, and why.
    Down(String),
    /// What came of the request, and how many bytes came that belong to no reply.
    Result(Result<Answer, Fault>, usize),
    /// An output is to be switched.
    Order {
        /// At which device.
        device: usize,
        /// Which.
        output: u8,
        /// What it shall do.
        switch: Switch,
        /// After this it is not sent any more.
        until: Micros,
        /// Where to say what came of it.
        done: Done,
    },
    /// The service stops.
    Stop,
}

/// What is to be done now.
#[derive(Debug)]
pub(super) enum Next {
    /// Ask this board, and bring the result.
    Ask(Ask),
    /// Tell this of that device.
    Tell(usize, Telling),
    /// Tell this of the line.
    Link(LinkCondition),
    /// Nothing until then, if nothing happens before.
    Wait(Option<Micros>),
    /// Everything is switched off: the line can end.
    Stopped,
}

/// One request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ask {
    /// The board's address.
    pub(super) address: u8,
    pub(super) request: Request,
    /// It has so long to answer.
    pub(super) timeout: Duration,
}

/// The machine of one line.
#[derive(Debug)]
pub(super) struct Machine {
    boards: Vec<Board>,
    gap: Duration,
    is_up: bool,
    is_stopping: bool,
    /// Why the line is down.
    down: String,
    busy: Option<(usize, Purpose)>,
    free_at: Micros,
    /// Exchanges since outputs were last read back.
    since_read_back: usize,
    exchanges: u32,
    disturbed: u32,
    is_disturbed: bool,
    pub(super) noise_bytes: u64,
    told: VecDeque<(usize, Telling)>,
    link: Option<LinkCondition>,
}

impl Machine {
    /// A line that can't be used yet.
    pub(super) fn new(boards: Vec<BoardSetup>, gap: Duration) -> Self {
        Self {
            boards: boards.into_iter().map(Board::new).collect(),
            gap,
            is_up: false,
            is_stopping: false,
            down: String::new(),
            busy: None,
            free_at: Micros(0),
            since_read_back: 0,
            exchanges: 0,
            disturbed: 0,
            is_disturbed: false,
            noise_bytes: 0,
            told: VecDeque::new(),
            link: None,
        }
    }

    pub(super) fn boards(&self) -> &[Board] {
        &self.boards
    }

    /// What was last told of the line.
    pub(super) const fn condition(&self) -> Option<&LinkCondition> {
        self.link.as_ref()
    }

    /// Takes what has happened.
    pub(super) fn handle(&mut self, now: Micros, input: Input) {
        match input {
            Input::Up => {
                (self.is_up, self.is_disturbed) = (true, false);
                (self.exchanges, self.disturbed) = (0, 0);
            }
            Input::Down(why) => self.line_down(now, why),
            Input::Result(result, noise) => self.result(now, result, noise),
            Input::Order { device, output, switch, until, done } => {
                self.order(device, Order { output, switch, until, done });
            }
            Input::Stop => {
                self.is_stopping = true;
                self.boards.iter_mut().for_each(|board| board.stop(now));
            }
        }
    }

    /// What is to be done now.
    pub(super) fn next(&mut self, now: Micros) -> Next {
        if let Some((device, telling)) = self.told.pop_front() {
            return Next::Tell(device, telling);
        }
        if let Some(condition) = self.link_news() {
            return Next::Link(condition);
        }
        let expires = self.boards.iter_mut().filter_map(|board| board.expire(now)).min();
        if self.is_stopping && (!self.is_up || !self.boards.iter().any(Board::is_closing)) {
            return Next::Stopped;
        }
        if !self.is_up || self.busy.is_some() {
            return Next::Wait(expires);
        }
        let due = self.due();
        if now < self.free_at {
            return Next::Wait(earliest(expires, due.map(|due| due.max(self.free_at))));
        }
        self.ask(now).map_or(Next::Wait(earliest(expires, due)), Next::Ask)
    }

    /// When the next board wants to be asked something.
    fn due(&self) -> Option<Micros> {
        let board = |board: &Board| if board.has_orders() { Some(self.free_at) } else { board.due(true) };
        self.boards.iter().filter_map(board).min()
    }

    /// Asks the board whose turn it is.
    fn ask(&mut self, now: Micros) -> Option<Ask> {
        let (at, reads_back) = self.turn(now)?;
        let board = &mut self.boards[at];
        let (purpose, request) = board.next(now, reads_back)?;
        self.since_read_back = match purpose {
            Purpose::Outputs => 0,
            _ => self.since_read_back.saturating_add(1),
        };
        self.busy = Some((at, purpose));
        Some(Ask { address: board.setup.address, request, timeout: board.setup.timeout })
    }

    /// Which board's turn it is, and whether its outputs may be read back.
    fn turn(&self, now: Micros) -> Option<(usize, bool)> {
        let closing = self.boards.iter().position(|board| board.must_close(now));
        if closing.is_some() || self.is_stopping {
            return Some((closing?, false));
        }
        if let Some(ordered) = self.boards.iter().position(Board::has_orders) {
            return Some((ordered, false));
        }
        let longest_due = |reads_back| {
            let due = |(at, board): (usize, &Board)| Some((board.due(reads_back)?, at));
            let (due, at) = self.boards.iter().enumerate().filter_map(due).min()?;
            (due <= now).then_some((at, reads_back))
        };
        let has_time = self.since_read_back >= self.boards.len();
        longest_due(has_time).or_else(|| longest_due(true))
    }

    fn order(&mut self, device: usize, order: Order) {
        let is_stopping = self.is_stopping;
        match self.boards.iter_mut().find(|board| board.setup.device == device) {
            None => answer(order.done, Err(ActuateError::Unknown)),
            Some(_) if is_stopping => answer(order.done, Err(ActuateError::Busy)),
            Some(board) => board.order(order),
        }
    }

    fn result(&mut self, now: Micros, result: Result<Answer, Fault>, noise: usize) {
        let Some((at, purpose)) = self.busy.take() else { return };
        self.free_at = now + self.gap;
        self.watch(matches!(result, Err(Fault::Damaged | Fault::Foreign)) || noise > 0);
        self.noise_bytes += noise as u64;
        let board = &mut self.boards[at];
        let (device, told) = (board.setup.device, &mut self.told);
        board.answer(now, purpose, result, &mut |telling| told.push_back((device, telling)));
    }

    /// Counts disturbed exchanges.
    fn watch(&mut self, disturbed: bool) {
        self.exchanges += 1;
        self.disturbed += u32::from(disturbed);
        if self.exchanges == WATCHED_EXCHANGES {
            self.is_disturbed = self.disturbed >= DISTURBED_FROM;
            (self.exchanges, self.disturbed) = (0, 0);
        }
    }

    fn line_down(&mut self, now: Micros, why: String) {
        (self.is_up, self.down) = (false, why);
        let lost = self.busy.take();
        for (at, board) in self.boards.iter_mut().enumerate() {
            let (device, told) = (board.setup.device, &mut self.told);
            let mut tell = |telling| told.push_back((device, telling));
            if let Some((of, purpose)) = &lost
                && *of == at
                && let Purpose::Off(_) | Purpose::Doubt | Purpose::Outputs | Purpose::Inputs = purpose
            {
                board.faults.timeouts += 1;
            }
            board.line_down(now, &mut tell);
        }
        if let Some((_, Purpose::Ordered(order, _))) = lost {
            answer(order.done, Err(ActuateError::Unconfirmed));
        }
    }

    /// How the line is, if that is news.
    fn link_news(&mut self) -> Option<LinkCondition> {
        if self.link.is_none() && !self.is_up && self.down.is_empty() {
            return None;
        }
        let condition = self.look();
        (self.link.as_ref() != Some(&condition)).then(|| self.link.insert(condition).clone())
    }

    fn look(&self) -> LinkCondition {
        if !self.is_up {
            LinkCondition::Down { why: self.down.clone() }
        } else if self.boards.iter().all(Board::is_silent) && self.boards.iter().any(|board| board.was_online)
        {
            let why = "none of its boards answers any more; check the pair and the supply".to_owned();
            LinkCondition::Silent { why }
        } else if self.is_disturbed {
            let why = "replies are damaged or come unasked again and again; check that no two boards have one address, as \
                       new ones do, that the rate is theirs, and the pair's polarity and termination"
                .to_owned();
            LinkCondition::Disturbed { why }
        } else {
            LinkCondition::Up
        }
    }
}

fn earliest(one: Option<Micros>, other: Option<Micros>) -> Option<Micros> {
    [one, other].into_iter().flatten().min()
}
