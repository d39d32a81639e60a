//! Records as an edit makes them.

use uuid::Uuid;

use super::check::{CalendarContent, LevelContent, ScheduleContent};
use crate::domain::{
    AccessLevel, AccessLevelId, HolidayCalendar, HolidayCalendarId, Rule, RuleId, RuleTo, Schedule,
    ScheduleId,
};
use crate::sources::Moment;

/// The holiday calendar with that content, new or in place of `before`.
pub(super) fn calendar(
    before: Option<&HolidayCalendar>,
    content: CalendarContent,
    now: Moment<'_>,
) -> HolidayCalendar {
    HolidayCalendar {
        id: before.map_or_else(|| HolidayCalendarId(Uuid::new_v4()), |before| before.id),
        name: content.name,
        days: content.days,
        created: before.map_or(now.at, |before| before.created),
        modified: now.at,
        revision: now.revision,
    }
}

/// The schedule with that content, new or in place of `before`.
pub(super) fn schedule(before: Option<&Schedule>, content: ScheduleContent, now: Moment<'_>) -> Schedule {
    Schedule {
        id: before.map_or_else(|| ScheduleId(Uuid::new_v4()), |before| before.id),
        name: content.name,
        weekly: content.weekly,
        holidays: content.holidays,
        created: before.map_or(now.at, |before| before.created),
        modified: now.at,
        revision: now.revision,
    }
}

/// The access level with that content, new or in place of `before`.
pub(super) fn written(before: Option<&AccessLevel>, content: LevelContent, now: Moment<'_>) -> AccessLevel {
    AccessLevel {
        id: before.map_or_else(|| AccessLevelId(Uuid::new_v4()), |before| before.id),
        name: content.name,
        doors: content.doors,
        created: before.map_or(now.at, |before| before.created),
        modified: now.at,
        revision: now.revision,
    }
}

/// The rule between these two, new or in place of `before`.
pub(super) fn new_rule(
    before: Option<&Rule>,
    to: RuleTo,
    access_level: AccessLevelId,
    now: Moment<'_>,
) -> Rule {
    Rule {
        id: before.map_or_else(|| RuleId(Uuid::new_v4()), |before| before.id),
        to,
        access_level,
        created: before.map_or(now.at, |before| before.created),
        modified: now.at,
        revision: now.revision,
    }
}
