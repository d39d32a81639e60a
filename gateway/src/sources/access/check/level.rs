//! Access levels.

use std::collections::{BTreeMap, BTreeSet};

use super::{Refused, invalid, nearest};
use crate::domain::{
    AccessLevel, AccessLevelDraft, At, DoorDraft, DoorId, DoorSchedule, Place, PlaceError, RecordName,
    Schedule, When, fold_case,
};
use crate::sources::access::surroundings::Surroundings;

/// An access level's content, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct LevelContent {
    pub(in super::super) name: RecordName,
    pub(in super::super) doors: BTreeSet<DoorSchedule>,
}

/// Schedules by their folded names, with the name as it is written.
pub(in super::super) type Schedules = BTreeMap<String, (When, String)>;

/// What the names of an access level are looked up in.
#[derive(Clone, Copy)]
pub(in super::super) struct Names<'a> {
    pub(in super::super) around: &'a Surroundings,
    pub(in super::super) schedules: &'a Schedules,
}

/// Reads `draft`, whose fields are called `path` and then their own name, for the access level that `before` was, if it is
/// one already: a door or a place that has left the configuration may stay in it. Adds what is wrong to `refused`.
pub(in super::super) fn level(
    draft: &AccessLevelDraft,
    path: &str,
    names: Names<'_>,
    before: Option<&AccessLevel>,
    refused: &mut Refused,
) -> Option<LevelContent> {
    let name = refused.name(&draft.name, "an access level", path);
    let mistakes = refused.len();
    if draft.doors.len() > AccessLevel::MAX_DOORS {
        let message = format!("an access level has at most {} doors", AccessLevel::MAX_DOORS);
        let count = draft.doors.len().to_string();
        refused.push(invalid(message, format!("{path}doors"), &count, "Make two access levels of it."));
        return None;
    }
    let read = |(at, draft)| {
        let path = format!("{path}doors[{at}]");
        (!refused.is_full()).then(|| door(draft, &path, names, before, refused))?
    };
    let doors = draft.doors.iter().enumerate().filter_map(read).collect();
    (refused.len() == mistakes).then_some(())?;
    Some(LevelContent { name: name?, doors })
}

fn door(
    draft: &DoorDraft,
    path: &str,
    names: Names<'_>,
    before: Option<&AccessLevel>,
    refused: &mut Refused,
) -> Option<DoorSchedule> {
    let held = |at: &At| before.is_some_and(|level| level.doors.iter().any(|held| held.at == *at));
    let at = match (&draft.door, &draft.place) {
        (Some(text), None) => named_door(text, path, names.around, held, refused),
        (None, Some(text)) => named_place(text, path, names.around, held, refused),
        _ => {
            let message = "a part of an access level is one door or one place";
            let remedy = "Write door = \"…\" or place = \"…\".";
            refused.push(invalid(message, format!("{path}.door"), "", remedy));
            None
        }
    };
    let schedule = When::built_in(draft.schedule.trim())
        .or_else(|| names.schedules.get(&fold_case(draft.schedule.trim())).map(|(when, _)| *when));
    if schedule.is_none() {
        let message = format!("there is no schedule {:?}", draft.schedule);
        let own = names.schedules.values().map(|(_, name)| name.as_str());
        let known: Vec<&str> = own.chain([Schedule::ALWAYS, Schedule::NEVER]).collect();
        let otherwise = "Write \"always\", \"never\" or the name of a [[schedule]].";
        let remedy = nearest(&draft.schedule, known.iter().copied(), otherwise);
        refused.push(invalid(message, format!("{path}.schedule"), &draft.schedule, remedy));
    }
    Some(DoorSchedule { at: at?, schedule: schedule? })
}

fn named_door(
    text: &str,
    path: &str,
    around: &Surroundings,
    held: impl Fn(&At) -> bool,
    refused: &mut Refused,
) -> Option<At> {
    let gone = || text.parse::<DoorId>().ok().map(At::Door).filter(&held);
    let at = around.door(text).map(At::Door).or_else(gone);
    if at.is_none() {
        let message = format!("the configuration has no door {text:?}");
        let remedy =
            nearest(text, around.doors.keys().map(DoorId::as_str), "GET /api/v1/site lists all doors.");
        refused.push(invalid(message, format!("{path}.door"), text, remedy));
    }
    at
}

fn named_place(
    text: &str,
    path: &str,
    around: &Surroundings,
    held: impl Fn(&At) -> bool,
    refused: &mut Refused,
) -> Option<At> {
    let field = format!("{path}.place");
    let place: Place = match text.parse() {
        Ok(place) => place,
        Err(error) => {
            let error: PlaceError = error;
            refused.push(invalid(error.to_string(), field, text, PlaceError::REMEDY));
            return None;
        }
    };
    let places = around.places();
    let at = At::Place(place.clone());
    if places.contains(&place) || held(&at) {
        return Some(at);
    }
    let message = format!("the configuration has no door in the place {text:?}");
    let known: Vec<String> = places.iter().map(ToString::to_string).collect();
    let remedy =
        nearest(text, known.iter().map(String::as_str), "Doors have places by `place` in the configuration.");
    refused.push(invalid(message, field, text, remedy));
    None
}
