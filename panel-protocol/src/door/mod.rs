//! One door: what lets it open, what is told of it, and what people ordered. The same at a panel and at a gateway.
//!
//! [`Door`] is a machine without I/O. Feed it what happens with [`handle`](Door::handle), then drain
//! [`poll_output`](Door::poll_output); call `handle` with [`Input::Tick`] at [`deadline`](Door::deadline). It never
//! decides on a card: that is [`decide`](crate::decide)'s. It says what the decision comes to at this door now.
//!
//! The lock is let go only by the device's own timer. A door that is held open is let go for
//! [`HOLD_SPAN`](limits::HOLD_SPAN) again and again, so that one whose driver has gone locks by itself. A device that
//! comes back is told to lock, and is let go again only if somebody has ordered that the door be held open. Nobody who
//! asks to get out is kept in, whatever the mode.

mod contact;
mod input;
mod lock;
mod output;

use core::time::Duration;

use heapless::Deque;

use crate::time::Micros;
use contact::Leaf;
pub use input::{Contact, Input, Order};
use lock::Lock;
pub use output::{Answer, Event, HeldBack, Mode, Output, Signal};

/// Every bound of this module.
pub mod limits {
    use core::time::Duration;

    /// A door that is held open is let go for so long at a time.
    pub const HOLD_SPAN: Duration = Duration::from_secs(60);

    /// … and again after so long.
    pub const HOLD_RENEWAL: Duration = Duration::from_secs(20);

    /// So long after the lock has closed, an opening still counts as allowed: the command was on its way, and somebody had
    /// the handle down.
    pub const OPENING_GRACE: Duration = Duration::from_secs(2);

    /// Outputs of one input.
    pub const MAX_OUTPUTS: usize = 8;
}

/// How one door is to behave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DoorSettings {
    /// For how long the lock is let go at a time.
    pub unlock_for: Duration,
    /// How long it may stand open before that is told; warned of at two thirds.
    pub held_after: Duration,
}

/// The machine of one door.
#[derive(Debug)]
pub struct Door {
    settings: DoorSettings,
    lock: Lock,
    leaf: Leaf,
    tampered: bool,
    power_failed: bool,
    outputs: Deque<Output, { limits::MAX_OUTPUTS }>,
}

impl Door {
    /// A door of which nothing is known, in normal use, its lock not yet reached.
    #[must_use]
    pub const fn new(settings: DoorSettings) -> Self {
        Self {
            settings,
            lock: Lock::new(),
            leaf: Leaf::new(),
            tampered: false,
            power_failed: false,
            outputs: Deque::new(),
        }
    }

    /// Goes on with what an earlier run has told of it: that it was forced or held open, that a device of it was tampered
    /// with. Before anything else; what is so no longer is told as soon as that is seen.
    pub const fn resume(&mut self, told_open: bool, tampered: bool) {
        self.leaf.resume(told_open);
        self.tampered = tampered;
    }

    /// The mode that somebody ordered, and until when; `None`: until it is ordered otherwise.
    #[must_use]
    pub const fn mode(&self) -> (Mode, Option<Micros>) {
        self.lock.mode()
    }

    /// Whether it stands open; `None`: nobody knows.
    #[must_use]
    pub const fn is_open(&self) -> Option<bool> {
        self.leaf.is_open()
    }

    /// Whether its lock can be reached.
    #[must_use]
    pub const fn has_lock(&self) -> bool {
        self.lock.is_reached()
    }

    /// Takes what has happened.
    pub fn handle(&mut self, now: Micros, input: Input) {
        self.pass_time(now);
        match input {
            Input::Tick => {}
            Input::Card { granted: true } => self.let_in(now, false),
            Input::Card { granted: false } => {
                self.put(Output::Answer(Answer::Refused));
                self.put(Output::Show(Signal::Refused));
            }
            Input::RequestToExit => self.let_out(now),
            Input::Contact(contact) => self.contact(now, contact),
            Input::Tamper(tampered) => {
                if core::mem::replace(&mut self.tampered, tampered) != tampered {
                    self.put(Output::Event(Event::Tamper(tampered)));
                }
            }
            Input::PowerFailed(failed) => {
                if core::mem::replace(&mut self.power_failed, failed) != failed {
                    self.put(Output::Event(Event::PowerFailed(failed)));
                }
            }
            Input::Ordered(Order::Unlock) => self.let_in(now, true),
            Input::Ordered(Order::Mode { mode, until }) => self.set_mode(now, mode, until),
            Input::LockLost => {
                if self.lock.lose() {
                    self.put(Output::Event(Event::LockLost));
                }
            }
            Input::LockBack => self.lock_back(now),
        }
    }

    /// What is to be done now, in order; `None` when nothing is left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`handle`](Self::handle) with [`Input::Tick`], if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Micros> {
        let held = self.leaf.deadline(self.lock.is_held_open(), self.settings.held_after);
        [self.lock.deadline(), held].into_iter().flatten().min()
    }

    /// What time alone brings.
    fn pass_time(&mut self, now: Micros) {
        if self.lock.mode_ends(now) {
            self.put(Output::Event(Event::Mode { mode: Mode::Normal, ended: true }));
            self.mode_over(now);
        }
        if self.lock.renewal_is_due(now) {
            self.unlock(now, limits::HOLD_SPAN);
        }
        let held_open = self.lock.is_held_open();
        while let Some(event) = self.leaf.stands_open(now, held_open, self.settings.held_after) {
            if event == Event::HeldWarning {
                self.put(Output::Show(Signal::Warning));
            }
            self.put(Output::Event(event));
        }
    }

    /// Somebody may come in: by a card, or by the word of a person in charge.
    fn let_in(&mut self, now: Micros, ordered: bool) {
        if let Err(held_back) = self.lock.admits(ordered) {
            self.put(Output::Answer(Answer::HeldBack(held_back)));
            self.put(Output::Show(Signal::Refused));
            return;
        }
        self.put(Output::Answer(Answer::Opens));
        self.pass(now);
        self.put(Output::Show(Signal::Granted { span: self.settings.unlock_for }));
    }

    /// Somebody wants to get out.
    fn let_out(&mut self, now: Micros) {
        self.put(Output::Event(Event::RequestToExit));
        self.pass(now);
    }

    /// The lock is let go once. Where it can't be reached, nothing is kept for later.
    fn pass(&mut self, now: Micros) {
        self.leaf.allow(now, now + self.settings.unlock_for + limits::OPENING_GRACE);
        if self.lock.is_reached() && !self.lock.is_held_open() {
            self.unlock(now, self.settings.unlock_for);
        }
    }

    fn unlock(&mut self, now: Micros, span: Duration) {
        self.lock.let_go(now, span);
        self.put(Output::Unlock { span });
    }

    fn contact(&mut self, now: Micros, contact: Contact) {
        let held_open = self.lock.is_held_open();
        if let Some(event) = self.leaf.moved(now, contact, held_open) {
            self.put(Output::Event(event));
        }
    }

    /// A mode whose time is over before it begins is none.
    fn set_mode(&mut self, now: Micros, mode: Mode, until: Option<Micros>) {
        let mode = if until.is_some_and(|until| until <= now) { Mode::Normal } else { mode };
        let was = self.lock.set_mode(mode, until);
        self.put(Output::Answer(Answer::Done));
        if was != mode {
            self.put(Output::Event(Event::Mode { mode, ended: false }));
        }
        match mode {
            Mode::Held if self.lock.is_reached() => self.unlock(now, limits::HOLD_SPAN),
            Mode::Held => {}
            Mode::Normal if was != Mode::Held => {}
            Mode::Normal | Mode::Locked | Mode::Lockdown => self.mode_over(now),
        }
    }

    /// The door is not held open any more: it locks, and from now on counts as open where it stands so.
    fn mode_over(&mut self, now: Micros) {
        self.leaf.count_from(now);
        if self.lock.is_reached() && self.lock.close(now) {
            self.put(Output::Lock);
        }
    }

    fn lock_back(&mut self, now: Micros) {
        let Some(was_lost) = self.lock.back() else { return };
        if was_lost {
            self.put(Output::Event(Event::LockBack));
        }
        match self.lock.is_held_open() {
            true => self.unlock(now, limits::HOLD_SPAN),
            false => self.put(Output::Lock),
        }
    }

    /// Whoever doesn't drain loses the newest.
    fn put(&mut self, output: Output) {
        let _ = self.outputs.push_back(output);
    }
}

#[cfg(test)]
mod tests;
