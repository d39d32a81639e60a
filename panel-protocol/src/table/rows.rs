//! Where rows are kept.

use core::fmt;

use heapless::Vec;

use super::{Row, bucket_of};
use crate::credential::Credential;

/// The table has no room for one more row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TableFull;

impl fmt::Display for TableFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the card table is full")
    }
}

impl core::error::Error for TableFull {}

/// A place for rows: RAM, flash, a file. One row a credential.
pub trait RowStore {
    /// The row of a card.
    fn get(&self, credential: Credential) -> Option<Row>;

    /// Adds the row, or puts it in the place of that with the same credential, which is returned.
    ///
    /// # Errors
    /// When there is no room for a new row; nothing has changed then.
    fn put(&mut self, row: Row) -> Result<Option<Row>, TableFull>;

    /// Removes and returns the row of a card.
    fn remove(&mut self, credential: Credential) -> Option<Row>;

    /// How many rows there are.
    fn len(&self) -> u32;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there can be.
    fn capacity(&self) -> u32;

    /// The first row of a [bucket](bucket_of) in credential order, or the first after `after`.
    fn next_in_bucket(&self, bucket: u8, after: Option<Credential>) -> Option<Row>;
}

/// At most `N` rows in RAM, sorted by bucket and credential: lookups by bisection, changes by moving memory.
#[derive(Clone, Debug, Default)]
pub struct SortedRows<const N: usize> {
    rows: Vec<Row, N>,
}

impl<const N: usize> SortedRows<N> {
    /// No rows.
    pub const fn new() -> Self {
        Self { rows: Vec::new() }
    }

    fn find(&self, credential: Credential) -> Result<usize, usize> {
        let wanted = (bucket_of(credential), credential);
        self.rows.binary_search_by_key(&wanted, order)
    }
}

const fn order(row: &Row) -> (u8, Credential) {
    (bucket_of(row.credential), row.credential)
}

impl<const N: usize> RowStore for SortedRows<N> {
    fn get(&self, credential: Credential) -> Option<Row> {
        self.find(credential).ok().map(|at| self.rows[at])
    }

    fn put(&mut self, row: Row) -> Result<Option<Row>, TableFull> {
        match self.find(row.credential) {
            Ok(at) => Ok(Some(core::mem::replace(&mut self.rows[at], row))),
            Err(at) => self.rows.insert(at, row).map(|()| None).map_err(|_| TableFull),
        }
    }

    fn remove(&mut self, credential: Credential) -> Option<Row> {
        self.find(credential).ok().map(|at| self.rows.remove(at))
    }

    fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    fn capacity(&self) -> u32 {
        u32::try_from(N).unwrap_or(u32::MAX)
    }

    fn next_in_bucket(&self, bucket: u8, after: Option<Credential>) -> Option<Row> {
        let after = after.map(|after| (bucket, after));
        let at = self.rows.partition_point(|row| match after {
            Some(after) => order(row) <= after,
            None => order(row).0 < bucket,
        });
        self.rows.get(at).copied().filter(|row| bucket_of(row.credential) == bucket)
    }
}
