//! Holiday calendars.

use super::{Refused, invalid};
use crate::domain::{Holiday, HolidayCalendar, HolidayCalendarDraft, HolidayDraft, HolidayError, RecordName};

/// A holiday calendar's content, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct CalendarContent {
    pub(in super::super) name: RecordName,
    pub(in super::super) days: Vec<Holiday>,
}

/// Reads `draft`, whose fields are called `path` and then their own name. Adds what is wrong to `refused`.
pub(in super::super) fn calendar(
    draft: &HolidayCalendarDraft,
    path: &str,
    refused: &mut Refused,
) -> Option<CalendarContent> {
    let name = refused.name(&draft.name, "a holiday calendar", path);
    let mistakes = refused.len();
    if draft.days.len() > HolidayCalendar::MAX_DAYS {
        let message = format!("a holiday calendar has at most {} days", HolidayCalendar::MAX_DAYS);
        let count = draft.days.len().to_string();
        refused.push(invalid(
            message,
            format!("{path}days"),
            &count,
            "Make two calendars of it, or write spans.",
        ));
        return None;
    }
    let mut days: Vec<(usize, Holiday)> = Vec::new();
    for (at, draft) in draft.days.iter().enumerate() {
        let field = format!("{path}days[{at}]");
        let holiday = match draft {
            HolidayDraft::Day(text) => text.parse(),
            HolidayDraft::Span { from, to } => Holiday::span(from, to),
        };
        match holiday {
            Ok(holiday) => {
                if let Some((_, other)) = days.iter().find(|(_, other)| other.overlaps(holiday)) {
                    let message = format!("{holiday} and {other} overlap");
                    refused.push(invalid(message, field, &draft.to_string(), "Leave one of them out."));
                } else {
                    days.push((at, holiday));
                }
            }
            Err(error) => {
                refused.push(invalid(error.to_string(), field, &draft.to_string(), HolidayError::REMEDY));
            }
        }
    }
    (refused.len() == mistakes).then_some(())?;
    Some(CalendarContent { name: name?, days: days.into_iter().map(|(_, day)| day).collect() })
}
