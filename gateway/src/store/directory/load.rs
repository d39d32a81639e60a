//! Filling an empty tree from a snapshot, fast: sled takes rows in the order of their keys many times faster than in
//! any other, so index rows are gathered and sorted before they are written.

use std::path::Path;

use super::meta::{META_KEY, Meta};
use super::rows::{self, Key, Rows, Value, kind};
use super::snapshot;
use super::tree::{Tree, guarded};
use crate::domain::{Cardholder, CardholderId, Group, GroupId, Revision};
use crate::store::error::StoreError;
use crate::store::limits::{INDEX_ROWS_PER_LOAD, ROWS_PER_REBUILD_BATCH};

/// Puts a snapshot's rows, and all that follow from them, into an empty tree. Until it is done, the tree says of itself
/// that it is only being loaded.
pub(super) fn load(tree: &Tree, path: &Path, revision: Revision) -> Result<Meta, StoreError> {
    let mut load =
        Load { tree, meta: Meta { loading: true, ..Meta::EMPTY }, primary: Rows::new(), index: Rows::new() };
    snapshot::read(path, revision, |key, value| {
        load.take(key, value).map_err(|what| StoreError::Content { path: path.to_owned(), what })?;
        load.write_what_is_enough()
    })?;
    load.finish(revision)
}

struct Load<'a> {
    tree: &'a Tree,
    meta: Meta,
    /// As they come from the snapshot: in order.
    primary: Rows,
    /// In no order over the whole of them.
    index: Rows,
}

impl Load<'_> {
    /// Takes a primary row and what follows from it.
    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        self.primary.insert(key.to_vec(), value.into());
        let rows = match key.first().copied().unwrap_or(kind::META) {
            kind::CARDHOLDER => {
                let person: Cardholder = rows::decode(value)?;
                self.meta.counts.add(&person);
                rows::cardholder_index(&person)
            }
            kind::GROUP => {
                let group: Group = rows::decode(value)?;
                self.meta.counts.groups += 1;
                rows::group_index(&group)
            }
            kind::MEMBER => {
                let (group, member) = rows::member_of(key).ok_or("a membership's key is too short")?;
                let membership = rows::membership_key(CardholderId(member), GroupId(group));
                Rows::from([(membership, Value::default())])
            }
            kind::REVOCATION => {
                self.meta.revocations += 1;
                Rows::new()
            }
            other => return Err(format!("a row of unknown kind {other}")),
        };
        self.index.extend(rows);
        Ok(())
    }

    fn write_what_is_enough(&mut self) -> Result<(), StoreError> {
        if self.primary.len() >= ROWS_PER_REBUILD_BATCH {
            let rows = std::mem::take(&mut self.primary);
            self.write(rows)?;
        }
        if self.index.len() >= INDEX_ROWS_PER_LOAD { self.write_index() } else { Ok(()) }
    }

    fn write_index(&mut self) -> Result<(), StoreError> {
        let mut rows = std::mem::take(&mut self.index).into_iter();
        loop {
            let some = rows.by_ref().take(ROWS_PER_REBUILD_BATCH).collect::<Vec<_>>();
            if some.is_empty() {
                return Ok(());
            }
            self.write(some)?;
        }
    }

    fn write(&mut self, rows: impl IntoIterator<Item = (Key, Value)>) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, value) in rows {
            self.meta.add_row(&key, &value);
            batch.insert(key, value);
        }
        batch.insert(META_KEY, self.meta.encode().map_err(|what| self.tree.content(what))?);
        guarded(self.tree.path(), || self.tree.sled().apply_batch(batch))
    }

    fn finish(mut self, revision: Revision) -> Result<Meta, StoreError> {
        self.write_index()?;
        self.meta.loading = false;
        self.meta.revision = revision;
        let rest = std::mem::take(&mut self.primary);
        self.write(rest)?;
        Ok(self.meta)
    }
}
