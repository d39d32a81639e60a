//! By which numbers panels know hours and holidays.
//!
//! A number keeps its meaning over restarts, so that a profile that names it, and a row that names the profile, need not
//! be written anew. One that is no longer used is given out again only when no other is left.

use std::collections::BTreeMap;

use panel_protocol::schedule::When;
use serde::{Deserialize, Serialize};

use super::part::Parts;
use crate::domain::HolidayCalendarId;

/// Numbers of schedules, 1 to this.
const LAST_SCHEDULE: u8 = 254;

/// Numbers of calendars, 0 to this.
const LAST_CALENDAR: u8 = 126;

/// What a panel's calendar stands for. One that is too long for a panel is several there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) enum Days {
    /// A piece of a holiday calendar.
    Holidays(HolidayCalendarId, u8),
    /// A piece of the days on which the hours with this number are open so: from a minute until another.
    Alike(u8, Vec<(u16, u16)>, u8),
}

/// The numbers that were given out.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct HourNumbers {
    hours: BTreeMap<Parts, u8>,
    days: BTreeMap<Days, u8>,
    /// Since they were last kept.
    grown: bool,
    /// How many times hours were given a number.
    given: u64,
}

/// As they are kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    hours: Vec<(Parts, u8)>,
    days: Vec<(Days, u8)>,
}

impl From<Kept> for HourNumbers {
    fn from(kept: Kept) -> Self {
        Self {
            hours: kept.hours.into_iter().collect(),
            days: kept.days.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl From<HourNumbers> for Kept {
    fn from(numbers: HourNumbers) -> Self {
        Self { hours: numbers.hours.into_iter().collect(), days: numbers.days.into_iter().collect() }
    }
}

impl HourNumbers {
    /// Those that were kept; none if it is not that.
    pub fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// What is to be kept, if there is anything new since the last time.
    pub fn take_grown(&mut self) -> Option<Vec<u8>> {
        let grown = std::mem::take(&mut self.grown);
        grown.then(|| serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether a schedule's number means something.
    pub fn knows(&self, number: u8) -> bool {
        self.hours.values().any(|known| *known == number)
    }

    /// How many times hours were given a number.
    pub(in crate::access) const fn given(&self) -> u64 {
        self.given
    }

    /// All hours, each with its number.
    pub fn hours(&self) -> impl Iterator<Item = (&Parts, u8)> {
        self.hours.iter().map(|(parts, number)| (parts, *number))
    }

    /// When these hours are, as a profile says it; `None` if no number is left. `is_over` says which hours nobody has any
    /// more.
    pub(in crate::access) fn when(
        &mut self,
        parts: &Parts,
        is_over: impl Fn(&Parts) -> bool,
    ) -> Option<When> {
        if parts.is_always() {
            return Some(When::Always);
        }
        let known = self.hours.get(parts).copied();
        let number = known.or_else(|| {
            let number = free(&self.hours, 1..=LAST_SCHEDULE).or_else(|| {
                let over = self.hours.keys().find(|parts| is_over(parts))?.clone();
                self.hours.remove(&over)
            })?;
            self.hours.insert(parts.clone(), number);
            (self.grown, self.given) = (true, self.given + 1);
            Some(number)
        });
        number.map(When::Schedule)
    }

    /// The number of these days; `None` if none is left beside those that are in use.
    pub(super) fn calendar(&mut self, days: &Days, is_used: impl Fn(u8) -> bool) -> Option<u8> {
        if let Some(known) = self.days.get(days) {
            return Some(*known);
        }
        let number = free(&self.days, 0..=LAST_CALENDAR).or_else(|| {
            let unused = self.days.iter().find(|(_, number)| !is_used(**number))?.0.clone();
            self.days.remove(&unused)
        })?;
        self.days.insert(days.clone(), number);
        self.grown = true;
        Some(number)
    }
}

fn free<K>(taken: &BTreeMap<K, u8>, mut all: impl Iterator<Item = u8>) -> Option<u8> {
    all.find(|number| !taken.values().any(|of| of == number))
}
