//! What a change of one person's cards means for others: whoever has waited longest for a card that is let go of gets it,
//! and whoever still has one that has ended loses it to its new holder, all in the same change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::holders::{Handover, other_holder};
use super::number;
use super::policy::CardPolicy;
use super::settlement::{SettleError, Settlement, WantedCards};
use super::validity::has_ended;
use crate::domain::{Card, CardRefusal, CardState, Cardholder, CardholderId, Change, RefusedCard};
use crate::sources::Moment;
use crate::store::{StoreError, View};

/// What follows for others when `before` becomes `after`.
///
/// # Errors
/// When the directory can't be read.
pub fn hand_over(
    view: &View<'_>,
    policy: &CardPolicy,
    now: Moment<'_>,
    before: Option<&Cardholder>,
    after: Option<&Cardholder>,
) -> Result<Vec<Change>, SettleError> {
    let mut others = Others { view, policy, now, changed: BTreeMap::new() };
    if let Some(after) = after {
        others.make_way(after, None)?;
    }
    if let Some(before) = before {
        let freed = freed(view, before, after)?;
        let heirs =
            heirs(view, policy, now.at, |card, person| Ok(person.id != before.id && freed.contains(&card)))?;
        others.inherit(&Handover { from: Some(before.id), after, heirs })?;
    }
    Ok(others.changes())
}

/// What becomes of cards because their validity has ended, without anybody's doing: who waits for one gets it, and nobody
/// waits any more for one that would open nothing.
///
/// # Errors
/// When the directory can't be read.
pub fn hand_over_ended(
    view: &View<'_>,
    policy: &CardPolicy,
    now: Moment<'_>,
) -> Result<Vec<Change>, SettleError> {
    let heirs = heirs(view, policy, now.at, |card, person| {
        Ok(other_holder(view, card, person.id, now.at)?.is_none())
    })?;
    let mut others = Others { view, policy, now, changed: BTreeMap::new() };
    others.inherit(&Handover { from: None, after: None, heirs })?;
    others.miss_no_ended_cards()?;
    Ok(others.changes())
}

/// Cards with which nobody may open anything any more.
fn freed(
    view: &View<'_>,
    before: &Cardholder,
    after: Option<&Cardholder>,
) -> Result<BTreeSet<Credential>, StoreError> {
    let mut freed = BTreeSet::new();
    for Card { credential, .. } in before.active_cards() {
        let is_kept = after.is_some_and(|after| after.opens_with(*credential));
        if !is_kept && view.active_holders_of(*credential)?.iter().all(|id| *id == before.id) {
            freed.insert(*credential);
        }
    }
    Ok(freed)
}

/// People whom a change of somebody else changes too.
struct Others<'a> {
    view: &'a View<'a>,
    policy: &'a CardPolicy,
    now: Moment<'a>,
    changed: BTreeMap<CardholderId, Cardholder>,
}

impl Others<'_> {
    /// A person as they are after what has been planned so far.
    fn person(&self, id: CardholderId) -> Result<Option<Cardholder>, StoreError> {
        match self.changed.get(&id) {
            Some(person) => Ok(Some(person.clone())),
            None => self.view.cardholder(id),
        }
    }

    fn put(&mut self, mut person: Cardholder) {
        person.modified = self.now.at;
        person.revision = self.now.revision;
        self.changed.insert(person.id, person);
    }

    /// Takes from others what `holder` may open doors with now: cards of theirs that have ended. They wait for them, should
    /// their validity be prolonged. `leaving`: who has let go of all that is theirs no more.
    fn make_way(&mut self, holder: &Cardholder, leaving: Option<CardholderId>) -> Result<(), StoreError> {
        for Card { credential, .. } in holder.active_cards() {
            let mut holders = self.view.active_holders_of(*credential)?;
            holders.retain(|id| *id != holder.id && Some(*id) != leaving);
            for id in holders {
                let Some(mut other) = self.person(id)? else { continue };
                let is_taken = |card: &mut Card| {
                    let is_live = card.state == CardState::Active && card.credential == *credential;
                    is_live && card.has_ended(self.now.at)
                };
                let taken: Vec<Card> = other.cards.extract_if(.., is_taken).collect();
                other.refused_cards.extend(taken.into_iter().map(|card| RefusedCard {
                    given: card.given(),
                    refusal: CardRefusal::HeldByAnother {
                        number: card.number,
                        holder_name: holder.display_name.clone(),
                    },
                    at: self.now.at,
                    ended: true,
                }));
                self.put(other);
            }
        }
        Ok(())
    }

    /// Settles everybody who gets a card.
    fn inherit(&mut self, handover: &Handover<'_>) -> Result<(), SettleError> {
        let heirs: BTreeSet<CardholderId> = handover.heirs.values().copied().collect();
        for id in heirs {
            let Some(waiting) = self.person(id)? else { continue };
            let mut person = waiting.clone();
            let settlement = Settlement {
                view: self.view,
                policy: self.policy,
                at: self.now.at,
                before: Some(&waiting),
                handover: Some(handover),
            };
            settlement.settle(&mut person, WantedCards::of(&waiting))?;
            self.make_way(&person, handover.from)?;
            self.put(person);
        }
        Ok(())
    }

    fn miss_no_ended_cards(&mut self) -> Result<(), StoreError> {
        let (view, at) = (self.view, self.now.at);
        for person in view.refused() {
            let id = person?.id;
            let Some(mut person) = self.person(id)? else { continue };
            let mut ended = person.refused_cards.iter_mut().filter(|refused| !refused.ended);
            let mut any = false;
            while let Some(refused) = ended.find(|refused| has_ended(&refused.given, at)) {
                (refused.ended, any) = (true, true);
            }
            if any {
                self.put(person);
            }
        }
        Ok(())
    }

    fn changes(self) -> Vec<Change> {
        let put = |person| Change::PutCardholder { cardholder: Box::new(person) };
        self.changed.into_values().map(put).collect()
    }
}

/// For each card that `is_free` for somebody who waits for it, the person who has waited longest.
fn heirs(
    view: &View<'_>,
    policy: &CardPolicy,
    now: Timestamp,
    is_free: impl Fn(Credential, &Cardholder) -> Result<bool, StoreError>,
) -> Result<BTreeMap<Credential, CardholderId>, StoreError> {
    let mut longest: BTreeMap<Credential, (Timestamp, CardholderId)> = BTreeMap::new();
    for person in view.refused() {
        let person = person?;
        for refused in person.refused_cards.iter().filter(|_| person.active) {
            let Some(credential) = waits_for(refused, policy, now) else { continue };
            if is_free(credential, &person)? {
                let since = (refused.at, person.id);
                let first = longest.entry(credential).or_insert(since);
                *first = since.min(*first);
            }
        }
    }
    Ok(longest.into_iter().map(|(credential, (_, id))| (credential, id)).collect())
}

fn waits_for(refused: &RefusedCard, policy: &CardPolicy, now: Timestamp) -> Option<Credential> {
    let given = &refused.given;
    let waits = matches!(refused.refusal, CardRefusal::HeldByAnother { .. })
        && given.state == CardState::Active
        && !has_ended(given, now);
    let read = || number::parse_in(given.format.as_deref(), &given.number, &policy.defaults).ok();
    waits.then(read).flatten()
}
