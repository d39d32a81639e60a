//! Outputs that are to be switched, of a device that tells its outputs' states: sent once, done when the state is told, and
//! never kept for later.

use panel_protocol::time::Micros;

use super::{Done, Wish};
use crate::links::ActuateError;
use crate::links::mqtt::limits::MAX_ACTUATIONS;

/// Those that have been sent and not been confirmed.
#[derive(Debug, Default)]
pub(in crate::links::mqtt) struct Pending(Vec<One>);

#[derive(Debug)]
struct One {
    output: u8,
    on: bool,
    until: Micros,
    done: Done,
}

impl Pending {
    /// Whether another can be sent; if not, whoever wants it is told so.
    pub(in crate::links::mqtt) fn add(&mut self, wish: Wish, done: Done) -> bool {
        if self.0.len() >= MAX_ACTUATIONS {
            drop(done.send(Err(ActuateError::Busy)));
            return false;
        }
        self.0.push(One { output: wish.output, on: wish.tenths > 0, until: wish.until, done });
        true
    }

    /// The device tells that an output is in this state.
    pub(in crate::links::mqtt) fn told(&mut self, output: u8, on: bool) {
        for one in self.0.extract_if(.., |one| one.output == output && one.on == on) {
            drop(one.done.send(Ok(())));
        }
    }

    /// It tells that it doesn't do it.
    pub(in crate::links::mqtt) fn refused(&mut self, output: u8, why: &str) {
        for one in self.0.extract_if(.., |one| one.output == output) {
            drop(one.done.send(Err(ActuateError::Refused(why.to_owned()))));
        }
    }

    /// Those that nobody confirmed in time may or may not have been done.
    pub(in crate::links::mqtt) fn expire(&mut self, now: Micros) {
        for late in self.0.extract_if(.., |one| one.until <= now) {
            drop(late.done.send(Err(ActuateError::Unconfirmed)));
        }
    }

    /// No word comes any more.
    pub(in crate::links::mqtt) fn lose(&mut self) {
        self.0.drain(..).for_each(|one| drop(one.done.send(Err(ActuateError::Unconfirmed))));
    }

    pub(in crate::links::mqtt) fn deadline(&self) -> Option<Micros> {
        self.0.iter().map(|one| one.until).min()
    }
}
