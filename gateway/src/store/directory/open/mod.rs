//! Opening: sled is believed only as far as it checks out, and is rebuilt from snapshot and journal otherwise.
//!
//! Nothing that is whole is ever deleted here. A sled folder that can't be used is moved to the quarantine folder; a journal that is
//! damaged is left as it is and the open fails.

mod found;
mod settle;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::export::Snapshots;
use super::incomplete::Incomplete;
use super::meta::Meta;
use super::tree::Tree;
use crate::domain::{Record, Revision};
use crate::store::error::StoreError;
use crate::store::journal::{Journal, Kind, Options, TornTail, Verify};
use crate::store::limits::DIRECTORY_SEGMENT_BYTES;
use found::{Found, look};
use settle::Opening;

pub(super) const KIND: Kind = Kind(*b"dir1");
/// What was found and done at open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenReport {
    /// The revision that the directory is at.
    pub revision: Revision,
    /// What was cut off the journal: a write that a crash interrupted, and that nobody was told of.
    pub torn: Option<TornTail>,
    /// Records that sled didn't have.
    pub replayed: u64,
    /// Whether sled had to be built anew, and why.
    pub rebuilt: Option<Rebuilt>,
    /// Whether the journal had lost its end, and sled has made up for it.
    pub mended: Option<Mended>,
    /// What the directory lacks, unless somebody has accepted that.
    pub incomplete: Option<Incomplete>,
    /// Snapshots that could not be read; they are in the quarantine folder now.
    pub damaged_snapshots: Vec<PathBuf>,
    /// How long it took.
    pub took: Duration,
}

/// A rebuild of sled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rebuilt {
    /// Why.
    pub cause: RebuildCause,
    /// Where the old one is, if there was one.
    pub quarantine: Option<PathBuf>,
    /// The snapshot that it was begun from; 0 for none.
    pub snapshot: Revision,
}

/// Why sled had to be built anew.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RebuildCause {
    /// It was not there, or had nothing in it.
    #[error("it was missing or empty")]
    Missing,
    /// It would not open, or didn't check out.
    #[error("it was damaged: {0}")]
    Damaged(String),
    /// It was so old that the journal doesn't reach back to it.
    #[error("it was at revision {0}, before the oldest that the journal has")]
    Behind(Revision),
}

/// A journal that had lost changes which sled, checked row by row, still has: sled only ever gets what was durable in
/// the journal. A snapshot of sled was made, and the journal goes on behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mended {
    /// Where the journal ended.
    pub journal: Revision,
    /// Where sled is, and the directory now.
    pub sled: Revision,
    /// Where the journal's files are.
    pub quarantine: PathBuf,
}

/// Where things are in the data folder.
pub(super) struct Folders {
    pub(super) sled: PathBuf,
    pub(super) journal: PathBuf,
    pub(super) snapshots: PathBuf,
    pub(super) quarantine: PathBuf,
    /// How far the journal was flushed.
    mark: PathBuf,
}

impl Folders {
    /// Those in `dir`.
    pub(super) fn of(dir: &Path) -> Self {
        let [sled, journal, snapshots, quarantine, mark] =
            ["sled", "journal", "snapshots", "quarantine", "durable"].map(|name| dir.join(name));
        Self { sled, journal, snapshots, quarantine, mark }
    }
}

/// Everything opened and equal.
pub(super) struct Opened {
    pub(super) tree: Tree,
    pub(super) meta: Meta,
    pub(super) journal: Journal,
    pub(super) snapshots: Snapshots,
    pub(super) newest_snapshot: Option<Revision>,
    pub(super) report: OpenReport,
}

/// Opens the store in `dir`, which the caller has locked.
pub(super) fn open(dir: &Path) -> Result<Opened, StoreError> {
    let start = Instant::now();
    let folders = Folders::of(dir);
    // sled writes as soon as it is opened, and a refusal leaves everything as it was.
    Journal::check(&folders.journal, KIND)?;
    let snapshots = Snapshots::open(&folders.snapshots)?;
    let found = look(&folders.sled)?;
    let durable = match &found {
        Found::Whole(_, meta) => Some(meta.revision.0),
        Found::Empty(_) | Found::Damaged(_) => None,
    };
    let mark = Some(folders.mark.clone());
    let segment_bytes = DIRECTORY_SEGMENT_BYTES;
    let options = Options { kind: KIND, segment_bytes, verify: Verify::All, durable, mark };
    let (mut journal, torn) = Journal::open(&folders.journal, options)?;
    let mut opening = Opening {
        folders: &folders,
        snapshots: &snapshots,
        journal: &mut journal,
        mended: None,
        damaged_snapshots: Vec::new(),
    };
    let (tree, base, rebuilt) = opening.settle(found)?;
    let meta = opening.replay(&tree, base)?;
    let (mended, damaged_snapshots) = (opening.mended, opening.damaged_snapshots);
    let incomplete = Incomplete::judge(dir, meta.revision, journal.marked().map(Revision))?;
    journal.begin_mark()?;
    let report = OpenReport {
        revision: meta.revision,
        torn,
        replayed: meta.revision.0 - base.revision.0,
        rebuilt,
        mended,
        incomplete,
        damaged_snapshots,
        took: start.elapsed(),
    };
    let newest_snapshot = snapshots.list()?.first().map(|(revision, _)| *revision);
    Ok(Opened { tree, meta, journal, snapshots, newest_snapshot, report })
}

/// Opens sled anew while the service runs: the journal, which nobody else writes meanwhile, has everything.
pub(super) fn reopen(
    dir: &Path,
    journal: &mut Journal,
    snapshots: &Snapshots,
) -> Result<(Tree, Meta), StoreError> {
    let folders = Folders::of(dir);
    let found = look(&folders.sled)?;
    let mut opening =
        Opening { folders: &folders, snapshots, journal, mended: None, damaged_snapshots: Vec::new() };
    let (tree, base, rebuilt) = opening.settle(found)?;
    let meta = opening.replay(&tree, base)?;
    let rebuilt = rebuilt.map(|rebuilt| rebuilt.cause);
    tracing::warn!(revision = %meta.revision, ?rebuilt, "sled was opened anew");
    Ok((tree, meta))
}

/// What can be read of a record of whatever version.
#[derive(Deserialize)]
struct Version {
    version: u8,
}

/// The record with this number in the journal. Its version is looked at before anything else is.
pub(super) fn decode(payload: &[u8], sequence: u64) -> Result<Record, String> {
    let wrong = |error: serde_json::Error| format!("change {sequence}: {error}");
    let Version { version } = serde_json::from_slice(payload).map_err(wrong)?;
    if !(1..=Record::VERSION).contains(&version) {
        return Err(format!("change {sequence} is of version {version}, unknown to this program"));
    }
    let record: Record = serde_json::from_slice(payload).map_err(wrong)?;
    if record.revision.0 != sequence {
        return Err(format!("change {sequence} calls itself {}", record.revision));
    }
    Ok(record)
}
