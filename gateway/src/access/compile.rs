//! What a change of the directory means for cards: which of them it may concern, and what each may do then.
//!
//! Every kind of change passes [`reach`], be it of people, groups, access levels or rules, so that a new kind doesn't
//! compile until somebody has said whom it reaches. The rule at this stage: every active card of an active person
//! opens every door.

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::time::UtcSeconds;

use super::{CardAccess, Clearance};
use crate::domain::{Card, Cardholder, CardholderId, Change, GivenBy};

/// The cards whose access one step of a change may alter, each once. `before`: the person that it is about, as they
/// were.
pub fn reach(change: &Change, before: Option<&Cardholder>) -> Vec<Credential> {
    match change {
        Change::PutCardholder { cardholder } => affected(before, Some(cardholder)),
        Change::DeleteCardholder { .. } => affected(before, None),
        // Every active card opens every door, whatever groups its holder is in and whatever rules there are.
        Change::PutGroup { .. }
        | Change::DeleteGroup { .. }
        | Change::AddMember { .. }
        | Change::RemoveMember { .. }
        | Change::PutAccessLevel { .. }
        | Change::DeleteAccessLevel { .. }
        | Change::PutRule { .. }
        | Change::DeleteRule { .. } => Vec::new(),
    }
}

/// The credentials whose access a change of one person may alter: those active before or after, each once.
pub fn affected(before: Option<&Cardholder>, after: Option<&Cardholder>) -> Vec<Credential> {
    let mut credentials: Vec<Credential> = [before, after]
        .into_iter()
        .flatten()
        .flat_map(Cardholder::active_cards)
        .map(|card| card.credential)
        .collect();
    credentials.sort_unstable();
    credentials.dedup();
    credentials
}

/// What a credential may do, given everybody who holds it; `None` if no active card of an active person has it.
///
/// Should two have it at once, the first in order of identifiers does, at every controller alike.
pub fn compile<'a>(
    credential: Credential,
    holders: impl IntoIterator<Item = &'a Cardholder>,
) -> Option<CardAccess> {
    let person = holders.into_iter().filter(|person| person.opens_with(credential)).min_by_key(|it| it.id)?;
    let cards = || person.active_cards().filter(|card| card.credential == credential);
    let (by_hand, given): (Vec<_>, Vec<_>) = cards().partition(|card| card.given_by == GivenBy::Hand);
    let validities = given.into_iter().chain(by_hand).map(Validity::of);
    validities.reduce(Validity::joined)?.access(person.id)
}

/// From when to when a card opens; from the first on, for ever.
#[derive(Clone, Copy)]
struct Validity {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Validity {
    fn of(card: &Card) -> Self {
        Self { from: card.valid_from, until: card.valid_until }
    }

    /// Of a card that the identity provider gives and somebody added by hand, neither takes anything from the other.
    /// A row has one span of time: where there would be a gap between two, what the provider says counts.
    fn joined(self, by_hand: Self) -> Self {
        let begins_by = |from: Option<Timestamp>, until: Option<Timestamp>| match (from, until) {
            (Some(from), Some(until)) => from <= until,
            _ => true,
        };
        if !begins_by(self.from, by_hand.until) || !begins_by(by_hand.from, self.until) {
            return self;
        }
        let until = self.until.zip(by_hand.until).map(|(one, other)| one.max(other));
        Self { from: self.from.min(by_hand.from), until }
    }

    fn access(self, holder: CardholderId) -> Option<CardAccess> {
        let valid_until = match self.until {
            Some(until) if until <= Timestamp::UNIX_EPOCH => return None,
            Some(until) => u32::try_from(until.as_second()).ok().map(UtcSeconds),
            None => None,
        };
        let valid_from = self.from.map(|from| UtcSeconds(first_whole_second(from)));
        let valid_from = valid_from.filter(|from| from.0 > 0);
        Some(CardAccess { holder, clearance: Clearance::EVERY_DOOR, valid_from, valid_until })
    }
}

/// The first second that is not before `instant`, as far as 32 bits reach: 1970 to 2106.
fn first_whole_second(instant: Timestamp) -> u32 {
    let begun = i64::from(instant.subsec_nanosecond() > 0);
    u32::try_from((instant.as_second() + begun).max(0)).unwrap_or(u32::MAX)
}
