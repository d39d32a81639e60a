//! From the directory's changes to the fleet: called on the writer's thread, before the change is answered.

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::clock;
use super::identity;
use super::running::Site;
use crate::access::{self, CardAccess};
use crate::domain::{Cardholder, Change, Event, EventKind, Level, RuleDropped, one_line};
use crate::store::{Applied, StoreError, View};
use crate::sync::CardChange;

/// A change has become durable: its cards are compiled and the lines woken.
pub fn observe(site: &Site, applied: &Applied<'_>) {
    let now = clock::now();
    let changes = card_changes(applied, now);
    let touched = !changes.is_empty();
    site.fleet().apply(applied.record.revision, changes, now);
    if touched {
        site.wake_lines();
    }
    tell_dropped(site, applied.dropped, now);
    identity::watch_losses(site, applied, now);
    site.news.notify_one();
    site.bump();
}

/// Rules that went with their group, into the event log and onto the page.
fn tell_dropped(site: &Site, dropped: &[RuleDropped], now: Timestamp) {
    for rule in dropped {
        let text = format!(
            "The group {} was deleted, and with it the rule that gave it the access level {}.",
            rule.group_name, rule.access_level_name
        );
        tracing::warn!("{}", one_line(&text));
        site.notice(Level::Attention, text);
        if let Err(error) = site.events.post(Event { at: now, kind: EventKind::RuleDropped(rule.clone()) }) {
            tracing::error!(%error, "a rule's end could not be logged");
        }
    }
}

/// What everybody's active cards may do now; where the service starts from.
///
/// # Errors
/// When the directory can't be read.
pub fn active_cards(view: &View<'_>) -> Result<Vec<(Credential, CardAccess)>, StoreError> {
    let mut held = Vec::new();
    for person in view.cardholders(None) {
        let person = person?;
        let cards = access::affected(None, Some(&person)).into_iter();
        held.extend(cards.map(|credential| (credential, access::compile(credential, [&person]))));
    }
    held.sort_unstable_by_key(|(credential, _)| *credential);
    let mut cards = Vec::with_capacity(held.len());
    for of_card in held.chunk_by(|(one, _), (next, _)| one == next) {
        let (credential, access) = match of_card {
            [only] => *only,
            // Who of several holders counts is known only when all are looked at together.
            shared => (shared[0].0, access::compile(shared[0].0, &holders(view, shared[0].0)?)),
        };
        cards.extend(access.map(|access| (credential, access)));
    }
    Ok(cards)
}

fn card_changes(applied: &Applied<'_>, now: Timestamp) -> Vec<CardChange> {
    let steps = applied.record.changes.iter().zip(applied.before);
    let mut changes = Vec::new();
    for (change, before) in steps {
        let after = match change {
            Change::PutCardholder { cardholder } => Some(&**cardholder),
            Change::DeleteCardholder { .. } => None,
            _ => continue,
        };
        for credential in access::affected(before.as_ref(), after) {
            changes.extend(card_change(applied, now, credential, before.as_ref(), after));
        }
    }
    changes
}

fn card_change(
    applied: &Applied<'_>,
    now: Timestamp,
    credential: Credential,
    before: Option<&Cardholder>,
    after: Option<&Cardholder>,
) -> Option<CardChange> {
    let holders = holders(applied.view, credential).unwrap_or_else(|error| {
        // A card of which nothing can be known opens nothing.
        tracing::error!(%error, "the directory can't be read; the card is deactivated until it can");
        Vec::new()
    });
    let access = access::compile(credential, &holders);
    let person = match access {
        Some(access) => holders.iter().find(|person| person.id == access.holder)?,
        None => after.or(before)?,
    };
    Some(CardChange {
        revision: applied.record.revision,
        committed: now,
        credential,
        access,
        holder: person.id,
        holder_name: person.display_name.clone(),
    })
}

fn holders(view: &View<'_>, credential: Credential) -> Result<Vec<Cardholder>, StoreError> {
    let mut people = Vec::new();
    for id in view.active_holders_of(credential)? {
        people.extend(view.cardholder(id)?);
    }
    Ok(people)
}
