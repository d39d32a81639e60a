//! How the store and the disk under it are, for whoever tells people.

use std::path::Path;

use super::error::StoreError;
use super::limits::DISK_LOW_BYTES;

/// How the disk under the directory is, and what is refused because of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DiskCondition {
    /// Changes can be kept.
    Well,
    /// Changes can be kept, and there is little room left.
    Low {
        /// What is left.
        free_bytes: u64,
    },
    /// There is no room: changes are refused, revocations too. It goes on by itself when there is.
    Full {
        /// What is left.
        free_bytes: u64,
    },
    /// The system refuses otherwise: changes are refused, revocations too. It is tried again.
    Failing {
        /// What it says.
        why: String,
    },
    /// What was answered is in the journal, and can't be read yet; further changes are refused. It is tried again.
    Behind {
        /// What the system says.
        why: String,
    },
    /// Whether the last changes are on the disk can't be told, so that only a new start helps. Nobody was answered.
    Fatal {
        /// What the system says.
        why: String,
    },
}

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
        matches!((self, other), (Self::Fatal(_), _) | (Self::Behind(_), Self::Failing(_)))
    }

    /// In words.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Full => "the disk of the data folder is full".to_owned(),
            Self::Failing(why) | Self::Behind(why) | Self::Fatal(why) => why.clone(),
        }
    }
}

impl DiskCondition {
    /// The condition of the disk that holds `dir`. Asks the system how much room there is.
    pub(super) fn of(dir: &Path, trouble: Option<Trouble>) -> Self {
        let free_bytes = free_bytes(dir);
        match trouble {
            None => match free_bytes.filter(|free| *free < DISK_LOW_BYTES) {
                Some(free_bytes) => Self::Low { free_bytes },
                None => Self::Well,
            },
            Some(Trouble::Full) => Self::Full { free_bytes: free_bytes.unwrap_or_default() },
            Some(Trouble::Failing(why)) => Self::Failing { why },
            Some(Trouble::Behind(why)) => Self::Behind { why },
            Some(Trouble::Fatal(why)) => Self::Fatal { why },
        }
    }
}

/// What the service may still write there.
fn free_bytes(dir: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(dir).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
