//! The kinds of records that have an identifier: where one lies, by what else it is found, how it is counted.
//!
//! A kind is one file here and one line in [`KINDS`]. Reading, writing, snapshots, rebuilding, indexing anew and the check
//! of sled know no kind by name; what a deletion takes along besides is told in `apply`.

mod access_level;
mod access_settings;
mod cardholder;
mod group;
mod hold;
mod holiday_calendar;
mod rule;
mod schedule;
mod source_person;

use std::sync::LazyLock;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::meta::Counts;
use super::rows::{self, Key, Rows, kind};
use crate::domain::{
    AccessLevel, AccessSettings, Cardholder, Group, Hold, HolidayCalendar, Rule, Schedule, SourcePerson,
};

/// A row by which an entity is found: its key and its value.
pub struct IndexRow {
    pub(super) key: Vec<u8>,
    pub(super) value: &'static [u8],
}

impl IndexRow {
    /// A row that says nothing but that the entity is there.
    pub(super) const fn plain(key: Key) -> Self {
        Self { key, value: &[] }
    }
}

/// A kind of record with an identifier.
pub trait Entity: Serialize + DeserializeOwned {
    /// Its identifier.
    type Id: Copy + Into<Uuid>;

    /// The first byte of its row's key.
    const KIND: u8;

    /// How many of it the directory has by its own count; `None` where it keeps none.
    const COUNTED: Option<fn(&Counts) -> u64>;

    /// Which one this is.
    fn id(&self) -> Self::Id;

    /// By what else it is found.
    fn index(&self) -> Vec<IndexRow> {
        Vec::new()
    }

    /// What it adds to the directory's counts.
    fn counts(&self) -> Counts;
}

/// What there is to know of a kind without its type.
pub(super) struct Kind {
    /// The first byte of its rows' keys.
    pub(super) byte: u8,
    /// How many of it there are, by the directory's own count.
    pub(super) counted: Option<fn(&Counts) -> u64>,
    /// What follows from the row of one: the rows by which it is found, and what it adds to the counts.
    pub(super) follow: fn(&[u8]) -> Result<Following, String>,
}

/// What follows from an entity's row.
pub(super) type Following = (Rows, Counts);

impl Kind {
    const fn of<E: Entity>() -> Self {
        Self {
            byte: E::KIND,
            counted: E::COUNTED,
            follow: |value| {
                let entity: E = rows::decode(value)?;
                Ok((index_rows(&entity), entity.counts()))
            },
        }
    }
}

/// Every kind.
pub(super) static KINDS: [Kind; 9] = [
    Kind::of::<AccessLevel>(),
    Kind::of::<AccessSettings>(),
    Kind::of::<Cardholder>(),
    Kind::of::<Group>(),
    Kind::of::<Hold>(),
    Kind::of::<HolidayCalendar>(),
    Kind::of::<Rule>(),
    Kind::of::<Schedule>(),
    Kind::of::<SourcePerson>(),
];

/// The kind whose rows begin with this byte.
pub(super) fn kind_of(byte: u8) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.byte == byte)
}

/// Rows from which all others follow, by the first byte of their keys; a snapshot holds these, in this order, which is
/// the tree's.
pub(super) static PRIMARY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut primary: Vec<u8> = KINDS.iter().map(|kind| kind.byte).collect();
    primary.extend([kind::MEMBER, kind::REVOCATION]);
    primary.sort_unstable();
    primary
});

/// Where an entity is.
pub(super) fn key<E: Entity>(id: E::Id) -> Key {
    rows::id_key(E::KIND, id.into())
}

/// All rows of an entity but its relations to others.
pub(super) fn rows_of<E: Entity>(entity: &E) -> Result<Rows, String> {
    let mut all = index_rows(entity);
    all.insert(key::<E>(entity.id()), rows::encode(entity)?);
    Ok(all)
}

fn index_rows<E: Entity>(entity: &E) -> Rows {
    entity.index().into_iter().map(|IndexRow { key, value }| (key, value.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_kinds_of_rows_begin_alike() {
        let mut bytes = PRIMARY.clone();
        bytes.extend(kind::BY_TEXT);
        bytes.extend([
            kind::META,
            kind::MEMBERSHIP,
            kind::CREDENTIAL,
            kind::REFUSED,
            kind::GROUP_RULE,
            kind::UNDONE,
        ]);
        let all = bytes.len();
        bytes.sort_unstable();
        bytes.dedup();
        assert_eq!(bytes.len(), all);
    }
}
