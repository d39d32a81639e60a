//! Rows of the tree with those of the overlay laid over them, and what is in them.

use std::iter::{self, Peekable};

use panel_protocol::credential::Credential;
use serde::de::DeserializeOwned;

use super::{Read, View};
use crate::domain::CardholderId;
use crate::store::directory::entity::Entity;
use crate::store::directory::rows::{self, Key, Value};

/// How often a lookup by name is begun again when a writer moves the name in between.
const LOOKUP_TRIES: usize = 3;

impl<'a> View<'a> {
    /// The oldest row that begins with `prefix`.
    pub(in crate::store::directory) fn first_row(&self, prefix: Key) -> Option<Read<(Key, Value)>> {
        self.rows_from(prefix.clone(), prefix).next()
    }

    /// Whether a row is there.
    pub(in crate::store::directory) fn get(&self, key: &[u8]) -> Read<Option<Value>> {
        self.before_read.inspect(|wait| wait());
        match self.overlay.and_then(|overlay| overlay.get(key)) {
            Some(row) => Ok(row.cloned()),
            None => self.tree.get(key),
        }
    }

    pub(super) fn decode<T: DeserializeOwned>(&self, value: &[u8]) -> Read<T> {
        rows::decode(value).map_err(|what| self.tree.content(what))
    }

    /// The first entity listed under `text` that really has it.
    pub(super) fn find<T: Entity>(
        &self,
        kind: u8,
        text: &str,
        has_it: impl Fn(&T) -> bool,
    ) -> Read<Option<T>> {
        let prefix = rows::text_prefix(kind, text);
        for _ in 0..LOOKUP_TRIES {
            let ids = self.ids(prefix.clone(), None).collect::<Read<Vec<_>>>()?;
            if ids.is_empty() {
                break;
            }
            for id in ids {
                if let Some(entity) = self.listed(id)?.filter(&has_it) {
                    return Ok(Some(entity));
                }
            }
        }
        Ok(None)
    }

    /// All entities listed under `text` that really have it.
    pub(super) fn all_listed<T: Entity, H: Fn(&T) -> bool>(
        &self,
        kind: u8,
        text: &str,
        has_it: H,
    ) -> impl Iterator<Item = Read<T>> + use<'a, T, H> {
        let view = *self;
        self.ids(rows::text_prefix(kind, text), None)
            .filter_map(move |id| id.and_then(|id| view.listed(id)).transpose())
            .filter(move |entity| entity.as_ref().map_or(true, &has_it))
    }

    fn listed<T: Entity>(&self, id: uuid::Uuid) -> Read<Option<T>> {
        self.get(&rows::id_key(T::KIND, id))?.map(|value| self.decode(&value)).transpose()
    }

    pub(super) fn holders(
        &self,
        credential: Credential,
    ) -> impl Iterator<Item = Read<(CardholderId, bool)>> + use<'a> {
        let view = *self;
        self.rows(rows::credential_prefix(credential), None).map(move |row| {
            let (key, value) = row?;
            Ok((CardholderId(view.last_id(&key)?), *value == *rows::CARD_ACTIVE))
        })
    }

    pub(super) fn ids(
        &self,
        prefix: Key,
        after: Option<Key>,
    ) -> impl Iterator<Item = Read<uuid::Uuid>> + use<'a> {
        let view = *self;
        self.rows(prefix, after).map(move |row| view.last_id(&row?.0))
    }

    fn last_id(&self, key: &[u8]) -> Read<uuid::Uuid> {
        rows::last_id(key).ok_or_else(|| self.tree.content("a key is too short".to_owned()))
    }

    pub(super) fn rows(
        &self,
        prefix: Key,
        after: Option<Key>,
    ) -> impl Iterator<Item = Read<(Key, Value)>> + use<'a> {
        let from = after.map_or_else(|| prefix.clone(), |key| rows::after(&key));
        self.rows_from(from, prefix)
    }

    pub(super) fn rows_from(
        &self,
        from: Key,
        prefix: Key,
    ) -> impl Iterator<Item = Read<(Key, Value)>> + use<'a> {
        self.before_read.inspect(|wait| wait());
        let over = self.overlay.map(|overlay| overlay.range(from.clone(), prefix.clone()));
        let mut over = over.into_iter().flatten().peekable();
        let mut tree = self.tree.range(from, prefix).peekable();
        iter::from_fn(move || {
            loop {
                if over_is_next(&mut tree, &mut over) {
                    let (key, value) = over.next()?;
                    if let Some(value) = value {
                        return Some(Ok((key.clone(), value.clone())));
                    }
                } else {
                    return tree.next().map(|row| row.map(|(key, value)| (key.to_vec(), value)));
                }
            }
        })
    }
}

/// Whether the overlay's row comes before the tree's. A row of the tree that the overlay replaces is skipped.
fn over_is_next<'o>(
    tree: &mut Peekable<impl Iterator<Item = Read<(Value, Value)>>>,
    over: &mut Peekable<impl Iterator<Item = (&'o Key, Option<&'o Value>)>>,
) -> bool {
    let Some((over_key, _)) = over.peek() else { return false };
    let Some(row) = tree.peek() else { return true };
    let Ok((tree_key, _)) = row else { return false };
    match tree_key.as_ref().cmp(over_key.as_slice()) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => {
            tree.next();
            true
        }
    }
}
