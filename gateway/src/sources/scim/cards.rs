//! What becomes of the one card number that an identity provider gives a person.
//!
//! At most one card of a person is the provider's own and active. A number that can't be a card is kept with its
//! reason, and becomes a card by itself when the one who holds it lets go: the provider was told that all is well and
//! will not say it again. Cards added by hand are never touched. Runs inside a plan, so that no two people win the
//! same card.

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::error::ScimError;
use super::limits::MAX_FORMER_CARDS;
use crate::domain::{
    Card, CardRefusal, CardSource, CardState, Cardholder, CardholderId, Change, RefusedCard, Revision,
};
use crate::sources::card_number::{self, CardDefaults};
use crate::store::View;

/// How card numbers become cards.
#[derive(Clone, Copy, Debug)]
pub struct CardPolicy {
    /// What a bare number means.
    pub defaults: CardDefaults,
    /// What happens when the number is taken away.
    pub when_removed: WhenRemoved,
    /// Refuse the request, not just the card.
    pub strict: bool,
}

/// What happens to a card when the identity provider takes its number away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenRemoved {
    /// It opens nothing any more.
    Deactivate,
    /// It stays, and so does its number.
    Keep,
}

/// The number that the identity provider gave, whether it became a card or was refused.
pub(super) fn current_number(person: &Cardholder) -> Option<&str> {
    let refused = person.refused_card.as_ref().map(|refused| refused.number.as_str());
    refused.or_else(|| {
        let mut cards = person.cards.iter();
        cards.find(|card| is_current(card)).map(|card| card.number.as_str())
    })
}

fn is_current(card: &Card) -> bool {
    card.source == CardSource::IdentityProvider && card.state == CardState::Active
}

/// A person's new state meeting the number that they shall have.
pub(super) struct Settlement<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) policy: &'a CardPolicy,
    pub(super) at: Timestamp,
    /// The person's state before, if they existed.
    pub(super) before: Option<&'a Cardholder>,
    /// Somebody who lets go of the card in the same change.
    pub(super) leaving: Option<CardholderId>,
}

impl Settlement<'_> {
    /// Makes `person`'s provider card the one that `number` stands for. `person` begins with the cards of before.
    ///
    /// # Errors
    /// With a strict policy, when the number is new or newly in effect and can't be a card.
    pub(super) fn settle(&self, person: &mut Cardholder, number: Option<&str>) -> Result<(), ScimError> {
        let number = number.filter(|number| !number.trim().is_empty());
        let Some(number) = number else {
            self.remove(person);
            return Ok(());
        };
        match self.credential_for(person, number)? {
            Ok(credential) => give(person, number, credential),
            Err(refusal) if self.policy.strict && self.is_news(person, number) => {
                return Err(refused(&refusal));
            }
            Err(refusal) => self.refuse(person, number, refusal),
        }
        Ok(())
    }

    fn remove(&self, person: &mut Cardholder) {
        person.refused_card = None;
        if self.policy.when_removed == WhenRemoved::Deactivate {
            deactivate_all(person);
        }
    }

    fn refuse(&self, person: &mut Cardholder, number: &str, refusal: CardRefusal) {
        deactivate_all(person);
        let earlier = person.refused_card.take().filter(|earlier| earlier.number == number);
        let at = earlier.map_or(self.at, |earlier| earlier.at);
        person.refused_card = Some(RefusedCard { number: number.to_owned(), refusal, at });
    }

    /// Whether this request brought the number, or brought the person back to life with it.
    fn is_news(&self, person: &Cardholder, number: &str) -> bool {
        self.before
            .is_none_or(|before| current_number(before) != Some(number) || (person.active && !before.active))
    }

    fn credential_for(
        &self,
        person: &Cardholder,
        number: &str,
    ) -> Result<Result<Credential, CardRefusal>, ScimError> {
        let not_a_card = |detail: String| CardRefusal::NotACard { number: number.to_owned(), detail };
        let credential = match card_number::parse(number, &self.policy.defaults) {
            Ok(credential) => credential,
            Err(error) => return Ok(Err(not_a_card(error.to_string()))),
        };
        let manual = person.cards.iter().filter(|card| card.source == CardSource::Manual).count();
        if manual >= Cardholder::MAX_CARDS {
            let most = Cardholder::MAX_CARDS;
            return Ok(Err(not_a_card(format!(
                "the person has {most} other cards already; remove one of them"
            ))));
        }
        Ok(match self.other_holder(person, credential)? {
            Some(other) => {
                Err(CardRefusal::HeldByAnother { number: number.to_owned(), holder_name: other.display_name })
            }
            None => Ok(credential),
        })
    }

    /// Another active person for whom the card is active. An inactive person's card is in nobody's way.
    fn other_holder(
        &self,
        person: &Cardholder,
        credential: Credential,
    ) -> Result<Option<Cardholder>, ScimError> {
        if !person.active {
            return Ok(None);
        }
        for id in self.view.active_holders_of(credential)? {
            if id == person.id || Some(id) == self.leaving {
                continue;
            }
            if let Some(other) = self.view.cardholder(id)? {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }
}

fn refused(refusal: &CardRefusal) -> ScimError {
    match refusal {
        CardRefusal::NotACard { .. } => ScimError::value("cardNumber", refusal.to_string()),
        CardRefusal::HeldByAnother { .. } => ScimError::Uniqueness(refusal.to_string()),
    }
}

/// Old cards are deactivated before the new one is activated, and stand before it in the list.
fn give(person: &mut Cardholder, number: &str, credential: Credential) {
    person.refused_card = None;
    let at = person
        .cards
        .iter()
        .position(|card| card.source == CardSource::IdentityProvider && card.credential == credential);
    let mut card = match at {
        Some(at) => person.cards.remove(at),
        None => Card {
            credential,
            number: String::new(),
            state: CardState::Active,
            source: CardSource::IdentityProvider,
            valid_from: None,
            valid_until: None,
        },
    };
    deactivate_all(person);
    number.clone_into(&mut card.number);
    card.state = CardState::Active;
    person.cards.push(card);
    drop_oldest_former(person);
}

fn deactivate_all(person: &mut Cardholder) {
    for card in person.cards.iter_mut().filter(|card| card.source == CardSource::IdentityProvider) {
        card.state = CardState::Inactive;
    }
}

fn drop_oldest_former(person: &mut Cardholder) {
    let is_former =
        |card: &Card| card.source == CardSource::IdentityProvider && card.state == CardState::Inactive;
    let too_many = |person: &Cardholder| {
        let former = person.cards.iter().filter(|card| is_former(card)).count();
        former > 0 && (former > MAX_FORMER_CARDS || person.cards.len() > Cardholder::MAX_CARDS)
    };
    while too_many(person) {
        let Some(oldest) = person.cards.iter().position(is_former) else { return };
        person.cards.remove(oldest);
    }
}

/// What follows when a person lets go of cards: of those who wait for one of them, the one who has waited longest
/// gets it.
pub(super) fn hand_over(
    view: &View<'_>,
    policy: &CardPolicy,
    (at, revision): (Timestamp, Revision),
    before: &Cardholder,
    after: Option<&Cardholder>,
) -> Result<Vec<Change>, ScimError> {
    let held = |credential: Credential| {
        after.is_some_and(|after| after.active_cards().any(|card| card.credential == credential))
    };
    let freed: Vec<Credential> =
        before.active_cards().map(|card| card.credential).filter(|credential| !held(*credential)).collect();
    let mut changes = Vec::new();
    for credential in freed {
        let Some(waiting) = longest_waiting(view, policy, before.id, credential)? else { continue };
        let mut person = waiting.clone();
        let number = current_number(&waiting).map(str::to_owned);
        let settlement = Settlement { view, policy, at, before: Some(&waiting), leaving: Some(before.id) };
        settlement.settle(&mut person, number.as_deref())?;
        person.modified = at;
        person.revision = revision;
        changes.push(Change::PutCardholder { cardholder: Box::new(person) });
    }
    Ok(changes)
}

fn longest_waiting(
    view: &View<'_>,
    policy: &CardPolicy,
    leaving: CardholderId,
    credential: Credential,
) -> Result<Option<Cardholder>, ScimError> {
    let mut longest: Option<(Timestamp, Cardholder)> = None;
    for person in view.refused() {
        let person = person?;
        let Some(refused) = person.refused_card.as_ref() else { continue };
        let waits = person.active
            && person.id != leaving
            && matches!(refused.refusal, CardRefusal::HeldByAnother { .. })
            && card_number::parse(&refused.number, &policy.defaults) == Ok(credential);
        if waits && longest.as_ref().is_none_or(|(since, _)| refused.at < *since) {
            longest = Some((refused.at, person));
        }
    }
    Ok(longest.map(|(_, person)| person))
}
