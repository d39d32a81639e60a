//! Schedules and holiday calendars as people make them, in the words of a panel.
//!
//! Weekly intervals that differ in their days alone are one there; a holiday calendar may be several. Where schedules with
//! different holidays are joined, or hours for a span with others, the days out of the ordinary are counted out one by one
//! ([`alike`](super::alike)).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use panel_protocol::limits::MAX_HOLIDAYS;
use panel_protocol::schedule::{Calendar, Holiday, Interval, LAST_DAY, Numbered, On, Schedule, Weekdays};

use super::alike::{self, DayHours};
use super::minutes::{Minutes, minutes};
use super::numbers::{Days, HourNumbers};
use super::part::{Part, Parts};
use super::{first_day, last_day, number_of};
use crate::access::model::AccessModel;
use crate::domain::{self, HolidayCalendarId};

/// What a schedule in its making has: weekly intervals with their days, and intervals by calendar; none: closed.
#[derive(Default)]
struct Made {
    weekly: BTreeMap<Minutes, u8>,
    holidays: Vec<(u8, BTreeSet<Minutes>)>,
}

/// A translation of all hours of a site.
pub(super) struct Translation<'a> {
    model: &'a AccessModel,
    zone: &'a TimeZone,
    first: Date,
    last: Date,
    calendars: BTreeMap<u8, Calendar>,
}

impl<'a> Translation<'a> {
    /// Of what counts in a year and the next ones.
    pub(super) fn new(model: &'a AccessModel, zone: &'a TimeZone, year: i16) -> Self {
        Self { model, zone, first: first_day(year), last: last_day(year), calendars: BTreeMap::new() }
    }

    /// The calendars that its schedules name.
    pub(super) fn into_calendars(self) -> Vec<Numbered<Calendar>> {
        self.calendars.into_iter().map(|(number, value)| Numbered { number, value }).collect()
    }

    /// The schedule of these parts. `Some(None)`: it has none, because its schedules are gone. `None`: it is too long.
    pub(super) fn schedule(
        &mut self,
        parts: &Parts,
        number: u8,
        numbers: &mut HourNumbers,
    ) -> Option<Option<Schedule>> {
        let model = self.model;
        let known: Vec<(Part, Option<&domain::Schedule>)> = parts
            .iter()
            .filter_map(|part| match part.schedule {
                Some(id) => Some((*part, Some(model.schedule(id)?))),
                None => Some((*part, None)),
            })
            .collect();
        if known.is_empty() {
            return Some(None);
        }
        let made = match same_holidays(&known) {
            Some(schedules) => self.by_calendar(&schedules, numbers)?,
            None => self.by_day(&known, number, numbers)?,
        };
        made.finish().map(Some)
    }

    /// Schedules that all have the same holiday calendars, joined.
    fn by_calendar(&mut self, schedules: &[&domain::Schedule], numbers: &mut HourNumbers) -> Option<Made> {
        let mut made = Made::default();
        schedules.iter().for_each(|schedule| made.add_weekly(schedule));
        let calendars: BTreeSet<HolidayCalendarId> =
            schedules.iter().flat_map(|schedule| schedule.holidays.keys().copied()).collect();
        for id in calendars {
            let intervals: BTreeSet<Minutes> = schedules
                .iter()
                .flat_map(|schedule| schedule.holidays.get(&id).into_iter().flatten())
                .map(|interval| minutes(*interval))
                .collect();
            let days: Vec<Holiday> = self.model.calendar(id).map(|it| self.holidays(it)).unwrap_or_default();
            for (piece, days) in (0..=u8::MAX).zip(days.chunks(MAX_HOLIDAYS)) {
                let number = self.calendar(&Days::Holidays(id, piece), days, numbers)?;
                made.holidays.push((number, intervals.clone()));
            }
        }
        Some(made)
    }

    /// Whatever it is, day by day.
    fn by_day(
        &mut self,
        parts: &[(Part, Option<&domain::Schedule>)],
        number: u8,
        numbers: &mut HourNumbers,
    ) -> Option<Made> {
        let hours: Vec<DayHours<'_>> = parts
            .iter()
            .map(|(part, schedule)| DayHours::new(*part, *schedule, self.model, self.zone))
            .collect();
        let mut made = Made::default();
        for (part, schedule) in parts {
            if part.span() == super::LASTING {
                schedule.iter().for_each(|schedule| made.add_weekly(schedule));
            }
        }
        for (intervals, days) in alike::days(&hours, self.first, self.last) {
            let spans = alike::spans(&days);
            for (piece, days) in (0..=u8::MAX).zip(spans.chunks(MAX_HOLIDAYS)) {
                let days_alike = Days::Alike(number, intervals.iter().copied().collect(), piece);
                let calendar = self.calendar(&days_alike, days, numbers)?;
                made.holidays.push((calendar, intervals.clone()));
            }
        }
        Some(made)
    }

    fn calendar(&mut self, days: &Days, holidays: &[Holiday], numbers: &mut HourNumbers) -> Option<u8> {
        let number = numbers.calendar(days, |number| self.calendars.contains_key(&number))?;
        self.calendars.insert(number, Calendar::new(holidays.iter().copied()).ok()?);
        Some(number)
    }

    /// The holidays of a calendar that are not over.
    fn holidays(&self, calendar: &domain::HolidayCalendar) -> Vec<Holiday> {
        let of = |day: &domain::Holiday| match *day {
            domain::Holiday::Yearly { month, day } => {
                Some(Holiday::Yearly { month: month.unsigned_abs(), day: day.unsigned_abs() })
            }
            domain::Holiday::Span { from, to } => {
                let first = u16::try_from(number_of(from.max(self.first))).ok()?;
                let last = u16::try_from(number_of(to)).unwrap_or(LAST_DAY).min(LAST_DAY);
                (to >= self.first && first <= last).then_some(Holiday::Days { first, last })
            }
        };
        calendar.days.iter().filter_map(of).collect()
    }
}

/// The schedules, if they are all for good and have the same holiday calendars.
fn same_holidays<'a>(parts: &[(Part, Option<&'a domain::Schedule>)]) -> Option<Vec<&'a domain::Schedule>> {
    let schedules: Option<Vec<&domain::Schedule>> =
        parts.iter().map(|(part, schedule)| schedule.filter(|_| part.span() == super::LASTING)).collect();
    let schedules = schedules?;
    let calendars = |schedule: &domain::Schedule| schedule.holidays.keys().copied().collect::<Vec<_>>();
    let same = schedules.windows(2).all(|pair| calendars(pair[0]) == calendars(pair[1]));
    same.then_some(schedules)
}

impl Made {
    fn add_weekly(&mut self, schedule: &domain::Schedule) {
        for weekly in &schedule.weekly {
            let days = (0..7u8).filter(|day| weekly.days.contains(*day)).fold(0, |bits, day| bits | 1 << day);
            *self.weekly.entry(minutes(weekly.interval)).or_default() |= days;
        }
    }

    /// `None` if it has more than a panel takes.
    fn finish(self) -> Option<Schedule> {
        let weekly = self.weekly.into_iter().filter_map(|((from, until), days)| {
            Interval::new(On::Weekdays(Weekdays::new(days).ok()?), from, until).ok()
        });
        let holidays = self.holidays.into_iter().flat_map(|(calendar, intervals)| {
            let closed = intervals.is_empty().then(|| Interval::closed(calendar).ok()).flatten();
            let open = intervals
                .into_iter()
                .filter_map(move |(from, until)| Interval::new(On::Holidays(calendar), from, until).ok());
            closed.into_iter().chain(open)
        });
        let mut intervals: Vec<Interval> = weekly.chain(holidays).collect();
        if intervals.is_empty() {
            // A schedule without hours is never open, and a panel's has one interval at least.
            intervals.extend(Interval::closed(NO_DAYS).ok());
        }
        Schedule::new(intervals)
    }
}

/// The number of a calendar that is never made.
const NO_DAYS: u8 = 127;
