//! What follows when a person lets go of cards: whoever has waited longest for one gets it, in the same change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::holders::Handover;
use super::number;
use super::policy::CardPolicy;
use super::settlement::{SettleError, Settlement, WantedCards};
use crate::domain::{Card, CardRefusal, CardState, Cardholder, CardholderId, Change, RefusedCard};
use crate::sources::Moment;
use crate::store::{StoreError, View};

/// Settles everybody who gets a card that `before` had and `after` has no more.
///
/// # Errors
/// When the directory can't be read.
pub fn hand_over(
    view: &View<'_>,
    policy: &CardPolicy,
    now: Moment<'_>,
    before: &Cardholder,
    after: Option<&Cardholder>,
) -> Result<Vec<Change>, SettleError> {
    let mut freed = BTreeSet::new();
    for Card { credential, .. } in before.active_cards() {
        let is_kept = after.is_some_and(|after| after.opens_with(*credential));
        if !is_kept && view.active_holders_of(*credential)?.iter().all(|id| *id == before.id) {
            freed.insert(*credential);
        }
    }
    if freed.is_empty() {
        return Ok(Vec::new());
    }
    let handover = Handover { from: before.id, after, heirs: heirs(view, policy, before.id, &freed)? };
    let heirs: BTreeSet<CardholderId> = handover.heirs.values().copied().collect();
    let mut changes = Vec::with_capacity(heirs.len());
    for id in heirs {
        let Some(waiting) = view.cardholder(id)? else { continue };
        let mut person = waiting.clone();
        let settlement =
            Settlement { view, policy, at: now.at, before: Some(&waiting), handover: Some(&handover) };
        settlement.settle(&mut person, WantedCards::of(&waiting))?;
        person.modified = now.at;
        person.revision = now.revision;
        changes.push(Change::PutCardholder { cardholder: Box::new(person) });
    }
    Ok(changes)
}

/// For each freed card, the person who waits for it longest.
fn heirs(
    view: &View<'_>,
    policy: &CardPolicy,
    leaving: CardholderId,
    freed: &BTreeSet<Credential>,
) -> Result<BTreeMap<Credential, CardholderId>, StoreError> {
    let mut longest: BTreeMap<Credential, (Timestamp, CardholderId)> = BTreeMap::new();
    for person in view.refused() {
        let person = person?;
        if !person.active || person.id == leaving {
            continue;
        }
        for refused in &person.refused_cards {
            let Some(credential) = waits_for(refused, policy).filter(|card| freed.contains(card)) else {
                continue;
            };
            let since = (refused.at, person.id);
            let first = longest.entry(credential).or_insert(since);
            *first = since.min(*first);
        }
    }
    Ok(longest.into_iter().map(|(credential, (_, id))| (credential, id)).collect())
}

fn waits_for(refused: &RefusedCard, policy: &CardPolicy) -> Option<Credential> {
    let given = &refused.given;
    let waits =
        matches!(refused.refusal, CardRefusal::HeldByAnother { .. }) && given.state == CardState::Active;
    let read = || number::parse_in(given.format.as_deref(), &given.number, &policy.defaults).ok();
    waits.then(read).flatten()
}
