//! A controller's wall clock against jiff's: random schedules, holidays and minutes of ten years, in six zones.
//!
//! The panel knows clock changes as a short list, and counts days; the evaluator here asks jiff what the wall clock
//! shows, and whether that lies between the dates and times at which an interval begins and ends. `SCHEDULE_SEED` and
//! `SCHEDULE_SITES` take the place of the seed and count that stand here.

#![allow(clippy::unwrap_used, reason = "a test that can't make its site has failed")]

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use panel_protocol::limits::{MAX_CLOCK_CHANGES, MAX_HOLIDAYS, MAX_INTERVALS};
use panel_protocol::schedule::{
    Calendar, ClockChange, Holiday, Hours, Interval, Numbered, On, Schedule, Weekdays, When,
};
use panel_protocol::testing::Dice;
use panel_protocol::time::UtcSeconds;

const SEED: u64 = 0x5EED_0015;

/// Sites for each zone.
const SITES: u64 = 40;

/// Instants that are asked at each site, beside those around clock changes.
const INSTANTS: u64 = 60;

/// Kathmandu has no clock changes, Lord Howe's are of half an hour, Casablanca's clocks go back in Ramadan.
const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Casablanca",
];

/// 2026 to 2035.
const FIRST: i64 = 1_767_225_600;
const TEN_YEARS: u64 = 315_532_800;

const CALENDARS: u64 = 3;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// A site's schedule and its holidays, and nothing about how they are judged.
struct Site {
    schedule: Schedule,
    calendars: Vec<Numbered<Calendar>>,
}

impl Site {
    fn random(dice: &mut Dice) -> Self {
        let calendars = (0..CALENDARS).map(|number| Numbered {
            number: number as u8,
            value: Calendar::new((0..dice.below(MAX_HOLIDAYS as u64)).map(|_| holiday(dice))).unwrap(),
        });
        let calendars = calendars.collect();
        let intervals = (0..=dice.below(MAX_INTERVALS as u64 - 1)).map(|_| interval(dice));
        Self { schedule: Schedule::new(intervals).unwrap(), calendars }
    }

    /// Whether the schedule is open at what the wall clock shows.
    fn is_open(&self, shown: DateTime) -> bool {
        let today = shown.date();
        let spans = [today.yesterday().unwrap(), today].map(|begins| self.spans_of(begins));
        spans.concat().iter().any(|(begins, ends)| (*begins..*ends).contains(&shown))
    }

    /// When the intervals that begin on a day do, and when they end.
    fn spans_of(&self, day: Date) -> Vec<(DateTime, DateTime)> {
        let is_holiday = self.is_holiday(day);
        let counts = |interval: &Interval| match interval.on() {
            On::Weekdays(days) => {
                !is_holiday && days.has(u8::try_from(day.weekday().to_monday_zero_offset()).unwrap())
            }
            On::Holidays(calendar) => self.falls(calendar, day),
        };
        let midnight = |day: Date| day.to_datetime(Time::midnight());
        let tomorrow = day.tomorrow().unwrap();
        let at = |day, minute: u16| midnight(day).checked_add(i64::from(minute).minutes()).unwrap();
        let ends = |interval: &Interval| match interval.until() {
            until if until >= interval.from() => at(day, until),
            _ if self.is_holiday(tomorrow) => midnight(tomorrow),
            until => at(tomorrow, until),
        };
        let intervals = self.schedule.intervals().filter(counts);
        intervals.map(|interval| (at(day, interval.from()), ends(&interval))).collect()
    }

    /// Whether a calendar that the schedule names has the day.
    fn is_holiday(&self, day: Date) -> bool {
        let named = self.schedule.intervals().filter_map(|interval| match interval.on() {
            On::Holidays(calendar) => Some(calendar),
            On::Weekdays(_) => None,
        });
        named.collect::<BTreeSet<_>>().into_iter().any(|calendar| self.falls(calendar, day))
    }

    fn falls(&self, calendar: u8, day: Date) -> bool {
        let epoch = jiff::civil::date(1970, 1, 1);
        let of_number = |number: u16| epoch.checked_add(i64::from(number).days()).unwrap();
        let calendar = self.calendars.iter().find(|known| known.number == calendar);
        calendar.is_some_and(|calendar| {
            calendar.value.holidays().any(|holiday| match holiday {
                Holiday::Yearly { month, day: of_month } => {
                    (day.month(), day.day()) == (month as i8, of_month as i8)
                }
                Holiday::Days { first, last } => day >= of_number(first) && day <= of_number(last),
            })
        })
    }
}

/// Half of them over midnight or to it, so that they meet holidays.
fn interval(dice: &mut Dice) -> Interval {
    let on = match dice.below(3) {
        // One calendar more than there is: a controller may not have been told of it.
        0 => On::Holidays(dice.below(CALENDARS + 1) as u8),
        _ => On::Weekdays(Weekdays::new(1 + dice.below(127) as u8).unwrap()),
    };
    if let (On::Holidays(calendar), 0) = (on, dice.below(3)) {
        return Interval::closed(calendar).unwrap();
    }
    loop {
        let from = dice.below(24 * 60) as u16;
        let until = match dice.below(4) {
            0 => 24 * 60,
            1 => (from + 1 + dice.below(180) as u16) % (24 * 60),
            _ => 1 + dice.below(24 * 60) as u16,
        };
        if let Ok(interval) = Interval::new(on, from, until) {
            return interval;
        }
    }
}

fn holiday(dice: &mut Dice) -> Holiday {
    let first_day = (FIRST / 86_400) as u64 + dice.below(TEN_YEARS / 86_400);
    match dice.below(3) {
        0 => loop {
            let holiday = Holiday::Yearly { month: 1 + dice.below(12) as u8, day: 1 + dice.below(31) as u8 };
            if holiday.checked().is_ok() {
                return holiday;
            }
        },
        1 => Holiday::Days { first: first_day as u16, last: first_day as u16 },
        _ => Holiday::Days { first: first_day as u16, last: (first_day + dice.below(40)) as u16 },
    }
}

/// The changes around an instant, as a gateway would tell a panel: what holds now, and what is to come.
fn changes(zone: &TimeZone, at: Timestamp) -> Vec<ClockChange> {
    let change = |at: Timestamp| {
        let seconds = zone.to_offset(at).seconds();
        assert_eq!(seconds % 60, 0, "whole minutes");
        ClockChange { at: UtcSeconds(at.as_second() as u32), ahead: (seconds / 60) as i16 }
    };
    let since = at.checked_sub(jiff::SignedDuration::from_hours(24 * 200)).unwrap();
    let coming = zone.following(since).map(|transition| change(transition.timestamp()));
    std::iter::once(change(since)).chain(coming).take(MAX_CLOCK_CHANGES).collect()
}

#[test]
fn a_panel_says_of_every_minute_what_the_zones_database_says() {
    let (seed, sites) = (setting("SCHEDULE_SEED", SEED), setting("SCHEDULE_SITES", SITES));
    println!("SCHEDULE_SEED={seed} SCHEDULE_SITES={sites}");
    let mut dice = Dice(seed);
    let (mut open, mut asked) = (0, 0);
    for name in ZONES {
        let zone = TimeZone::get(name).unwrap();
        for number in 0..sites {
            let site = Site::random(&mut dice);
            let mut instants: Vec<i64> =
                (0..INSTANTS).map(|_| FIRST + dice.below(TEN_YEARS) as i64).collect();
            let middle = Timestamp::from_second(FIRST + dice.below(TEN_YEARS) as i64).unwrap();
            // Around the next change, where there is one: the hours before and after it, in odd steps.
            if let Some(next) = zone.following(middle).next() {
                instants.extend((-12..12).map(|step| next.timestamp().as_second() + step * 607));
            }
            let schedules = [Numbered { number: 1, value: site.schedule.clone() }];
            for second in instants {
                let at = Timestamp::from_second(second).unwrap();
                let changes = changes(&zone, at);
                let hours =
                    Hours { clock_changes: &changes, schedules: &schedules, calendars: &site.calendars };
                let said = hours.includes(When::Schedule(1), Some(UtcSeconds(second as u32)));
                let expected = site.is_open(at.to_zoned(zone.clone()).datetime());
                assert_eq!(
                    said,
                    Ok(expected),
                    "{name}, site {number}, {at}: {:?} {:?}",
                    site.schedule,
                    site.calendars
                );
                open += u32::from(expected);
                asked += 1;
            }
        }
    }
    println!("{asked} instants, {open} of them open");
    assert!(open > asked / 10 && open < asked - asked / 10, "both answers are tried");
}
