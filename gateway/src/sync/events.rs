//! How far a controller's events have been fetched, kept and acknowledged.

use jiff::Timestamp;

use super::later;
use super::limits::RETRY_AFTER;
use super::room::EventsWaiting;

/// Events of one controller on their way into the event log. The controller forgets them only once they are kept.
#[derive(Debug)]
pub(super) struct EventCursor {
    epoch: u32,
    /// The first that was not fetched yet.
    wanted: u32,
    /// The number that the controller's next event will have, as last heard.
    next_at_panel: u32,
    /// The oldest that the controller keeps, as last heard.
    first_at_panel: u32,
    /// Fetched, and the log has not confirmed them yet: the number after the last.
    storing: Option<u32>,
    /// Events that the controller forgot before they were fetched.
    lost: u64,
    /// Of those, so many have been told of.
    told_lost: u64,
    /// Until then none are fetched: the last could not be read.
    not_before: Timestamp,
}

impl Default for EventCursor {
    /// Nothing is known of the controller's events.
    fn default() -> Self {
        Self {
            epoch: 0,
            wanted: 0,
            next_at_panel: 0,
            first_at_panel: 0,
            storing: None,
            lost: 0,
            told_lost: 0,
            not_before: Timestamp::MIN,
        }
    }
}

/// What to do next about events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum EventStep {
    Read { from: u32 },
    Acknowledge { before: u32 },
}

impl EventCursor {
    /// Events up to here are in the log from before.
    pub(super) fn resume(&mut self, epoch: u32, wanted: u32) {
        self.epoch = epoch;
        self.wanted = wanted;
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// How many have been lost since this was last asked.
    pub(super) fn take_lost(&mut self) -> u64 {
        self.lost - std::mem::replace(&mut self.told_lost, self.lost)
    }

    /// What INFO or a poll says of the controller's events.
    pub(super) fn heard(&mut self, epoch: u32, first: u32, next: u32) {
        if epoch != self.epoch || next < self.wanted {
            let (lost, told_lost, not_before) = (self.lost, self.told_lost, self.not_before);
            *self = Self { epoch, wanted: first, lost, told_lost, not_before, ..Self::default() };
        }
        self.lost += u64::from(first.saturating_sub(self.wanted));
        self.wanted = self.wanted.max(first);
        self.first_at_panel = first;
        self.next_at_panel = next;
    }

    /// The controller tells of its events without being asked.
    pub(super) fn waiting(&mut self, news: EventsWaiting) {
        if self.epoch != 0 {
            self.heard(self.epoch, news.first_event, news.next_event);
        }
    }

    /// They could not be read: they are left alone for a while, so that rows don't wait behind them.
    pub(super) fn unreadable(&mut self, now: Timestamp) {
        self.not_before = later(now, RETRY_AFTER);
    }

    /// Events up to this number have been fetched.
    pub(super) fn fetched(&mut self, before: u32, next: u32) {
        self.wanted = self.wanted.max(before);
        self.next_at_panel = next;
        self.storing = Some(self.wanted);
    }

    /// The log has them.
    pub(super) fn stored(&mut self, epoch: u32, before: u32) {
        if epoch == self.epoch && self.storing == Some(before) {
            self.storing = None;
        }
    }

    /// They could not be stored and must be fetched again.
    pub(super) fn not_stored(&mut self) {
        if self.storing.take().is_some() {
            self.wanted = self.first_at_panel;
        }
    }

    pub(super) fn acknowledged(&mut self, before: u32) {
        self.first_at_panel = self.first_at_panel.max(before);
    }

    pub(super) fn next_step(&self, now: Timestamp) -> Option<EventStep> {
        if self.storing.is_some() || now < self.not_before {
            None
        } else if self.first_at_panel < self.wanted {
            Some(EventStep::Acknowledge { before: self.wanted })
        } else if self.wanted < self.next_at_panel {
            Some(EventStep::Read { from: self.wanted })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn cursor(wanted: u32) -> EventCursor {
        let mut cursor = EventCursor::default();
        cursor.resume(7, wanted);
        cursor
    }

    #[test]
    fn events_are_read_kept_and_acknowledged_in_that_order() {
        assert_eq!(EventCursor::default().next_step(NOW), None);
        let mut events = cursor(3);
        events.heard(7, 3, 5);
        assert_eq!(events.next_step(NOW), Some(EventStep::Read { from: 3 }));
        events.fetched(5, 6);
        assert_eq!(events.next_step(NOW), None, "the log has them not yet");
        events.stored(7, 4);
        events.stored(8, 5);
        assert_eq!(events.next_step(NOW), None, "that was something else");
        events.stored(7, 5);
        assert_eq!(events.next_step(NOW), Some(EventStep::Acknowledge { before: 5 }));
        events.acknowledged(5);
        events.acknowledged(4);
        assert_eq!(events.next_step(NOW), Some(EventStep::Read { from: 5 }), "one came meanwhile");
        events.fetched(6, 6);
        events.stored(7, 6);
        events.acknowledged(6);
        assert_eq!((events.next_step(NOW), events.lost()), (None, 0));
    }

    #[test]
    fn what_could_not_be_kept_is_read_again() {
        let mut events = cursor(0);
        events.heard(7, 0, 2);
        events.not_stored();
        assert_eq!(events.next_step(NOW), Some(EventStep::Read { from: 0 }), "there was nothing to keep");
        events.fetched(2, 2);
        events.not_stored();
        assert_eq!(events.next_step(NOW), Some(EventStep::Read { from: 0 }));
    }

    #[test]
    fn what_the_panel_forgot_is_counted_and_a_panel_that_begins_anew_is_read_from_its_first() {
        let mut events = cursor(3);
        events.heard(7, 5, 9);
        assert_eq!((events.lost(), events.next_step(NOW)), (2, Some(EventStep::Read { from: 5 })));
        events.heard(7, 5, 9);
        assert_eq!(events.lost(), 2, "once");
        events.heard(7, 5, 5);
        assert_eq!((events.lost(), events.next_step(NOW)), (2, None));
        events.heard(7, 0, 1);
        assert_eq!(events.next_step(NOW), Some(EventStep::Read { from: 0 }), "it counts from the beginning");
        events.heard(8, 4, 6);
        assert_eq!((events.epoch(), events.lost()), (8, 2));
        assert_eq!(events.next_step(NOW), Some(EventStep::Read { from: 4 }));
    }

    #[test]
    fn news_count_once_the_panel_is_known_and_unreadable_events_wait() {
        let mut events = EventCursor::default();
        let news = EventsWaiting { first_event: 0, next_event: 4 };
        events.waiting(news);
        assert_eq!(events.next_step(NOW), None);
        let mut events = cursor(0);
        events.waiting(news);
        events.unreadable(NOW);
        events.waiting(news);
        let again = later(NOW, RETRY_AFTER);
        assert_eq!(events.next_step(again - Duration::from_nanos(1)), None);
        assert_eq!(events.next_step(again), Some(EventStep::Read { from: 0 }));
        events.unreadable(again);
        events.heard(8, 0, 4);
        assert_eq!(events.next_step(again), None, "whatever its epoch");
    }

    #[test]
    fn events_that_were_forgotten_unfetched_are_told_once() {
        let mut cursor = EventCursor::default();
        cursor.resume(7, 10);
        cursor.heard(7, 10, 12);
        assert_eq!(cursor.take_lost(), 0);
        cursor.heard(7, 25, 40);
        assert_eq!((cursor.take_lost(), cursor.take_lost(), cursor.lost()), (15, 0, 15));
        assert_eq!(cursor.next_step(NOW), Some(EventStep::Read { from: 25 }));
        cursor.heard(8, 3, 5);
        assert_eq!(
            (cursor.take_lost(), cursor.lost()),
            (0, 15),
            "a panel that begins anew has lost nothing of ours"
        );
    }
}
