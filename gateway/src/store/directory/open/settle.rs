//! Making sled follow the journal: left as it is, caught up, rebuilt from a snapshot; or the journal mended from it.

use std::path::PathBuf;

use super::found::{Found, open_patiently};
use super::{Folders, KIND, Mended, RebuildCause, Rebuilt, decode};
use crate::domain::Revision;
use crate::store::directory::apply::apply;
use crate::store::directory::export::Snapshots;
use crate::store::directory::load::load;
use crate::store::directory::meta::Meta;
use crate::store::directory::overlay::Overlay;
use crate::store::directory::reindex::reindex;
use crate::store::directory::snapshot;
use crate::store::directory::tree::Tree;
use crate::store::disk;
use crate::store::error::{RESTORE, StoreError};
use crate::store::journal::{self, Journal};
use crate::store::limits::ROWS_PER_REBUILD_BATCH;

/// What journal, snapshots and sled make of each other.
pub(super) struct Opening<'a> {
    pub(super) folders: &'a Folders,
    pub(super) snapshots: &'a Snapshots,
    pub(super) journal: &'a mut Journal,
    pub(super) mended: Option<Mended>,
    pub(super) damaged_snapshots: Vec<PathBuf>,
}

impl Opening<'_> {
    /// The newest revision in the journal.
    fn journal_end(&self) -> Revision {
        Revision(self.journal.next() - 1)
    }

    /// A tree to replay onto, and what it is at.
    pub(super) fn settle(&mut self, found: Found) -> Result<(Tree, Meta, Option<Rebuilt>), StoreError> {
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
    pub(super) fn replay(&self, tree: &Tree, meta: Meta) -> Result<Meta, StoreError> {
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
