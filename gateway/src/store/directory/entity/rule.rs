//! Rules, found by their group.

use super::{Entity, IndexRow};
use crate::domain::{Rule, RuleId};
use crate::store::directory::meta::Counts;
use crate::store::directory::rows::{self, kind};

impl Entity for Rule {
    type Id = RuleId;
    const KIND: u8 = kind::RULE;
    const COUNTED: Option<fn(&Counts) -> u64> = Some(|counts| counts.rules);

    fn id(&self) -> RuleId {
        self.id
    }

    fn index(&self) -> Vec<IndexRow> {
        let key = [rows::group_rules_prefix(self.group).as_slice(), self.id.0.as_bytes()].concat();
        vec![IndexRow::plain(key)]
    }

    fn counts(&self) -> Counts {
        Counts { rules: 1, ..Counts::NONE }
    }
}
