//! From the directory to the rows a controller should hold. Pure: no clock, no store, no tokio.
//!
//! One changed person recomputes the cards of that person and nothing else: [`affected`] names the credentials,
//! [`compile`] says what each may do, [`DoorPlan`] turns that into one controller's row and profiles.
//!
//! The rule at this stage: every active card of an active person opens every door.

mod index;
pub mod mass_revocation;

pub use index::CardIndex;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::table::{Profile, Row};
use panel_protocol::time::UtcSeconds;

use crate::domain::{Card, CardSource, Cardholder, CardholderId};

/// The profile of every card that opens all of a controller's doors.
const ALL_DOORS: u16 = 0;

/// What an active card may do, whatever the controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CardAccess {
    /// Whose card it is.
    pub holder: CardholderId,
    /// Opens nothing before this second.
    pub valid_from: Option<UtcSeconds>,
    /// Opens nothing from this second on.
    pub valid_until: Option<UtcSeconds>,
}

/// What the compiler knows of a controller: which of its readers belong to doors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoorPlan {
    readers: Vec<u8>,
}

impl DoorPlan {
    /// A controller whose doors have these readers.
    pub fn new(readers: impl IntoIterator<Item = u8>) -> Self {
        Self { readers: readers.into_iter().collect() }
    }

    /// The controller's profile table.
    pub fn profiles(&self) -> Vec<Profile> {
        vec![Profile::always(self.readers.iter().copied())]
    }

    /// The controller's row for a card.
    pub fn row(&self, credential: Credential, access: &CardAccess) -> Row {
        Row { credential, profile: ALL_DOORS, valid_from: access.valid_from, valid_until: access.valid_until }
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
    let (by_hand, given): (Vec<_>, Vec<_>) = cards().partition(|card| card.source == CardSource::Manual);
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
        Some(CardAccess { holder, valid_from: valid_from.filter(|from| from.0 > 0), valid_until })
    }
}

/// The first second that is not before `instant`, as far as 32 bits reach: 1970 to 2106.
fn first_whole_second(instant: Timestamp) -> u32 {
    let begun = i64::from(instant.subsec_nanosecond() > 0);
    u32::try_from((instant.as_second() + begun).max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
