//! All doors for which the gateway decides: which inputs, outputs and readers are whose, and each door's own machine.
//!
//! Pure: feed it what devices told with [`Doors::handle`], then drain [`Doors::poll_output`]; call it with
//! [`Input::Tick`] at [`Doors::deadline`]. It never decides on a card, and never keeps an output for later: what can't be
//! done when it is asked for is not done.

mod entry;
mod wiring;

use std::collections::VecDeque;
use std::time::Duration;

use panel_protocol::door::{self, Answer, Contact, Door, DoorSettings, HeldBack, Mode, Order, Signal};
use panel_protocol::time::Micros;

use crate::domain::{DoorParts, InputState, OutputPlace, ReaderPlace};
use entry::Entries;
use wiring::Wiring;
pub use wiring::{DoorSpec, ReaderOf};

/// Every bound of this module.
pub mod limits {
    use std::time::Duration;

    /// A card or keys that may have been presented longer ago than this open nothing: whoever it was may have gone.
    pub const MAX_AGE: Duration = Duration::from_secs(5);

    /// Keys that come within this time of each other belong to one entry.
    pub const ENTRY_TIMEOUT: Duration = Duration::from_secs(5);

    /// Most keys of one entry; more end it.
    pub const MAX_ENTRY_KEYS: usize = 16;
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Time has passed.
    Tick,
    /// A card was decided on at a reader.
    Card {
        /// Which.
        reader: ReaderPlace,
        /// Whether it opens the reader's door.
        granted: bool,
        /// It was presented no longer ago than this.
        max_age: Duration,
    },
    /// Keys were pressed at a reader.
    Keys {
        /// Which.
        reader: ReaderPlace,
        /// Digits, `*` and `#`.
        keys: &'a str,
    },
    /// A device's inputs, from number 0.
    Inputs {
        /// Which device.
        device: usize,
        /// All of them.
        states: &'a [InputState],
    },
    /// How a device itself is.
    Itself {
        /// Which.
        device: usize,
        /// Somebody opened or moved it.
        tampered: bool,
        /// Its power has failed.
        power_failed: bool,
    },
    /// A device can be used, or can't any more.
    Device {
        /// Which.
        device: usize,
        /// Whether it can.
        online: bool,
    },
    /// Somebody in charge wants something of a door.
    Ordered {
        /// Which door.
        door: usize,
        /// What.
        order: Order,
    },
}

/// What is to be done or told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// Switch an output on for a while, or off for `None`.
    Switch {
        /// Whose.
        door: usize,
        /// Which.
        output: OutputPlace,
        /// For how long.
        on_for: Option<Duration>,
    },
    /// Show something at a reader.
    Show {
        /// Which.
        reader: ReaderPlace,
        /// What.
        signal: Signal,
    },
    /// What a card or an order came to; one for each of them that is about a door.
    Answer {
        /// Which door.
        door: usize,
        /// What.
        answer: Answer,
    },
    /// Something to be told of a door.
    Event {
        /// Which door.
        door: usize,
        /// What.
        event: door::Event,
    },
    /// An entry of keys is complete, and means nothing yet.
    Entered {
        /// Which door.
        door: usize,
        /// How many keys.
        keys: u8,
    },
}

/// How a door stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// How it is used.
    pub mode: Mode,
    /// Until when; `None`: until it is ordered otherwise.
    pub until: Option<Micros>,
    /// Whether it stands open; `None`: nobody knows.
    pub open: Option<bool>,
    /// Whether its lock can be reached.
    pub has_lock: bool,
}

/// All of them, numbered as they were given.
#[derive(Debug)]
pub struct Doors {
    wiring: Wiring,
    doors: Vec<Door>,
    entries: Entries,
    outputs: VecDeque<Output>,
}

impl Doors {
    /// Doors of which nothing is known yet.
    pub fn new(specs: &[DoorSpec]) -> Self {
        let machine = |parts: &DoorParts| {
            Door::new(DoorSettings { unlock_for: parts.lock.span, held_after: parts.held_after })
        };
        Self {
            wiring: Wiring::of(specs),
            doors: specs.iter().map(|spec| machine(&spec.parts)).collect(),
            entries: Entries::default(),
            outputs: VecDeque::new(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.doors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.doors.is_empty()
    }

    /// Whose a reader is.
    pub fn reader(&self, at: ReaderPlace) -> Option<ReaderOf> {
        self.wiring.reader(at)
    }

    /// How a door stands.
    pub fn standing(&self, door: usize) -> Option<Standing> {
        let door = self.doors.get(door)?;
        let (mode, until) = door.mode();
        Some(Standing { mode, until, open: door.is_open(), has_lock: door.has_lock() })
    }

    /// Goes on with what an earlier run has told of a door, before anything happens: that it was forced or held open, and
    /// that a device of it was tampered with.
    pub fn resume(&mut self, door: usize, told_open: bool, tampered: bool) {
        if let Some(door) = self.doors.get_mut(door) {
            door.resume(told_open, tampered);
        }
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Micros, input: Input<'_>) {
        match input {
            Input::Tick => self.pass_time(now),
            Input::Card { reader, granted, max_age } => self.card(now, reader, granted, max_age),
            Input::Keys { reader, keys } => self.keys(now, reader, keys),
            Input::Inputs { device, states } => {
                for (door, happened) in self.wiring.inputs(device, states) {
                    self.tell(now, door, happened);
                }
            }
            Input::Itself { device, tampered, power_failed } => {
                for (door, happened) in self.wiring.itself(device, tampered, power_failed) {
                    self.tell(now, door, happened);
                }
            }
            Input::Device { device, online } => {
                for (door, happened) in self.wiring.device(device, online) {
                    self.tell(now, door, happened);
                }
            }
            Input::Ordered { door, order } => self.tell(now, door, door::Input::Ordered(order)),
        }
    }

    /// What is to be done now, in order; `None` when nothing is left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`handle`](Self::handle) with [`Input::Tick`], if nothing happens before.
    pub fn deadline(&self) -> Option<Micros> {
        self.doors.iter().filter_map(Door::deadline).chain(self.entries.deadline()).min()
    }

    fn pass_time(&mut self, now: Micros) {
        (0..self.doors.len()).for_each(|door| self.tell(now, door, door::Input::Tick));
        while let Some((reader, keys)) = self.entries.over(now) {
            self.entered(reader, keys);
        }
    }

    /// A card that somebody gave up on must not open the door.
    fn card(&mut self, now: Micros, reader: ReaderPlace, granted: bool, max_age: Duration) {
        let Some(ReaderOf { door, .. }) = self.wiring.reader(reader) else { return };
        if max_age > limits::MAX_AGE {
            let answer = Answer::HeldBack(HeldBack::TooLate);
            return self.outputs.push_back(Output::Answer { door, answer });
        }
        self.tell_at(now, door, door::Input::Card { granted }, Some(reader));
    }

    fn keys(&mut self, now: Micros, reader: ReaderPlace, keys: &str) {
        if self.wiring.reader(reader).is_none() {
            return;
        }
        match self.entries.pressed(now, reader, keys) {
            Some(count) => self.entered(reader, count),
            None => self.outputs.push_back(Output::Show { reader, signal: Signal::Wait }),
        }
    }

    /// What keys mean is not known yet, so they open nothing.
    fn entered(&mut self, reader: ReaderPlace, keys: u8) {
        let Some(ReaderOf { door, .. }) = self.wiring.reader(reader) else { return };
        self.outputs.push_back(Output::Entered { door, keys });
        self.outputs.push_back(Output::Show { reader, signal: Signal::Refused });
    }

    fn tell(&mut self, now: Micros, door: usize, input: door::Input) {
        self.tell_at(now, door, input, None);
    }

    /// Signals go to the reader where it happened, or to all of the door's.
    fn tell_at(&mut self, now: Micros, at: usize, input: door::Input, reader: Option<ReaderPlace>) {
        let Some(door) = self.doors.get_mut(at) else { return };
        door.handle(now, input);
        while let Some(output) = door.poll_output() {
            match output {
                door::Output::Unlock { span } => {
                    let output = self.wiring.lock(at);
                    self.outputs.push_back(Output::Switch { door: at, output, on_for: Some(span) });
                }
                door::Output::Lock => {
                    let output = self.wiring.lock(at);
                    self.outputs.push_back(Output::Switch { door: at, output, on_for: None });
                }
                door::Output::Show(signal) => {
                    let readers = self.wiring.readers_of(at).filter(|it| reader.is_none_or(|at| at == *it));
                    self.outputs.extend(readers.map(|reader| Output::Show { reader, signal }));
                }
                door::Output::Answer(answer) => self.outputs.push_back(Output::Answer { door: at, answer }),
                door::Output::Event(event) => self.outputs.push_back(Output::Event { door: at, event }),
            }
        }
    }
}

/// What a contact shows by its input.
const fn contact(state: InputState, open_when_active: bool) -> Contact {
    match (state, open_when_active) {
        (InputState::Active, true) | (InputState::Inactive, false) => Contact::Open,
        (InputState::Inactive, true) | (InputState::Active, false) => Contact::Closed,
        (InputState::Faulty | InputState::Unknown, _) => Contact::Unknown,
    }
}

#[cfg(test)]
mod tests;
