//! How the store and the disk under it are, for whoever tells people.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::error::StoreError;
use super::limits::DISK_LOW_BYTES;
use crate::domain::{Part, PartCondition};

/// What last went wrong, while it does.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// There is no room.
    Full,
    /// The system refuses otherwise.
    Failing(String),
    /// What was answered can't be read yet.
    Behind(String),
    /// Whether the last changes are on the disk can't be told.
    Fatal(String),
}

impl Trouble {
    /// What an error means for what it refused.
    pub(super) fn of(error: &StoreError) -> Self {
        match error {
            error if error.is_full() => Self::Full,
            StoreError::Poisoned(why) => Self::Fatal(why.clone()),
            error => Self::Failing(error.to_string()),
        }
    }

    /// Whether it stays although `other` came after it.
    pub(super) const fn outweighs(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Fatal(_), _) | (Self::Behind(_), Self::Full | Self::Failing(_)))
    }

    /// In words.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Full => "the disk of the data folder is full".to_owned(),
            Self::Failing(why) | Self::Behind(why) | Self::Fatal(why) => why.clone(),
        }
    }
}

/// The condition of the directory in `dir`. Asks the system how much room there is.
pub(super) fn of_storage(dir: &Path, trouble: Option<Trouble>) -> PartCondition {
    let free_bytes = free_bytes(dir);
    match trouble {
        None => match free_bytes.filter(|free| *free < DISK_LOW_BYTES) {
            Some(free_bytes) => PartCondition::DiskLow { free_bytes },
            None => PartCondition::Well(Part::Storage),
        },
        Some(Trouble::Full) => PartCondition::DiskFull { free_bytes: free_bytes.unwrap_or_default() },
        Some(Trouble::Failing(why) | Trouble::Fatal(why)) => PartCondition::WriterFailing { why },
        Some(Trouble::Behind(why)) => PartCondition::DirectoryBehind { why },
    }
}

/// Whether others on the box may use the data folder, or get into it.
pub fn data_folder(dir: &Path) -> PartCondition {
    let mode = std::fs::metadata(dir).map_or(0, |data| data.permissions().mode() & 0o777);
    if mode & 0o027 == 0 {
        PartCondition::Well(Part::DataFolder)
    } else {
        PartCondition::DataFolderOpen { mode }
    }
}

/// What the service may still write there.
fn free_bytes(dir: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(dir).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
