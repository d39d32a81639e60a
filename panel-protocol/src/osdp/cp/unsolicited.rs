//! What a PD tells unasked, and how old it may be.
//!
//! A PD that could not be reached keeps what was presented meanwhile, and tells it when it is polled again: a card that
//! somebody gave up on minutes ago must not open the door now. What it tells is no older than the last poll that it
//! answered with nothing new. That poll's first sending counts: its ACK may have been repeated ever since.

use core::time::Duration;

use crate::osdp::reply::code;
use crate::time::Micros;

/// FMT: a card as text, from devices older than OSDP 2.2.2.
const FMT: u8 = 0x51;

/// When one PD last had nothing to tell.
#[derive(Debug, Default)]
pub(super) struct Freshness {
    quiet_since: Option<Micros>,
}

impl Freshness {
    /// A poll first sent at `at` was answered with nothing new.
    pub(super) fn quiet(&mut self, at: Micros) {
        self.quiet_since = Some(at);
    }

    /// Another device is there, of which nothing is known.
    pub(super) fn forget(&mut self) {
        self.quiet_since = None;
    }

    /// How old what it tells now is at most; `None`: nobody knows.
    pub(super) fn max_age(&self, now: Micros) -> Option<Duration> {
        self.quiet_since.map(|at| now.since(at))
    }
}

/// Whether something of that age is too old to be told: a card or keys, which a human being may wait for an answer to.
/// What is of unknown age counts as old.
pub(super) fn is_stale(code: u8, max_age: Option<Duration>, limit: Option<Duration>) -> bool {
    let is_presented = matches!(code, code::RAW | FMT | code::KEYPAD);
    is_presented && limit.is_some_and(|limit| max_age.is_none_or(|age| age > limit))
}
