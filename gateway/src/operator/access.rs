//! Editing access levels and rules.

use futures_util::future::BoxFuture;

use super::Actor;
use crate::domain::{AccessEdit, AccessEdited, AccessRefusal};

/// Takes edits of access levels and rules.
pub trait EditAccess: Send + Sync {
    /// Does what `actor` wants, all of it or nothing.
    ///
    /// # Errors
    /// With all that is wrong with it.
    fn edit_access(
        &self,
        edit: AccessEdit,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<AccessEdited, AccessEditError>>;
}

/// Why access levels and rules were not changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AccessEditError {
    /// The edit can't be done, for all these reasons; at least one.
    #[error("{} refused", .0.len())]
    Refused(Vec<AccessRefusal>),
    /// The directory can't do it now; the log has more.
    #[error("the directory can't do it now: {0}")]
    Unavailable(String),
}
