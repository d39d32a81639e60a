//! How bad something is.

use serde::Serialize;

/// How bad something is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing to do.
    Well,
    /// Worth a look.
    Attention,
    /// Somebody must do something.
    Problem,
}

impl Level {
    /// `well`, `attention` or `problem`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Attention => "attention",
            Self::Problem => "problem",
        }
    }
}
