//! Opening: sled is believed only as far as it checks out, and is rebuilt from snapshot and journal otherwise.
//!
//! Nothing that is whole is ever deleted here. A sled folder that can't be used is moved to the quarantine folder; a journal that is
//! damaged is left as it is and the open fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::apply::apply;
use super::export::Snapshots;
use super::load::load;
use super::meta::{Counts, META_KEY, Meta};
use super::overlay::Overlay;
use super::reindex::reindex;
use super::rows::{self, kind};
use super::snapshot;
use super::tree::Tree;
use crate::domain::{Record, Revision};
use crate::store::disk;
use crate::store::error::{RESTORE, StoreError};
use crate::store::journal::{self, Journal, Kind, Options, TornTail, Verify};
use crate::store::limits::{DIRECTORY_SEGMENT_BYTES, ROWS_PER_REBUILD_BATCH};

pub(super) const KIND: Kind = Kind(*b"dir1");
/// sled lets go of its lock a little after it is dropped.
const SLED_LOCK_PATIENCE: Duration = Duration::from_secs(3);
const SLED_LOCK_PAUSE: Duration = Duration::from_millis(20);

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
}

impl Folders {
    /// Those in `dir`.
    pub(super) fn of(dir: &Path) -> Self {
        let [sled, journal, snapshots, quarantine] =
            ["sled", "journal", "snapshots", "quarantine"].map(|name| dir.join(name));
        Self { sled, journal, snapshots, quarantine }
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

/// sled as it was found.
enum Found {
    Whole(Tree, Meta),
    Empty(Tree),
    Damaged(String),
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
    let options =
        Options { kind: KIND, segment_bytes: DIRECTORY_SEGMENT_BYTES, verify: Verify::All, durable };
    let (journal, torn) = Journal::open(&folders.journal, options)?;
    let mut opening = Opening { folders, snapshots, journal, mended: None, damaged_snapshots: Vec::new() };
    let (tree, base, rebuilt) = opening.settle(found)?;
    let meta = opening.replay(&tree, base)?;
    let report = OpenReport {
        revision: meta.revision,
        torn,
        replayed: meta.revision.0 - base.revision.0,
        rebuilt,
        mended: opening.mended,
        damaged_snapshots: opening.damaged_snapshots,
        took: start.elapsed(),
    };
    let newest_snapshot = opening.snapshots.list()?.first().map(|(revision, _)| *revision);
    Ok(Opened { tree, meta, journal: opening.journal, snapshots: opening.snapshots, newest_snapshot, report })
}

/// Opens sled and checks every row.
fn look(path: &Path) -> Result<Found, StoreError> {
    let tree = match open_patiently(path) {
        Ok(tree) => tree,
        Err(StoreError::Directory { what, .. }) => return Ok(Found::Damaged(what)),
        Err(error) => return Err(error),
    };
    match verify(&tree) {
        Ok(Some(meta)) if meta.loading => {
            // A rebuild of ours that was interrupted; all that it holds is in the snapshot.
            drop(tree);
            fs::remove_dir_all(path).map_err(StoreError::io("clear", path))?;
            open_patiently(path).map(Found::Empty)
        }
        Ok(Some(meta)) => Ok(Found::Whole(tree, meta)),
        Ok(None) => Ok(Found::Empty(tree)),
        Err(StoreError::Directory { what, .. }) => Ok(Found::Damaged(what)),
        Err(error) => Err(error),
    }
}

/// We hold the data folder's lock, so a lock on sled's file is one that is about to be released.
fn open_patiently(path: &Path) -> Result<Tree, StoreError> {
    let start = Instant::now();
    loop {
        match Tree::open(path) {
            Err(StoreError::Directory { what, .. }) if what.contains("could not acquire lock") => {
                if start.elapsed() > SLED_LOCK_PATIENCE {
                    return Err(StoreError::InUse { path: path.to_owned() });
                }
                thread::sleep(SLED_LOCK_PAUSE);
            }
            other => return other,
        }
    }
}

/// What the tree says it is, if all rows bear it out; `None` for an empty tree.
fn verify(tree: &Tree) -> Result<Option<Meta>, StoreError> {
    let Some(value) = tree.get(META_KEY)? else {
        return match tree.range(Vec::new(), Vec::new()).next() {
            None => Ok(None),
            Some(row) => row.and_then(|_| Err(tree.content("it doesn't say what it should hold".to_owned()))),
        };
    };
    let meta = Meta::decode(&value).map_err(|what| tree.content(what))?;
    let mut counted = Meta::EMPTY;
    for row in tree.range(rows::after(META_KEY), Vec::new()) {
        let (key, value) = row?;
        let kind = key.first().copied().unwrap_or(kind::META);
        if kind::PRIMARY.contains(&kind) && kind != kind::MEMBER {
            rows::checked(&value).map_err(|what| tree.content(what))?;
        }
        counted.counts.cardholders += u64::from(kind == kind::CARDHOLDER);
        counted.counts.groups += u64::from(kind == kind::GROUP);
        counted.counts.refused_cards += u64::from(kind == kind::REFUSED);
        counted.counts.access_levels += u64::from(kind == kind::ACCESS_LEVEL);
        counted.counts.rules += u64::from(kind == kind::RULE);
        counted.revocations += u64::from(kind == kind::REVOCATION);
        counted.add_row(&key, &value);
    }
    let tally = |meta: &Meta| {
        let Counts { cardholders, groups, refused_cards, access_levels, rules, .. } = meta.counts;
        let counts = [cardholders, groups, refused_cards, access_levels, rules];
        (meta.rows, meta.sum, meta.revocations, counts)
    };
    if tally(&counted) != tally(&meta) {
        let what = format!("it holds {} rows that are not the {} it should hold", counted.rows, meta.rows);
        return Err(tree.content(what));
    }
    Ok(Some(meta))
}

struct Opening {
    folders: Folders,
    snapshots: Snapshots,
    journal: Journal,
    mended: Option<Mended>,
    damaged_snapshots: Vec<PathBuf>,
}

impl Opening {
    /// The newest revision in the journal.
    fn journal_end(&self) -> Revision {
        Revision(self.journal.next() - 1)
    }

    /// A tree to replay onto, and what it is at.
    fn settle(&mut self, found: Found) -> Result<(Tree, Meta, Option<Rebuilt>), StoreError> {
        let cause = match found {
            Found::Whole(tree, meta) => {
                let end = self.journal_end();
                if meta.revision <= end && self.journal.first() <= meta.revision.next().0 {
                    let meta = reindex(&tree, meta)?;
                    return Ok((tree, meta, None));
                }
                if meta.revision > end {
                    self.refuse_if_nothing_is_left(&meta)?;
                    self.mend(&tree, &meta, end)?;
                    let meta = reindex(&tree, meta)?;
                    return Ok((tree, meta, None));
                }
                RebuildCause::Behind(meta.revision)
            }
            Found::Empty(tree) => {
                let (meta, snapshot) = self.load(&tree)?;
                let fresh = snapshot == Revision(0) && self.journal_end() == Revision(0);
                let rebuilt = Rebuilt { cause: RebuildCause::Missing, quarantine: None, snapshot };
                return Ok((tree, meta, (!fresh).then_some(rebuilt)));
            }
            Found::Damaged(what) => RebuildCause::Damaged(what),
        };
        let quarantine = disk::move_aside(&self.folders.sled, &self.folders.quarantine)?;
        let tree = open_patiently(&self.folders.sled)?;
        let (meta, snapshot) = self.load(&tree)?;
        Ok((tree, meta, Some(Rebuilt { cause, quarantine: Some(quarantine), snapshot })))
    }

    /// The journal has lost its end, and the tree still has it.
    fn mend(&mut self, tree: &Tree, meta: &Meta, journal: Revision) -> Result<(), StoreError> {
        self.snapshots.export(tree, meta)?;
        self.restart_journal(meta.revision.next().0)?;
        let quarantine = self.folders.quarantine.clone();
        self.mended = Some(Mended { journal, sled: meta.revision, quarantine });
        Ok(())
    }

    /// An empty journal beside a full sled and no snapshot is a lost journal, not an empty directory.
    fn refuse_if_nothing_is_left(&self, meta: &Meta) -> Result<(), StoreError> {
        if self.journal.next() > 1 || !self.snapshots.list()?.is_empty() {
            return Ok(());
        }
        let people = meta.counts.cardholders;
        let what = format!("the journal is empty, but the directory beside it holds {people} people");
        Err(StoreError::Missing { path: self.folders.journal.clone(), what, remedy: RESTORE })
    }

    /// Fills an empty tree from the newest snapshot that is whole, and makes sure that the journal follows on it.
    fn load(&mut self, tree: &Tree) -> Result<(Meta, Revision), StoreError> {
        let mut base = Meta::EMPTY;
        for (revision, path) in self.snapshots.list()? {
            // Read once to know that it is whole, once to use it.
            if let Err(error) = snapshot::read(&path, revision, |_, _| Ok(())) {
                tracing::warn!(%error, "a snapshot is of no use");
                self.damaged_snapshots.push(disk::move_aside(&path, &self.folders.quarantine)?);
                continue;
            }
            base = load(tree, &path, revision)?;
            break;
        }
        let next = base.revision.next().0;
        if self.journal.first() > next {
            let first = self.journal.first();
            let what =
                format!("it begins with change {first}, and nothing has changes {next} to {}", first - 1);
            return Err(StoreError::Missing { path: self.folders.journal.clone(), what, remedy: RESTORE });
        }
        if self.journal.next() < next {
            self.restart_journal(next)?;
        }
        Ok((base, base.revision))
    }

    /// The journal ends before the snapshot does, so nothing in it is needed; it goes on after the snapshot.
    fn restart_journal(&mut self, next: u64) -> Result<(), StoreError> {
        self.journal.restart_at(next, &self.folders.quarantine)
    }

    /// Applies what the journal has beyond `meta`.
    fn replay(&self, tree: &Tree, meta: Meta) -> Result<Meta, StoreError> {
        let mut overlay = Overlay::new(meta);
        let end = self.journal_end().0;
        let dir = &self.folders.journal;
        journal::read(dir, KIND, meta.revision.next().0, end, |sequence, payload| {
            let record =
                decode(payload, sequence).map_err(|what| StoreError::Content { path: dir.clone(), what })?;
            apply(tree, &mut overlay, &record)?;
            if overlay.len() >= ROWS_PER_REBUILD_BATCH {
                overlay.apply(tree)?;
            }
            Ok(true)
        })?;
        overlay.apply(tree)?;
        Ok(overlay.meta)
    }
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
