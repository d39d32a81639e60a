//! A controller's doors, and what grants come to there.
//!
//! A card has a profile, which says for each reader when it opens, and one span of time. Where everything is for the same
//! span, that is the row's. Else the spans are part of the hours. A panel of card-table version 1 knows neither hours nor more
//! than one span: [`Shape::needs`] says what it can't be told, so nobody ever gets more there than rules give.

use std::collections::BTreeMap;

use panel_protocol::limits::MAX_READERS;
use panel_protocol::schedule;
use panel_protocol::table::Profile;
use panel_protocol::time::UtcSeconds;

use super::grants::Grants;
use super::model::AccessModel;
use super::schedules::{HourNumbers, LASTING, Part, Parts, Span};
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
    /// What a controller has to know for it.
    pub needs: Needs,
}

/// What not every controller knows. One that doesn't lets nobody in by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Needs {
    /// Doors by a schedule.
    pub schedules: bool,
    /// Doors for a span, where there are others for good or for another span.
    pub spans: bool,
    /// More different hours than there are numbers: no controller is told of them.
    pub numbers: bool,
}

/// When readers open, from some second on until another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opens {
    /// Which readers, and when.
    pub profile: Profile,
    /// Not before this second.
    pub from: Option<UtcSeconds>,
    /// Not from this second on.
    pub until: Option<UtcSeconds>,
}

/// What these grants come to at a controller with these doors. `is_over` says which hours nobody has any more, whose numbers
/// may be given out again when no other is left.
pub fn shape(
    doors: &[PlannedDoor],
    model: &AccessModel,
    grants: &Grants,
    numbers: &mut HourNumbers,
    is_over: impl Fn(&Parts) -> bool,
) -> Shape {
    let mut readers: BTreeMap<u8, Parts> = BTreeMap::new();
    let mut add = |reader: u8, part: Part| readers.entry(reader).or_default().add(part);
    if *grants == Grants::EveryDoor {
        doors.iter().for_each(|door| add(door.reader, Part { schedule: None, from: None, until: None }));
    }
    for grant in grants.levels() {
        let level = model.level(grant.level).filter(|level| level.revision == grant.revision);
        for part in level.iter().flat_map(|level| &level.doors) {
            let schedule = match part.schedule {
                When::Always => None,
                When::Schedule(schedule) => Some(schedule),
                When::Never => continue,
            };
            let part_of = Part { schedule, from: grant.from, until: grant.until };
            doors.iter().filter(|door| door.is_at(&part.at)).for_each(|door| add(door.reader, part_of));
        }
    }
    let readers = readers.into_iter().map(|(reader, parts)| (reader, parts.reduced())).collect();
    of_readers(readers, |parts| numbers.when(parts, &is_over))
}

fn of_readers(readers: BTreeMap<u8, Parts>, mut when: impl FnMut(&Parts) -> Option<schedule::When>) -> Shape {
    if readers.is_empty() {
        return Shape::default();
    }
    let common = common_span(&readers);
    let mut needs = Needs { spans: common.is_none(), ..Needs::default() };
    let mut by_reader = [schedule::When::Never; MAX_READERS];
    for (reader, parts) in readers {
        let parts = if common.is_some() { parts.lasting() } else { parts };
        let opens = when(&parts);
        needs.schedules |= parts.iter().any(|part| part.schedule.is_some());
        needs.numbers |= opens.is_none();
        if let Some(slot) = by_reader.get_mut(usize::from(reader)) {
            *slot = opens.unwrap_or_default();
        }
    }
    let (from, until) = common.unwrap_or(LASTING);
    let opens = seconds::end(until).map(|until| Opens {
        profile: Profile::new(by_reader),
        from: seconds::begin(from),
        until,
    });
    Shape { opens, needs }
}

/// The span of all of it, if it is one.
fn common_span(readers: &BTreeMap<u8, Parts>) -> Option<Span> {
    let mut spans = readers.values().flat_map(Parts::iter).map(Part::span);
    let first = spans.next()?;
    spans.all(|span| span == first).then_some(first)
}
