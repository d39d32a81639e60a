//! What decides at the doors: nothing but being active, or rules.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::revision::Revision;

/// What decides at the doors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessMode {
    /// Every active card of an active person opens every door.
    #[default]
    Open,
    /// A card opens what rules give its holder.
    Rules,
}

impl AccessMode {
    /// The same in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Open => {
                "The access mode is open: every active card of an active person opens every door, whatever rules there are."
            }
            Self::Rules => "The access mode is rules: a card opens the doors that rules give its holder.",
        }
    }
}

impl fmt::Display for AccessMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Rules => "rules",
        })
    }
}

/// The access mode as the directory keeps it; there is one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AccessSettings {
    /// The mode.
    pub mode: AccessMode,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The revision that changed it last.
    pub revision: Revision,
}
