//! The lock: whether it can be reached, whom it admits, and until when it has been let go.

use core::time::Duration;

use super::limits::HOLD_RENEWAL;
use super::output::{HeldBack, Mode};
use crate::time::Micros;

/// Whether the lock's device can be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reach {
    NotYet,
    Reached,
    Lost,
}

#[derive(Debug)]
pub(super) struct Lock {
    mode: Mode,
    mode_until: Option<Micros>,
    reach: Reach,
    /// Until then its device's timer keeps it unlocked.
    let_go_until: Option<Micros>,
    /// When it is let go again, while the door is held open.
    renewal: Option<Micros>,
}

impl Lock {
    pub(super) const fn new() -> Self {
        Self { mode: Mode::Normal, mode_until: None, reach: Reach::NotYet, let_go_until: None, renewal: None }
    }

    pub(super) const fn mode(&self) -> (Mode, Option<Micros>) {
        (self.mode, self.mode_until)
    }

    pub(super) const fn is_held_open(&self) -> bool {
        matches!(self.mode, Mode::Held)
    }

    pub(super) const fn is_reached(&self) -> bool {
        matches!(self.reach, Reach::Reached)
    }

    /// Whether somebody who may come in gets in: by a card, or by the word of a person in charge.
    pub(super) fn admits(&self, ordered: bool) -> Result<(), HeldBack> {
        match self.mode {
            Mode::Lockdown => Err(HeldBack::Lockdown),
            Mode::Locked if !ordered => Err(HeldBack::Locked),
            _ if !self.is_reached() => Err(HeldBack::LockLost),
            _ => Ok(()),
        }
    }

    /// Gives the mode that was.
    pub(super) fn set_mode(&mut self, mode: Mode, until: Option<Micros>) -> Mode {
        self.mode_until = until.filter(|_| mode != Mode::Normal);
        self.renewal = None;
        core::mem::replace(&mut self.mode, mode)
    }

    /// Whether the time of the mode is over; then it is normal.
    pub(super) fn mode_ends(&mut self, now: Micros) -> bool {
        let over = self.mode_until.is_some_and(|until| until <= now);
        if over {
            self.set_mode(Mode::Normal, None);
        }
        over
    }

    pub(super) fn let_go(&mut self, now: Micros, span: Duration) {
        let until = now + span;
        self.let_go_until = Some(self.let_go_until.map_or(until, |before| before.max(until)));
        self.renewal = self.is_held_open().then(|| now + HOLD_RENEWAL);
    }

    /// Whether it has to be told to lock: its device's timer may still run.
    pub(super) fn close(&mut self, now: Micros) -> bool {
        self.renewal = None;
        self.let_go_until.take().is_some_and(|until| now < until)
    }

    pub(super) fn renewal_is_due(&self, now: Micros) -> bool {
        self.is_reached() && self.renewal.is_some_and(|at| at <= now)
    }

    /// True: it could be reached before.
    pub(super) fn lose(&mut self) -> bool {
        (self.renewal, self.let_go_until) = (None, None);
        core::mem::replace(&mut self.reach, Reach::Lost) != Reach::Lost
    }

    /// Whether it had been lost; `None`: it could be reached all the time.
    pub(super) fn back(&mut self) -> Option<bool> {
        match core::mem::replace(&mut self.reach, Reach::Reached) {
            Reach::Reached => None,
            before => Some(before == Reach::Lost),
        }
    }

    pub(super) fn deadline(&self) -> Option<Micros> {
        let renewal = self.renewal.filter(|_| self.is_reached());
        [self.mode_until, renewal].into_iter().flatten().min()
    }
}
