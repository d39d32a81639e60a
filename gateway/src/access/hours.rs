//! Whether a schedule of the directory is open at an instant, by the function that controllers use.
//!
//! A controller's schedule has fewer intervals than one of the directory may have, so only what can count at the instant is
//! given to it: the intervals that begin on that day or the day before, and whether those two are holidays.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use panel_protocol::schedule::{
    Calendar, ClockChange, Holiday, Interval, MINUTES_PER_DAY, Numbered, On, Schedule as Reduced, Weekdays,
};
use panel_protocol::time::UtcSeconds;

use crate::domain::{HolidayCalendar, HolidayCalendarId, Interval as Stretch, Schedule, ScheduleId};

/// How many days ahead a schedule's next opening is looked for.
const DAYS_AHEAD: i64 = 8;

/// The one schedule's number.
const NUMBER: u8 = 1;

/// Schedules and holidays of a site, by its clock on the wall.
#[derive(Clone, Copy, Debug)]
pub struct Times<'a> {
    /// Its schedules.
    pub schedules: &'a [Schedule],
    /// Its holiday calendars.
    pub calendars: &'a [HolidayCalendar],
    /// Its zone.
    pub zone: &'a TimeZone,
}

/// What counts of one schedule at one instant, as a controller would have it.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) clock_changes: [ClockChange; 1],
    pub(super) schedules: [Numbered<Reduced>; 1],
    pub(super) calendars: Vec<Numbered<Calendar>>,
}

impl Moment {
    /// The schedule, as profiles name it.
    pub(super) const WHEN: panel_protocol::schedule::When = panel_protocol::schedule::When::Schedule(NUMBER);

    /// As the one function takes it that decides.
    pub(super) fn hours(&self) -> panel_protocol::schedule::Hours<'_> {
        panel_protocol::schedule::Hours {
            clock_changes: &self.clock_changes,
            schedules: &self.schedules,
            calendars: &self.calendars,
        }
    }
}

impl<'a> Times<'a> {
    /// A schedule.
    pub fn schedule(&self, id: ScheduleId) -> Option<&'a Schedule> {
        self.schedules.iter().find(|schedule| schedule.id == id)
    }

    /// What counts of a schedule at `at`; `None` if it is too much for any controller.
    pub(super) fn moment(&self, schedule: &Schedule, at: Timestamp) -> Option<Moment> {
        let today = at.to_zoned(self.zone.clone()).date();
        let days = [today.checked_sub(1.day()).ok()?, today];
        let ahead = i16::try_from(self.zone.to_offset(at).seconds() / 60).ok()?;
        let begins = |interval: &Interval| match interval.on() {
            On::Weekdays(on) => days.iter().any(|day| on.has(weekday(*day))),
            On::Holidays(_) => true,
        };
        let named: Vec<_> = schedule.holidays.iter().zip(0..).collect();
        let weekly = schedule.weekly.iter().filter_map(|it| {
            let bits = (0..7).filter(|day| it.days.contains(*day)).fold(0, |bits, day| bits | 1 << day);
            interval(On::Weekdays(Weekdays::new(bits).ok()?), it.interval)
        });
        let mut calendars = Vec::new();
        let mut intervals: Vec<Interval> = weekly.filter(begins).collect();
        for ((id, times), number) in named {
            let holidays = self.holidays(*id, &days);
            if holidays.is_empty() {
                continue;
            }
            calendars.push(Numbered { number, value: Calendar::new(holidays).ok()? });
            intervals.extend(Interval::closed(number).ok().filter(|_| times.is_empty()));
            intervals.extend(times.iter().filter_map(|time| interval(On::Holidays(number), *time)));
        }
        Some(Moment {
            clock_changes: [ClockChange { at: UtcSeconds(0), ahead }],
            schedules: [Numbered { number: NUMBER, value: Reduced::new(intervals)? }],
            calendars,
        })
    }

    /// When a schedule opens next after `at`, if it does within the next days.
    pub fn opens_next(&self, schedule: &Schedule, at: Timestamp) -> Option<Timestamp> {
        let today = at.to_zoned(self.zone.clone()).date();
        let by_holiday = schedule.holidays.values().flatten().copied();
        let stretches = schedule.weekly.iter().map(|it| it.interval).chain(by_holiday);
        // What begins, and what goes on at midnight after a holiday.
        let mut minutes: Vec<u16> = stretches.map(|it| it.from().minutes()).chain([0]).collect();
        minutes.sort_unstable();
        minutes.dedup();
        let instants = (0..=DAYS_AHEAD).flat_map(|ahead| {
            let day = today.checked_add(ahead.days()).ok();
            minutes.iter().filter_map(move |minute| {
                let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
                self.zone.to_timestamp(day?.at(hour, minute, 0, 0)).ok()
            })
        });
        instants.filter(|instant| *instant > at).find(|instant| self.is_open(schedule, *instant))
    }

    /// Whether a schedule is open; one of which nobody can know is not.
    pub fn is_open(&self, schedule: &Schedule, at: Timestamp) -> bool {
        let second = u32::try_from(at.as_second()).ok().map(UtcSeconds);
        self.moment(schedule, at).is_some_and(|it| it.hours().includes(Moment::WHEN, second) == Ok(true))
    }

    /// Those of these days on which a calendar has a holiday.
    fn holidays(&self, id: HolidayCalendarId, days: &[Date]) -> Vec<Holiday> {
        let calendar = self.calendars.iter().find(|calendar| calendar.id == id);
        let falls = |day: &&Date| {
            calendar.is_some_and(|calendar| calendar.days.iter().any(|holiday| holiday.falls_on(**day)))
        };
        let numbered = |day: &Date| {
            let since = Date::constant(1970, 1, 1).until(*day).ok()?.get_days();
            u16::try_from(since).ok().map(|day| Holiday::Days { first: day, last: day })
        };
        days.iter().filter(falls).filter_map(numbered).collect()
    }
}

fn weekday(day: Date) -> u8 {
    u8::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0)
}

fn interval(on: On, stretch: Stretch) -> Option<Interval> {
    let until = match stretch.to().minutes() {
        0 => MINUTES_PER_DAY,
        minutes => minutes,
    };
    Interval::new(on, stretch.from().minutes(), until).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{HolidayCalendar, Revision, Weekdays as Days, WeeklyInterval};
    use uuid::Uuid;

    fn stretch(from: &str, to: &str) -> Stretch {
        Stretch::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    fn weekly(days: &[&str], from: &str, to: &str) -> WeeklyInterval {
        WeeklyInterval { days: Days::named(days).unwrap(), interval: stretch(from, to) }
    }

    fn schedule(weekly: Vec<WeeklyInterval>, holidays: Vec<(HolidayCalendarId, Vec<Stretch>)>) -> Schedule {
        Schedule {
            id: ScheduleId(Uuid::nil()),
            name: "Hours".parse().unwrap(),
            weekly,
            holidays: holidays.into_iter().collect(),
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            revision: Revision(1),
        }
    }

    #[test]
    fn hours_are_those_of_the_wall_clock_with_holidays_and_over_midnight() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let id = HolidayCalendarId(Uuid::nil());
        let calendar = HolidayCalendar {
            id,
            name: "Bank holidays".parse().unwrap(),
            days: ["12-25", "2026-11-30"].iter().map(|day| day.parse().unwrap()).collect(),
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            revision: Revision(1),
        };
        let hours = schedule(
            vec![
                weekly(&["mon", "tue", "wed", "thu", "fri"], "07:00", "19:00"),
                weekly(&["sat"], "22:00", "02:00"),
            ],
            vec![(id, vec![stretch("10:00", "14:00")])],
        );
        let times = Times { schedules: &[], calendars: &[calendar], zone: &zone };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (instant, open) in [
            ("2026-11-27T06:00:00Z", true), // Friday 07:00
            ("2026-11-27T05:59:59Z", false),
            ("2026-11-27T18:00:00Z", false),
            ("2026-07-03T05:00:00Z", true), // summer time
            ("2026-11-28T21:00:00Z", true), // Saturday 22:00
            ("2026-11-29T00:59:00Z", true), // Sunday 01:59
            ("2026-11-29T01:00:00Z", false),
            ("2026-11-30T08:00:00Z", false), // a holiday, 09:00
            ("2026-11-30T09:00:00Z", true),
            ("2026-12-25T09:30:00Z", true),
            ("2026-12-25T14:30:00Z", false),
        ] {
            assert_eq!(times.is_open(&hours, at(instant)), open, "{instant}");
        }
        let next = |text: &str| times.opens_next(&hours, at(text)).map(|at| at.to_string());
        assert_eq!(next("2026-11-29T12:00:00Z").as_deref(), Some("2026-11-30T09:00:00Z"));
        assert_eq!(next("2026-12-01T04:00:00Z").as_deref(), Some("2026-12-01T06:00:00Z"));
    }

    #[test]
    fn a_schedule_of_many_intervals_is_judged_by_those_of_its_day() {
        let zone = TimeZone::UTC;
        let hour = |hour: usize| (format!("{hour:02}:00"), format!("{hour:02}:30"));
        let weekly = ["mon", "tue", "wed", "thu"].iter().flat_map(|day| {
            (0..9).map(move |at| {
                let (from, to) = hour(at * 2);
                weekly(&[*day], &from, &to)
            })
        });
        let many = schedule(weekly.collect(), vec![]);
        assert!(many.weekly.len() > 20);
        let times = Times { schedules: &[], calendars: &[], zone: &zone };
        assert!(times.is_open(&many, "2026-12-01T04:10:00Z".parse().unwrap()));
        assert!(!times.is_open(&many, "2026-12-01T04:40:00Z".parse().unwrap()));
        assert!(times.opens_next(&schedule(vec![], vec![]), Timestamp::UNIX_EPOCH).is_none());
    }
}
