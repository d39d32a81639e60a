//! When doors open, as panels and [`decide`](panel_protocol::decide) know it: numbered schedules, calendars, and what the
//! site's wall clock will show.
//!
//! [`Parts`] are what rules come to at one reader, [`HourNumbers`] give them a number, and [`SiteHours`] has what stands
//! behind each number. A number's meaning changes with its schedules; profiles and rows that name it stay as they are.

mod alike;
mod minutes;
mod numbers;
mod part;
mod translate;
mod wall_clock;

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use panel_protocol::schedule::{Calendar, ClockChanges, Hours, Numbered, On, Schedule};
use panel_protocol::table::Setting;

pub use numbers::HourNumbers;
pub(super) use part::LASTING;
pub use part::{Part, Parts, Span};

use super::model::AccessModel;
use translate::Translation;

/// Years for which a controller knows what the wall clock shows, and which days are out of the ordinary.
const YEARS_AHEAD: i16 = 8;

/// What stands behind the numbers of schedules. One that can't be said so is left out, and nobody opens a door by it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SiteHours {
    clock_changes: ClockChanges,
    schedules: Vec<Numbered<Schedule>>,
    calendars: Vec<Numbered<Calendar>>,
    too_long: BTreeSet<u8>,
}

impl SiteHours {
    /// What the numbered hours come to by the model's schedules, seen from a year on.
    pub fn of(model: &AccessModel, numbers: &mut HourNumbers, zone: &TimeZone, year: i16) -> Self {
        let mut translation = Translation::new(model, zone, year);
        let wanted: Vec<(Parts, u8)> =
            numbers.hours().map(|(parts, number)| (parts.clone(), number)).collect();
        let mut site = Self { clock_changes: wall_clock::changes(zone, year), ..Self::default() };
        for (parts, number) in wanted {
            match translation.schedule(&parts, number, numbers) {
                Some(Some(value)) => site.schedules.push(Numbered { number, value }),
                Some(None) => {}
                None => drop(site.too_long.insert(number)),
            }
        }
        site.schedules.sort_by_key(|schedule| schedule.number);
        site.calendars = translation.into_calendars();
        site
    }

    /// All of it.
    pub fn hours(&self) -> Hours<'_> {
        Hours { clock_changes: &self.clock_changes, schedules: &self.schedules, calendars: &self.calendars }
    }

    /// What a panel whose profiles name these schedules is to know, sorted by key: the schedules, and what they need.
    pub fn settings(&self, named: &BTreeSet<u8>) -> Vec<Setting> {
        let schedules = || self.schedules.iter().filter(|schedule| named.contains(&schedule.number));
        let holidays: BTreeSet<u8> = schedules()
            .flat_map(|schedule| schedule.value.intervals())
            .filter_map(|interval| match interval.on() {
                On::Holidays(calendar) => Some(calendar),
                On::Weekdays(_) => None,
            })
            .collect();
        let calendars = self.calendars.iter().filter(|calendar| holidays.contains(&calendar.number));
        let is_by_clock = schedules().next().is_some() && !self.clock_changes.is_empty();
        let clock = is_by_clock.then(|| Setting::ClockChanges(self.clock_changes.clone()));
        schedules()
            .map(|it| Setting::Schedule(it.number, it.value.clone()))
            .chain(calendars.map(|it| Setting::Calendar(it.number, it.value.clone())))
            .chain(clock)
            .collect()
    }

    /// Whether the hours with that number have more intervals or holidays than a panel takes.
    pub fn is_too_long(&self, number: u8) -> bool {
        self.too_long.contains(&number)
    }
}

/// The first day that still counts in a year: an evening before its first may go on into it.
fn first_day(year: i16) -> Date {
    Date::new(year.saturating_sub(1), 12, 1).unwrap_or(Date::MIN)
}

/// The last day that counts.
fn last_day(year: i16) -> Date {
    Date::new(year.saturating_add(YEARS_AHEAD), 12, 31).unwrap_or(Date::MAX)
}

/// The number of a day, counted from 1970-01-01.
fn number_of(day: Date) -> i32 {
    let midnight = TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
    let days = midnight.map(|at| at.as_second().div_euclid(24 * 60 * 60));
    days.ok().and_then(|days| i32::try_from(days).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
