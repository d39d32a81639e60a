//! Payloads made of equal records, one after the other.

use core::fmt;
use core::marker::PhantomData;

use super::bytes::{Full, Writer};
use super::payload::PayloadError;

/// One record of fixed length.
pub trait Record: Copy + PartialEq + fmt::Debug {
    /// Its length on the wire.
    const LEN: usize;

    /// Reads a record from its [`LEN`](Self::LEN) bytes.
    ///
    /// # Errors
    /// When a field has a value it can't have; the offset is from the record's start.
    fn read(bytes: &[u8]) -> Result<Self, PayloadError>;

    /// Appends the record.
    ///
    /// # Errors
    /// [`Full`] when it doesn't fit.
    fn write(&self, out: &mut Writer<'_>) -> Result<(), Full>;
}

/// Records over checked bytes of a frame, or over a caller's slice to be sent. Iterates without allocating.
#[derive(Clone, Copy)]
pub struct Records<'a, R> {
    source: Source<'a, R>,
}

#[derive(Clone, Copy)]
enum Source<'a, R> {
    Wire(&'a [u8], PhantomData<R>),
    Values(&'a [R]),
}

impl<'a, R: Record> Records<'a, R> {
    /// Records to be sent.
    #[must_use]
    pub const fn of(values: &'a [R]) -> Self {
        Self { source: Source::Values(values) }
    }

    /// Checks that `bytes` are whole records with fields in their ranges.
    ///
    /// # Errors
    /// When the length is no whole number of records, or a field has a value it can't have.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PayloadError> {
        if !bytes.len().is_multiple_of(R::LEN) {
            return Err(PayloadError::Ragged { len: bytes.len(), record: R::LEN });
        }
        for (index, record) in bytes.chunks_exact(R::LEN).enumerate() {
            R::read(record).map_err(|error| error.behind(index * R::LEN))?;
        }
        Ok(Self { source: Source::Wire(bytes, PhantomData) })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.source {
            Source::Wire(bytes, _) => bytes.len() / R::LEN,
            Source::Values(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The records in order.
    pub fn iter(&self) -> impl Iterator<Item = R> + 'a {
        let (bytes, values): (&[u8], &[R]) = match self.source {
            Source::Wire(bytes, _) => (bytes, &[]),
            Source::Values(values) => (&[], values),
        };
        bytes.chunks_exact(R::LEN).flat_map(R::read).chain(values.iter().copied())
    }

    /// Appends all records.
    ///
    /// # Errors
    /// [`Full`] when they don't fit; some may have been written.
    pub fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        self.iter().try_for_each(|record| record.write(out))
    }
}

impl<R: Record> PartialEq for Records<'_, R> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<R: Record> fmt::Debug for Records<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
