//! What somebody on site wants of access levels and rules, in their own words, and why they can't have it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access_level::{AccessLevel, AccessLevelId, AccessLevelName, Schedule};
use super::rule::RuleId;

/// An access level as somebody wrote it, unchecked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessLevelDraft {
    /// What people shall call it.
    #[schemars(length(min = 1, max = AccessLevelName::MAX_LEN))]
    pub name: String,
    /// What it shall open.
    #[schemars(length(max = AccessLevel::MAX_DOORS))]
    pub doors: Vec<DoorDraft>,
}

/// A door of an access level as somebody wrote it, unchecked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoorDraft {
    /// The door's id in the configuration.
    pub door: String,
    /// When.
    #[serde(default = "always")]
    #[schemars(with = "Schedule")]
    pub schedule: String,
}

fn always() -> String {
    Schedule::Always.to_string()
}

/// A rule as somebody wrote it, unchecked: by identifiers, in an import by names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDraft {
    /// To whom.
    pub group: String,
    /// What.
    pub access_level: String,
}

/// All access levels and rules as they shall be; what is not among them goes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessImport {
    /// Every access level.
    #[schemars(length(max = 1_000))]
    pub access_levels: Vec<AccessLevelDraft>,
    /// Every rule, by the names of group and access level.
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
    /// It is gone.
    Gone,
    /// What an import changed, or would change.
    Imported(Vec<ImportStep>),
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
