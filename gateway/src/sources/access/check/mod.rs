//! Drafts become values, or refusals that say where and why.

mod calendar;
mod level;
mod person;
mod rule;
mod schedule;

pub(super) use calendar::{CalendarContent, calendar};
pub(super) use level::{LevelContent, Names, Schedules, level};
pub(super) use person::named_person;
pub(super) use rule::{GroupNames, receiver};
pub(super) use schedule::{Calendars, ScheduleContent, schedule};

use super::limits::MAX_REFUSALS;
use crate::domain::{AccessRefusal, RecordName, RefusalKind, closest};

/// What is wrong with an edit, as far as it has been looked at.
#[derive(Default)]
pub(super) struct Refused(Vec<AccessRefusal>);

impl Refused {
    /// One more mistake.
    pub(super) fn push(&mut self, refusal: AccessRefusal) {
        if !self.is_full() {
            self.0.push(refusal);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether so many were found that looking further is of no use.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MAX_REFUSALS
    }

    /// What is told.
    pub(super) fn told(self) -> Vec<AccessRefusal> {
        let full = self.is_full();
        let mut told = self.0;
        if full {
            let message = format!("there may be more mistakes than these {MAX_REFUSALS}");
            told.push(invalid(message, "", "", "Mend these first."));
        }
        told
    }

    /// The name of `what`, whose field is called `path` and then `name`.
    fn name(&mut self, text: &str, what: &str, path: &str) -> Option<RecordName> {
        text.parse::<RecordName>()
            .map_err(|error| {
                let (message, field) = (format!("{what}'s {error}"), format!("{path}name"));
                self.push(invalid(message, field, text, "Give another name."));
            })
            .ok()
    }
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
    message: impl Into<String>,
    field: impl Into<String>,
    value: &str,
    remedy: impl Into<String>,
) -> AccessRefusal {
    let (message, field, remedy) = (message.into(), field.into(), remedy.into());
    AccessRefusal { kind: RefusalKind::Invalid, message, field, value: value.to_owned(), remedy }
}
