//! A controller's doors, and what grants come to there.
//!
//! A panel of card-table version 1 can be told of a card: one set of doors, and one span of time. What it can't be told is
//! left out, so nobody ever gets more than rules give, and [`Shape::left_out`] says so.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use panel_protocol::table::Profile;
use panel_protocol::time::UtcSeconds;

use super::grants::Grants;
use super::model::AccessModel;
use super::seconds;
use crate::domain::{At, DoorId, Place, When};

/// A door of a controller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedDoor {
    /// Which.
    pub door: DoorId,
    /// Where it is.
    pub place: Option<Place>,
    /// The controller's reader at it.
    pub reader: u8,
}

impl PlannedDoor {
    /// Whether an access level means it.
    pub fn is_at(&self, at: &At) -> bool {
        match at {
            At::Door(door) => *door == self.door,
            At::Place(place) => self.place.as_ref().is_some_and(|own| place.takes_in(own)),
        }
    }
}

/// What grants come to at one controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shape {
    /// Its readers and their span; `None`: no row.
    pub opens: Option<Opens>,
    /// What the controller can't be told of the grants.
    pub left_out: LeftOut,
}

/// What a controller can't be told, and nobody opens by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LeftOut {
    /// Doors by a schedule.
    pub schedules: bool,
    /// Doors for a span, where there are others for good or for another span.
    pub spans: bool,
}

/// Readers that open from some second on until another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opens {
    /// Which readers.
    pub profile: Profile,
    /// Not before this second.
    pub from: Option<UtcSeconds>,
    /// Not from this second on.
    pub until: Option<UtcSeconds>,
}

type Span = (Option<Timestamp>, Option<Timestamp>);

/// What these grants come to at a controller with these doors.
pub fn shape(doors: &[PlannedDoor], model: &AccessModel, grants: &Grants) -> Shape {
    let mut left_out = LeftOut::default();
    let mut readers: BTreeMap<Span, BTreeSet<u8>> = BTreeMap::new();
    if *grants == Grants::EveryDoor {
        readers.insert((None, None), doors.iter().map(|door| door.reader).collect());
    }
    for grant in grants.levels() {
        let level = model.level(grant.level).filter(|level| level.revision == grant.revision);
        for part in level.iter().flat_map(|level| &level.doors) {
            for door in doors.iter().filter(|door| door.is_at(&part.at)) {
                match part.schedule {
                    When::Always => {
                        readers.entry((grant.from, grant.until)).or_default().insert(door.reader);
                    }
                    When::Never => {}
                    When::Schedule(_) => left_out.schedules = true,
                }
            }
        }
    }
    // For good, if there is anything; else what ends first, because another takes its place then.
    let ends = |(from, until): &Span| (until.unwrap_or(Timestamp::MAX), *from);
    let lasting = readers.remove(&(None, None)).map(|readers| ((None, None), readers));
    let Some(((from, until), opened)) = lasting.or_else(|| {
        let first = *readers.keys().min_by_key(|span| ends(span))?;
        readers.remove(&first).map(|readers| (first, readers))
    }) else {
        return Shape { opens: None, left_out };
    };
    let is_for_good = (from, until) == (None, None);
    left_out.spans = readers.values().any(|others| !is_for_good || !others.is_subset(&opened));
    let opens = seconds::end(until).map(|until| Opens {
        profile: Profile::always(opened),
        from: seconds::begin(from),
        until,
    });
    Shape { opens, left_out }
}
