//! Which events somebody asks the log for.

use std::collections::HashSet;

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::LoggedEvent;
use super::facts::Facts;
use crate::domain::{CardholderId, DoorId, Event, EventResult};

/// Which events are wanted: those that all of it fits.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// At one of these doors.
    pub doors: Option<Vec<DoorId>>,
    /// Of one of these people.
    pub people: Option<PeopleWanted>,
    /// With this card.
    pub card: Option<Credential>,
    /// With this result.
    pub result: Option<EventResult>,
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
}

/// Whose events: of whoever is one of these people, or had this name then.
#[derive(Clone, Debug, Default)]
pub struct PeopleWanted {
    /// By the gateway's own identifiers.
    pub ids: HashSet<CardholderId>,
    /// By name, whatever its case.
    pub name: String,
}

/// What was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// The newest in the log first.
    pub events: Vec<LoggedEvent>,
    /// Where older ones begin: give it as `before`. `None`: there are none.
    pub next: Option<u64>,
}

impl Wanted {
    /// Whether an event is one of them.
    pub(super) fn fits(&self, event: &Event) -> bool {
        let Some(facts) = Facts::of(event) else { return false };
        self.from.is_none_or(|from| event.at >= from)
            && self.until.is_none_or(|until| event.at < until)
            && self.doors.as_ref().is_none_or(|doors| facts.door.is_some_and(|door| doors.contains(door)))
            && self.people.as_ref().is_none_or(|people| people.include(&facts))
            && self.card.is_none_or(|card| facts.card == card)
            && self.result.is_none_or(|result| result.is(facts.reason))
    }
}

impl PeopleWanted {
    fn include(&self, facts: &Facts<'_>) -> bool {
        facts.holder.is_some_and(|holder| self.ids.contains(&holder))
            || facts.holder_name.is_some_and(|name| folded(name) == folded(&self.name))
    }
}

/// A name without regard to case.
pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}
