//! Messages longer than a frame travel as fragments (OSDP 2.2, 5.10): PIVDATAR, GENAUTH, GENAUTHR, CRAUTH and CRAUTHR
//! consist of them, and a vendor may use them inside MFG and MFGREP.
//!
//! A [`Fragment`] names the whole message's length and its own place in it. Nothing here puts messages together.

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

impl<'a> Fragment<'a> {
    /// Data bytes before the part itself.
    pub const HEAD_LEN: usize = 2 + 2 + 2;

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
    fn end(&self) -> usize {
        usize::from(self.offset) + self.data.len()
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

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn a_fragment_is_laid_out_as_the_standard_says() {
        let fragment = Fragment { total: 0x0302, offset: 0x0100, data: b"xyz" };
        let mut room = [0; 9];
        fragment.emit(&mut Writer::new(&mut room)).unwrap();
        assert_eq!(room, [2, 3, 0, 1, 3, 0, b'x', b'y', b'z']);
        assert_eq!(Fragment::parse(&room), Ok(fragment));
        assert_eq!(Fragment::parse(&room[..5]), Err(PayloadError::TooShort { len: 5, min: 6 }));
        assert_eq!(Fragment::parse(&room[..8]), Err(PayloadError::Count { at: 4, says: 3, follow: 2 }));
        let over_the_end = [4, 0, 2, 0, 3, 0, 1, 2, 3];
        assert_eq!(Fragment::parse(&over_the_end), Err(PayloadError::Beyond { at: 4, end: 5, total: 4 }));
    }

    #[test]
    fn a_sender_may_give_a_message_up_at_its_end() {
        for (offset, data, abandoned) in [(6, &b""[..], true), (5, b"", false), (0, b"abcdef", false)] {
            let fragment = Fragment { total: 6, offset, data };
            assert_eq!(fragment.is_abandoned(), abandoned);
            let mut room = [0; 16];
            fragment.emit(&mut Writer::new(&mut room)).unwrap();
            assert_eq!(Fragment::parse(&room[..Fragment::HEAD_LEN + data.len()]), Ok(fragment));
        }
    }

    #[test]
    fn a_message_is_never_printed() {
        let fragment = Fragment { total: 3, offset: 0, data: b"PIN" };
        assert_eq!(format!("{fragment:?}"), "Fragment(3 bytes at 0 of 3)");
    }
}
