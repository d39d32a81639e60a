//! What somebody on site wants of access levels and rules, in their own words, and why they can't have it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access_level::{AccessLevel, AccessLevelId};
use super::access_mode::AccessMode;
use super::hold::HoldId;
use super::holiday_calendar::HolidayCalendar;
use super::record_name::RecordName;
use super::rule::RuleId;
use super::schedule::Schedule;
use super::turnover::DoorTurnover;

/// An access level as somebody wrote it, unchecked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessLevelDraft {
    /// What people shall call it.
    #[schemars(length(min = 1, max = RecordName::MAX_LEN))]
    pub name: String,
    /// What it shall open.
    #[schemars(length(max = AccessLevel::MAX_DOORS))]
    pub doors: Vec<DoorDraft>,
}

/// A door or a place of an access level as somebody wrote it, unchecked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoorDraft {
    /// The door's id in the configuration, or its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<String>,
    /// Instead of a door: a place, for all doors in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// When: `always`, `never` or the name of a schedule.
    #[serde(default = "always", skip_serializing_if = "is_always")]
    #[schemars(extend("default" = Schedule::ALWAYS))]
    pub schedule: String,
}

fn always() -> String {
    Schedule::ALWAYS.to_owned()
}

fn is_always(schedule: &str) -> bool {
    schedule == Schedule::ALWAYS
}

/// A rule as somebody wrote it, unchecked. It gives to one of `group`, `everyone` and `person`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDraft {
    /// To a group, by its id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// To everybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everyone: bool,
    /// To one person, by id or user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// To that person not before this instant; a date alone begins with that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// To that person not from this instant on; a date alone ends with that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// What: an access level's id, in an import its name.
    pub access_level: String,
}

/// A holiday calendar as somebody wrote it, unchecked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HolidayCalendarDraft {
    /// What people shall call it.
    pub name: String,
    /// The holidays.
    #[schemars(length(max = HolidayCalendar::MAX_DAYS))]
    pub days: Vec<HolidayDraft>,
}

/// A holiday as somebody wrote it, unchecked: `12-25` for every year, `2027-04-02`, or a span.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum HolidayDraft {
    /// A day.
    Day(String),
    /// From a day to another, both included.
    Span {
        /// The first day.
        from: String,
        /// The last day.
        to: String,
    },
}

impl fmt::Display for HolidayDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => f.write_str(day),
            Self::Span { from, to } => write!(f, "{from} to {to}"),
        }
    }
}

/// A schedule as somebody wrote it, unchecked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleDraft {
    /// What people shall call it.
    pub name: String,
    /// By the day of the week.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = Schedule::MAX_INTERVALS))]
    pub weekly: Vec<WeeklyDraft>,
    /// On holidays, instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = Schedule::MAX_INTERVALS))]
    pub holidays: Vec<HolidayTimesDraft>,
}

/// The same time on some days of the week, as somebody wrote it, unchecked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyDraft {
    /// `mon` to `sun`.
    pub days: Vec<String>,
    /// From this time of the day, `00:00` to `23:59`.
    pub from: String,
    /// Until this one, `00:01` to `24:00`; before `from`: of the next day.
    pub to: String,
}

/// A time on the holidays of a calendar, as somebody wrote it, unchecked; without times it is closed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HolidayTimesDraft {
    /// The calendar's name.
    pub calendar: String,
    /// From this time of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Until this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// A hold as somebody wants it, unchecked. It is on one of `card` and `person`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldDraft {
    /// A card, by its number in any way that one may be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// A person, by id or user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Why.
    pub reason: String,
    /// It is over from this instant on; a date alone ends with that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// All of access as it shall be; what is not among it goes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessImport {
    /// What decides at the doors; absent: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<AccessMode>,
    /// Every holiday calendar.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub holiday_calendars: Vec<HolidayCalendarDraft>,
    /// Every schedule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 255))]
    pub schedules: Vec<ScheduleDraft>,
    /// Every access level.
    #[schemars(length(max = 1_000))]
    pub access_levels: Vec<AccessLevelDraft>,
    /// Every rule, by the names of group or person and access level.
    #[schemars(length(max = 5_000))]
    pub rules: Vec<RuleDraft>,
}

/// The state on which an edit is based; in another state it would undo what somebody else did meanwhile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BasedOn {
    /// Whatever it is.
    Any,
    /// One of these entity tags.
    Tags(Vec<String>),
}

impl BasedOn {
    /// Whether `tag` is a state that was meant.
    pub fn is_met_by(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|meant| meant == tag),
        }
    }
}

/// What is written: something new, or something that is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target<Id> {
    /// Something new.
    New,
    /// What is there.
    Existing(Id, BasedOn),
}

/// What somebody wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AccessEdit {
    /// An access level as written here.
    PutLevel(Target<AccessLevelId>, AccessLevelDraft),
    /// An access level gone.
    DeleteLevel(AccessLevelId, BasedOn),
    /// A rule as written here, by identifiers.
    PutRule(Target<RuleId>, RuleDraft),
    /// A rule gone.
    DeleteRule(RuleId, BasedOn),
    /// A hold put.
    PutHold(HoldDraft),
    /// A hold lifted.
    LiftHold(HoldId),
    /// All as written here, by names.
    Import {
        /// All of it.
        wanted: AccessImport,
        /// The state that it was made from.
        based_on: BasedOn,
        /// Only say what would change.
        dry_run: bool,
    },
}

/// What an edit came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AccessEdited {
    /// This access level is as it was wanted.
    Level(AccessLevelId),
    /// This rule is as it was wanted.
    Rule(RuleId),
    /// This hold is on.
    Hold(HoldId),
    /// It is gone.
    Gone,
    /// What an import changed.
    Imported(Vec<ImportStep>),
    /// What an import would change, and what that would come to at the doors.
    WouldImport(Vec<ImportStep>, Vec<DoorTurnover>),
}

/// One thing that an import does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ImportStep {
    /// What it does.
    pub action: ImportAction,
    /// To what, in words.
    pub what: String,
}

/// What an import does to an access level or a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportAction {
    /// It was not there.
    Add,
    /// It was there and different.
    Change,
    /// It is not wanted any more.
    Remove,
}

impl ImportAction {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Change => "change",
            Self::Remove => "remove",
        }
    }
}

/// What whoever was refused can do about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefusalKind {
    /// Name something that is there.
    NotFound,
    /// Write it differently.
    Invalid,
    /// Change something else first.
    Conflict,
    /// Read again and decide anew.
    Stale,
}

/// Why an edit was refused; nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct AccessRefusal {
    /// What kind.
    pub kind: RefusalKind,
    /// What is wrong.
    pub message: String,
    /// Where, such as `doors[2].door` or, in an import, `access_levels[0].doors[2].door`.
    pub field: String,
    /// What was there.
    pub value: String,
    /// What would be right.
    pub remedy: String,
}
