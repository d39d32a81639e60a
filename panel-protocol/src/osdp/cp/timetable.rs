//! When one PD is next due, when it was last heard, and how long to leave it alone when it can't be brought up.

use core::time::Duration;

use super::config::LineConfig;
use super::timing::{Backoff, poll_interval};
use crate::time::Micros;

/// One PD's times.
#[derive(Debug)]
pub(super) struct Timetable {
    /// When the next poll, or the next step of the bring-up, is due.
    due: Micros,
    last_heard: Option<Micros>,
    backoff: Backoff,
}

impl Timetable {
    pub(super) fn new(line: &LineConfig) -> Self {
        Self { due: Micros(0), last_heard: None, backoff: Backoff::new(line) }
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
        self.backoff.step(line)
    }

    /// An attempt has led somewhere: pauses are short again.
    pub(super) fn forgive(&mut self, line: &LineConfig) {
        self.backoff = Backoff::new(line);
    }

    /// It is to be looked at again at once.
    pub(super) fn hurry(&mut self, now: Micros, line: &LineConfig) {
        self.forgive(line);
        self.due = now;
    }
}
