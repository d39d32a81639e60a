//! By what a reader opens for somebody: schedules, some of them for a span alone.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::ScheduleId;

/// A span of time; without limits it is for good.
pub type Span = (Option<Timestamp>, Option<Timestamp>);

/// For good.
pub(in crate::access) const LASTING: Span = (None, None);

/// A schedule by which a reader opens, or always; for good, or for a span.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Part {
    /// The schedule; `None`: at any time.
    pub schedule: Option<ScheduleId>,
    /// Not before this instant.
    pub from: Option<Timestamp>,
    /// Not from this instant on.
    pub until: Option<Timestamp>,
}

impl Part {
    /// Its span.
    pub const fn span(&self) -> Span {
        (self.from, self.until)
    }

    /// The same for good.
    pub(in crate::access) const fn lasting(self) -> Self {
        Self { schedule: self.schedule, from: None, until: None }
    }

    fn is_lasting(&self) -> bool {
        self.span() == LASTING
    }
}

/// All parts by which a reader opens; their union counts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Parts(BTreeSet<Part>);

impl Parts {
    /// One more.
    pub(in crate::access) fn add(&mut self, part: Part) {
        self.0.insert(part);
    }

    /// Without those that add nothing to another.
    #[must_use]
    pub(in crate::access) fn reduced(self) -> Self {
        let always = Part { schedule: None, from: None, until: None };
        if self.0.contains(&always) {
            return Self([always].into());
        }
        let adds = |part: &Part| {
            let in_any_hours = Part { schedule: None, ..*part };
            let for_good = !part.is_lasting() && self.0.contains(&part.lasting());
            !for_good && (part.schedule.is_none() || !self.0.contains(&in_any_hours))
        };
        Self(self.0.iter().copied().filter(adds).collect())
    }

    /// The same for good, for whoever has the span elsewhere.
    #[must_use]
    pub(in crate::access) fn lasting(self) -> Self {
        Self(self.0.into_iter().map(Part::lasting).collect()).reduced()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Part> {
        self.0.iter()
    }

    /// Whether that is at any time, for good.
    pub(in crate::access) fn is_always(&self) -> bool {
        self.0.iter().any(|part| part.schedule.is_none() && part.is_lasting())
    }
}
