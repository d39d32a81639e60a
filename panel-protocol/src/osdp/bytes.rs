//! Bounded reading and writing of payload bytes.
//!
//! A [`Writer`] never writes past its slice, a [`Reader`] never reads past its own; both say so with a value. OSDP's
//! integers are little-endian unless a field's documentation says otherwise.

use core::fmt;

/// What was to be written doesn't fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the payload does not fit in the frame")
    }
}

impl core::error::Error for Full {}

/// Appends to a caller's slice.
#[derive(Debug)]
pub struct Writer<'b> {
    room: &'b mut [u8],
    len: usize,
}

impl<'b> Writer<'b> {
    /// A writer that fills `room` from its start.
    pub fn new(room: &'b mut [u8]) -> Self {
        Self { room, len: 0 }
    }

    /// Bytes written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends `bytes` whole or not at all.
    ///
    /// # Errors
    /// [`Full`] when they don't fit.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let end = self.len.checked_add(bytes.len()).ok_or(Full)?;
        self.room.get_mut(self.len..end).ok_or(Full)?.copy_from_slice(bytes);
        self.len = end;
        Ok(())
    }

    /// Appends a 16-bit integer, low byte first.
    ///
    /// # Errors
    /// [`Full`] when it doesn't fit.
    pub fn put_u16(&mut self, value: u16) -> Result<(), Full> {
        self.put(&value.to_le_bytes())
    }
}

/// Takes from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `N` bytes, or `None` when fewer are left.
    pub fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(head)
    }

    /// The next 16-bit integer, low byte first.
    pub fn take_u16(&mut self) -> Option<u16> {
        self.take().map(|bytes| u16::from_le_bytes(*bytes))
    }

    /// Everything not yet taken.
    #[must_use]
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// `Some` when everything was taken, so that trailing bytes can't slip through a parser.
    #[must_use]
    pub fn end(self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_writes_whole_or_not_at_all() {
        let mut room = [0; 3];
        let mut out = Writer::new(&mut room);
        out.put(&[1, 2]).unwrap();
        assert_eq!(out.put(&[3, 4]), Err(Full));
        assert_eq!(out.len(), 2);
        out.put(&[5]).unwrap();
        assert_eq!(room, [1, 2, 5]);
    }

    #[test]
    fn a_reader_stops_at_the_end() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.take_u16(), Some(0x0201));
        assert_eq!(reader.take::<2>(), None);
        assert_eq!(reader.end(), None);
        assert_eq!(reader.take::<1>(), Some(&[3]));
        assert_eq!(reader.end(), Some(()));
    }
}
