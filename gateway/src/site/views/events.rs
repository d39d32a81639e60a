//! What happened at the doors.

use super::super::running::Site;
use crate::domain::{CardRead, DoorId, EventKind};
use crate::store::limits::RECENT_EVENTS;
use crate::views::{CardText, DoorEventView, EventView, EventsWanted, ShowEvents};

impl ShowEvents for Site {
    fn events(&self, wanted: &EventsWanted) -> Vec<EventView> {
        let recent = self.events.recent(RECENT_EVENTS);
        let reads = recent.iter().filter_map(|logged| match &logged.event.kind {
            EventKind::CardRead(read) => Some((logged.event.at, read)),
            _ => None,
        });
        let format = self.config.cards.default_format;
        let shown = |(at, read): (_, &CardRead)| {
            let card = CardText::of_credential(read.credential, format);
            EventView::of_card_read(at, read, self.door_name(read), card)
        };
        let is_wanted = |(_, read): &(_, &CardRead)| {
            let door = wanted.door.as_deref();
            door.is_none_or(|door| {
                read.door.as_ref().is_some_and(|id| id.as_str() == door) || self.door_name(read) == Some(door)
            })
        };
        reads.filter(is_wanted).take(wanted.limit).map(shown).collect()
    }

    fn door_events(&self, limit: usize) -> Vec<DoorEventView> {
        let recent = self.events.recent(RECENT_EVENTS);
        let of_doors = recent.iter().filter_map(|logged| match &logged.event.kind {
            EventKind::Door(event) => {
                Some(DoorEventView::of(logged.event.at, event, self.name_of_door(Some(&event.door))))
            }
            _ => None,
        });
        of_doors.take(limit).collect()
    }
}

impl Site {
    fn door_name(&self, read: &CardRead) -> Option<&str> {
        self.name_of_door(read.door.as_ref())
    }

    fn name_of_door(&self, id: Option<&DoorId>) -> Option<&str> {
        let mut doors = self.config.controllers.iter().flat_map(|controller| &controller.doors);
        doors.find(|door| Some(&door.id) == id).map(|door| door.name.as_str())
    }
}
