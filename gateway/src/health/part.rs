//! How the parts of the box are: a problem opens an alarm, and being well closes it.

use jiff::Timestamp;

use super::Effect;
use crate::domain::{AlarmKind, Finding, Level, LocalClock, PartCondition};

/// How a part of the box is.
#[derive(Clone, Debug)]
pub struct PartStanding {
    /// How it is.
    pub condition: PartCondition,
    /// Since when.
    pub since: Timestamp,
}

impl PartStanding {
    pub(super) fn effect(&self, clock: &LocalClock) -> Effect {
        let what = AlarmKind::PartFailing { part: self.condition.part() };
        let row = Effect::none(self.condition.sentence(clock));
        match self.condition.level() {
            Level::Problem => row.opening(what),
            Level::Attention | Level::Well => row.closing(vec![what]),
        }
    }

    pub(super) fn finding(&self, clock: &LocalClock) -> Option<Finding> {
        let level = self.condition.level();
        (level > Level::Well).then(|| Finding { level, text: self.condition.sentence(clock) })
    }
}
