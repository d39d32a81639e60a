//! A schedule, and whether it is open at a time of the wall clock.

use heapless::Vec;

use super::calendar::Calendar;
use super::date::weekday;
use super::interval::{Interval, On};
use super::local_time::LocalTime;
use super::numbered::Numbered;
use crate::limits::MAX_INTERVALS;

/// Weekly hours, and those of holidays. Calendars that it names and nobody knows have no holiday.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Schedule {
    /// As their bytes: five, where [`Interval`] takes six.
    intervals: Vec<[u8; 5], MAX_INTERVALS, u8>,
}

impl Schedule {
    /// These hours; `None` if there are more than [`MAX_INTERVALS`].
    pub fn new(intervals: impl IntoIterator<Item = Interval>) -> Option<Self> {
        let mut schedule = Self::default();
        for interval in intervals {
            schedule.intervals.push(interval.to_bytes()).ok()?;
        }
        Some(schedule)
    }

    /// Its hours.
    pub fn intervals(&self) -> impl Iterator<Item = Interval> + Clone + '_ {
        self.intervals.iter().filter_map(|bytes| Interval::from_bytes(*bytes).ok())
    }

    /// Whether it is open at this time; `calendars` are sorted by number.
    pub fn is_open(&self, at: LocalTime, calendars: &[Numbered<Calendar>]) -> bool {
        let today = self.beginning_on(at.day, calendars);
        if today.clone().any(|interval| interval.has(at.minute)) {
            return true;
        }
        // The evening before ends at midnight if this is a holiday.
        !self.is_holiday(at.day, calendars)
            && self.beginning_on(at.day - 1, calendars).any(|interval| interval.has_next_day(at.minute))
    }

    /// The intervals that begin on a day.
    fn beginning_on<'a>(
        &'a self,
        day: i32,
        calendars: &'a [Numbered<Calendar>],
    ) -> impl Iterator<Item = Interval> + Clone + 'a {
        let is_holiday = self.is_holiday(day, calendars);
        self.intervals().filter(move |interval| match interval.on() {
            On::Weekdays(days) => !is_holiday && days.has(weekday(day)),
            On::Holidays(calendar) => is_holiday && has(calendars, calendar, day),
        })
    }

    /// Whether a day is a holiday of any calendar that it names.
    fn is_holiday(&self, day: i32, calendars: &[Numbered<Calendar>]) -> bool {
        self.intervals()
            .any(|interval| matches!(interval.on(), On::Holidays(calendar) if has(calendars, calendar, day)))
    }
}

fn has(calendars: &[Numbered<Calendar>], number: u8, day: i32) -> bool {
    Numbered::find(calendars, number).is_some_and(|calendar| calendar.has(day))
}
