//! XWR, XRD, PIVDATA, GENAUTH and CRAUTH: what a CP does with a smart card in a PD's reader.
//!
//! XWR and XRD carry bytes to a card and back. The others have the PD speak to a PIV card itself. What is longer than a
//! frame travels as [`Fragment`]s. Here is how the data is laid out; what it says to a card is the caller's.
//!
//! Sources differ on GENAUTH and CRAUTH: algorithm and key stand before the first part of the challenge, and are counted
//! in the fragment's lengths by OSDP.Net and the SIA's own conformance tool, but not by libosdp. [`AuthFragment`] reads
//! and writes both.

use core::fmt;

use super::bytes::{Full, Writer};
use super::multipart::{Fragment, Head};
use super::payload::{PayloadError, counted, head};

/// What an XWR asks for, or an XRD tells (OSDP 2.2, 6.27 and 7.26).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extended<'a> {
    /// 0: about the mode itself, 1: about a card.
    pub mode: u8,
    /// What is asked or told; see [`xwr`] and [`xrd`].
    pub code: u8,
    /// What the code makes of it.
    pub data: &'a [u8],
}

/// Modes and codes of XWR.
pub mod xwr {
    /// Which mode is set?
    pub const GET_MODE: (u8, u8) = (0, 1);
    /// Set a mode: the mode, and how it reports cards.
    pub const SET_MODE: (u8, u8) = (0, 2);
    /// Send an APDU: reader, APDU.
    pub const APDU: (u8, u8) = (1, 1);
    /// End the card's session: reader.
    pub const TERMINATE: (u8, u8) = (1, 2);
    /// Have a PIN entered and put into an APDU: reader, how, APDU.
    pub const ENTER_PIN: (u8, u8) = (1, 3);
    /// Is there a card? Reader.
    pub const SCAN: (u8, u8) = (1, 4);
}

/// Modes and codes of XRD.
pub mod xrd {
    /// The mode can't be had: why.
    pub const MODE_ERROR: (u8, u8) = (0, 0);
    /// The mode that is set, and how it reports cards.
    pub const MODE: (u8, u8) = (0, 1);
    /// A card in the field: reader, protocol, lengths, serial number, protocol data.
    pub const CARD_INFO: (u8, u8) = (0, 2);
    /// The card can't be worked with: why.
    pub const CARD_ERROR: (u8, u8) = (1, 0);
    /// Whether there is a card: reader, and on which interface.
    pub const CARD_PRESENT: (u8, u8) = (1, 1);
    /// The card's answer: reader, status, APDU.
    pub const CARD_DATA: (u8, u8) = (1, 2);
    /// The PIN has been entered: reader, status, tries.
    pub const PIN_ENTERED: (u8, u8) = (1, 3);
}

/// PIVDATA: which part of a PIV card is asked for (OSDP 2.2, 6.23).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PivData {
    /// The object's tag (NIST SP 800-73), such as 5F C1 02 for the cardholder's unique identifier.
    pub object: [u8; 3],
    /// The element inside the object.
    pub element: u8,
    /// Where to begin inside the element.
    pub offset: ElementOffset,
}

/// An offset as it travels: sources differ on its length, and a PD may know but one form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElementOffset {
    /// In one byte.
    Short(u8),
    /// In two bytes.
    Long(u16),
}

/// A part of a GENAUTH or CRAUTH: a challenge for the card (OSDP 2.2, 6.24 and 6.25).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuthFragment<'a> {
    /// Algorithm and key, where the fragment's lengths don't count them: at the first fragment, or not at all.
    pub uncounted: Option<AuthKey>,
    /// The part. Where algorithm and key are counted, the first one begins with them.
    pub fragment: Fragment<'a>,
}

/// What a PIV card shall authenticate with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuthKey {
    /// The algorithm's identifier (NIST SP 800-78).
    pub algorithm: u8,
    /// The key's reference (NIST SP 800-73).
    pub key: u8,
}

impl<'a> Extended<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let ([mode, code], data) = head(data)?;
        Ok(Self { mode: *mode, code: *code, data })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.mode, self.code])?;
        out.put(self.data)
    }
}

impl PivData {
    pub(super) fn parse(data: &[u8]) -> Result<Self, PayloadError> {
        let ([o0, o1, o2, element, low], high) = head(data)?;
        let offset = match high {
            [] => ElementOffset::Short(*low),
            [high] => ElementOffset::Long(u16::from_le_bytes([*low, *high])),
            _ => return Err(PayloadError::TooLong { len: data.len(), max: 6 }),
        };
        Ok(Self { object: [*o0, *o1, *o2], element: *element, offset })
    }

    pub(super) fn emit(self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&self.object)?;
        out.put(&[self.element])?;
        match self.offset {
            ElementOffset::Short(offset) => out.put(&[offset]),
            ElementOffset::Long(offset) => out.put_u16(offset),
        }
    }
}

impl<'a> AuthFragment<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let (fields, rest) = Head::parse(data)?;
        let (uncounted, part) = match rest {
            [algorithm, key, part @ ..] if fields.offset == 0 && part.len() == usize::from(fields.len) => {
                (Some(AuthKey { algorithm: *algorithm, key: *key }), part)
            }
            _ => (None, counted(rest, Head::LEN_AT, fields.len)?),
        };
        Ok(Self { uncounted, fragment: fields.fragment(part)? })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        self.fragment.emit_head(out)?;
        if let Some(AuthKey { algorithm, key }) = self.uncounted.filter(|_| self.fragment.offset == 0) {
            out.put(&[algorithm, key])?;
        }
        out.put(self.fragment.data)
    }
}

impl fmt::Debug for Extended<'_> {
    /// Without the data, which may hold a PIN or a card.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extended(mode {}, code {}, {} bytes)", self.mode, self.code, self.data.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_of_one_or_two_bytes_is_read() {
        let request = PivData { object: [0x5F, 0xC1, 0x02], element: 0x30, offset: ElementOffset::Short(9) };
        assert_eq!(PivData::parse(&[0x5F, 0xC1, 0x02, 0x30, 9]), Ok(request));
        let offset = ElementOffset::Long(0x0109);
        assert_eq!(PivData::parse(&[0x5F, 0xC1, 0x02, 0x30, 9, 1]), Ok(PivData { offset, ..request }));
        assert_eq!(PivData::parse(&[0; 4]), Err(PayloadError::TooShort { len: 4, min: 5 }));
        assert_eq!(PivData::parse(&[0; 7]), Err(PayloadError::TooLong { len: 7, max: 6 }));
    }

    #[test]
    fn algorithm_and_key_are_read_whether_counted_or_not() {
        let fragment = |data| Fragment { total: 4, offset: 0, data };
        let uncounted = AuthFragment::parse(&[4, 0, 0, 0, 2, 0, 0x14, 0x9E, 7, 8]).unwrap();
        assert_eq!(uncounted.uncounted, Some(AuthKey { algorithm: 0x14, key: 0x9E }));
        assert_eq!(uncounted.fragment, fragment(&[7, 8]));
        let counted = AuthFragment::parse(&[4, 0, 0, 0, 4, 0, 0x14, 0x9E, 7, 8]).unwrap();
        assert_eq!((counted.uncounted, counted.fragment), (None, fragment(&[0x14, 0x9E, 7, 8])));
        // Behind the first fragment there is neither.
        let lying = AuthFragment::parse(&[4, 0, 2, 0, 2, 0, 0x14, 0x9E, 7, 8]);
        assert_eq!(lying, Err(PayloadError::Count { at: 4, says: 2, follow: 4 }));
    }
}
