//! Access levels and rules as they are shown.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::masking::CardText;
use crate::domain::{
    AccessImport, AccessLevelId, AccessMode, CardholderId, DoorId, GroupId, HoldId, Revision, RuleId,
};

/// What decides at the doors, for programs and for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct RulesEffect {
    /// What decides.
    pub mode: AccessMode,
    /// Whether rules do.
    pub applied: bool,
    /// The same in a sentence.
    pub note: &'static str,
}

impl From<AccessMode> for RulesEffect {
    fn from(mode: AccessMode) -> Self {
        Self { mode, applied: mode == AccessMode::Rules, note: mode.sentence() }
    }
}

/// All of access, by name.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct AccessView {
    /// The entity tag of all of it.
    pub tag: String,
    /// What decides at the doors.
    #[serde(flatten)]
    pub effect: RulesEffect,
    /// Access levels.
    pub access_levels: Vec<AccessLevelView>,
    /// Rules.
    pub rules: Vec<RuleView>,
    /// All of it by names, schedules and holiday calendars too, as an import takes it.
    pub export: AccessImport,
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

/// A door or a place of an access level.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct DoorScheduleView {
    /// The door's id; null for a place.
    pub door: Option<DoorId>,
    /// What people call the door; null when the configuration has it no longer, and for a place.
    pub door_name: Option<String>,
    /// The place, for all doors in it; null for a door.
    pub place: Option<String>,
    /// The schedule's name.
    pub schedule: String,
}

impl DoorScheduleView {
    /// Whether it names something that the configuration no longer has.
    pub const fn is_gone(&self) -> bool {
        self.door.is_some() && self.door_name.is_none()
    }
}

/// A rule. It gives to one of a group, everyone and one person.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct RuleView {
    /// Which.
    pub id: RuleId,
    /// To a group.
    pub group: Option<GroupId>,
    /// The group's name.
    pub group_name: Option<String>,
    /// To everyone.
    pub everyone: bool,
    /// To a person.
    pub person: Option<CardholderId>,
    /// The person's user name.
    pub person_name: Option<String>,
    /// To that person not before this instant.
    pub from: Option<Timestamp>,
    /// To that person not from this instant on.
    pub until: Option<Timestamp>,
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

impl RuleView {
    /// To whom, in words.
    pub fn whom(&self) -> &str {
        match (&self.group_name, &self.person_name) {
            (Some(name), _) | (None, Some(name)) => name,
            (None, None) => "everyone",
        }
    }
}

/// A hold.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct HoldView {
    /// Which.
    pub id: HoldId,
    /// The card that it is on; null for a person.
    pub card: Option<CardText>,
    /// The person that it is on; null for a card.
    pub person: Option<CardholderId>,
    /// Their user name; null when they are gone, and for a card.
    pub person_name: Option<String>,
    /// Why.
    pub reason: String,
    /// When it is over; null: when somebody lifts it.
    pub until: Option<Timestamp>,
    /// Whether it is over.
    pub over: bool,
    /// Who put it there.
    pub by: String,
    /// When.
    pub created: Timestamp,
}

impl HoldView {
    /// What it is on, in words.
    pub fn what(&self) -> String {
        match (&self.card, &self.person_name) {
            (Some(card), _) => format!("card {card}"),
            (None, Some(name)) => name.clone(),
            (None, None) => "a person who is gone".to_owned(),
        }
    }
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
