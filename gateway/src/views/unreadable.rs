//! What can't be shown for the moment.

/// The directory, or a log, can't be read now; the service's log has more.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it can't be read now: {0}")]
pub struct Unreadable(pub String);
