//! Whether all is well, in one line and the few after it, and what else somebody should know.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// How bad something is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema)]
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

/// Something that somebody should know for as long as it is so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// The one sentence that says it.
    pub text: String,
}

impl Finding {
    /// Something that somebody must do something about.
    pub fn problem(text: String) -> Self {
        Self { level: Level::Problem, text }
    }

    /// Something that is worth a look.
    pub fn attention(text: String) -> Self {
        Self { level: Level::Attention, text }
    }

    /// How bad the worst of several is; well where there is none.
    pub fn worst(findings: &[Self]) -> Level {
        findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Well)
    }
}

/// Whether all is well.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Verdict {
    /// The worst of all findings.
    pub level: Level,
    /// The most important finding, as one line; what is well when there is none.
    pub text: String,
    /// The other findings, most important first.
    pub further: Vec<String>,
}

/// Something that came up and that somebody should know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Notice {
    /// When it came up.
    pub at: Timestamp,
    /// How bad it is.
    pub level: Level,
    /// In words, with what to do about it.
    pub text: String,
}
