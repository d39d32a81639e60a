//! What the directory's writer is asked.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::commit::Job;
use crate::domain::Revision;
use crate::store::error::StoreError;

/// Where the outcome of a snapshot goes.
pub(super) type SnapshotAnswer = oneshot::Sender<Result<Revision, Arc<StoreError>>>;

/// What the thread is asked.
pub(super) enum Message {
    /// Change the directory.
    Commit(Box<dyn Job>),
    /// Make a snapshot of it.
    Snapshot(SnapshotAnswer),
    /// The snapshot that was being made is finished.
    Exported(Result<Revision, StoreError>),
    /// Something failed a moment ago.
    LookAgain,
}
