//! Who gains and who loses which door when access becomes something else.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::grants::Grants;
use super::model::AccessModel;
use super::shape::PlannedDoor;
use crate::domain::{AccessMode, CardholderId, DoorId, DoorTurnover, GroupId, When};

/// Times at which a door opens: a schedule, and a span.
type Times = BTreeSet<(When, Option<Timestamp>, Option<Timestamp>)>;

type Opened = Arc<BTreeMap<DoorId, Times>>;

/// Compares, person by person. People with the same access are worked out once.
pub struct Difference<'a> {
    models: [&'a AccessModel; 2],
    doors: &'a [PlannedDoor],
    now: Timestamp,
    known: [HashMap<Grants, Opened>; 2],
    turnover: BTreeMap<DoorId, DoorTurnover>,
}

impl<'a> Difference<'a> {
    /// Between what is and what would be, at these doors.
    pub fn new(
        before: &'a AccessModel,
        after: &'a AccessModel,
        doors: &'a [PlannedDoor],
        now: Timestamp,
    ) -> Self {
        Self { models: [before, after], doors, now, known: Default::default(), turnover: BTreeMap::new() }
    }

    /// Looks at a person who has an active card.
    pub fn look_at(&mut self, person: CardholderId, name: &str, groups: &[GroupId]) {
        let [before, after] = [0, 1].map(|side| {
            let grants = self.models[side].grants(person, groups, self.now);
            self.opened(side, grants)
        });
        for door in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let (was, is) = (before.get(door), after.get(door));
            if was == is {
                continue;
            }
            let turnover =
                self.turnover.entry(door.clone()).or_insert_with(|| DoorTurnover::of(door.clone()));
            match (was, is) {
                (None, _) => turnover.gain.add(name),
                (_, None) => turnover.lose.add(name),
                (Some(_), Some(_)) => turnover.other_times.add(name),
            }
        }
    }

    /// What comes of it, door by door.
    pub fn turnover(self) -> Vec<DoorTurnover> {
        self.turnover.into_values().collect()
    }

    fn opened(&mut self, side: usize, grants: Grants) -> Opened {
        if let Some(opened) = self.known[side].get(&grants) {
            return Arc::clone(opened);
        }
        let opened = Arc::new(opened(self.models[side], self.doors, &grants));
        self.known[side].insert(grants, Arc::clone(&opened));
        opened
    }
}

fn opened(model: &AccessModel, doors: &[PlannedDoor], grants: &Grants) -> BTreeMap<DoorId, Times> {
    let mut opened: BTreeMap<DoorId, Times> = BTreeMap::new();
    if model.mode() == AccessMode::Open {
        let always = Times::from([(When::Always, None, None)]);
        return doors.iter().map(|door| (door.door.clone(), always.clone())).collect();
    }
    for grant in grants.levels() {
        let parts = model.level(grant.level).into_iter().flat_map(|level| &level.doors);
        for part in parts.filter(|part| part.schedule != When::Never) {
            for door in doors.iter().filter(|door| door.is_at(&part.at)) {
                let times = (part.schedule, grant.from, grant.until);
                opened.entry(door.door.clone()).or_default().insert(times);
            }
        }
    }
    opened
}
