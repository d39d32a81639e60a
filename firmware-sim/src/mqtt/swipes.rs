//! Swipes at readers for which the gateway decides: they wait until a lock is released, or nobody will any more.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use super::firmware::{Firmware, Moment, Verdict};
use crate::limits::{MAX_WAITING_SWIPES, SWIPE_PATIENCE};

/// How a card presented at a device fared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Swiped {
    /// The device decided.
    Own(Verdict, Duration),
    /// The gateway opened.
    Opened(Duration),
    /// The gateway did not open in time.
    Unanswered,
    /// The reader can't read such a card.
    Unread,
    /// The device has no such reader, but so many.
    NoSuchReader(u8),
    /// The device has no power.
    NoPower,
}

/// Swipes that wait at one device.
#[derive(Default)]
pub(super) struct Swipes(VecDeque<Waiting>);

struct Waiting {
    presented: Duration,
    reader: u8,
    /// How often the lock had been released before.
    released: u64,
    answer: SyncSender<Swiped>,
}

impl Swipes {
    /// A card was presented at a reader whose lock had been released so often before.
    pub(super) fn wait(&mut self, at: Moment, reader: u8, released: u64, answer: SyncSender<Swiped>) {
        if self.0.len() == MAX_WAITING_SWIPES
            && let Some(oldest) = self.0.pop_front()
        {
            // Who asked may have given up, here and below.
            let _ = oldest.answer.send(Swiped::Unanswered);
        }
        self.0.push_back(Waiting { presented: at.since_start, reader, released, answer });
    }

    /// Answers those that are decided, and those that have waited long enough.
    pub(super) fn answer(&mut self, at: Moment, firmware: &dyn Firmware) {
        self.0.retain(|waiting| {
            let took = at.since_start.saturating_sub(waiting.presented);
            let answer = if firmware.released(waiting.reader) > waiting.released {
                Swiped::Opened(took)
            } else if took >= SWIPE_PATIENCE {
                Swiped::Unanswered
            } else {
                return true;
            };
            let _ = waiting.answer.send(answer);
            false
        });
    }

    /// When the first of them has waited long enough.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.0.iter().map(|waiting| waiting.presented + SWIPE_PATIENCE).min()
    }
}
