//! What a provider says of a card, read by itself: before anybody asks whether the person can have it.

use panel_protocol::credential::Credential;

use super::number;
use super::settlement::Settlement;
use super::validity::validity;
use crate::domain::{Card, CardRefusal, Cardholder, GivenBy, GivenCard};

impl Settlement<'_> {
    /// The card that was given, looked at by itself.
    pub(super) fn read(&self, person: &Cardholder, given: &GivenCard) -> Result<Card, CardRefusal> {
        let GivenCard { number, format, given_by, state, .. } = given.clone();
        let credential = self.credential(given)?;
        let (valid_from, valid_until) = validity(given)?;
        let known =
            || person.cards.iter().find(|card| (card.given_by, card.credential) == (given_by, credential));
        let badge_type = match given_by {
            GivenBy::IdentityProvider => known().map(|card| card.badge_type.clone()),
            _ => given.badge_type.clone(),
        };
        let badge_type = badge_type.unwrap_or_else(|| self.policy.default_badge_type.clone());
        Ok(Card { credential, number, state, given_by, badge_type, format, valid_from, valid_until })
    }

    fn credential(&self, given: &GivenCard) -> Result<Credential, CardRefusal> {
        let read = number::parse_in(given.format.as_deref(), &given.number, &self.policy.defaults);
        read.map_err(|error| CardRefusal::NotACard {
            number: given.number.clone(),
            detail: error.to_string(),
        })
    }

    /// Where the list names the card of `cardNumber`, its entry says what that card is; that it is none, if the entry
    /// can't be kept: a validity that can't be read must not become one without end.
    pub(super) fn follow_the_list(&self, read: &mut [(Result<Card, CardRefusal>, GivenCard)]) {
        let Some(((first, given), list)) = read.split_first_mut() else { return };
        let Ok(card) = first else { return };
        if given.given_by != GivenBy::IdentityProvider {
            return;
        }
        let is_same = |entry: &GivenCard| self.credential(entry) == Ok(card.credential);
        match list.iter().find(|(_, entry)| is_same(entry)) {
            Some((Ok(listed), _)) => {
                let (number, format, given_by) = (card.number.clone(), card.format.clone(), card.given_by);
                *card = Card { number, format, given_by, ..listed.clone() };
            }
            Some((Err(refusal), _)) => *first = Err(refusal.clone()),
            None => {}
        }
    }
}
