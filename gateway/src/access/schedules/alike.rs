//! Days that are out of the ordinary for hours of several parts, counted out one by one and put together where they are
//! open alike.
//!
//! On such a day a panel goes by what is said of the day alone, so what an evening before still opens is said too.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use panel_protocol::schedule::{Holiday, LAST_DAY, MINUTES_PER_DAY};

use super::minutes::{Minutes, minutes};
use super::number_of;
use super::part::Part;
use crate::access::model::AccessModel;
use crate::domain::{self, HolidayCalendar};

/// One part's hours, day by day.
pub(super) struct DayHours<'a> {
    part: Part,
    /// `None`: at any time.
    schedule: Option<&'a domain::Schedule>,
    holidays: Vec<(&'a HolidayCalendar, &'a [domain::Interval])>,
    zone: &'a TimeZone,
}

impl<'a> DayHours<'a> {
    pub(super) fn new(
        part: Part,
        schedule: Option<&'a domain::Schedule>,
        model: &'a AccessModel,
        zone: &'a TimeZone,
    ) -> Self {
        let holidays = schedule.into_iter().flat_map(|schedule| &schedule.holidays);
        let known = holidays.filter_map(|(id, intervals)| Some((model.calendar(*id)?, intervals.as_slice())));
        Self { part, schedule, holidays: known.collect(), zone }
    }

    fn is_lasting(&self) -> bool {
        self.part.span() == super::LASTING
    }

    fn is_holiday(&self, day: Date) -> bool {
        self.holidays.iter().any(|(calendar, _)| calendar.days.iter().any(|holiday| holiday.falls_on(day)))
    }

    /// What begins on a day, whatever the span.
    fn beginning_on(&self, day: Date) -> Vec<Minutes> {
        let Some(schedule) = self.schedule else { return vec![(0, MINUTES_PER_DAY)] };
        if self.is_holiday(day) {
            let falls =
                |calendar: &HolidayCalendar| calendar.days.iter().any(|holiday| holiday.falls_on(day));
            let of_day = self.holidays.iter().filter(|(calendar, _)| falls(calendar));
            return of_day.flat_map(|(_, intervals)| *intervals).map(|it| minutes(*it)).collect();
        }
        let weekday = day.weekday().to_monday_zero_offset().unsigned_abs();
        let weekly = schedule.weekly.iter().filter(|weekly| weekly.days.contains(weekday));
        weekly.map(|weekly| minutes(weekly.interval)).collect()
    }

    /// What is open on a day: what goes on from the evening before, and what begins. Only hours for good go on over the
    /// next midnight, those for a span are said of each day.
    fn on(&self, day: Date) -> Vec<Minutes> {
        let Some((from, until)) = self.within(day) else { return Vec::new() };
        let evening = day.yesterday().map(|before| self.beginning_on(before)).unwrap_or_default();
        let gone_on = evening.into_iter().filter(|(from, until)| until < from).map(|(_, until)| (0, until));
        let gone_on = gone_on.filter(|_| !self.is_holiday(day));
        let all = gone_on.chain(self.beginning_on(day));
        if self.is_lasting() {
            return all.collect();
        }
        let clipped = all.map(|(begin, end)| {
            let end = if end < begin { MINUTES_PER_DAY } else { end };
            (begin.max(from), end.min(until))
        });
        clipped.filter(|(from, until)| from < until).collect()
    }

    /// The minutes of a day that lie wholly in the span, whichever time a repeated one comes.
    fn within(&self, day: Date) -> Option<Minutes> {
        let begins_before =
            |minute: u16, at: Timestamp| self.first(day, minute).is_none_or(|first| first < at);
        let ends_after = |minute: u16, at: Timestamp| self.last(day, minute).is_none_or(|last| last > at);
        let (mut from, mut until) = (0, MINUTES_PER_DAY);
        if let Some(begin) = self.part.from {
            from = minute_in(begin, day, self.zone);
            while from < MINUTES_PER_DAY && begins_before(from, begin) {
                from += 1;
            }
        }
        if let Some(end) = self.part.until {
            until = minute_in(end, day, self.zone).saturating_add(1).min(MINUTES_PER_DAY);
            while until > from && ends_after(until - 1, end) {
                until -= 1;
            }
        }
        (from < until).then_some((from, until))
    }

    /// The first instant at which the clock shows that minute of the day.
    fn first(&self, day: Date, minute: u16) -> Option<Timestamp> {
        self.zone.to_ambiguous_timestamp(at(day, minute)?).earlier().ok()
    }

    /// The end of the last.
    fn last(&self, day: Date, minute: u16) -> Option<Timestamp> {
        let begin = self.zone.to_ambiguous_timestamp(at(day, minute)?).later().ok()?;
        begin.checked_add(jiff::SignedDuration::from_mins(1)).ok()
    }

    /// The days on which it is not as the week says.
    fn out_of_the_ordinary(&self, first: Date, last: Date) -> BTreeSet<Date> {
        let mut days = BTreeSet::new();
        let span = |from: Date, to: Date| {
            from.max(first).series(jiff::Span::new().days(1)).take_while(move |day| *day <= to.min(last))
        };
        if !self.is_lasting() {
            let day_of = |at: Timestamp| at.to_zoned(self.zone.clone()).date();
            let (from, until) = self.part.span();
            days.extend(span(from.map_or(first, day_of), until.map_or(last, day_of)));
            return days;
        }
        for holiday in self.holidays.iter().flat_map(|(calendar, _)| &calendar.days) {
            match *holiday {
                domain::Holiday::Yearly { month, day } => days
                    .extend((first.year()..=last.year()).filter_map(|year| Date::new(year, month, day).ok())),
                domain::Holiday::Span { from, to } => days.extend(span(from, to)),
            }
        }
        days
    }
}

/// The days on which these hours together are not as the week says, by what they are then.
pub(super) fn days(
    hours: &[DayHours<'_>],
    first: Date,
    last: Date,
) -> BTreeMap<BTreeSet<Minutes>, Vec<Date>> {
    let all: BTreeSet<Date> = hours.iter().flat_map(|part| part.out_of_the_ordinary(first, last)).collect();
    let mut alike: BTreeMap<BTreeSet<Minutes>, Vec<Date>> = BTreeMap::new();
    for day in all {
        let open = joined(hours.iter().flat_map(|part| part.on(day)).collect());
        alike.entry(open).or_default().push(day);
    }
    alike
}

/// Days in order as holidays, those in a row as one.
pub(super) fn spans(days: &[Date]) -> Vec<Holiday> {
    let mut spans: Vec<(u16, u16)> = Vec::new();
    let numbers = days.iter().filter_map(|day| u16::try_from(number_of(*day)).ok());
    for number in numbers.filter(|number| *number <= LAST_DAY) {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => spans.push((number, number)),
        }
    }
    spans.into_iter().map(|(first, last)| Holiday::Days { first, last }).collect()
}

/// Stretches that meet or overlap within the day, as one.
fn joined(mut open: Vec<Minutes>) -> BTreeSet<Minutes> {
    open.sort_unstable();
    let (mut joined, over_midnight): (Vec<Minutes>, Vec<Minutes>) =
        (Vec::new(), open.iter().copied().filter(|(from, until)| until < from).collect());
    for (from, until) in open.into_iter().filter(|(from, until)| from < until) {
        match joined.last_mut() {
            Some((_, last)) if from <= *last => *last = until.max(*last),
            _ => joined.push((from, until)),
        }
    }
    joined.into_iter().chain(over_midnight).collect()
}

/// The minute of this day that an instant falls in: 0 on a day after it, the day's end on one before it.
fn minute_in(instant: Timestamp, day: Date, zone: &TimeZone) -> u16 {
    let local = instant.to_zoned(zone.clone()).datetime();
    match local.date().cmp(&day) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Greater => MINUTES_PER_DAY,
        std::cmp::Ordering::Equal => {
            u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs())
        }
    }
}

fn at(day: Date, minute: u16) -> Option<DateTime> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Some(day.to_datetime(Time::new(hour, minute, 0, 0).ok()?))
}
