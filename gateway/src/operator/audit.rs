//! Writing down what people do.

use futures_util::future::BoxFuture;

use crate::domain::AuditEntry;

/// Keeps what people do.
pub trait Audit: Send + Sync {
    /// Writes down what somebody did, or tried to. Returns when that is on the disk. While the disk refuses it, it waits in
    /// memory, the page says so, and what people do goes on.
    fn audit(&self, entry: AuditEntry) -> BoxFuture<'_, ()>;
}
