//! What happened at doors goes into the event log and onto the page, and time passes for the doors' machines.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use tokio::sync::watch;

use super::state::{Card, Told};
use crate::access::doors::Input;
use crate::domain::{Alarm, AlarmKind, CardRead, DoorEvent, DoorWhat, Event, EventKind, Level};
use crate::links::ActuateError;
use crate::site::clock;
use crate::site::record::holder;
use crate::site::running::Site;

/// Runs until `stop`: writes down what happened, and lets time pass at the doors.
pub async fn tell(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    let inbox = site.doors.inbox.lock().ok().and_then(|mut inbox| inbox.take());
    let Some(mut inbox) = inbox else { return };
    let mut passed = vec![None; site.doors.known.len()];
    loop {
        tokio::select! {
            Some(told) = inbox.recv() => write(&site, told, &mut passed).await,
            () = until_due(&site) => {
                site.doors_handle(site.running.micros(), Input::Tick);
            }
            () = site.doors.moved.notified() => {}
            _ = stop.changed() => break,
        }
    }
    while let Ok(told) = inbox.try_recv() {
        write(&site, told, &mut passed).await;
    }
}

async fn until_due(site: &Site) {
    let due = site.doors.lock().deadline();
    match due {
        Some(due) => tokio::time::sleep(due.since(site.running.micros())).await,
        None => std::future::pending().await,
    }
}

async fn write(site: &Arc<Site>, told: Told, passed: &mut [Option<Passed>]) {
    let lost = site.doors.lost.swap(0, Ordering::Relaxed);
    if lost > 0 {
        tracing::error!(lost, "more happened at the doors than could be written down");
        site.notice(
            Level::Attention,
            format!("{lost} events of doors could not be written down: too many came at once."),
        );
    }
    match told {
        Told::Card(card) => {
            let (reader, door) = (Arc::clone(site), card.door);
            let read = tokio::task::spawn_blocking(move || describe(&reader, &card)).await;
            if let Ok(event) = read {
                note(passed, door, &event);
                post(site, event);
            }
        }
        Told::Door { at, door, what, by, reason } => {
            alarm(site, at, door, &what, passed[door].as_ref());
            let known = &site.doors.known[door];
            let event =
                DoorEvent { door: known.id.clone(), controller: known.controller.clone(), what, by, reason };
            let event = Event { at, kind: EventKind::Door(event) };
            note(passed, Some(door), &event);
            post(site, event);
        }
        Told::Switching { door, answer } => {
            let site = Arc::clone(site);
            tokio::spawn(async move {
                let answer = answer.await.unwrap_or(Err(ActuateError::Busy));
                if let Err(error) = answer {
                    tracing::warn!(door = %site.doors.known[door].id, "its lock was not switched: {error}");
                    site.doors.tell(Told::not_switched(clock::now(), door, &error));
                }
            });
        }
    }
    site.bump();
}

fn note(passed: &mut [Option<Passed>], door: Option<usize>, event: &Event) {
    let place = door.and_then(|door| passed.get_mut(door));
    if let (Some(place), Some(who)) = (place, Passed::of(event)) {
        *place = Some(who);
    }
}

fn post(site: &Site, event: Event) {
    if let Err(error) = site.events.post(event) {
        tracing::error!(%error, "what happened at a door could not be logged");
    }
}

/// What is an alarm for as long as it lasts. One that a door is held open names whoever was let in or out last.
fn alarm(site: &Site, at: Timestamp, door: usize, what: &DoorWhat, passed: Option<&Passed>) {
    let (id, name) = (&site.doors.known[door].id, &site.doors.known[door].name);
    let forced = || AlarmKind::DoorForced { door: id.clone() };
    let held = || AlarmKind::DoorHeld { door: id.clone() };
    let tampered = || AlarmKind::DoorTampered { door: id.clone() };
    let raise = |alarm| site.health().raise_whole(at, alarm);
    let changes = match what {
        DoorWhat::Forced => raise(Alarm::new(
            forced(),
            format!("{name} was opened, and nobody had been let in or out. Look there, and close it."),
        )),
        DoorWhat::Held => raise(Alarm {
            person: passed.and_then(|passed| passed.person.clone()),
            reason: passed.and_then(|passed| passed.reason.clone()),
            ..Alarm::new(held(), format!("{name} stands open for too long. Close it."))
        }),
        DoorWhat::Closed => {
            let mut over = site.health().clear(at, &forced());
            over.extend(site.health().clear(at, &held()));
            over
        }
        DoorWhat::Tamper { over: false } => raise(Alarm::new(
            tampered(),
            format!("Somebody opened or moved a device of {name}. Look at it, and put its cover back."),
        )),
        DoorWhat::Tamper { over: true } => site.health().clear(at, &tampered()),
        _ => return,
    };
    site.log_alarms(at, changes);
}

/// Who was let in or out by a door last, as far as that is known.
#[derive(Clone, Debug, Default)]
struct Passed {
    person: Option<String>,
    reason: Option<String>,
}

impl Passed {
    /// By a card, or by somebody's word.
    fn of(event: &Event) -> Option<Self> {
        match &event.kind {
            EventKind::CardRead(read) if read.granted => {
                Some(Self { person: read.holder_name.clone(), reason: None })
            }
            EventKind::Door(DoorEvent { what: DoorWhat::Unlocked, by, reason, .. }) => {
                Some(Self { person: by.clone(), reason: reason.clone() })
            }
            EventKind::Door(DoorEvent { what: DoorWhat::RequestToExit, .. }) => Some(Self::default()),
            _ => None,
        }
    }
}

/// A card with whose it is. Reads the directory.
fn describe(site: &Site, card: &Card) -> Event {
    let holder = holder(site, card.credential).unwrap_or_else(|error| {
        tracing::warn!(%error, "the holder of a card can't be looked up");
        None
    });
    let (holder, holder_name) = holder.unzip();
    let known = card.door.map(|door| &site.doors.known[door]);
    let own = &site.config.controllers[card.reader.device];
    // A panel's doors are not among those that are decided on here.
    let of_panel =
        || own.doors.iter().find(|door| door.parts.is_none() && door.reader == Some(card.reader.reader));
    let mut read = CardRead {
        controller: known.map_or_else(|| own.id.clone(), |known| known.controller.clone()),
        door: known.map(|known| known.id.clone()).or_else(|| of_panel().map(|door| door.id.clone())),
        reader: card.reader.reader,
        credential: card.credential,
        holder,
        holder_name,
        granted: card.reason.granted() && card.held_back.is_none(),
        reason: card.reason,
        held_back: card.held_back,
        explained: None,
        sequence: card.sequence,
        epoch: site.doors.epoch,
    };
    site.explain_refusal(&mut read, card.at);
    Event { at: card.at, kind: EventKind::CardRead(read) }
}
