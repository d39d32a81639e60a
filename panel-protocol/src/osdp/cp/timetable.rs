//! When one PD is next due, when it was last heard, and how long to leave it alone when it can't be brought up.

use core::time::Duration;

use super::config::LineConfig;
use super::timing::{Backoff, poll_interval};
use crate::time::Micros;

/// Most that a PD gets for a reply, in the line's reply times: one that is slower is of no use to a line.
const MOST_REPLY_TIMES: u32 = 4;

/// Pause before the next attempt while something urgent waits, after a session that did not last: whatever keeps ending
/// sessions, such as another CP, the urgent goes through in between.
const URGENT_PAUSE: Duration = Duration::from_millis(50);

/// Attempts in a row that are made so soon.
const MOST_HASTE: u8 = 10;

/// One PD's times.
#[derive(Debug)]
pub(super) struct Timetable {
    /// When the next poll, or the next step of the bring-up, is due.
    due: Micros,
    last_heard: Option<Micros>,
    backoff: Backoff,
    /// When a pause may end for something urgent, if it may.
    hurry_from: Option<Micros>,
    /// Pauses that may end so before another session has been up.
    haste: u8,
    /// Whether an attempt has led nowhere since the last that did, or since it was to be looked at at once.
    sought_in_vain: bool,
    /// Time that it has for its replies, if it is known to need more than the line gives.
    reply_time: Option<Duration>,
}

impl Timetable {
    pub(super) fn new(line: &LineConfig) -> Self {
        Self {
            due: Micros(0),
            last_heard: None,
            backoff: Backoff::new(line),
            hurry_from: None,
            haste: 0,
            sought_in_vain: false,
            reply_time: None,
        }
    }

    pub(super) fn due(&self) -> Micros {
        self.due
    }

    /// Something more is due at `now`.
    pub(super) fn make_due(&mut self, now: Micros) {
        self.due = now;
    }

    /// A poll, or what takes its place, goes out at `now`.
    pub(super) fn polled(&mut self, now: Micros, line: &LineConfig) {
        self.due = now + poll_interval(line);
    }

    pub(super) fn last_heard(&self) -> Option<Micros> {
        self.last_heard
    }

    /// A valid reply came.
    pub(super) fn heard(&mut self, now: Micros) {
        self.last_heard = Some(now);
    }

    /// Whether it has been silent for too long.
    pub(super) fn is_silent(&self, now: Micros, line: &LineConfig) -> bool {
        self.last_heard.is_none_or(|at| now.since(at) >= line.offline_after)
    }

    /// The next, longer, pause between two attempts.
    pub(super) fn next_pause(&mut self, line: &LineConfig) -> Duration {
        self.sought_in_vain = true;
        self.backoff.step(line)
    }

    /// A session is up: whatever ends it, something urgent need not wait for long pauses.
    pub(super) fn grant_haste(&mut self) {
        self.haste = MOST_HASTE;
    }

    /// A pause has begun that only time ends.
    pub(super) fn forbid_haste(&mut self) {
        self.hurry_from = None;
    }

    /// A pause has begun that something urgent may end early.
    pub(super) fn let_urgent_hurry(&mut self, now: Micros) {
        if self.haste > 0 {
            self.haste -= 1;
            self.hurry_from = Some(now + URGENT_PAUSE);
        }
    }

    /// When a pause until `until` ends.
    pub(super) fn end_of_pause(&self, until: Micros, urgent: bool) -> Micros {
        self.hurry_from.filter(|_| urgent).map_or(until, |from| until.min(from))
    }

    pub(super) fn was_sought_in_vain(&self) -> bool {
        self.sought_in_vain
    }

    /// Time that it has for the first byte of a reply.
    pub(super) fn reply_timeout(&self, line: &LineConfig) -> Duration {
        self.reply_time.unwrap_or(line.reply_timeout)
    }

    /// A reply came when it was not awaited any more: it gets more time from now on. False: it has the most already.
    pub(super) fn replies_late(&mut self, line: &LineConfig) -> bool {
        let (now, most) = (self.reply_timeout(line), line.reply_timeout * MOST_REPLY_TIMES);
        self.reply_time = Some((now * 2).min(most));
        now < most
    }

    /// An attempt has led somewhere: pauses are short again.
    pub(super) fn forgive(&mut self, line: &LineConfig) {
        self.backoff = Backoff::new(line);
        self.sought_in_vain = false;
    }

    /// It is to be looked at again at once.
    pub(super) fn hurry(&mut self, now: Micros, line: &LineConfig) {
        self.forgive(line);
        self.due = now;
    }
}
