//! What happened at the doors.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use panel_protocol::credential::Credential;

use super::super::card_policy::card_policy;
use super::super::running::Site;
use crate::config::Config;
use crate::domain::{CardholderId, DoorId, EventKind, fold_case};
use crate::sources::cards::number::parse;
use crate::store::limits::RECENT_EVENTS;
use crate::store::{Directory, LoggedEvent, PeopleWanted, StoreError, Wanted};
use crate::views::{CardText, DoorEventView, EventView, EventsError, EventsFound, EventsWanted, ShowEvents};

impl ShowEvents for Site {
    fn events(&self, wanted: EventsWanted) -> BoxFuture<'_, Result<EventsFound, EventsError>> {
        Box::pin(async move {
            let turn = Arc::clone(&self.searches).acquire_owned().await;
            let (config, directory) = (Arc::clone(&self.config), self.directory.clone());
            let events = Arc::clone(&self.events);
            let found = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                let (before, limit) = (wanted.before, wanted.limit);
                let wanted = understood(wanted, &config, &directory)?;
                events.find(&wanted, before, limit).map_err(|error| unreadable(&error))
            });
            let found = found.await.map_err(|error| EventsError::Unreadable(error.to_string()))??;
            let shown = found.events.iter().filter_map(|logged| event_view(&self.config, logged));
            Ok(EventsFound { events: shown.collect(), next: found.next })
        })
    }
}

impl Site {
    /// The latest at any door, from memory.
    pub(super) fn latest_events(&self, count: usize) -> Vec<EventView> {
        let recent = self.events.recent(RECENT_EVENTS);
        recent.iter().filter_map(|logged| event_view(&self.config, logged)).take(count).collect()
    }

    /// The latest of what happened at the doors of readers beside cards, from memory.
    pub(super) fn latest_door_events(&self, count: usize) -> Vec<DoorEventView> {
        let recent = self.events.recent(RECENT_EVENTS);
        let of_doors = recent.iter().filter_map(|logged| match &logged.event.kind {
            EventKind::Door(event) => {
                let name = door_name(&self.config, Some(&event.door));
                Some(DoorEventView::of(logged.event.at, event, name))
            }
            _ => None,
        });
        of_doors.take(count).collect()
    }
}

/// An event as people are shown it; `None` for kinds that stand elsewhere.
fn event_view(config: &Config, logged: &LoggedEvent) -> Option<EventView> {
    let EventKind::CardRead(read) = &logged.event.kind else { return None };
    let card = CardText::of_credential(read.credential, config.cards.default_format);
    Some(EventView::of_card_read(
        logged.sequence,
        logged.event.at,
        read,
        door_name(config, read.door.as_ref()),
        card,
    ))
}

fn door_name<'a>(config: &'a Config, id: Option<&DoorId>) -> Option<&'a str> {
    let mut doors = config.controllers.iter().flat_map(|controller| &controller.doors);
    doors.find(|door| Some(&door.id) == id).map(|door| door.name.as_str())
}

/// From what people call things to what the log knows them by. Reads the directory.
fn understood(wanted: EventsWanted, config: &Config, directory: &Directory) -> Result<Wanted, EventsError> {
    Ok(Wanted {
        doors: wanted.door.map(|door| doors(config, &door)),
        people: wanted
            .person
            .map(|person| people(directory, person))
            .transpose()
            .map_err(|error| unreadable(&error))?,
        card: wanted.card.map(|card| card_as_shown(config, &card)).transpose()?,
        result: wanted.result,
        from: wanted.from,
        until: wanted.until,
    })
}

/// The doors of that id or name. An id may be of a door that is no longer configured.
fn doors(config: &Config, text: &str) -> Vec<DoorId> {
    let all = config.controllers.iter().flat_map(|controller| &controller.doors);
    let named = all.filter(|door| door.name == text).map(|door| door.id.clone());
    named.chain(text.parse()).collect()
}

/// Whoever has that id, user name, name or e-mail address, and whoever had that name when the event came.
fn people(directory: &Directory, text: String) -> Result<PeopleWanted, StoreError> {
    if let Ok(id) = text.parse::<CardholderId>() {
        return Ok(PeopleWanted { ids: [id].into(), name: text });
    }
    let view = directory.read();
    if let Some(person) = view.cardholder_by_user_name(&text)? {
        return Ok(PeopleWanted { ids: [person.id].into(), name: text });
    }
    let mut meant = PeopleWanted { name: text, ..PeopleWanted::default() };
    let folded = fold_case(&meant.name);
    for person in view.cardholders(None) {
        let person = person?;
        if fold_case(&person.display_name) == folded || person.has_email(&meant.name) {
            meant.ids.insert(person.id);
        }
    }
    Ok(meant)
}

/// A card in one of the ways to write one, or as lists show it: `100-1234`, `37:0x0000001234`.
pub(in crate::site) fn card_as_shown(config: &Config, text: &str) -> Result<Credential, EventsError> {
    let defaults = card_policy(&config.cards).defaults;
    parse(text, &defaults)
        .or_else(|wrong| {
            let shown = parse(&text.replacen('-', ":", 1), &defaults);
            shown.or_else(|_| parse(&format!("raw:{text}"), &defaults)).map_err(|_| wrong)
        })
        .map_err(|wrong| EventsError::NotACard(wrong.to_string()))
}

fn unreadable(error: &StoreError) -> EventsError {
    tracing::error!(%error, "the event log can't be searched");
    EventsError::Unreadable(error.to_string())
}
