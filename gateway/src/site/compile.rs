//! From the directory's changes to the fleet: called on the writer's thread, before the change is answered.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use tokio::sync::watch;

use super::clock;
use super::losses;
use super::running::Site;
use crate::access::{self, CardAccess};
use crate::domain::{Cardholder, Change, Event, EventKind, Level, Revision, RuleDropped, one_line};
use crate::store::{Applied, StoreError, View};
use crate::sync::limits::MAX_CHANGES_AT_ONCE;
use crate::sync::{CardChange, Chunk};

/// How long until what could not be read of the directory is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A change has become durable: its cards are compiled and the lines woken.
pub fn observe(site: &Site, applied: &Applied<'_>) {
    let now = clock::now();
    let (changes, unread) = card_changes(applied, now);
    let touched = !changes.is_empty();
    apply(site, applied.record.revision, changes, now);
    if !unread.is_empty() {
        site.fleet().recompile_cards(applied.record.revision, now, unread);
        site.recompile.notify_one();
    }
    if touched {
        site.wake_lines();
    }
    tell_dropped(site, applied.dropped, now);
    losses::watch(site, applied, now);
    site.news.notify_one();
    site.bump();
}

/// Deactivations first, and no more at once than the fleet should be held for.
fn apply(site: &Site, revision: Revision, mut changes: Vec<CardChange>, now: Timestamp) {
    changes.sort_by_key(|change| change.access.is_some());
    while changes.len() > MAX_CHANGES_AT_ONCE {
        let rest = changes.split_off(MAX_CHANGES_AT_ONCE);
        site.fleet().change(std::mem::replace(&mut changes, rest), now);
        site.wake_lines();
    }
    site.fleet().apply(revision, changes, now);
}

/// Compiles anew what the fleet has been told to, a chunk at a time. Until `stop`.
pub async fn recompile(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    let mut wait = None;
    loop {
        tokio::select! {
            () = site.recompile.notified(), if wait.is_none() => {}
            () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
            _ = stop.changed() => return,
        }
        wait = next_chunk(&site).await;
    }
}

/// Compiles one chunk; when to go on with the next, if there is one.
async fn next_chunk(site: &Site) -> Option<Duration> {
    let chunk = site.fleet().next_chunk();
    site.news.notify_one();
    let chunk = chunk?;
    match site.directory.query(move |view| compile_chunk(view, &chunk)).await {
        Ok(changes) => {
            site.fleet().apply_chunk(changes, clock::now());
            site.wake_lines();
            site.bump();
            Some(Duration::ZERO)
        }
        Err(error) => {
            tracing::warn!(%error, "cards wait to be compiled until the directory can be read");
            Some(RETRY_AFTER)
        }
    }
}

fn compile_chunk(view: &View<'_>, chunk: &Chunk) -> Result<Vec<CardChange>, StoreError> {
    let mut changes = Vec::with_capacity(chunk.cards.len());
    for (credential, before) in &chunk.cards {
        let holders = holders(view, *credential)?;
        let access = access::compile(*credential, &holders);
        let Some(holder) = access.or(*before).map(|access| access.holder) else { continue };
        let known = holders.into_iter().find(|person| person.id == holder);
        let person = if known.is_some() { known } else { view.cardholder(holder)? };
        changes.push(CardChange {
            revision: chunk.revision,
            committed: chunk.committed,
            credential: *credential,
            access,
            holder,
            holder_name: person.map(|person| person.display_name).unwrap_or_default(),
        });
    }
    Ok(changes)
}

/// Rules that went with their group, into the event log and onto the page.
fn tell_dropped(site: &Site, dropped: &[RuleDropped], now: Timestamp) {
    for rule in dropped {
        tracing::warn!("{}", one_line(rule.sentence()));
        site.notice(Level::Attention, rule.sentence());
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

/// What a record means for cards, and which of them could not be looked up.
fn card_changes(applied: &Applied<'_>, now: Timestamp) -> (Vec<CardChange>, Vec<Credential>) {
    let (mut changes, mut unread) = (Vec::new(), Vec::new());
    for (change, before) in applied.record.changes.iter().zip(applied.before) {
        let after = match change {
            Change::PutCardholder { cardholder } => Some(&**cardholder),
            _ => None,
        };
        for credential in access::reach(change, before.as_ref()) {
            let holders = holders(applied.view, credential).unwrap_or_else(|error| {
                // A card of which nothing can be known opens nothing.
                tracing::error!(%error, "the directory can't be read; a card is deactivated until it can");
                unread.push(credential);
                Vec::new()
            });
            changes.extend(card_change(applied, now, credential, &holders, after.or(before.as_ref())));
        }
    }
    (changes, unread)
}

fn card_change(
    applied: &Applied<'_>,
    now: Timestamp,
    credential: Credential,
    holders: &[Cardholder],
    changed: Option<&Cardholder>,
) -> Option<CardChange> {
    let access = access::compile(credential, holders);
    let person = match access {
        Some(access) => holders.iter().find(|person| person.id == access.holder)?,
        None => changed?,
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
