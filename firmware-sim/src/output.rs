//! An output: what it shows by its own timer, how often it was switched on, and who waits for that.

use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use crate::limits::MAX_WAITING_SWIPES;

/// One output. Times are those of its line.
#[derive(Debug, Default)]
pub(crate) struct Output {
    for_good: bool,
    /// What it shows until then.
    timed: Option<(bool, Duration)>,
    switched_on: u64,
    waiting: Vec<SyncSender<Instant>>,
}

impl Output {
    pub(crate) fn is_on(&self, now: Duration) -> bool {
        match self.timed {
            Some((shows, until)) if now < until => shows,
            _ => self.for_good,
        }
    }

    /// How often it was switched on, by whatever command.
    pub(crate) const fn switched_on(&self) -> u64 {
        self.switched_on
    }

    /// From now on, and no timer runs.
    pub(crate) fn set(&mut self, on: bool) {
        (self.for_good, self.timed) = (on, None);
        self.count(on);
    }

    /// Once the timer has run out.
    pub(crate) fn set_afterwards(&mut self, on: bool) {
        self.for_good = on;
    }

    /// For a while, then as before.
    pub(crate) fn set_for(&mut self, now: Duration, on: bool, span: Duration) {
        self.timed = Some((on, now + span));
        self.count(on);
    }

    /// Without power, or by a watchdog.
    pub(crate) fn drop_out(&mut self) {
        (self.for_good, self.timed) = (false, None);
    }

    /// Whoever waits is told when it is next switched on.
    pub(crate) fn watch(&mut self, waiting: SyncSender<Instant>) {
        if self.waiting.len() == MAX_WAITING_SWIPES {
            self.waiting.remove(0);
        }
        self.waiting.push(waiting);
    }

    fn count(&mut self, on: bool) {
        if !on {
            return;
        }
        self.switched_on += 1;
        for waiting in self.waiting.drain(..) {
            // Whoever waited may have given up.
            let _ = waiting.try_send(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_timer_ends_by_itself_and_what_holds_for_good_shows_again() {
        let mut output = Output::default();
        output.set_for(SECOND, true, SECOND * 5);
        assert!(output.is_on(SECOND * 5) && !output.is_on(SECOND * 6));
        output.set_afterwards(true);
        assert!(output.is_on(SECOND * 7));
        output.set_for(SECOND * 7, false, SECOND);
        assert!(!output.is_on(SECOND * 7) && output.is_on(SECOND * 8));
        output.set(false);
        assert!(!output.is_on(SECOND * 8));
        assert_eq!(output.switched_on(), 1);
        output.set(true);
        output.drop_out();
        assert!(!output.is_on(SECOND * 9) && output.switched_on() == 2);
    }

    #[test]
    fn whoever_waits_is_told_once() {
        let mut output = Output::default();
        let (told, tells) = std::sync::mpsc::sync_channel(1);
        output.watch(told);
        output.set(false);
        assert!(tells.try_recv().is_err());
        output.set_for(SECOND, true, SECOND);
        output.set(true);
        assert!(tells.try_recv().is_ok() && tells.try_recv().is_err());
    }
}
