//! A rule: whoever is in this group has this access level.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::access_level::AccessLevelId;
use super::group::GroupId;
use super::identifier::identifier;
use super::origin::Origin;
use super::revision::Revision;

identifier! {
    /// The gateway's own identifier of a rule.
    RuleId
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
