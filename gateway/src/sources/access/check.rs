//! Drafts become values, or refusals that say where and why.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::MAX_REFUSALS;
use crate::domain::{
    AccessLevel, AccessLevelDraft, AccessLevelName, AccessRefusal, DoorDraft, DoorId, DoorSchedule,
    RefusalKind, Schedule, closest,
};

/// The configuration's doors, with what people call them.
pub type Doors = BTreeMap<DoorId, String>;

/// An access level's content, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LevelContent {
    pub(super) name: AccessLevelName,
    pub(super) doors: BTreeSet<DoorSchedule>,
}

/// Reads `draft`, whose fields are called `path` and then their own name, for the access level that `before` was, if it is
/// one already: a door that has left the configuration may stay in it. Adds what is wrong to `refused`.
pub(super) fn level(
    draft: &AccessLevelDraft,
    path: &str,
    known: &Doors,
    before: Option<&AccessLevel>,
    refused: &mut Vec<AccessRefusal>,
) -> Option<LevelContent> {
    let name = draft.name.parse().map_err(|error: crate::domain::AccessLevelNameError| {
        let (field, remedy) = (format!("{path}name"), "Give another name.");
        refused.push(invalid(error.to_string(), field, &draft.name, remedy));
    });
    let mistakes = refused.len();
    if draft.doors.len() > AccessLevel::MAX_DOORS {
        let message = format!("an access level has at most {} doors", AccessLevel::MAX_DOORS);
        let count = draft.doors.len().to_string();
        refused.push(invalid(message, format!("{path}doors"), &count, "Make two access levels of it."));
        return None;
    }
    let read = |(at, draft)| {
        let path = format!("{path}doors[{at}]");
        (refused.len() < MAX_REFUSALS).then(|| door(draft, &path, known, before, refused))?
    };
    let doors = draft.doors.iter().enumerate().filter_map(read).collect();
    (refused.len() == mistakes).then_some(())?;
    Some(LevelContent { name: name.ok()?, doors })
}

fn door(
    draft: &DoorDraft,
    path: &str,
    known: &Doors,
    before: Option<&AccessLevel>,
    refused: &mut Vec<AccessRefusal>,
) -> Option<DoorSchedule> {
    let held = |door: &DoorId| before.is_some_and(|level| level.doors.iter().any(|held| held.door == *door));
    let door = draft.door.parse::<DoorId>().ok().filter(|door| known.contains_key(door) || held(door));
    if door.is_none() {
        let message = format!("the configuration has no door {:?}", draft.door);
        let remedy =
            nearest(&draft.door, known.keys().map(DoorId::as_str), "GET /api/v1/site lists all doors.");
        refused.push(invalid(message, format!("{path}.door"), &draft.door, remedy));
    }
    let schedule = draft.schedule.parse::<Schedule>().map_err(|error| {
        let (field, remedy) = (format!("{path}.schedule"), "Write \"always\".");
        refused.push(invalid(error.to_string(), field, &draft.schedule, remedy));
    });
    Some(DoorSchedule { door: door?, schedule: schedule.ok()? })
}

/// As many refusals as are told at once.
pub(super) fn told(mut refused: Vec<AccessRefusal>) -> Vec<AccessRefusal> {
    if refused.len() >= MAX_REFUSALS {
        refused.truncate(MAX_REFUSALS);
        let message = format!("there may be more mistakes than these {MAX_REFUSALS}");
        refused.push(invalid(message, "", "", "Mend these first."));
    }
    refused
}

/// "Did you mean", where something is near, else `otherwise`.
pub(super) fn nearest<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
    otherwise: &str,
) -> String {
    closest(text, candidates).map_or_else(|| otherwise.to_owned(), |near| format!("Did you mean {near:?}?"))
}

/// A refusal of something that has to be written differently.
pub(super) fn invalid(
    message: String,
    field: impl Into<String>,
    value: &str,
    remedy: impl Into<String>,
) -> AccessRefusal {
    let (field, value, remedy) = (field.into(), value.to_owned(), remedy.into());
    AccessRefusal { kind: RefusalKind::Invalid, message, field, value, remedy }
}
