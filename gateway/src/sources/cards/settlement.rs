//! A person's new state meeting the cards that their source gives them.
//!
//! The person has the cards of `cardNumber` and of the list; where both name the same card, the list says what it is. A
//! card that is given no more is deactivated in the same change in which the next one is activated. One that can't be a
//! card is kept with its reason, and becomes one by itself when whoever holds it lets go: the source was told that all is
//! well and will not say it again. Cards added by hand are touched in one case only (`waiting`). Runs inside a plan, so that
//! no two people win the same card.

use jiff::Timestamp;

use super::holders::{Handover, other_holder};
use super::limits::MAX_FORMER_CARDS;
use super::policy::{CardPolicy, WhenRemoved};
use super::validity::has_ended;
use crate::domain::{Card, CardRefusal, CardState, Cardholder, GivenBy, GivenCard, RefusedCard};
use crate::store::{StoreError, View};

/// Why a person's cards could not be settled; nothing is changed.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The policy is strict, and a card that is new or newly in effect can't be one.
    #[error("{refusal}")]
    Refused {
        /// As it was given.
        given: Box<GivenCard>,
        /// Why.
        refusal: CardRefusal,
    },
    /// The directory can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The cards that an identity provider gives a person.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WantedCards {
    /// `cardNumber`.
    pub number: Option<String>,
    /// The extension's list.
    pub list: Vec<GivenCard>,
}

impl WantedCards {
    /// Those that were given last, whether they became cards or were refused.
    pub fn of(person: &Cardholder) -> Self {
        let given = given_cards(person);
        let (number, list) = given.partition::<Vec<_>, _>(|card| card.given_by == GivenBy::IdentityProvider);
        Self { number: number.into_iter().next().map(|card| card.number), list }
    }
}

/// What the provider gives a person at present. Refused cards come last: where two can't both be had, the one that is
/// stays, however often all are read and written back.
fn given_cards(person: &Cardholder) -> impl Iterator<Item = GivenCard> {
    let refused = person.refused_cards.iter().map(|refused| refused.given.clone());
    let refused = refused.filter(|given| !given.is_by_hand());
    person.cards.iter().filter(|card| is_given(card)).map(Card::given).chain(refused)
}

/// Whether a source other than people on site gives the card at present.
pub fn is_given(card: &Card) -> bool {
    card.given_by != GivenBy::Hand && card.state != CardState::Inactive
}

fn is_former(card: &Card) -> bool {
    card.given_by != GivenBy::Hand && card.state == CardState::Inactive
}

/// A person's new state meeting the cards that they shall have.
pub struct Settlement<'a> {
    /// The directory before the change.
    pub view: &'a View<'a>,
    /// How numbers become cards.
    pub policy: &'a CardPolicy,
    /// When.
    pub at: Timestamp,
    /// The person's state before, if they existed.
    pub before: Option<&'a Cardholder>,
    /// Cards that somebody lets go of in the same change.
    pub handover: Option<&'a Handover<'a>>,
}

impl Settlement<'_> {
    /// Makes `person`'s provider cards those that are wanted. `person` begins with the cards of before.
    ///
    /// # Errors
    /// With a strict policy, when a card is new or newly in effect and can't be one.
    pub fn settle(&self, person: &mut Cardholder, wanted: WantedCards) -> Result<(), SettleError> {
        let earlier = std::mem::take(&mut person.refused_cards).into_iter();
        let (waiting, earlier): (Vec<_>, Vec<_>) = earlier.partition(|card| card.given.is_by_hand());
        self.settle_by_hand(person, waiting)?;
        let given = self.given(person, wanted).into_iter();
        let mut read: Vec<_> = given.map(|given| (self.read(person, &given), given)).collect();
        self.follow_the_list(&mut read);
        let mut cards = Vec::new();
        for (card, given) in read {
            let admitted = match card {
                Ok(card) => self.admit(person, card, &cards)?,
                Err(refusal) => Err(refusal),
            };
            match admitted {
                Ok(card) => cards.push(card),
                Err(refusal) if self.policy.strict && self.is_news(person, &given) => {
                    return Err(SettleError::Refused { given: Box::new(given), refusal });
                }
                Err(refusal) => {
                    let is_same = |other: &GivenCard| {
                        (other.given_by, &other.number) == (given.given_by, &given.number)
                    };
                    let at = earlier.iter().find(|other| is_same(&other.given)).map_or(self.at, |it| it.at);
                    let ended = has_ended(&given, self.at);
                    person.refused_cards.push(RefusedCard { given, refusal, at, ended });
                }
            }
        }
        take_over(person, cards);
        Ok(())
    }

    /// What is wanted, and what stays because an emptied attribute takes nothing away.
    fn given(&self, person: &Cardholder, wanted: WantedCards) -> Vec<GivenCard> {
        let is_card = |number: &str| !self.policy.means_none(number);
        let number = wanted.number.filter(|number| is_card(number)).map(|number| GivenCard {
            number,
            given_by: GivenBy::IdentityProvider,
            ..GivenCard::default()
        });
        let list: Vec<_> = wanted.list.into_iter().filter(|card| is_card(&card.number)).collect();
        let mut given: Vec<GivenCard> = number.into_iter().collect();
        given.extend(self.kept_where(given.is_empty(), person, GivenBy::IdentityProvider));
        let kept = self.kept_where(list.is_empty(), person, GivenBy::IdentityProviderList);
        given.into_iter().chain(list).chain(kept).collect()
    }

    fn kept_where(&self, emptied: bool, person: &Cardholder, given_by: GivenBy) -> Vec<GivenCard> {
        if !emptied || self.policy.when_removed == WhenRemoved::Deactivate {
            return Vec::new();
        }
        let cards = person.cards.iter().filter(|card| is_given(card) && card.given_by == given_by);
        cards.map(Card::given).collect()
    }

    /// The card, if the person can have it beside `cards`.
    fn admit(
        &self,
        person: &Cardholder,
        card: Card,
        cards: &[Card],
    ) -> Result<Result<Card, CardRefusal>, StoreError> {
        let by_hand = person.cards.iter().filter(|card| card.given_by == GivenBy::Hand).count();
        let most = Cardholder::MAX_CARDS;
        if by_hand + cards.len() >= most {
            return Ok(Err(CardRefusal::TooMany { number: card.number, most }));
        }
        if cards.iter().any(|other| (other.given_by, other.credential) == (card.given_by, card.credential)) {
            return Ok(Err(CardRefusal::GivenTwice { number: card.number }));
        }
        Ok(match self.in_the_way(person, &card)? {
            Some(holder_name) => Err(CardRefusal::HeldByAnother { number: card.number, holder_name }),
            None => Ok(card),
        })
    }

    /// The name of another active person for whom the card is active. A card that opens nothing is in nobody's way.
    pub(super) fn in_the_way(&self, person: &Cardholder, card: &Card) -> Result<Option<String>, StoreError> {
        if !person.active || card.state != CardState::Active {
            return Ok(None);
        }
        let (view, now) = (self.view, self.at);
        let other = match self.handover {
            Some(handover) => handover.other_holder(view, card.credential, person.id, now)?,
            None => other_holder(view, card.credential, person.id, now)?,
        };
        Ok(other.map(|other| other.display_name))
    }

    /// Whether this request brought the card, or brought the person back to life with it.
    fn is_news(&self, person: &Cardholder, given: &GivenCard) -> bool {
        let bare = |card: &GivenCard| GivenCard { badge_type: None, ..card.clone() };
        self.before.is_none_or(|before| {
            let known = given_cards(before).any(|card| bare(&card) == bare(given));
            !known || (person.active && !before.active)
        })
    }
}

/// Cards that are given no more are deactivated before the new ones are activated, and stand before them.
fn take_over(person: &mut Cardholder, cards: Vec<Card>) {
    let key = |card: &Card| (card.given_by, card.credential);
    for card in person.cards.iter_mut().filter(|card| is_given(card)) {
        if !cards.iter().any(|given| key(given) == key(card)) {
            card.state = CardState::Inactive;
        }
    }
    person
        .cards
        .retain(|card| !(is_former(card) && cards.iter().any(|given| given.credential == card.credential)));
    for card in cards {
        match person.cards.iter_mut().find(|known| key(known) == key(&card)) {
            Some(known) => *known = card,
            None => person.cards.push(card),
        }
    }
    drop_oldest_former(person);
}

fn drop_oldest_former(person: &mut Cardholder) {
    let too_many = |person: &Cardholder| {
        let former = person.cards.iter().filter(|card| is_former(card)).count();
        former > MAX_FORMER_CARDS || person.cards.len() > Cardholder::MAX_CARDS
    };
    while too_many(person) {
        let Some(oldest) = person.cards.iter().position(is_former) else { return };
        person.cards.remove(oldest);
    }
}
