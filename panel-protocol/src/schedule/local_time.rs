//! The wall clock: what it shows at an instant, by the changes that are known.

use heapless::Vec;

use crate::limits::MAX_CLOCK_CHANGES;
use crate::time::UtcSeconds;

const MINUTES_PER_DAY: i32 = 24 * 60;

/// From an instant on, the wall clock is so far ahead of UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ClockChange {
    /// From when.
    pub at: UtcSeconds,
    /// How far, in minutes; negative in the west.
    pub ahead: i16,
}

/// The changes that a controller knows, in order. The first says what holds before the others; before it the wall clock
/// is not known, and after the last it stays as it is.
pub type ClockChanges = Vec<ClockChange, MAX_CLOCK_CHANGES>;

/// What the wall clock shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LocalTime {
    /// The day, counted from 1970-01-01.
    pub day: i32,
    /// The minute since 00:00, to 1439.
    pub minute: u16,
}

impl ClockChange {
    /// Farthest that a wall clock is from UTC, in minutes: a day and a bit more than any zone has ever had.
    pub const MAX_AHEAD: i16 = 26 * 60;
}

impl LocalTime {
    /// What the wall clock shows at an instant; `None` if no change before it is known.
    pub fn at(at: UtcSeconds, changes: &[ClockChange]) -> Option<Self> {
        let change = changes.iter().take_while(|change| change.at <= at).last()?;
        let minutes = i32::try_from(at.0 / 60).ok()? + i32::from(change.ahead);
        let day = minutes.div_euclid(MINUTES_PER_DAY);
        let minute = u16::try_from(minutes.rem_euclid(MINUTES_PER_DAY)).ok()?;
        Some(Self { day, minute })
    }
}
