//! Why cards are refused: what has to be known is read here, and `access` judges it. Reads the directory, so it blocks.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use panel_protocol::time::UtcSeconds;

use super::clock;
use super::running::Site;
use super::views::card_as_shown;
use crate::access::{self, AtDoor, Facts, Holder, PlannedDoor, Times};
use crate::config::Door;
use crate::domain::{
    CardRead, DoorId, DoorMode, Explanation, GroupId, HolidayCalendar, Revocation, Schedule, closest,
};
use crate::store::{Directory, StoreError, door_modes};
use crate::views::{Question, ShowWhy, WhyError};

/// What the directory has of a card and of time.
struct Known {
    holders: Vec<Holder>,
    groups: BTreeMap<GroupId, String>,
    revoked: Option<Revocation>,
    schedules: Vec<Schedule>,
    calendars: Vec<HolidayCalendar>,
}

impl Known {
    fn read(directory: &Directory, card: Credential, seek_unknown: bool) -> Result<Self, StoreError> {
        let view = directory.read();
        let (mut holders, mut groups) = (Vec::new(), BTreeMap::new());
        for id in view.holders_of(card)? {
            let Some(person) = view.cardholder(id)? else { continue };
            let of_person = view.groups_of(id)?;
            for group in &of_person {
                groups.extend(view.group(*group)?.map(|known| (*group, known.display_name)));
            }
            holders.push(Holder { person, groups: of_person });
        }
        let opens = holders.iter().any(|holder| holder.person.opens_with(card));
        let seek = !opens && (seek_unknown || !holders.is_empty());
        let revoked = if seek { view.last_revocation_of(card)? } else { None };
        let schedules = if opens { view.all(None).collect::<Result<_, _>>()? } else { Vec::new() };
        let calendars = if opens { view.all(None).collect::<Result<_, _>>()? } else { Vec::new() };
        Ok(Self { holders, groups, revoked, schedules, calendars })
    }
}

/// A door of the configuration.
struct Place<'a> {
    controller: usize,
    door: &'a Door,
}

impl ShowWhy for Site {
    fn why(&self, question: Question) -> BoxFuture<'_, Result<Explanation, WhyError>> {
        Box::pin(async move {
            let place = self.place_named(&question.door)?;
            let card = card_as_shown(&self.config, &question.card)
                .map_err(|error| WhyError::NotACard(error.to_string()))?;
            let turn = Arc::clone(&self.searches).acquire_owned().await;
            let (directory, config) = (self.directory.clone(), Arc::clone(&self.config));
            let door = place.door.id.clone();
            let read = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                let ordered = ordered(&config.site.data_dir, &door)?;
                Ok((Known::read(&directory, card, true)?, ordered))
            });
            let read: Result<_, StoreError> =
                read.await.map_err(|error| WhyError::Unreadable(error.to_string()))?;
            let (known, ordered) = read.map_err(|error| {
                tracing::error!(%error, "what is to be explained can't be read");
                WhyError::Unreadable(error.to_string())
            })?;
            let now = clock::now();
            let at = question.at.unwrap_or(now);
            let at_door = self.would_say(&place, card, at, now);
            Ok(self.judge(&known, card, &place, ordered.as_ref(), at_door, at))
        })
    }
}

impl Site {
    /// Why a card was refused that has just been presented, or was while its controller could not be reached.
    pub(super) fn explain_refusal(&self, read: &mut CardRead, at: Timestamp) {
        let door = read.door.as_ref();
        let Some(place) = self.places().find(|place| Some(&place.door.id) == door) else { return };
        // What is held back by a lock that is lost says so itself.
        if read.granted || read.reason.granted() {
            return;
        }
        let explained = Known::read(&self.directory, read.credential, false).and_then(|known| {
            let is_ordered = matches!(read.reason, Reason::DoorLocked | Reason::Lockdown);
            let ordered =
                if is_ordered { ordered(&self.config.site.data_dir, &place.door.id)? } else { None };
            let at_door = AtDoor::Said(read.reason);
            Ok(self.judge(&known, read.credential, &place, ordered.as_ref(), at_door, at))
        });
        match explained {
            Ok(explained) => read.explained = Some(Box::new(explained)).filter(|it| !it.granted),
            Err(error) => tracing::warn!(%error, "why a card was refused can't be looked up"),
        }
    }

    fn judge(
        &self,
        known: &Known,
        card: Credential,
        place: &Place<'_>,
        ordered: Option<&DoorMode>,
        at_door: AtDoor,
        at: Timestamp,
    ) -> Explanation {
        let Known { holders, groups, revoked, schedules, calendars } = known;
        let Door { id, name, place: whereabouts, reader, .. } = place.door;
        let door =
            PlannedDoor { door: id.clone(), place: whereabouts.clone(), reader: reader.unwrap_or_default() };
        let facts = Facts {
            card,
            holders,
            groups,
            revoked: revoked.as_ref(),
            door: &door,
            door_name: name,
            ordered,
            times: Times { schedules, calendars, zone: &self.config.site.time_zone },
            at_door,
            at,
        };
        access::explain(self.compiling().compiler.model(), &facts)
    }

    /// What the door says by the table that its controller is to hold. That is known for as long as no span begins or ends.
    fn would_say(&self, place: &Place<'_>, card: Credential, at: Timestamp, now: Timestamp) -> AtDoor {
        let Some(reader) = place.door.reader else { return AtDoor::WouldSay(Reason::UnknownReader) };
        let next = self.compiling().compiler.model().next_moment(at.min(now));
        if next.is_some_and(|next| next <= at.max(now)) {
            return AtDoor::NotAsked;
        }
        let second = UtcSeconds(u32::try_from(at.as_second()).unwrap_or(u32::MAX));
        AtDoor::WouldSay(self.fleet().decide(place.controller, reader, card, second).reason)
    }

    fn places(&self) -> impl Iterator<Item = Place<'_>> {
        let controllers = self.config.controllers.iter().enumerate();
        controllers.flat_map(|(controller, it)| it.doors.iter().map(move |door| Place { controller, door }))
    }

    /// By id, or by name where only one has it.
    fn place_named(&self, text: &str) -> Result<Place<'_>, WhyError> {
        let unknown = || {
            let ids: Vec<&str> = self.places().map(|place| place.door.id.as_str()).collect();
            let near = closest(text, ids).map(str::to_owned);
            WhyError::UnknownDoor { door: text.to_owned(), near }
        };
        let by_id = self.places().find(|place| place.door.id.as_str() == text);
        let mut by_name = self.places().filter(|place| place.door.name == text);
        let named = by_name.next().filter(|_| by_name.next().is_none());
        by_id.or(named).ok_or_else(unknown)
    }
}

/// How somebody ordered that a door be used.
fn ordered(data_dir: &Path, door: &DoorId) -> Result<Option<DoorMode>, StoreError> {
    Ok(door_modes::read(data_dir)?.remove(door))
}
