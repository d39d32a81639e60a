//! What a PD tells unasked, and how old it may be.
//!
//! A PD that could not be reached keeps what was presented meanwhile, and tells it when it is polled again: a card that
//! somebody gave up on minutes ago must not open the door now. What it tells is no older than the last poll that it
//! answered with nothing new. That poll's first sending counts: its ACK may have been repeated ever since.

use core::time::Duration;

use super::config::LineConfig;
use super::counters::count;
use super::hearing::{Delivery, Heard, Inbox};
use super::peer::Peer;
use super::phase::Sent;
use crate::osdp::reply::{Reply, code};
use crate::time::Micros;

/// FMT: a card as text, from devices older than OSDP 2.2.2.
const FMT: u8 = 0x51;

impl<const N: usize> Peer<N> {
    /// The genuine answer to a poll.
    pub(super) fn poll_answered(
        &mut self,
        now: Micros,
        line: &LineConfig,
        sent: &Sent,
        message: (u8, &[u8]),
        inbox: &mut Inbox<N>,
    ) -> Heard {
        let (code, data) = message;
        match Reply::parse(code, data) {
            Ok(Reply::Ack) => self.quiet_since = Some(sent.at),
            Ok(Reply::Nak(_)) => {}
            _ => return self.take_news(now, line, code, data, inbox),
        }
        Heard::Answered
    }

    fn take_news(
        &mut self,
        now: Micros,
        line: &LineConfig,
        code: u8,
        data: &[u8],
        inbox: &mut Inbox<N>,
    ) -> Heard {
        self.due = now; // there may be more where that came from
        let max_age = self.quiet_since.map(|at| now.since(at));
        if is_presented(code) && is_stale(max_age, line.stale_after) {
            count(&mut self.counters.stale_reads);
            return Heard::Answered;
        }
        inbox.put(code, data);
        Heard::Delivered(Delivery::News { max_age })
    }
}

/// Whether a human being may wait for an answer to it: a card or keys.
fn is_presented(code: u8) -> bool {
    matches!(code, code::RAW | FMT | code::KEYPAD)
}

/// What is of unknown age counts as old.
fn is_stale(max_age: Option<Duration>, limit: Option<Duration>) -> bool {
    limit.is_some_and(|limit| max_age.is_none_or(|age| age > limit))
}
