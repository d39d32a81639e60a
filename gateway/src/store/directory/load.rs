//! Filling an empty tree from a snapshot, in large batches. Nothing is looked up on the way: the tree is empty, and a
//! snapshot has every row once.

use std::path::Path;

use super::entity;
use super::meta::{META_KEY, Meta};
use super::rows::{self, Rows, Value, kind};
use super::snapshot;
use super::tree::Tree;
use crate::domain::{CardholderId, GroupId, Revision};
use crate::store::error::StoreError;
use crate::store::limits::ROWS_PER_REBUILD_BATCH;

/// Puts a snapshot's rows, and all that follow from them, into an empty tree. Until it is done, the tree says of itself
/// that it is only being loaded.
pub(super) fn load(tree: &Tree, path: &Path, revision: Revision) -> Result<Meta, StoreError> {
    let mut load = Load { tree, meta: Meta { loading: true, ..Meta::EMPTY }, rows: Rows::new() };
    snapshot::read(path, revision, |key, value| {
        load.take(key, value).map_err(|what| StoreError::Content { path: path.to_owned(), what })?;
        if load.rows.len() >= ROWS_PER_REBUILD_BATCH { load.write() } else { Ok(()) }
    })?;
    load.meta.loading = false;
    load.meta.revision = revision;
    load.write()?;
    Ok(load.meta)
}

struct Load<'a> {
    tree: &'a Tree,
    meta: Meta,
    /// To be written next.
    rows: Rows,
}

impl Load<'_> {
    /// Takes a primary row and what follows from it.
    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        self.rows.insert(key.to_vec(), value.into());
        let byte = key.first().copied().unwrap_or(kind::META);
        let rows = match (entity::kind_of(byte), byte) {
            (Some(kind), _) => {
                let (rows, counts) = (kind.follow)(value)?;
                self.meta.counts.add(&counts);
                rows
            }
            (None, kind::MEMBER) => {
                let (group, member) = rows::member_of(key).ok_or("a membership's key is too short")?;
                let membership = rows::membership_key(CardholderId(member), GroupId(group));
                Rows::from([(membership, Value::default())])
            }
            (None, kind::REVOCATION) => {
                self.meta.revocations += 1;
                Rows::new()
            }
            (None, other) => return Err(format!("a row of unknown kind {other}")),
        };
        self.rows.extend(rows);
        Ok(())
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, value) in std::mem::take(&mut self.rows) {
            self.meta.add_row(&key, &value);
            batch.insert(key, value);
        }
        batch.insert(META_KEY, self.meta.encode().map_err(|what| self.tree.content(what))?);
        self.tree.apply(batch)
    }
}
