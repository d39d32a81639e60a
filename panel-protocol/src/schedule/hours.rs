//! All that a controller knows of the wall clock, and the one question that it answers.

use super::calendar::Calendar;
use super::local_time::{ClockChange, LocalTime};
use super::numbered::Numbered;
use super::schedule::Schedule;
use super::when::When;
use crate::time::UtcSeconds;

/// How far ahead the end of a schedule's hours is looked for.
const LONGEST_HOURS_MINUTES: u32 = 24 * 60;

/// Schedules, holidays and clock changes, wherever their owner keeps them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hours<'a> {
    /// The zone's changes, in order.
    pub clock_changes: &'a [ClockChange],
    /// The schedules, sorted by number.
    pub schedules: &'a [Numbered<Schedule>],
    /// The calendars that they name, sorted by number.
    pub calendars: &'a [Numbered<Calendar>],
}

/// What is missing for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unknown {
    /// The clock has not been set.
    Clock,
    /// No clock change is known, so there is no wall clock.
    Zone,
    /// No schedule has this number.
    Schedule(u8),
}

impl Hours<'_> {
    /// Whether it is so at this instant (`None`: the clock has not been set).
    ///
    /// # Errors
    /// When nobody can know.
    pub fn includes(&self, when: When, at: Option<UtcSeconds>) -> Result<bool, Unknown> {
        let number = match when {
            When::Never => return Ok(false),
            When::Always => return Ok(true),
            When::Schedule(number) => number,
        };
        let schedule = Numbered::find(self.schedules, number).ok_or(Unknown::Schedule(number))?;
        let local = LocalTime::at(at.ok_or(Unknown::Clock)?, self.clock_changes).ok_or(Unknown::Zone)?;
        Ok(schedule.is_open(local, self.calendars))
    }

    /// The first second after `at` in which it is no longer so, or the same time a day later if that is sooner. `at`
    /// itself if it isn't so even then.
    pub fn end(&self, when: When, at: UtcSeconds) -> UtcSeconds {
        let minute = |number: u32| UtcSeconds((at.0 - at.0 % 60).saturating_add(number * 60));
        let is_over = |at| self.includes(when, Some(at)) != Ok(true);
        if is_over(at) {
            return at;
        }
        (1..LONGEST_HOURS_MINUTES)
            .map(minute)
            .find(|at| is_over(*at))
            .unwrap_or(UtcSeconds(at.0.saturating_add(LONGEST_HOURS_MINUTES * 60)))
    }
}
