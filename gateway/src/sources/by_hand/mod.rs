//! Cards that somebody on site adds and deactivates: a spare badge, a visitor's. Plans for the directory; never touches
//! a card that an identity provider gives.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::Moment;
use super::cards::number::{self, CardNumberError};
use super::cards::{CardDefaults, CardPolicy, other_holder};
use crate::domain::{BadgeType, Card, CardState, Cardholder, Change, GivenBy, RefusedCard};
use crate::store::{StoreError, View};

/// A card that a person shall have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCard {
    /// In any way that a card number may be written.
    pub number: String,
    /// What kind of card it is; never empty.
    pub badge_type: BadgeType,
    /// Opens nothing before this instant.
    pub valid_from: Option<Timestamp>,
    /// Opens nothing from this instant on; after [`Self::valid_from`].
    pub valid_until: Option<Timestamp>,
}

/// Why a card was not added or deactivated; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ByHandError {
    /// There is no such person.
    #[error("nobody has the user name {0:?}")]
    UnknownPerson(String),
    /// It is no card number.
    #[error("card number {number:?}: {error}")]
    Number {
        /// As it was given.
        number: String,
        /// What is wrong with it, and what would be right.
        error: CardNumberError,
    },
    /// The site's word for no card at all.
    #[error("card number {number:?} stands for no card here; give the number that is on the card")]
    MeansNone {
        /// As it was given.
        number: String,
    },
    /// It would end before it begins.
    #[error("the card's validity ends before it begins")]
    Validity,
    /// The identity provider manages the card.
    #[error("the identity provider gives {holder} this card; change it there")]
    Provided {
        /// The person's name.
        holder: String,
    },
    /// Another active person holds it.
    #[error("the card is held by {holder}; deactivate it there first")]
    HeldByAnother {
        /// The other person's name.
        holder: String,
    },
    /// The person has as many cards as one may have.
    #[error("{holder} has {most} cards, and nobody may have more; take one of them away first")]
    TooMany {
        /// The person's name.
        holder: String,
        /// How many a person may have.
        most: usize,
    },
    /// The person has no such card.
    #[error("{holder} has no such card that was added by hand")]
    NoSuchCard {
        /// The person's name.
        holder: String,
    },
    /// The directory can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The person before and after a plan.
#[derive(Clone, PartialEq, Debug)]
pub struct Changed {
    /// Before.
    pub before: Cardholder,
    /// After.
    pub after: Cardholder,
}

impl Changed {
    /// The change, if it is one.
    pub fn changes(&self) -> Vec<Change> {
        let cards = |person: &Cardholder| (person.cards.clone(), person.refused_cards.clone());
        if cards(&self.before) == cards(&self.after) {
            return Vec::new();
        }
        vec![Change::PutCardholder { cardholder: Box::new(self.after.clone()) }]
    }
}

/// Plans one more card for a person, or the return of one that was deactivated by hand.
///
/// # Errors
/// When the person can't have it.
pub fn add(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    user_name: &str,
    new: &NewCard,
) -> Result<Changed, ByHandError> {
    let before = find(view, user_name)?;
    if policy.means_none(&new.number) {
        return Err(ByHandError::MeansNone { number: new.number.clone() });
    }
    let defaults = &policy.defaults;
    let credential = read(&new.number, defaults)?;
    if let (Some(from), Some(until)) = (new.valid_from, new.valid_until)
        && until <= from
    {
        return Err(ByHandError::Validity);
    }
    let holder = before.display_name.clone();
    if before.cards.iter().any(|card| is_provided(card, credential)) {
        return Err(ByHandError::Provided { holder });
    }
    if let Some(other) = other_holder(view, credential, before.id, now.at)? {
        return Err(ByHandError::HeldByAnother { holder: other.display_name });
    }
    let card = Card {
        credential,
        number: new.number.clone(),
        state: CardState::Active,
        given_by: GivenBy::Hand,
        badge_type: new.badge_type.clone(),
        format: None,
        valid_from: new.valid_from,
        valid_until: new.valid_until,
    };
    let mut after = before.clone();
    stop_waiting(&mut after, credential, defaults);
    match after.cards.iter_mut().find(|card| is_ours(card, credential)) {
        Some(known) => *known = card,
        None => {
            make_room(&mut after)?;
            after.cards.push(card);
        }
    }
    Ok(changed(before, after, now))
}

/// Plans that a card added by hand opens nothing any more.
///
/// # Errors
/// When the person has no such card, or it is the identity provider's.
pub fn deactivate(
    view: &View<'_>,
    now: Moment<'_>,
    defaults: &CardDefaults,
    user_name: &str,
    number: &str,
) -> Result<Changed, ByHandError> {
    let before = find(view, user_name)?;
    let credential = read(number, defaults)?;
    let mut after = before.clone();
    let holder = before.display_name.clone();
    let waited = stop_waiting(&mut after, credential, defaults);
    match after.cards.iter_mut().find(|card| is_ours(card, credential)) {
        Some(card) => card.state = CardState::Inactive,
        None if waited => {}
        None if before.cards.iter().any(|card| is_provided(card, credential)) => {
            return Err(ByHandError::Provided { holder });
        }
        None => return Err(ByHandError::NoSuchCard { holder }),
    }
    Ok(changed(before, after, now))
}

fn find(view: &View<'_>, user_name: &str) -> Result<Cardholder, ByHandError> {
    let person = view.cardholder_by_user_name(user_name)?;
    person.ok_or_else(|| ByHandError::UnknownPerson(user_name.to_owned()))
}

fn read(number: &str, defaults: &CardDefaults) -> Result<Credential, ByHandError> {
    number::parse(number, defaults).map_err(|error| ByHandError::Number { number: number.to_owned(), error })
}

fn is_ours(card: &Card, credential: Credential) -> bool {
    card.given_by == GivenBy::Hand && card.credential == credential
}

/// Takes away a card by hand that waits until another person lets go of it; whether there was one.
fn stop_waiting(person: &mut Cardholder, credential: Credential, defaults: &CardDefaults) -> bool {
    let before = person.refused_cards.len();
    person.refused_cards.retain(|RefusedCard { given, .. }| {
        !given.is_by_hand() || read(&given.number, defaults).ok() != Some(credential)
    });
    person.refused_cards.len() < before
}

fn is_provided(card: &Card, credential: Credential) -> bool {
    card.given_by != GivenBy::Hand && card.state != CardState::Inactive && card.credential == credential
}

/// A card that opens nothing any more makes room for the next.
fn make_room(person: &mut Cardholder) -> Result<(), ByHandError> {
    let most = Cardholder::MAX_CARDS;
    if person.cards.len() < most {
        return Ok(());
    }
    let spent = person.cards.iter().position(|card| card.state == CardState::Inactive);
    let Some(spent) = spent else {
        return Err(ByHandError::TooMany { holder: person.display_name.clone(), most });
    };
    person.cards.remove(spent);
    Ok(())
}

fn changed(before: Cardholder, mut after: Cardholder, now: Moment<'_>) -> Changed {
    after.modified = now.at;
    after.revision = now.revision;
    Changed { before, after }
}
