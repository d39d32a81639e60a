use std::vec::Vec;

use super::*;
use crate::time::UtcSeconds;

fn date(year: i32, month: u8, day: u8) -> Date {
    Date { year, month, day }
}

#[test]
fn days_and_dates_agree_over_all_years_of_the_clock() {
    assert_eq!(date(1970, 1, 1).day_number(), 0);
    assert_eq!(date(2026, 11, 30).day_number(), 20_787);
    let mut expected = date(1970, 1, 1);
    for day in 0..=i32::from(LAST_DAY) {
        assert_eq!(Date::of_day(day), expected);
        assert_eq!(expected.day_number(), day);
        let leap = expected.year % 4 == 0 && (expected.year % 100 != 0 || expected.year % 400 == 0);
        let last = !Date::may_fall(expected.month, expected.day + 1)
            || (expected.month, expected.day) == (2, 28) && !leap;
        expected = match (last, expected.month) {
            (false, _) => date(expected.year, expected.month, expected.day + 1),
            (true, 12) => date(expected.year + 1, 1, 1),
            (true, month) => date(expected.year, month + 1, 1),
        };
    }
}

#[test]
fn intervals_and_holidays_have_one_encoding_each() {
    let mut intervals = 0;
    for on in 0..=u8::MAX {
        for (from, until) in
            [(0, 0), (0, 1), (1, 0), (0, 1440), (1439, 1440), (1440, 1), (0, 1441), (60, 60), (60, 30)]
        {
            let [a, b]: [[u8; 2]; 2] = [u16::to_le_bytes(from), u16::to_le_bytes(until)];
            let bytes = [on, a[0], a[1], b[0], b[1]];
            if let Ok(interval) = Interval::from_bytes(bytes) {
                assert_eq!(interval.to_bytes(), bytes);
                intervals += 1;
            }
        }
    }
    assert_eq!(intervals, 127 * 4 + 128 * 5, "closed is for holidays");
    let all: Vec<Holiday> = (0..=u16::MAX)
        .filter_map(|day| {
            let [low, high] = day.to_le_bytes();
            let bytes = [low, high, low, high];
            let holiday = Holiday::from_bytes(bytes).ok()?;
            assert_eq!(holiday.to_bytes(), bytes);
            Some(holiday)
        })
        .collect();
    assert_eq!(all.len(), usize::from(LAST_DAY) + 1 + 366);
}

#[test]
fn what_is_no_interval_or_holiday_is_refused() {
    let monday = On::Weekdays(Weekdays::new(1).unwrap());
    assert_eq!(Weekdays::new(0), Err(IntervalError::Weekdays(0)));
    assert_eq!(Interval::new(monday, 600, 600), Err(IntervalError::Empty(600)));
    assert_eq!(Interval::new(monday, 1440, 1), Err(IntervalError::From(1440)));
    assert_eq!(Interval::new(monday, 0, 1441), Err(IntervalError::Until(1441)));
    assert_eq!(Interval::new(On::Holidays(128), 0, 1), Err(IntervalError::Calendar(128)));
    let yearly = |month, day| Holiday::Yearly { month, day }.checked().is_ok();
    assert!(
        yearly(2, 29)
            && yearly(12, 31)
            && !yearly(2, 30)
            && !yearly(13, 1)
            && !yearly(0, 1)
            && !yearly(4, 31)
    );
    assert!(Holiday::Days { first: 2, last: 1 }.checked().is_err());
    assert!(Holiday::Days { first: 2, last: LAST_DAY + 1 }.checked().is_err());
    assert_eq!(Holiday::from_bytes([0x99, 0xF1, 0x9A, 0xF1]), Err(HolidayError::YearlySpan));
}

#[test]
fn what_the_clock_shows_follows_its_changes() {
    let changes =
        [ClockChange { at: UtcSeconds(600), ahead: 60 }, ClockChange { at: UtcSeconds(7_200), ahead: -90 }];
    let at = |second| LocalTime::at(UtcSeconds(second), &changes);
    assert_eq!(at(599), None);
    assert_eq!(at(600), Some(LocalTime { day: 0, minute: 70 }));
    assert_eq!(at(7_199), Some(LocalTime { day: 0, minute: 179 }));
    assert_eq!(at(7_200), Some(LocalTime { day: 0, minute: 30 }));
    assert_eq!(
        LocalTime::at(UtcSeconds(60), &[ClockChange { at: UtcSeconds(0), ahead: -90 }]).unwrap().day,
        -1
    );
}

#[test]
fn hours_that_never_end_are_taken_to_end_in_a_day() {
    let schedule = Schedule::new([Interval::new(On::Weekdays(Weekdays::ALL), 0, 1440).unwrap()]).unwrap();
    let changes = [ClockChange { at: UtcSeconds(0), ahead: 0 }];
    let schedules = [Numbered { number: 3, value: schedule }];
    let hours = Hours { clock_changes: &changes, schedules: &schedules, calendars: &[] };
    assert_eq!(hours.end(When::Schedule(3), UtcSeconds(30)), UtcSeconds(86_430));
    assert_eq!(hours.end(When::Always, UtcSeconds(30)), UtcSeconds(86_430));
    assert_eq!(hours.end(When::Schedule(4), UtcSeconds(30)), UtcSeconds(30));
}
