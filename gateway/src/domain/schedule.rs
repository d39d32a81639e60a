//! A schedule: when something may be, by days of the week and by holidays, on the wall clock of the site.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::day_time::Interval;
use super::holiday_calendar::HolidayCalendarId;
use super::identifier::identifier;
use super::record_name::RecordName;
use super::revision::Revision;
use super::weekdays::Weekdays;

identifier! {
    /// The gateway's own identifier of a schedule. Access levels refer to it, so renames keep access.
    ScheduleId
}

/// The same stretch of time on some days of the week. Over midnight it belongs to the day on which it begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct WeeklyInterval {
    /// On which days it begins.
    pub days: Weekdays,
    /// From when until when.
    #[serde(flatten)]
    pub interval: Interval,
}

/// When something may be.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Schedule {
    /// Stable for life.
    pub id: ScheduleId,
    /// Unique without regard to case among all schedules, and none of those that are built in.
    pub name: RecordName,
    /// By the day of the week.
    pub weekly: Vec<WeeklyInterval>,
    /// On the holidays of a calendar, instead of the weekly intervals; none: closed all day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub holidays: BTreeMap<HolidayCalendarId, Vec<Interval>>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The revision that changed it last.
    pub revision: Revision,
}

impl Schedule {
    /// Most intervals by the day of the week, and most by holidays.
    pub const MAX_INTERVALS: usize = 64;

    /// Most holiday calendars.
    pub const MAX_CALENDARS: usize = 16;

    /// The name of the schedule that is always.
    pub const ALWAYS: &str = "always";

    /// The name of the schedule that is never.
    pub const NEVER: &str = "never";
}
