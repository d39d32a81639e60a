//! Gives a tree that another version of this program has written the rows by which this one finds entities.
//!
//! Names may be compared by other rules than when they were written, and there may be more to find by. Entities stay as they
//! are. Broken off, it begins anew at the next start.

use super::meta::{INDEXES, Meta};
use super::overlay::Overlay;
use super::rows::{self, Rows, kind};
use super::tree::Tree;
use super::view::View;
use crate::domain::{Cardholder, Group};
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
    let view = View::of_tree(tree, meta, None);
    for person in view.cardholders(None) {
        let person: Cardholder = person?;
        reindexing.add(rows::cardholder_index(&person))?;
    }
    for group in view.groups(None) {
        let group: Group = group?;
        reindexing.add(rows::group_index(&group))?;
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
