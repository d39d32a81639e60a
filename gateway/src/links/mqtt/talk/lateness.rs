//! How late a message comes, by a clock of the device that nobody has set: what counts is how much longer it took than
//! others.
//!
//! A card that somebody gave up on minutes ago must not open the door now, wherever the message about it has waited.

use std::time::Duration;

use panel_protocol::time::Micros;

/// A device's clock that goes back by so much has been set anew.
const SET_BACK_MS: i64 = 60_000;

/// What is known of a device's clock.
#[derive(Debug, Default)]
pub(in crate::links::mqtt) struct Lateness {
    /// By how much ours is ahead of it, and the smallest way of a message; `None` before the first message.
    ahead_ms: Option<i64>,
    last_ms: i64,
}

impl Lateness {
    /// The device has just answered: its message can't be old.
    pub(in crate::links::mqtt) fn answered(&mut self, now: Micros, theirs_ms: i64) {
        self.ahead_ms = Some(ours(now) - theirs_ms);
        self.last_ms = theirs_ms;
    }

    /// How old a message is at least, that was written at this time of the device.
    pub(in crate::links::mqtt) fn age(&mut self, now: Micros, theirs_ms: i64) -> Duration {
        let was_set = theirs_ms < self.last_ms - SET_BACK_MS;
        self.last_ms = theirs_ms;
        let ahead = ours(now) - theirs_ms;
        let least = self.ahead_ms.filter(|_| !was_set).map_or(ahead, |least| least.min(ahead));
        self.ahead_ms = Some(least);
        Duration::from_millis(u64::try_from(ahead - least).unwrap_or(0))
    }

    /// The device may have begun anew.
    pub(in crate::links::mqtt) fn forget(&mut self) {
        *self = Self::default();
    }
}

fn ours(now: Micros) -> i64 {
    i64::try_from(now.0 / 1000).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waited_longer_than_others_is_old() {
        let mut lateness = Lateness::default();
        let at = |seconds: u64| Micros(seconds * 1_000_000);
        assert_eq!(lateness.age(at(100), 5_000), Duration::ZERO, "the first can't be compared");
        assert_eq!(lateness.age(at(110), 14_500), Duration::from_millis(500));
        assert_eq!(lateness.age(at(160), 15_000), Duration::from_secs(50));
        lateness.answered(at(200), 900_000);
        assert_eq!(lateness.age(at(201), 901_000), Duration::ZERO);
        assert_eq!(lateness.age(at(204), 901_000), Duration::from_secs(3));
        assert_eq!(lateness.age(at(205), 1_000), Duration::ZERO, "it has begun anew");
        assert_eq!(lateness.age(at(300), i64::MIN / 4), Duration::ZERO);
    }
}
