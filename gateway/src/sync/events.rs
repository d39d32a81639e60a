//! How far a controller's events have been fetched, kept and acknowledged.

/// Events of one controller on their way into the event log. The controller forgets them only once they are kept.
#[derive(Debug, Default)]
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
            *self =
                Self { epoch, wanted: first, lost: self.lost, told_lost: self.told_lost, ..Self::default() };
        }
        self.lost += u64::from(first.saturating_sub(self.wanted));
        self.wanted = self.wanted.max(first);
        self.first_at_panel = first;
        self.next_at_panel = next;
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

    pub(super) fn next_step(&self) -> Option<EventStep> {
        if self.storing.is_some() {
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
    use super::*;

    #[test]
    fn events_that_were_forgotten_unfetched_are_told_once() {
        let mut cursor = EventCursor::default();
        cursor.resume(7, 10);
        cursor.heard(7, 10, 12);
        assert_eq!(cursor.take_lost(), 0);
        cursor.heard(7, 25, 40);
        assert_eq!((cursor.take_lost(), cursor.take_lost(), cursor.lost()), (15, 0, 15));
        assert_eq!(cursor.next_step(), Some(EventStep::Read { from: 25 }));
        cursor.heard(8, 3, 5);
        assert_eq!(
            (cursor.take_lost(), cursor.lost()),
            (0, 15),
            "a panel that begins anew has lost nothing of ours"
        );
    }
}
