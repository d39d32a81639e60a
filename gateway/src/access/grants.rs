//! What somebody has by rules, before it is known which doors that comes to.

use jiff::Timestamp;

use crate::domain::{AccessLevelId, Revision};

/// An access level that somebody has, as it is since some revision.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Grant {
    /// The access level.
    pub level: AccessLevelId,
    /// The revision that changed it last.
    pub revision: Revision,
    /// Not before this instant.
    pub from: Option<Timestamp>,
    /// Not from this instant on.
    pub until: Option<Timestamp>,
}

impl Grant {
    /// Whether it is for good.
    pub const fn is_lasting(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    /// Whether it has ended.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// All that somebody has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Grants {
    /// Every door of the site at any time.
    EveryDoor,
    /// These access levels, in order, each span of each once; none at all: no door.
    Levels(Vec<Grant>),
}

impl Grants {
    /// No door.
    pub const NOTHING: Self = Self::Levels(Vec::new());

    /// These. A span of an access level that is given for good adds nothing.
    pub fn of(grants: impl IntoIterator<Item = Grant>) -> Self {
        let mut all: Vec<Grant> = grants.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        let lasting: Vec<AccessLevelId> =
            all.iter().filter(|grant| grant.is_lasting()).map(|grant| grant.level).collect();
        all.retain(|grant| grant.is_lasting() || lasting.binary_search(&grant.level).is_err());
        Self::Levels(all)
    }

    /// Each of them.
    pub fn levels(&self) -> &[Grant] {
        match self {
            Self::EveryDoor => &[],
            Self::Levels(grants) => grants,
        }
    }
}
