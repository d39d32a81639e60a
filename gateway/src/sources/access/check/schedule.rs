//! Schedules.

use std::collections::BTreeMap;

use super::{Refused, invalid, nearest};
use crate::domain::{
    DayTime, DayTimeError, HolidayCalendar, HolidayCalendarId, HolidayTimesDraft, Interval, IntervalError,
    RecordName, Schedule, ScheduleDraft, Weekdays, WeekdaysError, WeeklyDraft, WeeklyInterval, When,
    fold_case,
};

/// A schedule's content, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct ScheduleContent {
    pub(in super::super) name: RecordName,
    pub(in super::super) weekly: Vec<WeeklyInterval>,
    pub(in super::super) holidays: BTreeMap<HolidayCalendarId, Vec<Interval>>,
}

/// Holiday calendars by their folded names.
pub(in super::super) type Calendars = BTreeMap<String, HolidayCalendar>;

/// Reads `draft`, whose fields are called `path` and then their own name. Adds what is wrong to `refused`.
pub(in super::super) fn schedule(
    draft: &ScheduleDraft,
    path: &str,
    calendars: &Calendars,
    refused: &mut Refused,
) -> Option<ScheduleContent> {
    let name = refused.name(&draft.name, "a schedule", path);
    let mistakes = refused.len();
    if When::built_in(&fold_case(draft.name.trim())).is_some() {
        let message = format!("the schedule {:?} is built in", draft.name);
        refused.push(invalid(message, format!("{path}name"), &draft.name, "Give another name."));
    }
    for (count, most, key) in [
        (draft.weekly.len(), Schedule::MAX_INTERVALS, "weekly"),
        (draft.holidays.len(), Schedule::MAX_INTERVALS, "holidays"),
    ] {
        if count > most {
            let message = format!("a schedule has at most {most} of these");
            refused.push(invalid(
                message,
                format!("{path}{key}"),
                &count.to_string(),
                "Make two schedules of it.",
            ));
            return None;
        }
    }
    if draft.weekly.is_empty() && draft.holidays.is_empty() {
        let remedy = "Add intervals, or use the schedule \"never\", which is built in.";
        refused.push(invalid("the schedule is empty", format!("{path}weekly"), "", remedy));
    }
    let mut weekly = Vec::new();
    for (at, draft) in draft.weekly.iter().enumerate() {
        let interval = weekly_interval(draft, &format!("{path}weekly[{at}]"), refused);
        if interval.is_some_and(|interval| weekly.contains(&interval)) {
            let message = "the same interval stands there twice";
            refused.push(invalid(message, format!("{path}weekly[{at}]"), "", "Leave one out."));
        }
        weekly.extend(interval);
    }
    let holidays = holidays(&draft.holidays, path, calendars, refused);
    (refused.len() == mistakes).then_some(())?;
    Some(ScheduleContent { name: name?, weekly, holidays })
}

fn weekly_interval(draft: &WeeklyDraft, path: &str, refused: &mut Refused) -> Option<WeeklyInterval> {
    let days = Weekdays::named(&draft.days).map_err(|error| {
        let value = draft.days.join(", ");
        refused.push(invalid(error.to_string(), format!("{path}.days"), &value, WeekdaysError::REMEDY));
    });
    let interval = interval(&draft.from, &draft.to, path, refused);
    Some(WeeklyInterval { days: days.ok()?, interval: interval? })
}

fn interval(from: &str, to: &str, path: &str, refused: &mut Refused) -> Option<Interval> {
    let mut time = |text: &str, key: &str| {
        text.trim().parse::<DayTime>().map_err(|error| {
            refused.push(invalid(error.to_string(), format!("{path}.{key}"), text, DayTimeError::REMEDY));
        })
    };
    let (from, to) = (time(from, "from").ok(), time(to, "to").ok());
    let (from, to) = (from?, to?);
    Interval::new(from, to)
        .map_err(|error| {
            let value = format!("{from} to {to}");
            refused.push(invalid(error.to_string(), format!("{path}.from"), &value, IntervalError::REMEDY));
        })
        .ok()
}

fn holidays(
    drafts: &[HolidayTimesDraft],
    path: &str,
    calendars: &Calendars,
    refused: &mut Refused,
) -> BTreeMap<HolidayCalendarId, Vec<Interval>> {
    let mut holidays: BTreeMap<HolidayCalendarId, Vec<Interval>> = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        let path = format!("{path}holidays[{at}]");
        let Some(calendar) = calendars.get(&fold_case(draft.calendar.trim())) else {
            let message = format!("no holiday calendar here is called {:?}", draft.calendar);
            let known = calendars.values().map(|calendar| calendar.name.as_str());
            let remedy =
                nearest(&draft.calendar, known, "Add it as [[holiday_calendar]], or leave this out.");
            refused.push(invalid(message, format!("{path}.calendar"), &draft.calendar, remedy));
            continue;
        };
        let times = match (&draft.from, &draft.to) {
            (None, None) => None,
            (Some(from), Some(to)) => Some(interval(from, to, &path, refused)),
            (from, _) => {
                let (field, missing) =
                    if from.is_some() { ("to", "an end") } else { ("from", "a beginning") };
                let message =
                    format!("the interval has no {}", if from.is_some() { "end" } else { "beginning" });
                let remedy = format!("Write {missing}, or neither of them: then it is closed all day.");
                refused.push(invalid(message, format!("{path}.{field}"), "", remedy));
                continue;
            }
        };
        let known = holidays.get(&calendar.id);
        let contradicts = match &times {
            None => known.is_some(),
            Some(_) => known.is_some_and(Vec::is_empty),
        };
        if contradicts {
            let message = format!("{:?} is both closed all day and open for some time", draft.calendar);
            let remedy = "Leave out the entry without times, or those with times.";
            refused.push(invalid(message, format!("{path}.calendar"), &draft.calendar, remedy));
        }
        holidays.entry(calendar.id).or_default().extend(times.flatten());
    }
    both(calendars, &holidays, path, refused);
    if holidays.len() > Schedule::MAX_CALENDARS {
        let message = format!("a schedule goes by at most {} holiday calendars", Schedule::MAX_CALENDARS);
        let count = holidays.len().to_string();
        refused.push(invalid(message, format!("{path}holidays"), &count, "Join some calendars."));
    }
    holidays
}

/// A day that is a holiday by two calendars, with other times by each, can't be told which to go by.
fn both(
    calendars: &Calendars,
    holidays: &BTreeMap<HolidayCalendarId, Vec<Interval>>,
    path: &str,
    refused: &mut Refused,
) {
    let used: Vec<&HolidayCalendar> =
        calendars.values().filter(|calendar| holidays.contains_key(&calendar.id)).collect();
    for (at, one) in used.iter().enumerate() {
        for other in used.iter().skip(at + 1).filter(|other| holidays[&other.id] != holidays[&one.id]) {
            let twice = one.days.iter().find(|day| other.days.iter().any(|also| also.overlaps(**day)));
            if let Some(day) = twice {
                let (one, other) = (one.name.as_str(), other.name.as_str());
                let message = format!("{day} is a holiday by {one:?} and by {other:?}, with other times");
                let remedy = "Take the day out of one of the calendars, or give both the same times.";
                refused.push(invalid(message, format!("{path}holidays"), other, remedy));
            }
        }
    }
}
