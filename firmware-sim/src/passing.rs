//! Somebody who walks through a door whose lock was let go.

use std::time::Duration;

/// How long after the lock was let go the door is opened, and how long it then stands open.
const OPENED_AFTER: Duration = Duration::from_millis(400);
const OPEN_FOR: Duration = Duration::from_millis(1_200);

/// One door, and when its lock was last let go.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Passing {
    since: Option<Duration>,
    was_open: bool,
}

impl Passing {
    /// Its lock is let go.
    pub(crate) fn begin(&mut self, now: Duration) {
        self.since = Some(now);
    }

    /// Whether it stands open.
    pub(crate) fn is_open(&self, now: Duration) -> bool {
        self.since.is_some_and(|since| {
            let opens = since + OPENED_AFTER;
            now >= opens && now < opens + OPEN_FOR
        })
    }

    /// Whether it has been opened or closed since the last look.
    pub(crate) fn moved(&mut self, now: Duration) -> bool {
        let is_open = self.is_open(now);
        std::mem::replace(&mut self.was_open, is_open) != is_open
    }
}
