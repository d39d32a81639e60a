//! An access level: which doors, and when.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::identifier::identifier;
use super::revision::Revision;
use super::site::DoorId;

identifier! {
    /// The gateway's own identifier of an access level. Rules refer to it, so renames keep access.
    AccessLevelId
}

/// When a door may be opened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// At any time; the only schedule of this version.
    Always,
}

/// A schedule that this version doesn't know.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no schedule {0:?}; this version knows \"always\" alone")]
pub struct UnknownSchedule(pub String);

impl FromStr for Schedule {
    type Err = UnknownSchedule;

    fn from_str(name: &str) -> Result<Self, UnknownSchedule> {
        if name == "always" { Ok(Self::Always) } else { Err(UnknownSchedule(name.to_owned())) }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
        }
    }
}

/// A door, and when it may be opened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct DoorSchedule {
    /// Which door, as the configuration calls it.
    pub door: DoorId,
    /// When.
    pub schedule: Schedule,
}

/// What people call an access level: one line of 1 to 100 characters, without blanks around it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccessLevelName(String);

/// A text that can't name an access level.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an access level's name is one line of 1 to {} characters", AccessLevelName::MAX_LEN)]
pub struct AccessLevelNameError;

impl AccessLevelName {
    /// The longest, in characters.
    pub const MAX_LEN: usize = 100;

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccessLevelName {
    type Err = AccessLevelNameError;

    fn from_str(text: &str) -> Result<Self, AccessLevelNameError> {
        let name = text.trim();
        let fits = !name.is_empty() && name.chars().count() <= Self::MAX_LEN;
        if fits && !name.contains(char::is_control) {
            Ok(Self(name.to_owned()))
        } else {
            Err(AccessLevelNameError)
        }
    }
}

impl TryFrom<String> for AccessLevelName {
    type Error = AccessLevelNameError;

    fn try_from(text: String) -> Result<Self, AccessLevelNameError> {
        text.parse()
    }
}

impl From<AccessLevelName> for String {
    fn from(name: AccessLevelName) -> Self {
        name.0
    }
}

impl fmt::Display for AccessLevelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of doors, each with its schedule.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AccessLevel {
    /// Stable for life.
    pub id: AccessLevelId,
    /// Unique without regard to case among all access levels.
    pub name: AccessLevelName,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_without_blanks_around_it() {
        assert_eq!(" Staff, day ".parse::<AccessLevelName>().unwrap().as_str(), "Staff, day");
        assert!("ä".repeat(100).parse::<AccessLevelName>().is_ok());
        for bad in ["", "  ", "two\nlines", "ä".repeat(101).as_str()] {
            assert!(bad.parse::<AccessLevelName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_schedule_that_this_version_does_not_know_is_refused_by_name() {
        let error = "office-hours".parse::<Schedule>().unwrap_err();
        let expected = "there is no schedule \"office-hours\"; this version knows \"always\" alone";
        assert_eq!(error.to_string(), expected);
        assert!("Always".parse::<Schedule>().is_err());
        assert_eq!(Schedule::Always.to_string().parse(), Ok(Schedule::Always));
    }
}
