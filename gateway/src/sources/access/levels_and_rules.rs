//! What the directory has of access levels and rules, read at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::domain::{AccessLevel, AccessLevelId, Rule, fold_case};
use crate::store::{StoreError, View};

/// All access levels and rules at one revision.
#[derive(Clone, PartialEq, Debug)]
pub struct LevelsAndRules {
    /// Access levels, in the order of their identifiers.
    pub levels: Vec<AccessLevel>,
    /// Rules, in the order of their identifiers.
    pub rules: Vec<Rule>,
}

impl LevelsAndRules {
    /// What the directory has.
    ///
    /// # Errors
    /// When the directory can't be read.
    pub fn read(view: &View<'_>) -> Result<Self, StoreError> {
        let levels = view.access_levels().collect::<Result<_, _>>()?;
        let rules = view.rules().collect::<Result<_, _>>()?;
        Ok(Self { levels, rules })
    }

    /// An access level.
    pub fn level(&self, id: AccessLevelId) -> Option<&AccessLevel> {
        self.levels.iter().find(|level| level.id == id)
    }

    /// Access levels by their folded names.
    pub(super) fn levels_by_name(&self) -> BTreeMap<String, &AccessLevel> {
        self.levels.iter().map(|level| (fold_case(level.name.as_str()), level)).collect()
    }

    /// The entity tag of all of it: another whenever anything in it is another.
    pub fn tag(&self) -> String {
        let mut hash = Sha256::new();
        let levels = self.levels.iter().map(|level| (level.id.0, level.revision));
        for (id, revision) in levels.chain(self.rules.iter().map(|rule| (rule.id.0, rule.revision))) {
            hash.update(id.as_bytes());
            hash.update(revision.0.to_le_bytes());
        }
        hash.finalize().iter().take(8).fold(String::new(), |mut tag, byte| {
            // Writing to a string can't fail.
            let _ = write!(tag, "{byte:02x}");
            tag
        })
    }
}
