//! Access levels and rules as they are shown, and the way in for those who edit them.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::Serialize;

use super::source::Actor;
use crate::domain::{
    AccessEdit, AccessEdited, AccessLevelId, AccessRefusal, DoorId, GroupId, Revision, RuleId, Schedule,
};

/// Where access levels and rules come from, and where edits of them go.
pub trait AccessSource: Send + Sync {
    /// All access levels and rules.
    ///
    /// # Errors
    /// When they can't be read.
    fn read(&self) -> BoxFuture<'_, Result<AccessView, AccessError>>;

    /// All groups.
    ///
    /// # Errors
    /// When they can't be read.
    fn groups(&self) -> BoxFuture<'_, Result<Vec<GroupView>, AccessError>>;

    /// Does what `actor` wants, all of it or nothing.
    ///
    /// # Errors
    /// With all that is wrong with it.
    fn edit(&self, edit: AccessEdit, actor: &Actor) -> BoxFuture<'_, Result<AccessEdited, AccessError>>;
}

/// Why access levels and rules were not read or not changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AccessError {
    /// The edit can't be done, for all these reasons; at least one.
    #[error("{} refused", .0.len())]
    Refused(Vec<AccessRefusal>),
    /// The directory can't do it now; the log has more.
    #[error("the directory can't do it now: {0}")]
    Unavailable(String),
}

/// What rules do at the doors, for programs and for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
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
#[derive(Clone, PartialEq, Debug, Serialize)]
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
#[derive(Clone, PartialEq, Debug, Serialize)]
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
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DoorScheduleView {
    /// Its id.
    pub door: DoorId,
    /// What people call it; absent when the configuration has it no longer.
    pub door_name: Option<String>,
    /// When it may be opened.
    pub schedule: Schedule,
}

/// A rule.
#[derive(Clone, PartialEq, Debug, Serialize)]
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
    /// Whether it decides at the doors; see [`RulesEffect`].
    pub applied: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The revision that changed it last; its entity tag.
    pub revision: Revision,
}

/// A group, for whoever makes a rule for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GroupView {
    /// Which.
    pub id: GroupId,
    /// What the identity provider calls it.
    pub display_name: String,
    /// The identity provider's own identifier.
    pub external_id: Option<String>,
}
