//! What a panel makes of translated hours, beside what jiff's calendar says of them directly.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use panel_protocol::schedule::{Unknown, When};
use panel_protocol::time::UtcSeconds;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::{
    self, AccessMode, HolidayCalendar, HolidayCalendarId, Interval, Revision, ScheduleId, WEEKDAYS, Weekdays,
    WeeklyInterval,
};

/// One without clock changes, one with a change of half an hour, one where the sun stands in the north.
const ZONES: [&str; 6] =
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"];

const YEAR: i16 = 2027;

fn schedule_id(number: usize) -> ScheduleId {
    ScheduleId(Uuid::from_u128(number as u128))
}

fn calendar_id(number: usize) -> HolidayCalendarId {
    HolidayCalendarId(Uuid::from_u128(number as u128))
}

fn interval(from: &str, to: &str) -> Interval {
    Interval::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

fn weekly(days: &[&str], from: &str, to: &str) -> WeeklyInterval {
    WeeklyInterval { days: Weekdays::named(days).unwrap(), interval: interval(from, to) }
}

fn schedule(
    number: usize,
    weekly: Vec<WeeklyInterval>,
    holidays: impl IntoIterator<Item = (usize, Vec<Interval>)>,
) -> domain::Schedule {
    domain::Schedule {
        id: schedule_id(number),
        name: format!("Schedule {number}").parse().unwrap(),
        weekly,
        holidays: holidays.into_iter().map(|(number, hours)| (calendar_id(number), hours)).collect(),
        created: Timestamp::UNIX_EPOCH,
        modified: Timestamp::UNIX_EPOCH,
        revision: Revision(1),
    }
}

fn calendar(number: usize, days: Vec<domain::Holiday>) -> HolidayCalendar {
    HolidayCalendar {
        id: calendar_id(number),
        name: format!("Calendar {number}").parse().unwrap(),
        days,
        created: Timestamp::UNIX_EPOCH,
        modified: Timestamp::UNIX_EPOCH,
        revision: Revision(1),
    }
}

/// A site's schedules, and the parts of one reader.
#[derive(Clone, Debug)]
struct World {
    zone: TimeZone,
    schedules: Vec<domain::Schedule>,
    calendars: Vec<HolidayCalendar>,
    parts: Vec<Part>,
}

impl World {
    fn model(&self) -> AccessModel {
        AccessModel::new(AccessMode::Rules, [], [], [])
            .with_hours(self.schedules.clone(), self.calendars.clone())
    }

    fn parts(&self) -> Parts {
        let mut parts = Parts::default();
        self.parts.iter().for_each(|part| parts.add(*part));
        parts.reduced()
    }

    /// By jiff's calendar alone.
    fn is_open(&self, at: Timestamp) -> bool {
        let local = at.to_zoned(self.zone.clone()).datetime();
        self.parts.iter().any(|part| {
            let in_span =
                part.from.is_none_or(|from| from <= at) && part.until.is_none_or(|until| at < until);
            let by =
                part.schedule.map(|id| self.schedules.iter().find(|schedule| schedule.id == id).unwrap());
            in_span && by.is_none_or(|schedule| self.goes_by(schedule, local))
        })
    }

    fn goes_by(&self, schedule: &domain::Schedule, local: jiff::civil::DateTime) -> bool {
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let of_day = |day: Date| {
            let on_it =
                self.calendars.iter().filter(|it| it.days.iter().any(|holiday| holiday.falls_on(day)));
            let holidays: Vec<_> = on_it.filter_map(|calendar| schedule.holidays.get(&calendar.id)).collect();
            if !holidays.is_empty() {
                return (true, holidays.into_iter().flatten().copied().collect::<Vec<_>>());
            }
            let weekday = day.weekday().to_monday_zero_offset().unsigned_abs();
            let of_week = schedule.weekly.iter().filter(|weekly| weekly.days.contains(weekday));
            (false, of_week.map(|weekly| weekly.interval).collect())
        };
        let (is_holiday, begun) = of_day(local.date());
        let (_, evening) = of_day(local.date().yesterday().unwrap());
        let today = begun.iter().any(|interval| {
            let (from, until) = (interval.from().minutes(), interval.to().minutes());
            from <= minute && (minute < until || interval.is_over_midnight())
        });
        let before = |interval: &Interval| interval.is_over_midnight() && minute < interval.to().minutes();
        today || (!is_holiday && evening.iter().any(before))
    }
}

/// What a panel is told, and its number there.
fn told(world: &World, numbers: &mut HourNumbers) -> (SiteHours, When) {
    let when = numbers.when(&world.parts(), |_| false).unwrap();
    (SiteHours::of(&world.model(), numbers, &world.zone, YEAR), when)
}

fn second(at: Timestamp) -> UtcSeconds {
    UtcSeconds(u32::try_from(at.as_second()).unwrap())
}

fn any_interval() -> impl Strategy<Value = Interval> {
    (0..96u16, 0..=96u16).prop_filter_map("it is empty", |(from, to)| {
        let text = |quarter: u16| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
        Interval::new(text(from).parse().ok()?, text(to).parse().ok()?).ok()
    })
}

fn any_holiday() -> impl Strategy<Value = domain::Holiday> {
    let first = jiff::civil::date(YEAR, 1, 1);
    prop_oneof![
        (1..=12i8, 1..=28i8).prop_map(|(month, day)| domain::Holiday::Yearly { month, day }),
        (0..900i64, 0..5i64).prop_map(move |(from, more)| {
            let from = first.checked_add(from.days()).unwrap();
            domain::Holiday::Span { from, to: from.checked_add(more.days()).unwrap() }
        }),
    ]
}

fn any_world() -> impl Strategy<Value = World> {
    let day = prop::sample::subsequence(&WEEKDAYS[..], 1..5);
    let weekly = (day, any_interval())
        .prop_map(|(days, interval)| WeeklyInterval { days: Weekdays::named(&days).unwrap(), interval });
    let weekly = prop::collection::vec(weekly, 0..3);
    let holidays = prop::collection::btree_map(0..2usize, prop::collection::vec(any_interval(), 0..2), 0..=2);
    let schedules = prop::collection::vec((weekly, holidays), 2).prop_map(|made| {
        let with_number = made.into_iter().enumerate();
        with_number.map(|(number, (weekly, holidays))| schedule(number, weekly, holidays)).collect()
    });
    let calendars = prop::collection::vec(prop::collection::vec(any_holiday(), 0..6), 2)
        .prop_map(|made| made.into_iter().enumerate().map(|(number, days)| calendar(number, days)).collect());
    let begin: Timestamp = "2027-03-01T00:00:00Z".parse().unwrap();
    let minutes = move |of: Option<i64>| of.map(|of| begin + SignedDuration::from_mins(of));
    let span = prop_oneof![
        2 => Just((None, None)),
        1 => (0..100_000i64, 1..60_000i64).prop_map(|(from, more)| (Some(from), Some(from + more))),
    ];
    let part = (prop::option::weighted(0.9, 0..2usize), span).prop_map(move |(schedule, (from, until))| {
        Part { schedule: schedule.map(schedule_id), from: minutes(from), until: minutes(until) }
    });
    let parts = prop::collection::vec(part, 1..3);
    (prop::sample::select(&ZONES[..]), schedules, calendars, parts).prop_map(
        |(zone, schedules, calendars, parts)| World {
            zone: TimeZone::get(zone).unwrap(),
            schedules,
            calendars,
            parts,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_panel_opens_when_the_calendar_says(
        world in any_world(),
        minutes in prop::collection::vec(0..1_300_000i64, 60),
    ) {
        let mut numbers = HourNumbers::default();
        let (site, when) = told(&world, &mut numbers);
        if let When::Schedule(number) = when && site.is_too_long(number) {
            return Ok(());
        }
        let begin: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        // Anywhere in the next years, and around where spans begin and end.
        let around = world.parts.iter().flat_map(|part| [part.from, part.until]).flatten();
        let around = around.flat_map(|at| (-90..90).step_by(7).map(move |by| at + SignedDuration::from_mins(by)));
        let anywhere = minutes.iter().map(|by| begin + SignedDuration::from_mins(*by));
        for at in anywhere.chain(around) {
            let (panel, calendar) = (site.hours().includes(when, Some(second(at))), world.is_open(at));
            if panel == Ok(calendar) {
                continue;
            }
            // On a day on which the clock is set back, a time of the day can't say which of the two it means.
            let day = at.to_zoned(world.zone.clone()).start_of_day().unwrap();
            let is_longer = day.tomorrow().unwrap().timestamp().duration_since(day.timestamp()) > SignedDuration::from_hours(24);
            prop_assert!(panel == Ok(false) && is_longer, "{at}: {panel:?}, and the calendar says {calendar}");
        }
    }
}

fn berlin(schedules: Vec<domain::Schedule>, calendars: Vec<HolidayCalendar>, parts: Vec<Part>) -> World {
    World { zone: TimeZone::get("Europe/Berlin").unwrap(), schedules, calendars, parts }
}

fn by(number: usize) -> Part {
    Part { schedule: Some(schedule_id(number)), from: None, until: None }
}

const WORKDAYS: [&str; 5] = ["mon", "tue", "wed", "thu", "fri"];

#[test]
fn a_changed_schedule_changes_that_setting_alone() {
    let office = |until| schedule(0, vec![weekly(&WORKDAYS, "07:00", until)], [(0, vec![])]);
    let christmas = calendar(0, vec!["12-25".parse().unwrap()]);
    let mut numbers = HourNumbers::default();
    let before = told(&berlin(vec![office("19:00")], vec![christmas.clone()], vec![by(0)]), &mut numbers).0;
    let after = told(&berlin(vec![office("18:00")], vec![christmas], vec![by(0)]), &mut numbers).0;
    let named = BTreeSet::from([1]);
    let (before, after) = (before.settings(&named), after.settings(&named));
    assert_eq!(before.len(), 3, "schedule, calendar, clock changes");
    let changed: Vec<_> = before.iter().zip(&after).filter(|(one, other)| one != other).collect();
    assert!(matches!(changed[..], [(Setting::Schedule(1, _), Setting::Schedule(1, _))]), "{changed:?}");
    assert!(before.is_sorted_by_key(Setting::key));
}

#[test]
fn only_what_a_controllers_profiles_name_is_for_it() {
    let schedules = (0..3).map(|it| schedule(it, vec![weekly(&["mon"], "07:00", "08:00")], [(it, vec![])]));
    let days = (0..3).map(|it| calendar(it, vec!["12-25".parse().unwrap()]));
    let world = berlin(schedules.collect(), days.collect(), vec![by(0)]);
    let mut numbers = HourNumbers::default();
    for part in [by(1), by(2)] {
        told(&World { parts: vec![part], ..world.clone() }, &mut numbers);
    }
    let (site, when) = told(&world, &mut numbers);
    assert_eq!(when, When::Schedule(3), "in the order in which they came");
    assert_eq!(site.settings(&BTreeSet::new()), []);
    let keys: Vec<_> = site.settings(&BTreeSet::from([2])).iter().map(Setting::key).collect();
    assert_eq!(keys.len(), 3);
    let again = HourNumbers::read(&numbers.take_grown().unwrap());
    assert_eq!(again.hours().collect::<Vec<_>>(), numbers.hours().collect::<Vec<_>>());
    assert_eq!((again.knows(3), again.knows(4), numbers.take_grown()), (true, false, None));
}

#[test]
fn long_calendars_are_several_and_past_days_are_left_out() {
    let first = jiff::civil::date(2020, 1, 2);
    let day = |at: i64| {
        let day = first.checked_add((at * 30).days()).unwrap();
        domain::Holiday::Span { from: day, to: day }
    };
    let holidays = calendar(0, (0..200).map(day).collect());
    let office =
        schedule(0, vec![weekly(&WORKDAYS, "07:00", "19:00")], [(0, vec![interval("10:00", "12:00")])]);
    let world = berlin(vec![office], vec![holidays], vec![by(0)]);
    let (site, when) = told(&world, &mut HourNumbers::default());
    assert_eq!(site.calendars.len(), 5, "115 days are left of 200");
    for at in 85..200 {
        let day = first.checked_add((at * 30).days()).unwrap();
        for hour in [9, 11] {
            let at = day.at(hour, 0, 0, 0).to_zoned(world.zone.clone()).unwrap().timestamp();
            assert_eq!(site.hours().includes(when, Some(second(at))), Ok(hour == 11), "{at}");
        }
    }
}

#[test]
fn what_is_too_long_or_gone_opens_nothing() {
    let many = (0..30).map(|at| weekly(&["mon"], "00:00", &format!("{:02}:{:02}", at / 2, 1 + at % 2 * 30)));
    let world = berlin(vec![schedule(0, many.collect(), [])], Vec::new(), vec![by(0)]);
    let (site, when) = told(&world, &mut HourNumbers::default());
    assert!(site.is_too_long(1));
    assert_eq!(site.hours().includes(when, Some(UtcSeconds(1_800_000_000))), Err(Unknown::Schedule(1)));
    let gone = berlin(Vec::new(), Vec::new(), vec![by(0)]);
    let (site, when) = told(&gone, &mut HourNumbers::default());
    assert!(!site.is_too_long(1));
    assert_eq!(site.hours().includes(when, Some(UtcSeconds(1_800_000_000))), Err(Unknown::Schedule(1)));
    let closed = berlin(vec![schedule(0, Vec::new(), [])], Vec::new(), vec![by(0)]);
    let (site, when) = told(&closed, &mut HourNumbers::default());
    assert_eq!(site.hours().includes(when, Some(UtcSeconds(1_800_000_000))), Ok(false));
}

#[test]
fn numbers_that_nobody_uses_are_given_out_again_when_no_other_is_left() {
    let until = |minute: i64| {
        let part =
            Part { schedule: None, from: None, until: Some(Timestamp::from_second(minute * 60).unwrap()) };
        let mut parts = Parts::default();
        parts.add(part);
        parts
    };
    let mut numbers = HourNumbers::default();
    let mut given = BTreeMap::new();
    for minute in 1..=254 {
        given.insert(numbers.when(&until(minute), |_| true).unwrap().code(), minute);
    }
    assert_eq!(given.len(), 254, "each has its own as long as there are some");
    assert_eq!(numbers.when(&until(300), |_| false), None);
    let over = |parts: &Parts| *parts == until(7);
    assert_eq!(numbers.when(&until(300), over).map(|when| given[&when.code()]), Some(7));
}

#[test]
fn the_wall_clock_is_known_for_years_ahead() {
    let berlin = wall_clock::changes(&TimeZone::get("Europe/Berlin").unwrap(), YEAR);
    assert_eq!(berlin.len(), panel_protocol::limits::MAX_CLOCK_CHANGES);
    assert_eq!((berlin[0].ahead, berlin[1].ahead), (60, 120));
    assert_eq!(berlin[1].at, second("2027-03-28T01:00:00Z".parse().unwrap()));
    assert_eq!(wall_clock::changes(&TimeZone::UTC, YEAR).len(), 1);
    let half_an_hour = wall_clock::changes(&TimeZone::get("Australia/Lord_Howe").unwrap(), YEAR);
    assert_eq!((half_an_hour[0].ahead - half_an_hour[1].ahead).abs(), 30);
}
