//! A part of a message, and how a message is cut into parts.

use core::fmt;

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::payload::{PayloadError, counted, head};

/// A part of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// Length of the whole message, in bytes.
    pub total: u16,
    /// Where this part begins, in bytes from the message's start.
    pub offset: u16,
    /// The part.
    pub data: &'a [u8],
}

/// The fragments of a message, in order. A message without bytes has none.
#[derive(Clone, Copy)]
pub struct Fragments<'a> {
    message: &'a [u8],
    total: u16,
    offset: u16,
    most: u16,
}

/// Why a message can't be cut into fragments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SplitError {
    /// It has more bytes than 16 bits can count.
    TooLong(usize),
    /// Fragments of no bytes never come to its end.
    NoRoom,
}

impl<'a> Fragment<'a> {
    /// Data bytes before the part itself.
    pub const HEAD_LEN: usize = 2 + 2 + 2;

    /// What a sender says that gives a message of `total` bytes up.
    #[must_use]
    pub const fn abandon(total: u16) -> Self {
        Self { total, offset: total, data: &[] }
    }

    /// Whether the sender gives the message up: an empty part at its end or behind it.
    #[must_use]
    pub const fn is_abandoned(&self) -> bool {
        self.data.is_empty() && self.offset >= self.total
    }

    /// Reads a fragment that fills the whole of `data`.
    ///
    /// # Errors
    /// When its length field is wrong, or it reaches over the message's end.
    pub fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let (head, rest) = Head::parse(data)?;
        head.fragment(counted(rest, Head::LEN_AT, head.len)?)
    }

    /// Appends the fragment.
    ///
    /// # Errors
    /// [`Full`] when it doesn't fit.
    pub fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        self.emit_head(out)?;
        out.put(self.data)
    }

    pub(in crate::osdp) fn emit_head(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        let len = u16::try_from(self.data.len()).map_err(|_| Full)?;
        [self.total, self.offset, len].into_iter().try_for_each(|field| out.put_u16(field))
    }

    /// Where the part ends in the message.
    pub(super) fn end(&self) -> usize {
        usize::from(self.offset) + self.data.len()
    }
}

impl<'a> Fragments<'a> {
    /// Cuts `message` into fragments of at most `most` bytes each, [`Fragment::HEAD_LEN`] not counted.
    ///
    /// # Errors
    /// When the message is too long to be sent so, or `most` is 0.
    pub fn of(message: &'a [u8], most: usize) -> Result<Self, SplitError> {
        let total = u16::try_from(message.len()).map_err(|_| SplitError::TooLong(message.len()))?;
        match u16::try_from(most).unwrap_or(u16::MAX) {
            0 => Err(SplitError::NoRoom),
            most => Ok(Self { message, total, offset: 0, most }),
        }
    }
}

impl<'a> Iterator for Fragments<'a> {
    type Item = Fragment<'a>;

    fn next(&mut self) -> Option<Fragment<'a>> {
        let Self { message, total, offset, most } = *self;
        let len = most.min(total - offset);
        self.offset += len;
        let data = &message[offset.into()..self.offset.into()];
        (len > 0).then_some(Fragment { total, offset, data })
    }
}

/// The fields before a part.
#[derive(Clone, Copy)]
pub(in crate::osdp) struct Head {
    total: u16,
    pub(in crate::osdp) offset: u16,
    pub(in crate::osdp) len: u16,
}

impl Head {
    /// Where the length field stands.
    pub(in crate::osdp) const LEN_AT: usize = 4;

    pub(in crate::osdp) fn parse(data: &[u8]) -> Result<(Self, &[u8]), PayloadError> {
        let ([t0, t1, o0, o1, l0, l1], rest) = head(data)?;
        let [total, offset, len] = [[*t0, *t1], [*o0, *o1], [*l0, *l1]].map(u16::from_le_bytes);
        Ok((Self { total, offset, len }, rest))
    }

    /// The fragment with these bytes, which are as many as [`len`](Self::len) says.
    pub(in crate::osdp) fn fragment(self, data: &[u8]) -> Result<Fragment<'_>, PayloadError> {
        let Self { total, offset, .. } = self;
        let fragment = Fragment { total, offset, data };
        let (end, total) = (fragment.end(), usize::from(total));
        if end > total && !fragment.is_abandoned() {
            return Err(PayloadError::Beyond { at: Self::LEN_AT, end, total });
        }
        Ok(fragment)
    }
}

impl fmt::Debug for Fragment<'_> {
    /// Without the data, which may be a cardholder's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fragment({} bytes at {} of {})", self.data.len(), self.offset, self.total)
    }
}

impl fmt::Debug for Fragments<'_> {
    /// Without the message, which may be a cardholder's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fragments(from {} of {} bytes, at most {} each)", self.offset, self.total, self.most)
    }
}

impl fmt::Display for SplitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(len) => write!(f, "a message of {len} bytes is too long, it may have {}", u16::MAX),
            Self::NoRoom => f.write_str("a frame has no room for any of the message"),
        }
    }
}

impl core::error::Error for SplitError {}
