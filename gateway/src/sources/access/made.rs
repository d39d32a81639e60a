//! Access levels and rules as an edit makes them.

use uuid::Uuid;

use super::check::LevelContent;
use crate::domain::{AccessLevel, AccessLevelId, GroupId, Rule, RuleId};
use crate::sources::Moment;

/// The access level with that content, new or in place of `before`.
pub(super) fn written(before: Option<&AccessLevel>, content: LevelContent, now: Moment<'_>) -> AccessLevel {
    AccessLevel {
        id: before.map_or_else(|| AccessLevelId(Uuid::new_v4()), |before| before.id),
        name: content.name,
        doors: content.doors,
        created: before.map_or(now.at, |before| before.created),
        modified: now.at,
        revision: now.revision,
    }
}

/// The rule between these two, new or in place of `before`.
pub(super) fn new_rule(
    before: Option<&Rule>,
    group: GroupId,
    access_level: AccessLevelId,
    now: Moment<'_>,
) -> Rule {
    Rule {
        id: before.map_or_else(|| RuleId(Uuid::new_v4()), |before| before.id),
        group,
        access_level,
        created: before.map_or(now.at, |before| before.created),
        modified: now.at,
        revision: now.revision,
    }
}
