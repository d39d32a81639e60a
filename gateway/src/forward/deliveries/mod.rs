//! One target's deliveries: what is sent next and when, what comes of an answer. Pure: it is told the time.
//!
//! At least once, in the order of the log, one batch on its way at a time. A target that can't be reached is tried again
//! for as long as the log keeps its events; an event that the target refuses becomes a dead letter after a few tries, so that
//! it doesn't hold up those behind it.
//!
//! [`next`](Deliveries::next) says what to do; when that is [`Next::Send`], the batch is tried and
//! [`answered`](Deliveries::answered) is told of it. [`progress`](Deliveries::progress) is what to keep after each answer.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::limits::{LONGEST_WAIT, MAX_REASON_BYTES, TRIES_OF_REFUSED, WAITS};
use crate::domain::{DeadLetter, ForwardProgress};

/// What came of a try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// All of the batch is the target's.
    Taken,
    /// The target will not take this as it is.
    Refused {
        /// What it said.
        why: String,
    },
    /// It can't be reached, or can't take anything now.
    Unavailable {
        /// What it or the system said.
        why: String,
        /// How long it asks to be left alone.
        wait: Option<Duration>,
    },
    /// It wants no more, ever.
    Gone {
        /// What it said.
        why: String,
    },
}

/// What to do now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Send these.
    Send(Batch),
    /// Nothing before that instant.
    WaitUntil(Instant),
    /// Nothing until there are more events, or an operator says so.
    Rest,
}

/// Which events are sent together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Batch {
    /// A dead letter, by itself.
    Again(u64),
    /// Those after this number, at most so many.
    After {
        /// The last that is done with.
        number: u64,
        /// How many at most.
        most: usize,
    },
}

/// The deliveries to one target.
#[derive(Debug)]
pub struct Deliveries {
    progress: ForwardProgress,
    most: usize,
    newest: u64,
    /// Until this number, events go one by one: one of them was refused.
    alone_until: u64,
    failing: Option<Failing>,
    last_taken: Option<Timestamp>,
}

/// Tries that failed, since the last that did not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failing {
    /// Since when.
    pub since: Timestamp,
    /// What was said last.
    pub why: String,
    tries: u32,
    until: Instant,
}

impl Deliveries {
    /// Goes on from `progress`, with at most so many events in one batch.
    pub fn new(progress: ForwardProgress, most: usize) -> Self {
        Self { progress, most: most.max(1), newest: 0, alone_until: 0, failing: None, last_taken: None }
    }

    /// The log holds events up to this number.
    pub fn newest(&mut self, number: u64) {
        self.newest = number;
    }

    /// What to do now.
    pub fn next(&self, now: Instant) -> Next {
        if self.progress.off.is_some() {
            return Next::Rest;
        }
        match &self.failing {
            Some(failing) if now < failing.until => return Next::WaitUntil(failing.until),
            _ => {}
        }
        let number = self.progress.done;
        match self.progress.again.front() {
            Some(again) => Next::Send(Batch::Again(*again)),
            None if number >= self.newest => Next::Rest,
            None if number < self.alone_until => Next::Send(Batch::After { number, most: 1 }),
            None => Next::Send(Batch::After { number, most: self.most }),
        }
    }

    /// The events of a batch, as they were found in the log: `first` to `last`, or none any more. Those between were lost with
    /// the log's own end.
    pub fn found(&mut self, batch: Batch, first: Option<u64>) {
        match (batch, first) {
            (Batch::Again(number), None) => {
                self.progress.again.pop_front();
                self.progress.dead.retain(|letter| letter.number != number);
                self.progress.lost += 1;
            }
            (Batch::After { number, .. }, Some(first)) => {
                self.progress.lost += first.saturating_sub(number + 1);
                self.progress.done = first.saturating_sub(1).max(number);
            }
            (Batch::After { .. }, None) => self.progress.done = self.newest,
            (Batch::Again(_), Some(_)) => {}
        }
    }

    /// Events of the batch that are nobody's: passed over, up to this one.
    pub fn passed_over(&mut self, last: u64) {
        self.progress.done = self.progress.done.max(last);
    }

    /// What came of a batch whose last event has the number `last`. `jitter` is from 0 to 1.
    pub fn answered(
        &mut self,
        batch: Batch,
        last: u64,
        outcome: Outcome,
        now: (Instant, Timestamp),
        jitter: f64,
    ) {
        match outcome {
            Outcome::Taken => self.taken(batch, last, now.1),
            Outcome::Gone { why } => self.progress.off = Some(brief(&why)),
            Outcome::Unavailable { why, wait } => {
                self.failed(&why, wait, now, jitter);
            }
            Outcome::Refused { why } => self.refused(batch, last, &why, now, jitter),
        }
    }

    fn taken(&mut self, batch: Batch, last: u64, at: Timestamp) {
        self.failing = None;
        self.last_taken = Some(at);
        match batch {
            Batch::Again(number) => {
                self.progress.again.pop_front();
                self.progress.dead.retain(|letter| letter.number != number);
            }
            Batch::After { .. } => self.progress.done = self.progress.done.max(last),
        }
    }

    fn refused(&mut self, batch: Batch, last: u64, why: &str, now: (Instant, Timestamp), jitter: f64) {
        match batch {
            Batch::After { number, .. } if last > number + 1 => {
                self.alone_until = last; // one of them is refused; which, is found by sending them one by one
            }
            _ if self.failed(why, None, now, jitter) < TRIES_OF_REFUSED => {}
            Batch::After { .. } => {
                self.failing = None;
                self.progress.bury(DeadLetter { number: last, at: now.1, why: brief(why) });
                self.progress.done = self.progress.done.max(last);
            }
            Batch::Again(number) => {
                self.failing = None;
                self.progress.again.pop_front();
                if let Some(letter) = self.progress.dead.iter_mut().find(|letter| letter.number == number) {
                    (letter.at, letter.why) = (now.1, brief(why));
                }
            }
        }
    }

    /// Counts a failure; how many there were in a row.
    fn failed(&mut self, why: &str, wait: Option<Duration>, now: (Instant, Timestamp), jitter: f64) -> u32 {
        let tries = self.failing.as_ref().map_or(0, |failing| failing.tries);
        let since = self.failing.as_ref().map_or(now.1, |failing| failing.since);
        let usual = WAITS[usize::try_from(tries).unwrap_or(usize::MAX).min(WAITS.len() - 1)];
        let wait = wait.unwrap_or(usual).clamp(WAITS[0], LONGEST_WAIT);
        let until = now.0 + wait.mul_f64(1.0 + jitter.clamp(0.0, 1.0) / 5.0);
        let tries = tries.saturating_add(1);
        self.failing = Some(Failing { since, why: brief(why), tries, until });
        tries
    }

    /// Dead letters are offered again, oldest first, before all else. How many.
    pub fn again(&mut self, now: Instant) -> usize {
        self.progress.again = self.progress.dead.iter().map(|letter| letter.number).collect();
        self.go_on(now);
        self.progress.again.len()
    }

    /// A target that was off, or waits, is tried at once.
    pub fn go_on(&mut self, now: Instant) {
        self.progress.off = None;
        if let Some(failing) = &mut self.failing {
            failing.until = now;
        }
    }

    /// What is kept over a restart.
    pub fn progress(&self) -> &ForwardProgress {
        &self.progress
    }

    /// Why nothing arrives now.
    pub fn failing(&self) -> Option<&Failing> {
        self.failing.as_ref()
    }

    /// When the target took something last, since the service started.
    pub fn last_taken(&self) -> Option<Timestamp> {
        self.last_taken
    }

    /// Events that wait.
    pub fn waiting(&self) -> u64 {
        self.newest.saturating_sub(self.progress.done)
    }
}

/// At most [`MAX_REASON_BYTES`] of it, on one line.
fn brief(why: &str) -> String {
    let mut end = why.len().min(MAX_REASON_BYTES);
    while !why.is_char_boundary(end) {
        end -= 1;
    }
    why[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
