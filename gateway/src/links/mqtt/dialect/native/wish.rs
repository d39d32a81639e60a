//! Outputs of one controller that are to be switched: sent once, answered once, never kept for later.

use panel_protocol::time::Micros;

use super::envelope::Tag;
use crate::links::ActuateError;
use crate::links::mqtt::limits::MAX_ACTUATIONS;
use crate::links::mqtt::talk::Done;

/// Those that have been sent and not been answered.
#[derive(Debug, Default)]
pub(super) struct Wishes(Vec<Wish>);

#[derive(Debug)]
struct Wish {
    tag: Tag,
    until: Micros,
    done: Done,
}

impl Wishes {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MAX_ACTUATIONS
    }

    pub(super) fn add(&mut self, tag: Tag, until: Micros, done: Done) {
        self.0.push(Wish { tag, until, done });
    }

    /// The controller says what came of it; whether it was asked.
    pub(super) fn answered(&mut self, tag: Tag, status: u8) -> bool {
        let Some(at) = self.0.iter().position(|wish| wish.tag == tag) else { return false };
        answer(self.0.swap_remove(at).done, result(status));
        true
    }

    /// Those that nobody answered in time may or may not have been done.
    pub(super) fn expire(&mut self, now: Micros) {
        for late in self.0.extract_if(.., |wish| wish.until <= now) {
            answer(late.done, Err(ActuateError::Unconfirmed));
        }
    }

    /// No answer comes any more.
    pub(super) fn lose(&mut self) {
        self.0.drain(..).for_each(|wish| answer(wish.done, Err(ActuateError::Unconfirmed)));
    }

    pub(super) fn deadline(&self) -> Option<Micros> {
        self.0.iter().map(|wish| wish.until).min()
    }
}

fn result(status: u8) -> Result<(), ActuateError> {
    match status {
        0 => Ok(()),
        1 => Err(ActuateError::Refused("it has no such output".to_owned())),
        3 => Err(ActuateError::TooLate),
        _ => Err(ActuateError::Refused("it doesn't do that now".to_owned())),
    }
}

/// Whoever asked may have gone.
pub(super) fn answer(done: Done, result: Result<(), ActuateError>) {
    drop(done.send(result));
}
