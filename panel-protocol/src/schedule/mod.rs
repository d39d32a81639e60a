//! When a door opens: weekly hours by the wall clock, holidays, and the wall clock itself.
//!
//! A [`Schedule`] is a list of [`Interval`]s of wall-clock minutes, on weekdays or on the holidays of a [`Calendar`].
//! A holiday takes the place of the whole day on which it falls. An interval over midnight belongs to the day on which
//! it begins, and ends at midnight if the next day is a holiday.
//!
//! An instant lies inside an interval if the wall clock shows a minute in `[from, until)` then. So both passes of an hour
//! that is repeated count, and an hour that is skipped never comes. A controller has no database of time zones: it is
//! told the zone's coming [`ClockChange`]s. [`Hours`] puts all of it together and answers the one question.

mod calendar;
mod date;
mod hours;
mod interval;
mod local_time;
mod numbered;
#[allow(clippy::module_inception, reason = "the schedule is what this module is about")]
mod schedule;
mod when;

pub use calendar::{Calendar, Holiday, HolidayError};
pub use date::{Date, LAST_DAY};
pub use hours::{Hours, Unknown};
pub use interval::{Interval, IntervalError, MINUTES_PER_DAY, On, Weekdays};
pub use local_time::{ClockChange, ClockChanges, LocalTime};
pub use numbered::Numbered;
pub use schedule::Schedule;
pub use when::When;

#[cfg(test)]
mod tests;
