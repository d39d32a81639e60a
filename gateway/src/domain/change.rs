//! What a source says, and how the journal keeps it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::access_level::{AccessLevel, AccessLevelId};
use super::access_mode::AccessSettings;
use super::cardholder::{Cardholder, CardholderId};
use super::group::{Group, GroupId};
use super::hold::{Hold, HoldId};
use super::holiday_calendar::{HolidayCalendar, HolidayCalendarId};
use super::origin::Origin;
use super::revision::Revision;
use super::rule::{Rule, RuleId};
use super::schedule::{Schedule, ScheduleId};
use super::source_person::SourcePerson;

/// One step of a change. Each carries the whole new state of what it names, so that doing it twice is doing it once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "op")]
pub enum Change {
    /// The person is as written here.
    PutCardholder {
        /// The whole new state.
        cardholder: Box<Cardholder>,
    },
    /// The person is gone, and with them their memberships.
    DeleteCardholder {
        /// Who.
        id: CardholderId,
    },
    /// The group is as written here; its members stay.
    PutGroup {
        /// The whole new state, members apart.
        group: Group,
    },
    /// The group is gone, and with it its memberships and rules.
    DeleteGroup {
        /// Which.
        id: GroupId,
    },
    /// The person belongs to the group.
    AddMember {
        /// Which group.
        group: GroupId,
        /// Who.
        member: CardholderId,
    },
    /// The person doesn't belong to the group.
    RemoveMember {
        /// Which group.
        group: GroupId,
        /// Who.
        member: CardholderId,
    },
    /// The access level is as written here.
    PutAccessLevel {
        /// The whole new state.
        access_level: AccessLevel,
    },
    /// The access level is gone, and with it the rules that gave it.
    DeleteAccessLevel {
        /// Which.
        id: AccessLevelId,
    },
    /// The rule is as written here.
    PutRule {
        /// The whole new state.
        rule: Rule,
    },
    /// The rule is gone.
    DeleteRule {
        /// Which.
        id: RuleId,
    },
    /// The holiday calendar is as written here.
    PutHolidayCalendar {
        /// The whole new state.
        calendar: HolidayCalendar,
    },
    /// The holiday calendar is gone.
    DeleteHolidayCalendar {
        /// Which.
        id: HolidayCalendarId,
    },
    /// The schedule is as written here.
    PutSchedule {
        /// The whole new state.
        schedule: Schedule,
    },
    /// The schedule is gone.
    DeleteSchedule {
        /// Which.
        id: ScheduleId,
    },
    /// What decides at the doors is this.
    SetAccessMode {
        /// The whole new state.
        settings: AccessSettings,
    },
    /// The hold is as written here.
    PutHold {
        /// The whole new state.
        hold: Hold,
    },
    /// The hold is lifted.
    DeleteHold {
        /// Which.
        id: HoldId,
    },
    /// What a source has said of a person is as written here.
    PutSourcePerson {
        /// The whole new state.
        person: Box<SourcePerson>,
    },
}

impl Change {
    /// The first version of a [`Record`] that could hold this step.
    fn since(&self) -> u8 {
        match self {
            Self::PutCardholder { .. }
            | Self::DeleteCardholder { .. }
            | Self::PutGroup { .. }
            | Self::DeleteGroup { .. }
            | Self::AddMember { .. }
            | Self::RemoveMember { .. } => 1,
            Self::PutAccessLevel { access_level } => access_level.since(),
            Self::PutRule { rule } => rule.since(),
            Self::DeleteAccessLevel { .. } | Self::DeleteRule { .. } => 2,
            Self::PutHolidayCalendar { .. }
            | Self::DeleteHolidayCalendar { .. }
            | Self::PutSchedule { .. }
            | Self::DeleteSchedule { .. }
            | Self::SetAccessMode { .. }
            | Self::PutHold { .. }
            | Self::DeleteHold { .. } => 4,
            Self::PutSourcePerson { .. } => 5,
        }
    }
}

/// One change as the journal keeps it: self-contained, versioned, idempotent by revision, and silent about files and
/// controllers, so that it means the same at another site.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Version of this form; readers refuse what they don't know.
    pub version: u8,
    /// Its place in the directory's history.
    pub revision: Revision,
    /// When it was accepted.
    pub at: Timestamp,
    /// Who caused it.
    #[serde(rename = "source")]
    pub origin: Origin,
    /// All or nothing, in this order.
    pub changes: Vec<Change>,
}

impl Record {
    /// The newest version that this program knows: 2 has access levels and rules, 3 has sources of the configuration, 4 has
    /// schedules, places, rules for everyone and for one person, the access mode and holds, 5 has what sources of events say.
    pub const VERSION: u8 = 5;

    /// The version to write for these steps of this origin: the oldest that has them all, so that an older program refuses
    /// what it can't follow, by its version, and nothing else.
    pub fn version_of(origin: &Origin, changes: &[Change]) -> u8 {
        changes.iter().map(Change::since).fold(origin.since(), u8::max)
    }
}
