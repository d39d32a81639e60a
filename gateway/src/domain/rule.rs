//! A rule: whoever is in this group, or everyone, or this one person for a time, has this access level.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::access_level::AccessLevelId;
use super::cardholder::CardholderId;
use super::group::GroupId;
use super::identifier::identifier;
use super::origin::Origin;
use super::revision::Revision;

identifier! {
    /// The gateway's own identifier of a rule.
    RuleId
}

/// To whom a rule gives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RuleTo {
    /// To everybody.
    Everyone,
    /// To a group's members.
    Group(GroupId),
    /// To one person.
    Person {
        /// Who.
        person: CardholderId,
        /// Not before this instant.
        from: Option<Timestamp>,
        /// Not from this instant on; after `from`.
        until: Option<Timestamp>,
    },
}

/// Gives an access level to whom it says. It goes with either of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "KeptRule", into = "KeptRule")]
pub struct Rule {
    /// Stable for life.
    pub id: RuleId,
    /// To whom.
    pub to: RuleTo,
    /// What; no two rules give the same to the same.
    pub access_level: AccessLevelId,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The revision that changed it last.
    pub revision: Revision,
}

impl Rule {
    /// The first version of a record that could hold it: 2 knows groups.
    pub(super) const fn since(&self) -> u8 {
        match self.to {
            RuleTo::Group(_) => 2,
            RuleTo::Everyone | RuleTo::Person { .. } => 4,
        }
    }
}

/// A rule as the journal keeps it.
#[derive(Serialize, Deserialize)]
struct KeptRule {
    id: RuleId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<GroupId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    everyone: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<CardholderId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    access_level: AccessLevelId,
    created: Timestamp,
    modified: Timestamp,
    revision: Revision,
}

impl TryFrom<KeptRule> for Rule {
    type Error = &'static str;

    fn try_from(kept: KeptRule) -> Result<Self, &'static str> {
        let KeptRule { id, access_level, created, modified, revision, from, until, .. } = kept;
        let to = match (kept.group, kept.everyone, kept.person, from.or(until)) {
            (Some(group), None, None, None) => RuleTo::Group(group),
            (None, Some(true), None, None) => RuleTo::Everyone,
            (None, None, Some(person), _) => RuleTo::Person { person, from, until },
            _ => {
                return Err(
                    "a rule gives to one of a group, everyone or a person, and only to the last for a time",
                );
            }
        };
        Ok(Self { id, to, access_level, created, modified, revision })
    }
}

impl From<Rule> for KeptRule {
    fn from(rule: Rule) -> Self {
        let Rule { id, to, access_level, created, modified, revision } = rule;
        let none = Self {
            id,
            group: None,
            everyone: None,
            person: None,
            from: None,
            until: None,
            access_level,
            created,
            modified,
            revision,
        };
        match to {
            RuleTo::Everyone => Self { everyone: Some(true), ..none },
            RuleTo::Group(group) => Self { group: Some(group), ..none },
            RuleTo::Person { person, from, until } => Self { person: Some(person), from, until, ..none },
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_kept_in_words_that_stay() {
        let nil = uuid::Uuid::nil();
        let rule = |to| Rule {
            id: RuleId(nil),
            to,
            access_level: AccessLevelId(nil),
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            revision: Revision(7),
        };
        let id = r#""00000000-0000-0000-0000-000000000000""#;
        let until = Some(Timestamp::UNIX_EPOCH);
        for (to, kept) in [
            (RuleTo::Group(GroupId(nil)), format!(r#""group":{id}"#)),
            (RuleTo::Everyone, r#""everyone":true"#.to_owned()),
            (
                RuleTo::Person { person: CardholderId(nil), from: None, until },
                format!(r#""person":{id},"until":"1970-01-01T00:00:00Z""#),
            ),
        ] {
            let dates = r#""created":"1970-01-01T00:00:00Z","modified":"1970-01-01T00:00:00Z""#;
            let kept = format!(r#"{{"id":{id},{kept},"access_level":{id},{dates},"revision":7}}"#);
            assert_eq!(serde_json::to_string(&rule(to.clone())).unwrap(), kept);
            assert_eq!(serde_json::from_str::<Rule>(&kept).unwrap(), rule(to));
            let both = kept.replacen("\"access_level\"", "\"everyone\":false,\"access_level\"", 1);
            assert!(serde_json::from_str::<Rule>(&both).is_err());
        }
    }
}
