//! Why an edit changes nothing.

use crate::domain::AccessRefusal;
use crate::store::StoreError;

/// Why nothing is changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The edit can't be done, for all these reasons; at least one.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused(Vec<AccessRefusal>),
    /// The directory can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AccessRefusal> for EditError {
    fn from(refusal: AccessRefusal) -> Self {
        Self::Refused(vec![refusal])
    }
}
