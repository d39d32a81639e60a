//! What is remembered between one card and the next. The caller keeps it; a decision says what it becomes.

use crate::credential::Credential;
use crate::time::{Micros, UtcSeconds};

/// What is remembered of a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CardState {
    /// Where it went last. It has to survive a restart for anti-passback to.
    pub passage: Option<Passage>,
    /// Its wrong PINs.
    pub tries: Tries,
}

/// A card's way through a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passage {
    /// The area that it is in since.
    pub area: u8,
    /// Since when; `None` if the clock was not set.
    pub at: Option<UtcSeconds>,
}

/// Wrong PINs of a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tries {
    /// How many in a row.
    pub wrong: u8,
    /// Until when it has to wait.
    pub blocked_until: Option<Micros>,
}

/// What is remembered of a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DoorState {
    /// Until when it stands unlocked because the first person has come.
    pub unlocked_until: Option<UtcSeconds>,
    /// The first of two people.
    pub waiting: Option<Waiting>,
}

/// Somebody who has to wait for a second person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The card.
    pub credential: Credential,
    /// Until when it counts.
    pub until: Micros,
    /// Whether its PIN said that somebody is forced.
    pub duress: bool,
}
