//! Where rows are kept.

use core::fmt;

use heapless::Vec;

use super::{MAX_ROW_LEN, Row, bucket_of, row::key_of};
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
///
/// A row is kept as its bytes on the wire, in [`MAX_ROW_LEN`] bytes whatever it says: half of what [`Row`] takes.
#[derive(Clone, Debug, Default)]
pub struct SortedRows<const N: usize> {
    rows: Vec<Packed, N>,
}

/// A row's [encoding](Row::encode), and zeros behind it.
#[derive(Clone, Copy, Debug)]
struct Packed([u8; MAX_ROW_LEN]);

impl Packed {
    /// `None` never comes: every row fits.
    fn of(row: &Row) -> Option<Self> {
        let mut bytes = [0; MAX_ROW_LEN];
        row.encode(&mut bytes).map(|_| Self(bytes))
    }

    fn row(&self) -> Option<Row> {
        Row::decode(&self.0).ok().map(|(row, _)| row)
    }

    fn order(&self) -> Option<Order> {
        key_of(&self.0).ok().map(order)
    }
}

/// What rows are sorted by: bucket, bits, raw value.
type Order = (u8, u8, u64);

const fn order(credential: Credential) -> Order {
    (bucket_of(credential), credential.bits(), credential.raw())
}

impl<const N: usize> SortedRows<N> {
    /// No rows.
    pub const fn new() -> Self {
        Self { rows: Vec::new() }
    }

    fn find(&self, credential: Credential) -> Result<usize, usize> {
        let wanted = Some(order(credential));
        self.rows.binary_search_by_key(&wanted, Packed::order)
    }
}

impl<const N: usize> RowStore for SortedRows<N> {
    fn get(&self, credential: Credential) -> Option<Row> {
        self.find(credential).ok().and_then(|at| self.rows[at].row())
    }

    fn put(&mut self, row: Row) -> Result<Option<Row>, TableFull> {
        let packed = Packed::of(&row).ok_or(TableFull)?;
        match self.find(row.credential) {
            Ok(at) => Ok(core::mem::replace(&mut self.rows[at], packed).row()),
            Err(at) => self.rows.insert(at, packed).map(|()| None).map_err(|_| TableFull),
        }
    }

    fn remove(&mut self, credential: Credential) -> Option<Row> {
        self.find(credential).ok().and_then(|at| self.rows.remove(at).row())
    }

    fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    fn capacity(&self) -> u32 {
        u32::try_from(N).unwrap_or(u32::MAX)
    }

    fn next_in_bucket(&self, bucket: u8, after: Option<Credential>) -> Option<Row> {
        // `after` may be any card: it only says where in this bucket's order to go on.
        let before = after.map_or((bucket, 0, 0), |after| (bucket, after.bits(), after.raw()));
        let at = self.rows.partition_point(|row| row.order() <= Some(before));
        self.rows.get(at)?.row().filter(|row| bucket_of(row.credential) == bucket)
    }
}
