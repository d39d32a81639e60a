//! Access levels and rules as they are shown.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{AccessLevelId, DoorId, GroupId, Revision, RuleId, Schedule};

/// What rules do at the doors, for programs and for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct RulesEffect {
    /// Whether they decide there.
    pub applied: bool,
    /// The same in a sentence.
    pub note: &'static str,
}

impl RulesEffect {
    /// In this version: none.
    pub const NONE: Self = Self {
        applied: false,
        note: "Rules are kept, not applied yet: every active card of an active person opens every door.",
    };
}

/// All access levels and rules, by name.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct AccessView {
    /// The entity tag of all of it.
    pub tag: String,
    /// What rules do at the doors.
    #[serde(flatten)]
    pub effect: RulesEffect,
    /// Access levels.
    pub access_levels: Vec<AccessLevelView>,
    /// Rules.
    pub rules: Vec<RuleView>,
}

/// An access level.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct AccessLevelView {
    /// Which.
    pub id: AccessLevelId,
    /// What people call it.
    pub name: String,
    /// What it opens.
    pub doors: Vec<DoorScheduleView>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The revision that changed it last; its entity tag.
    pub revision: Revision,
}

/// A door of an access level.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct DoorScheduleView {
    /// Its id.
    pub door: DoorId,
    /// What people call it; null when the configuration has it no longer.
    pub door_name: Option<String>,
    /// When it may be opened.
    pub schedule: Schedule,
}

/// A rule.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct RuleView {
    /// Which.
    pub id: RuleId,
    /// To whom.
    pub group: GroupId,
    /// The group's name.
    pub group_name: String,
    /// What.
    pub access_level: AccessLevelId,
    /// The access level's name.
    pub access_level_name: String,
    /// Whether it decides at the doors.
    pub applied: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The revision that changed it last; its entity tag.
    pub revision: Revision,
}

/// A group, for whoever makes a rule for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct GroupView {
    /// Which.
    pub id: GroupId,
    /// What the identity provider calls it.
    pub display_name: String,
    /// The identity provider's own identifier.
    pub external_id: Option<String>,
}
