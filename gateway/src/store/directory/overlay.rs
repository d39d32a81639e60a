//! Changes that are not in sled yet, laid over it: what plans of the same flush see, and what the flush then applies.

use std::collections::BTreeMap;

use super::meta::{META_KEY, Meta};
use super::rows::{Key, Value};
use super::tree::Tree;
use crate::store::error::StoreError;

/// A row that was touched.
#[derive(Clone, Debug)]
struct Touched {
    before: Option<Value>,
    after: Option<Value>,
}

/// Rows changed since the tree was last written, and the meta row that goes with them.
#[derive(Debug)]
pub(super) struct Overlay {
    rows: BTreeMap<Key, Touched>,
    /// Revision and counts are kept up to date; rows and sum when the overlay is applied.
    pub(super) meta: Meta,
}

impl Overlay {
    /// Nothing changed yet.
    pub(super) fn new(meta: Meta) -> Self {
        Self { rows: BTreeMap::new(), meta }
    }

    /// How many rows were touched.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A row, if it was touched.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<&Value>> {
        self.rows.get(key).map(|touched| touched.after.as_ref())
    }

    /// Touched rows from `from` on that begin with `prefix`.
    pub(super) fn range<'a>(
        &'a self,
        from: Key,
        prefix: Key,
    ) -> impl Iterator<Item = (&'a Key, Option<&'a Value>)> + use<'a> {
        self.rows
            .range(from..)
            .take_while(move |(key, _)| key.starts_with(&prefix))
            .map(|(key, touched)| (key, touched.after.as_ref()))
    }

    /// Writes or deletes a row.
    pub(super) fn set(&mut self, tree: &Tree, key: Key, after: Option<Value>) -> Result<(), StoreError> {
        if let Some(touched) = self.rows.get_mut(&key) {
            touched.after = after;
            return Ok(());
        }
        let before = tree.get(&key)?;
        self.rows.insert(key, Touched { before, after });
        Ok(())
    }

    /// What each touched row was in the tree.
    pub(super) fn befores(&self) -> impl Iterator<Item = (&Key, Option<&Value>)> {
        self.rows.iter().map(|(key, touched)| (key, touched.before.as_ref()))
    }

    /// Puts everything into the tree at once, with the meta row, and is empty afterwards.
    pub(super) fn apply(&mut self, tree: &Tree) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        let mut meta = self.meta;
        for (key, Touched { before, after }) in &self.rows {
            if before == after {
                continue;
            }
            if let Some(value) = before {
                meta.remove_row(key, value);
            }
            match after {
                Some(value) => {
                    meta.add_row(key, value);
                    batch.insert(key.as_slice(), value.clone());
                }
                None => batch.remove(key.as_slice()),
            }
        }
        batch.insert(META_KEY, meta.encode().map_err(|what| tree.content(what))?);
        tree.apply(batch)?;
        self.rows.clear();
        self.meta = meta;
        Ok(())
    }
}
