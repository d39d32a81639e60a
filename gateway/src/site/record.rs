//! What the fleet has to say goes into the event log, and what is proven into the directory's memory.

use std::sync::Arc;

use panel_protocol::credential::Credential;

use super::clock;
use super::running::Site;
use crate::domain::{CardRead, ControllerId, Event, EventKind, Revision};
use crate::store::StoreError;
use crate::sync::{KeptRead, Output, Past};

/// Logged events that are looked at to find where each controller's events go on.
const RESUMED_EVENTS: usize = 1000;

/// Most outputs that are taken at once, so that their receipts share a flush.
const OUTPUTS_AT_ONCE: usize = 1000;

/// Runs until `stop`: empties the fleet's outputs whenever there is news, and once more at the end.
pub async fn record(site: Arc<Site>, mut stop: tokio::sync::watch::Receiver<bool>) {
    let mut running = true;
    while running {
        running = tokio::select! {
            () = site.news.notified() => true,
            _ = stop.changed() => false,
        };
        loop {
            let outputs = outputs(&site);
            if outputs.is_empty() {
                break;
            }
            take(&site, outputs).await;
        }
        site.bump();
    }
}

fn outputs(site: &Site) -> Vec<Output> {
    let mut fleet = site.fleet();
    if fleet.prove_more(clock::now()) {
        // In pieces, so that lines get in between.
        site.news.notify_one();
    }
    std::iter::from_fn(|| fleet.poll_output()).take(OUTPUTS_AT_ONCE).collect()
}

/// Receipts first: what is proven is remembered only when the log tells why.
async fn take(site: &Arc<Site>, outputs: Vec<Output>) {
    let receipts = outputs.iter().filter_map(|output| match output {
        Output::Finished(receipt) => {
            Some(Event { at: clock::now(), kind: EventKind::Receipt(receipt.clone()) })
        }
        _ => None,
    });
    let receipts = receipts.collect();
    let logged = site.events.keep_all(receipts).await;
    if let Err(error) = &logged {
        tracing::error!(%error, "receipts are not in the log yet; they wait in memory");
    }
    for output in outputs {
        match output {
            Output::Finished(_) => {} // in the log by now
            Output::Events { controller, epoch, before, events } => {
                store(site, controller, epoch, before, events).await;
            }
            Output::Proven { controller, revision } => {
                proven(site, controller, revision, logged.is_ok()).await;
            }
            Output::Full { controller } => full(site, controller),
            Output::EventsLost { controller, count } => events_lost(site, controller, count),
            Output::Violation { controller, what } => violation(site, controller, what),
        }
    }
}

/// Keeps a controller's events, and only then lets it forget them.
async fn store(site: &Arc<Site>, controller: usize, epoch: u32, before: u32, events: Vec<KeptRead>) {
    let Some(id) = site.fleet().names().get(controller).cloned() else { return };
    let reader = Arc::clone(site);
    let described = tokio::task::spawn_blocking(move || {
        events.into_iter().map(|event| describe(&reader, controller, &id, epoch, event)).collect::<Vec<_>>()
    });
    let Ok(described) = described.await else { return site.fleet().events_not_stored(controller) };
    match site.events.append_all(described).await {
        Ok(()) => site.fleet().events_stored(controller, epoch, before),
        Err(error) => {
            tracing::error!(%error, "events can't be kept; the controller keeps them");
            site.fleet().events_not_stored(controller);
        }
    }
    site.wake_line_of(controller);
}

fn describe(site: &Site, controller: usize, id: &ControllerId, epoch: u32, read: KeptRead) -> Event {
    let KeptRead { sequence, at, reader, credential, reason } = read;
    let door = site.config.controllers.get(controller).and_then(|controller| {
        controller.doors.iter().find(|door| door.reader == Some(reader)).map(|door| door.id.clone())
    });
    let holder = holder(site, credential).unwrap_or_else(|error| {
        tracing::warn!(%error, "the holder of a card can't be looked up");
        None
    });
    let (holder, holder_name) = holder.unzip();
    let at = at.unwrap_or_else(clock::now);
    let mut read = CardRead {
        controller: id.clone(),
        door,
        reader,
        credential,
        holder,
        holder_name,
        granted: reason.granted(),
        reason,
        held_back: None,
        explained: None,
        sequence,
        epoch,
    };
    site.explain_refusal(&mut read, at);
    Event { at, kind: EventKind::CardRead(read) }
}

/// Who holds a card, active or not: a refusal should say whose card was refused.
pub(super) fn holder(
    site: &Site,
    credential: Credential,
) -> Result<Option<(crate::domain::CardholderId, String)>, StoreError> {
    let view = site.directory.read();
    for id in view.holders_of(credential)? {
        if let Some(person) = view.cardholder(id)? {
            return Ok(Some((person.id, person.display_name)));
        }
    }
    Ok(None)
}

/// A proof is remembered across a restart only once its receipts are in the log; later proofs include it.
async fn proven(site: &Arc<Site>, controller: usize, revision: Revision, logged: bool) {
    let Some(id) = site.fleet().names().get(controller).cloned() else { return };
    let cleared = site.health().table_fits(clock::now(), &id);
    site.log_alarms(clock::now(), cleared);
    if !logged {
        return;
    }
    let directory = site.directory.clone();
    let kept = tokio::task::spawn_blocking(move || directory.set_proven(&id, revision)).await;
    if let Ok(Err(error)) = kept {
        tracing::warn!(%error, "what a controller has proven can't be remembered across a restart");
    }
}

fn full(site: &Site, controller: usize) {
    let Some(id) = site.fleet().names().get(controller).cloned() else { return };
    // One that doesn't tell its capacity has shown it: more than it holds does not stay.
    let status = site.fleet().status(controller);
    let told = status.and_then(|status| status.info).map(|info| info.row_capacity);
    let capacity = told.or_else(|| status?.rows).unwrap_or(0);
    let now = clock::now();
    let raised = site.health().table_full(now, id, capacity);
    site.log_alarms(now, raised);
}

fn events_lost(site: &Site, controller: usize, count: u64) {
    let Some(id) = site.fleet().names().get(controller).cloned() else { return };
    tracing::warn!(controller = %id, count, "events were overwritten before they could be fetched");
    site.health().events_lost(controller, clock::now(), count);
    site.bump();
}

fn violation(site: &Site, controller: usize, what: &'static str) {
    if let Some(id) = site.fleet().names().get(controller) {
        tracing::warn!(controller = %id, "{what}; it is asked again");
    }
}

/// Takes up what an earlier run left: finished receipts, where each controller's events go on, and revocations that
/// some controller had not proven.
///
/// # Errors
/// When the directory can't be read.
pub fn resume(site: &Site) -> Result<(), StoreError> {
    let proven = site.directory.proven()?;
    let since = site.fleet().oldest_doubt(&proven);
    let revocations = site.directory.read().revocations_since(since)?;
    let events = site.events.recent(RESUMED_EVENTS).into_iter().map(|logged| logged.event).collect();
    site.fleet().resume(Past { events, proven, revocations }, clock::now());
    Ok(())
}
