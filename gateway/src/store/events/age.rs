//! How old events are, by a clock that may be wrong: the time that has been seen to pass counts, and not what the clock
//! jumped by.
//!
//! The newest file says when the log was last written. From there on the monotonic clock counts. A clock that is further
//! ahead than that may be wrong, or the box was off for so long: the log can't know, so it waits, running, for as long as
//! somebody needs to set the clock right. Files are stamped with the time that counts, so that a wrong clock leaves no trace.

use std::time::{Duration, Instant, SystemTime};

use jiff::SignedDuration;

/// What the clock may be ahead without being doubted: a box that was off for a night.
const DOUBTLESS: Duration = Duration::from_secs(24 * 3600);

/// How long a clock that is further ahead is doubted, while the service runs.
const DOUBTED: Duration = Duration::from_secs(7 * 24 * 3600);

/// The time that counts.
#[derive(Debug)]
pub(in crate::store) struct Age {
    seen: SystemTime,
    at: Instant,
    doubted_since: Option<Instant>,
    apart: SignedDuration,
}

impl Age {
    /// The log was last written at `seen`, and it is `at` now by the monotonic clock.
    pub(in crate::store) const fn since(seen: SystemTime, at: Instant) -> Self {
        Self { seen, at, doubted_since: None, apart: SignedDuration::ZERO }
    }

    /// What time counts, where the clock shows `wall`.
    pub(super) fn now(&mut self, wall: SystemTime, at: Instant) -> SystemTime {
        let observed = self.seen + at.saturating_duration_since(self.at);
        let ahead = match wall.duration_since(observed) {
            Ok(ahead) => ahead,
            Err(behind) => {
                self.doubted_since = None;
                self.apart = -SignedDuration::try_from(behind.duration()).unwrap_or(SignedDuration::MAX);
                return observed;
            }
        };
        if ahead <= DOUBTLESS {
            self.doubted_since = None;
            self.apart = SignedDuration::ZERO;
            return wall;
        }
        let since = *self.doubted_since.get_or_insert(at);
        if at.saturating_duration_since(since) >= DOUBTED {
            *self = Self::since(wall, at);
            return wall;
        }
        self.apart = SignedDuration::try_from(ahead).unwrap_or(SignedDuration::MAX);
        observed
    }

    /// How far the clock is ahead of the time that counts, or behind it if negative; 0 while it is believed.
    pub(super) const fn apart(&self) -> SignedDuration {
        self.apart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    /// 2026-11-30, and some moment of the monotonic clock.
    fn start() -> (Age, SystemTime, Instant) {
        let (seen, at) = (SystemTime::UNIX_EPOCH + 20_787 * DAY, Instant::now());
        (Age::since(seen, at), seen, at)
    }

    #[test]
    fn a_clock_that_goes_with_the_monotonic_one_counts_also_after_a_night() {
        let (mut age, seen, at) = start();
        for days in [0, 1, 30, 400] {
            let wall = seen + days * DAY + DAY;
            assert_eq!(age.now(wall, at + days * DAY), wall);
            assert_eq!(age.apart(), SignedDuration::ZERO);
        }
    }

    #[test]
    fn a_clock_that_jumped_ahead_is_waited_for_and_forgotten_when_it_comes_back() {
        let (mut age, seen, at) = start();
        let hour = DAY / 24;
        assert_eq!(age.now(seen + 91 * DAY, at), seen);
        assert_eq!(age.now(seen + 91 * DAY + 6 * DAY, at + 6 * DAY), seen + 6 * DAY);
        assert_eq!(age.apart(), SignedDuration::from_hours(91 * 24));
        assert_eq!(age.now(seen + 6 * DAY + hour, at + 6 * DAY + hour), seen + 6 * DAY + hour);
        assert_eq!(age.apart(), SignedDuration::ZERO);
        assert_eq!(age.now(seen + 91 * DAY, at + 7 * DAY), seen + 7 * DAY, "the doubt begins anew");
    }

    #[test]
    fn a_clock_that_stays_ahead_for_a_week_is_believed_in_the_end() {
        let (mut age, seen, at) = start();
        let after = |days: u32| (seen + 91 * DAY + days * DAY, at + days * DAY);
        for days in 0..7 {
            let (wall, moment) = after(days);
            assert_eq!(age.now(wall, moment), seen + days * DAY);
        }
        let (wall, moment) = after(7);
        assert_eq!(age.now(wall, moment), wall);
        assert_eq!(age.apart(), SignedDuration::ZERO);
        let (wall, moment) = after(8);
        assert_eq!(age.now(wall, moment), wall);
    }

    #[test]
    fn a_clock_that_is_behind_makes_nothing_younger_or_older() {
        let (mut age, seen, at) = start();
        for (days, behind) in [(0, 1), (1, 5_000), (400, 20_000)] {
            assert_eq!(age.now(seen + days * DAY - behind * DAY, at + days * DAY), seen + days * DAY);
            assert_eq!(age.apart(), SignedDuration::from_hours(-24 * i64::from(behind)));
        }
    }
}
