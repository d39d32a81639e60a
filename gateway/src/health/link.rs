//! How links are. A link that is not up accounts for its devices: they are not told of beside it.

use jiff::Timestamp;

use super::Effect;
use crate::domain::{AlarmKind, LineId, LinkCondition};

/// How a link is.
#[derive(Clone, Debug)]
pub struct LinkStanding {
    /// Which.
    pub id: LineId,
    /// How it is.
    pub condition: LinkCondition,
    /// Since when; `None` before it was first opened or found shut.
    pub since: Option<Timestamp>,
}

impl LinkStanding {
    pub(super) fn new(id: LineId) -> Self {
        Self { id, condition: LinkCondition::Down { why: "not opened yet".to_owned() }, since: None }
    }

    pub(super) fn become_so(&mut self, now: Timestamp, became: &LinkCondition) -> Effect {
        let same = std::mem::discriminant(became) == std::mem::discriminant(&self.condition);
        if !same || self.since.is_none() {
            self.since = Some(now);
        }
        self.condition = became.clone();
        effect(&self.id, became)
    }
}

fn effect(id: &LineId, became: &LinkCondition) -> Effect {
    let down = AlarmKind::LineDown { line: id.clone() };
    match became.why() {
        None => Effect::none(String::new()).closing(vec![down]),
        Some(why) => Effect::none(format!("Line {id} {}: {why}", became.words())).opening(down),
    }
}
