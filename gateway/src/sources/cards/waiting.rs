//! Cards that somebody added by hand, where the provider brings their holder back to life: one that another active person
//! has got meanwhile can't open for both. It waits among the refused cards, for the page to show, and is the person's
//! again as soon as the other lets go. Otherwise no provider touches a card by hand.

use super::settlement::{SettleError, Settlement};
use super::validity::has_ended;
use crate::domain::{CardRefusal, Cardholder, GivenBy, RefusedCard};
use crate::store::StoreError;

impl Settlement<'_> {
    /// Has each card by hand be active or wait. `waiting`: those that have waited until now.
    ///
    /// # Errors
    /// With a strict policy, when the person can't come back because another holds a card of theirs.
    pub(super) fn settle_by_hand(
        &self,
        person: &mut Cardholder,
        waiting: Vec<RefusedCard>,
    ) -> Result<(), SettleError> {
        if self.before.is_some_and(|before| !before.active) && person.active {
            self.make_wait(person)?;
        }
        waiting.into_iter().try_for_each(|refused| self.take_back(person, refused))?;
        Ok(())
    }

    fn make_wait(&self, person: &mut Cardholder) -> Result<(), SettleError> {
        let cards = std::mem::take(&mut person.cards);
        for card in cards {
            let in_the_way = match card.given_by {
                GivenBy::Hand => self.in_the_way(person, &card)?,
                _ => None,
            };
            let Some(holder_name) = in_the_way else {
                person.cards.push(card);
                continue;
            };
            let refusal = CardRefusal::HeldByAnother { number: card.number.clone(), holder_name };
            if self.policy.strict {
                return Err(SettleError::Refused { given: Box::new(card.given()), refusal });
            }
            let (at, ended) = (self.at, card.has_ended(self.at));
            person.refused_cards.push(RefusedCard { given: card.given(), refusal, at, ended });
        }
        Ok(())
    }

    fn take_back(&self, person: &mut Cardholder, refused: RefusedCard) -> Result<(), StoreError> {
        let card = match self.read(person, &refused.given) {
            Ok(card) if person.cards.len() < Cardholder::MAX_CARDS => card,
            _ => {
                person.refused_cards.push(refused);
                return Ok(());
            }
        };
        match self.in_the_way(person, &card)? {
            Some(holder_name) => {
                let refusal = CardRefusal::HeldByAnother { number: card.number, holder_name };
                let ended = has_ended(&refused.given, self.at);
                person.refused_cards.push(RefusedCard { refusal, ended, ..refused });
            }
            None => person.cards.push(card),
        }
        Ok(())
    }
}
