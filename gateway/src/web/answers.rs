//! The API's answers that are more than one view.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{DoorTurnover, ImportStep};
use crate::operator::ReAuthenticated;
use crate::views::{
    AccessLevelView, AlarmView, ConfiguredSourceView, ControllerView, DeadLetterView, EventView,
    ExposureView, GroupView, HoldView, IdentityProvidersView, OperationView, ReceiptView, RuleView,
    RulesEffect,
};

/// Controllers.
#[derive(Serialize, JsonSchema)]
pub(super) struct Controllers {
    /// When the answer was made.
    pub(super) at: Timestamp,
    /// In the order of the configuration.
    pub(super) controllers: Vec<ControllerView>,
}

/// What became of changes.
#[derive(Serialize, JsonSchema)]
pub(super) struct Receipts {
    /// When the answer was made.
    pub(super) at: Timestamp,
    /// Those under way first, then the finished; newest first in both.
    pub(super) receipts: Vec<ReceiptView>,
}

/// Who is exposed.
#[derive(Serialize, JsonSchema)]
pub(super) struct Exposures {
    /// When the answer was made.
    pub(super) at: Timestamp,
    /// Every revoked card at every controller that has not proven it, oldest first.
    pub(super) exposed: Vec<ExposureView>,
}

/// Alarms.
#[derive(Serialize, JsonSchema)]
pub(super) struct Alarms {
    /// When the answer was made.
    pub(super) at: Timestamp,
    /// The open ones first, then those that are over and that somebody should still see, or that are muted; newest first in
    /// both.
    pub(super) alarms: Vec<AlarmView>,
}

/// Card reads.
#[derive(Serialize, JsonSchema)]
pub(super) struct Events {
    /// When the answer was made.
    pub(super) at: Timestamp,
    /// The newest in the log first.
    pub(super) events: Vec<EventView>,
    /// Where older ones begin: give it as `before`. Null: there are none.
    pub(super) next: Option<u64>,
}

/// The identity providers.
#[derive(Serialize, JsonSchema)]
pub(super) struct IdentityProviders {
    /// When the answer was made.
    pub(super) at: Timestamp,
    /// How each fares.
    #[serde(rename = "identity")]
    pub(super) identity_providers: IdentityProvidersView,
}

/// A part of the log of SCIM operations.
#[derive(Serialize, JsonSchema)]
pub(super) struct Operations {
    /// Newest first.
    pub(super) operations: Vec<OperationView>,
    /// Where older ones begin: give it as `before`. Null: there are none.
    pub(super) next: Option<u64>,
}

/// A token's new secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReAuthenticated")]
pub(super) struct NewToken<'a> {
    /// The token's name.
    name: &'a str,
    /// The secret; the only time that it can be seen.
    token: &'a str,
    /// Until when the secret before it is taken as well.
    previous_until: Option<Timestamp>,
}

impl<'a> From<&'a ReAuthenticated> for NewToken<'a> {
    fn from(made: &'a ReAuthenticated) -> Self {
        Self { name: &made.name, token: &made.token.0, previous_until: made.previous_until }
    }
}

/// Access levels.
#[derive(Serialize, JsonSchema)]
pub(super) struct AccessLevels {
    /// What rules do at the doors.
    #[serde(flatten)]
    pub(super) effect: RulesEffect,
    /// By name.
    pub(super) access_levels: Vec<AccessLevelView>,
}

/// Rules.
#[derive(Serialize, JsonSchema)]
pub(super) struct Rules {
    /// What they do at the doors.
    #[serde(flatten)]
    pub(super) effect: RulesEffect,
    /// By group.
    pub(super) rules: Vec<RuleView>,
}

/// What an import changed, or would change.
#[derive(Serialize, JsonSchema)]
pub(super) struct AccessImported {
    /// The entity tag of all of it.
    pub(super) tag: String,
    /// What rules do at the doors.
    #[serde(flatten)]
    pub(super) effect: RulesEffect,
    /// Nothing was changed.
    pub(super) dry_run: bool,
    /// One by one.
    pub(super) changes: Vec<ImportStep>,
    /// Who would gain and who would lose which door; null when it was done.
    pub(super) doors: Option<Vec<DoorTurnover>>,
}

/// Groups.
#[derive(Serialize, JsonSchema)]
pub(super) struct Groups {
    /// By name.
    pub(super) groups: Vec<GroupView>,
}

/// Holds.
#[derive(Serialize, JsonSchema)]
pub(super) struct Holds {
    /// Oldest first, those that are over too.
    pub(super) holds: Vec<HoldView>,
}

/// The sources of the configuration.
#[derive(Serialize, JsonSchema)]
pub(super) struct Sources {
    /// When the answer was made.
    pub(super) at: Timestamp,
    /// In the order of the configuration.
    pub(super) sources: Vec<ConfiguredSourceView>,
}

/// Messages of a source that could not be followed.
#[derive(Serialize, JsonSchema)]
pub(super) struct Letters {
    /// The newest first.
    pub(super) letters: Vec<DeadLetterView>,
}
