//! Rules, found by the group or the person that they give to.

use super::{Entity, IndexRow};
use crate::domain::{Rule, RuleId, RuleTo};
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
        let of = match self.to {
            RuleTo::Everyone => return Vec::new(),
            RuleTo::Group(group) => group.0,
            RuleTo::Person { person, .. } => person.0,
        };
        vec![IndexRow::plain([rows::rules_prefix(of).as_slice(), self.id.0.as_bytes()].concat())]
    }

    fn counts(&self) -> Counts {
        let newer = u64::from(!matches!(self.to, RuleTo::Group(_)));
        Counts { rules: 1, newer, ..Counts::NONE }
    }
}
