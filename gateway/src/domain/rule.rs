//! A rule: whoever is in this group has this access level.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access_level::AccessLevelId;
use super::change::Revision;
use super::group::GroupId;
use super::origin::Origin;

/// The gateway's own identifier of a rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RuleId(pub Uuid);

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RuleId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self)
    }
}

/// Gives an access level to a group's members. It goes with either of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// Stable for life.
    pub id: RuleId,
    /// To whom.
    pub group: GroupId,
    /// What; no two rules have the same group and access level.
    pub access_level: AccessLevelId,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The revision that changed it last.
    pub revision: Revision,
}

/// A rule that went because its group was deleted. Names are those that were, for whoever reads of it later.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleDropped {
    /// The change that deleted the group.
    pub revision: Revision,
    /// Who caused it.
    #[serde(rename = "source")]
    pub origin: Origin,
    /// The rule.
    pub rule: RuleId,
    /// The group that is gone.
    pub group: GroupId,
    /// Its name.
    pub group_name: String,
    /// The access level, which is still there.
    pub access_level: AccessLevelId,
    /// Its name.
    pub access_level_name: String,
}

impl RuleDropped {
    /// The one sentence that tells it.
    pub fn sentence(&self) -> String {
        format!(
            "The group {} was deleted, and with it the rule that gave it the access level {}.",
            self.group_name, self.access_level_name
        )
    }
}
