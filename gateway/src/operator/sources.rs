//! What people do to sources of the configuration.

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

use super::Actor;

/// Takes orders for sources.
pub trait OperateSource: Send + Sync {
    /// Looks whether everything is there that the source needs.
    ///
    /// # Errors
    /// When there is no such source.
    fn test_source(&self, source: &str) -> BoxFuture<'_, Result<SourceTested, SourceOrderError>>;

    /// Makes the directory say what the source has said of everybody.
    ///
    /// # Errors
    /// When it can't be done.
    fn resync_source(
        &self,
        source: &str,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<SourceResynced, SourceOrderError>>;

    /// Tries a message again that could not be followed; once it can, it is no longer kept.
    ///
    /// # Errors
    /// When it still can't be followed.
    fn retry_letter(
        &self,
        source: &str,
        letter: u64,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<(), SourceOrderError>>;

    /// Keeps a message no longer that could not be followed.
    ///
    /// # Errors
    /// When there is none.
    fn discard_letter(
        &self,
        source: &str,
        letter: u64,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<(), SourceOrderError>>;
}

/// What was found at a source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct SourceTested {
    /// Whether all is there.
    pub passed: bool,
    /// One by one.
    pub checks: Vec<SourceCheck>,
}

/// One thing that a source needs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct SourceCheck {
    /// Which.
    pub what: String,
    /// Whether it is there; absent: it can't be told.
    pub passed: Option<bool>,
    /// What was found, with what to do where it is wrong.
    pub found: String,
}

/// The directory says what the source has said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct SourceResynced {
    /// How many people that changed.
    pub changed: u64,
}

/// Why an order for a source was not carried out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SourceOrderError {
    /// The configuration names no such source.
    #[error("there is no source {0:?}")]
    Unknown(String),
    /// The source has no such message.
    #[error("source {source} has no message {letter} that could not be followed", source = .0, letter = .1)]
    NoLetter(String, u64),
    /// It can't be done, with the remedy.
    #[error("{0}")]
    Refused(String),
    /// The directory can't be changed now.
    #[error("the directory can't be changed now")]
    Unavailable,
}
