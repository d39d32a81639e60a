//! From what somebody asks for to the rows that are worth a look: none that fits falls through, few others stay.

use std::collections::HashSet;

use panel_protocol::decide::Reason;

use super::row::{Row, card_hash, door_hash, holder_hash, name_hash};
use crate::store::events::wanted::Wanted;

/// What rows are held against.
#[derive(Debug)]
pub(in crate::store::events) struct Sieve {
    doors: Option<HashSet<u32>>,
    people: Option<(HashSet<u32>, u32)>,
    card: Option<u32>,
    /// By the reason's code.
    reasons: Option<[bool; 256]>,
    from: i64,
    until: i64,
}

impl Sieve {
    /// For these events.
    pub(in crate::store::events) fn of(wanted: &Wanted) -> Self {
        let reasons = wanted.result.map(|result| {
            let mut reasons = [false; 256];
            for reason in Reason::ALL {
                reasons[usize::from(reason as u8)] = result.is(reason);
            }
            reasons
        });
        Self {
            doors: wanted.doors.as_ref().map(|doors| doors.iter().map(door_hash).collect()),
            people: wanted.people.as_ref().map(|people| {
                (people.ids.iter().map(|id| holder_hash(*id)).collect(), name_hash(&people.name))
            }),
            card: wanted.card.map(card_hash),
            reasons,
            // Seconds are rounded, so one more on either side.
            from: wanted.from.map_or(i64::MIN, |from| from.as_second().saturating_sub(1)),
            until: wanted.until.map_or(i64::MAX, |until| until.as_second().saturating_add(1)),
        }
    }

    /// Whether a row is worth a look.
    pub(super) fn holds(&self, row: &Row) -> bool {
        row.listed
            && (self.from..=self.until).contains(&row.second)
            && self.doors.as_ref().is_none_or(|doors| doors.contains(&row.door))
            && self.people.as_ref().is_none_or(|(ids, name)| ids.contains(&row.holder) || row.name == *name)
            && self.card.is_none_or(|card| row.card == card)
            && self.reasons.is_none_or(|reasons| reasons[usize::from(row.reason)])
    }

    /// Whether anything between these seconds can be.
    pub(super) fn reaches(&self, earliest: i64, latest: i64) -> bool {
        earliest <= self.until && latest >= self.from
    }
}
