//! Asking why a card opens a door or does not.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::domain::Explanation;

/// Why cards open doors.
pub trait ShowWhy: Send + Sync {
    /// Whether a card opens a door, and why.
    ///
    /// # Errors
    /// When there is no such door or card, or the directory can't be read.
    fn why(&self, question: Question) -> BoxFuture<'_, Result<Explanation, WhyError>>;
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// A card, in any way to write one or as lists show it.
    pub card: String,
    /// A door, by its id in the configuration or by its name.
    pub door: String,
    /// When; absent: now.
    pub at: Option<Timestamp>,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WhyError {
    /// The text is no card.
    #[error("{0}")]
    NotACard(String),
    /// The configuration names no such door.
    #[error("there is no door {door:?}")]
    UnknownDoor {
        /// As it was asked for.
        door: String,
        /// The door that was probably meant.
        near: Option<String>,
    },
    /// The directory can't be read now; the log has more.
    #[error("the directory can't be read now: {0}")]
    Unreadable(String),
}
