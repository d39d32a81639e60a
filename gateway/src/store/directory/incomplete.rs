//! What the directory is known to lack: changes that were answered and are nowhere on the disk any more. It stands in a
//! file of its own until an operator accepts the loss, however often the service starts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::Revision;
use crate::store::disk;
use crate::store::error::StoreError;

/// Changes that are lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Incomplete {
    /// The newest change that was still there.
    pub kept: Revision,
    /// The newest that is known to have been made.
    pub known: Revision,
}

impl Incomplete {
    /// How many changes are lost, at least.
    pub const fn lost(&self) -> u64 {
        self.known.0.saturating_sub(self.kept.0)
    }

    /// In words, with the remedy.
    pub fn text(&self) -> String {
        format!(
            "The directory lacks at least {} changes that had been made, {} to {}: files of the data folder are gone. People \
             and cards are as they were before, so revoked cards may open doors. Restore the data folder from a backup; or have \
             the identity provider send everybody again, and accept the loss by `gateway accept-loss --config FILE`.",
            self.lost(),
            self.kept.next(),
            self.known
        )
    }

    /// Whether the directory in `dir`, which is at `revision`, is less than what its journal had `marked`, or was at an
    /// earlier start and nobody has accepted it.
    pub(super) fn judge(
        dir: &Path,
        revision: Revision,
        marked: Option<Revision>,
    ) -> Result<Option<Self>, StoreError> {
        let earlier = Self::read(dir)?;
        let Some(known) = marked.filter(|marked| *marked > revision) else { return Ok(earlier) };
        let kept = earlier.map_or(revision, |earlier| earlier.kept.min(revision));
        let now = Self { kept, known: earlier.map_or(known, |earlier| earlier.known.max(known)) };
        let json = serde_json::to_vec(&now)
            .map_err(|error| StoreError::Content { path: path(dir), what: error.to_string() })?;
        disk::replace_file(&path(dir), &json)?;
        Ok(Some(now))
    }

    /// What is known to be lacking from the directory in `dir`, and is not accepted.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn read(dir: &Path) -> Result<Option<Self>, StoreError> {
        let json = match fs::read(path(dir)) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("read", &path(dir))(error)),
        };
        let content =
            |error: serde_json::Error| StoreError::Content { path: path(dir), what: error.to_string() };
        serde_json::from_slice(&json).map(Some).map_err(content)
    }

    /// Takes the directory in `dir` as it is. Gives what it lacks, if it was known to lack anything.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn accept(dir: &Path) -> Result<Option<Self>, StoreError> {
        let lacking = Self::read(dir)?;
        if lacking.is_some() {
            fs::remove_file(path(dir)).map_err(StoreError::io("delete", &path(dir)))?;
            disk::sync_dir(dir)?;
        }
        Ok(lacking)
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("incomplete.json")
}
