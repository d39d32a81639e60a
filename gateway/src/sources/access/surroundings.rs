//! What an edit is checked against besides the directory: the configuration's doors and places, and the site's time zone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use crate::domain::{DoorId, Place, fold_case};
use crate::sources::cards::CardDefaults;

/// What access may name of the configuration.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The doors.
    pub doors: BTreeMap<DoorId, KnownDoor>,
    /// The zone of the site's wall clock.
    pub zone: TimeZone,
    /// What a card number means where it doesn't say it.
    pub cards: CardDefaults,
}

/// A door of the configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownDoor {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub place: Option<Place>,
}

impl Surroundings {
    /// The door with that id, or the only one of that name.
    pub(super) fn door(&self, text: &str) -> Option<DoorId> {
        if let Some((id, _)) = text.parse::<DoorId>().ok().and_then(|id| self.doors.get_key_value(&id)) {
            return Some(id.clone());
        }
        let folded = fold_case(text.trim());
        let mut named = self.doors.iter().filter(|(_, door)| fold_case(&door.name) == folded);
        let (id, _) = named.next()?;
        named.next().is_none().then(|| id.clone())
    }

    /// Every place that doors are in, with those above them.
    pub fn places(&self) -> BTreeSet<Place> {
        self.doors.values().filter_map(|door| door.place.as_ref()).flat_map(Place::with_those_above).collect()
    }
}
