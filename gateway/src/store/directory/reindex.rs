//! Gives a tree that another version of this program has written the rows by which this one finds entities.
//!
//! Names may be compared by other rules than when they were written, and there may be more to find by. Entities stay as they
//! are. Broken off, it begins anew at the next start.

use super::entity::KINDS;
use super::meta::{INDEXES, Meta};
use super::overlay::Overlay;
use super::rows::{Rows, kind};
use super::tree::Tree;
use crate::store::error::StoreError;
use crate::store::limits::ROWS_PER_REBUILD_BATCH;

/// Makes the rows by which entities are found those that this program looks for.
pub(super) fn reindex(tree: &Tree, meta: Meta) -> Result<Meta, StoreError> {
    if meta.indexes == INDEXES {
        return Ok(meta);
    }
    tracing::info!(people = meta.counts.cardholders, "the directory is indexed anew");
    let mut reindexing = Reindexing { tree, overlay: Overlay::new(meta) };
    for kind in kind::BY_TEXT {
        for row in tree.range(vec![kind], vec![kind]) {
            reindexing.overlay.set(tree, row?.0.to_vec(), None)?;
            reindexing.write_if_full()?;
        }
    }
    for kind in &KINDS {
        for row in tree.range(vec![kind.byte], vec![kind.byte]) {
            let (rows, _) = (kind.follow)(&row?.1).map_err(|what| tree.content(what))?;
            reindexing.add(rows)?;
        }
    }
    reindexing.overlay.meta.indexes = INDEXES;
    reindexing.overlay.apply(tree)?;
    Ok(reindexing.overlay.meta)
}

struct Reindexing<'a> {
    tree: &'a Tree,
    overlay: Overlay,
}

impl Reindexing<'_> {
    fn add(&mut self, rows: Rows) -> Result<(), StoreError> {
        for (key, value) in rows {
            self.overlay.set(self.tree, key, Some(value))?;
        }
        self.write_if_full()
    }

    fn write_if_full(&mut self) -> Result<(), StoreError> {
        if self.overlay.len() >= ROWS_PER_REBUILD_BATCH { self.overlay.apply(self.tree) } else { Ok(()) }
    }
}
