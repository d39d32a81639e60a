//! An access level: which doors, and when.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::identifier::identifier;
use super::place::Place;
use super::record_name::RecordName;
use super::revision::Revision;
use super::schedule::{Schedule, ScheduleId};
use super::site::DoorId;

identifier! {
    /// The gateway's own identifier of an access level. Rules refer to it, so renames keep access.
    AccessLevelId
}

/// A schedule as an access level names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// At any time.
    Always,
    /// At no time.
    Never,
    /// When this schedule says.
    Schedule(ScheduleId),
}

impl When {
    /// The schedule of that name, if it is one of those that are built in.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            Schedule::ALWAYS => Some(Self::Always),
            Schedule::NEVER => Some(Self::Never),
            _ => None,
        }
    }

    /// What people call it, as `name_of` has the names of schedules.
    pub fn words<'a>(self, name_of: impl Fn(ScheduleId) -> Option<&'a RecordName>) -> String {
        match self {
            Self::Always => Schedule::ALWAYS.to_owned(),
            Self::Never => Schedule::NEVER.to_owned(),
            Self::Schedule(id) => name_of(id).map_or_else(|| id.to_string(), ToString::to_string),
        }
    }
}

/// A door, or all doors of a place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// A door, as the configuration calls it.
    Door(DoorId),
    /// Every door that is there now or comes there.
    Place(Place),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Door(door) => door.fmt(f),
            Self::Place(place) => place.fmt(f),
        }
    }
}

/// Where, and when.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct DoorSchedule {
    /// Where.
    #[serde(flatten)]
    pub at: At,
    /// When.
    pub schedule: When,
}

/// A set of doors, each with its schedule.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AccessLevel {
    /// Stable for life.
    pub id: AccessLevelId,
    /// Unique without regard to case among all access levels.
    pub name: RecordName,
    /// What it opens, and when. A door that the configuration has no longer opens nothing.
    pub doors: BTreeSet<DoorSchedule>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The revision that changed it last.
    pub revision: Revision,
}

impl AccessLevel {
    /// Most doors of one access level: every reader of the largest site.
    pub const MAX_DOORS: usize = 1024;

    /// The first version of a record that could hold it: 2 knows doors at any time.
    pub(super) fn since(&self) -> u8 {
        let is_plain =
            |part: &DoorSchedule| matches!(part, DoorSchedule { at: At::Door(_), schedule: When::Always });
        if self.doors.iter().all(is_plain) { 2 } else { 4 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_access_level_opens_is_kept_in_words_that_stay() {
        let id = ScheduleId(uuid::Uuid::nil());
        for (kept, part) in [
            (r#"{"door":"lobby","schedule":"always"}"#, (At::Door("lobby".parse().unwrap()), When::Always)),
            (r#"{"place":"A / B","schedule":"never"}"#, (At::Place("A/B".parse().unwrap()), When::Never)),
            (
                r#"{"door":"lobby","schedule":{"schedule":"00000000-0000-0000-0000-000000000000"}}"#,
                (At::Door("lobby".parse().unwrap()), When::Schedule(id)),
            ),
        ] {
            let part = DoorSchedule { at: part.0, schedule: part.1 };
            assert_eq!(serde_json::to_string(&part).unwrap(), kept);
            assert_eq!(serde_json::from_str::<DoorSchedule>(kept).unwrap(), part);
        }
        assert!(serde_json::from_str::<DoorSchedule>(r#"{"schedule":"always"}"#).is_err());
    }

    #[test]
    fn only_two_schedules_are_built_in() {
        assert_eq!(When::built_in("always").map(|when| when.words(|_| None)).as_deref(), Some("always"));
        assert_eq!(When::built_in("never"), Some(When::Never));
        assert_eq!(When::built_in("Always"), None);
    }
}
