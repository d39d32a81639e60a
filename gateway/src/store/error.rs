//! What can go wrong with the disk, divided by what the operator can do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why the store can't be opened, read or written. Each names the file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("can't {action} {}: {source}", path.display())]
    Io {
        /// What was attempted, a verb.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has the folder.
    #[error("{} is in use by another gateway process; stop that one first", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A file that is the truth has been altered after it was written.
    #[error("{} is damaged at byte {offset}: {what}. Nothing was changed. {remedy}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What was found there.
        what: String,
        /// What the operator can do.
        remedy: &'static str,
    },
    /// Part of the history is nowhere on the disk.
    #[error("{}: {what}. Nothing was changed. {remedy}", path.display())]
    Missing {
        /// The folder that should hold it.
        path: PathBuf,
        /// What is not there.
        what: String,
        /// What the operator can do.
        remedy: &'static str,
    },
    /// The derived directory failed while it was in use; it is opened anew, and rebuilt if need be.
    #[error("the directory in {} failed: {what}; it is rebuilt from the journal", path.display())]
    Directory {
        /// sled's folder.
        path: PathBuf,
        /// What it said.
        what: String,
    },
    /// A write to the disk failed, and could neither be made good nor taken back, so nothing further is accepted.
    #[error(
        "the journal takes no more writes, since it can't be told whether the last are on the disk: {0}. Check the disk and \
         restart the gateway"
    )]
    Poisoned(String),
    /// A value that this program wrote can't be read, or can't be written.
    #[error("{} can't be read as what it should hold: {what}", path.display())]
    Content {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A reader or writer failed by a fault of this program; the log has what it said.
    #[error("the store could not be used, by a fault of this program that the log tells")]
    Fault,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the disk has no room for it.
    pub fn is_full(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let Self::Io { source, .. } = self else { return false };
        matches!(source.kind(), FileTooLarge | QuotaExceeded | StorageFull)
    }

    /// Wraps what the system said about `path`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

/// What to do about a damaged or missing piece of history.
pub(super) const RESTORE: &str = "Restore the data folder from a backup, or move it away to begin with an empty \
     directory and let the identity provider send everybody again";
