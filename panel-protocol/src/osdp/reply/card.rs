//! RAW, FMT and KEYPAD: what a person presented.

use core::fmt;

use crate::credential::{Credential, CredentialError};
use crate::osdp::bytes::{Full, Writer};
use crate::osdp::payload::{PayloadError, counted, head};

/// A card's bits as the reader saw them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a> {
    reader: u8,
    format: u8,
    bits: u16,
    data: &'a [u8],
}

/// A card as characters (OSDP 2.2, 7.11).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Formatted<'a> {
    /// The reader's number, from 0.
    pub reader: u8,
    /// Which way the card was swiped; makers differ on which value is forward.
    pub direction: u8,
    /// The characters, at most 255.
    pub characters: &'a [u8],
}

/// Keys that were pressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Keypad<'a> {
    /// The reader's number, from 0.
    pub reader: u8,
    /// ASCII digits, `#` as 0x0D and `*` as 0x7F; at most 255.
    pub keys: &'a [u8],
}

impl<'a> Raw<'a> {
    /// The card that `reader` (from 0) saw; its bits are laid out in `room`.
    #[must_use]
    pub fn of(reader: u8, card: Credential, room: &'a mut [u8; 8]) -> Self {
        *room = (card.raw() << (u64::BITS - u32::from(card.bits()))).to_be_bytes();
        Self { reader, format: 0, bits: u16::from(card.bits()), data: &room[..card.byte_len()] }
    }

    /// The reader's number, from 0.
    #[must_use]
    pub fn reader(&self) -> u8 {
        self.reader
    }

    /// 0: as the card gave it, 1: Wiegand, with its parity verified, 2: the card's UID, 3: Open Security Standards'
    /// SID; above: kept for the future, or the maker's.
    #[must_use]
    pub fn format(&self) -> u8 {
        self.format
    }

    /// How many bits there are.
    #[must_use]
    pub fn bits(&self) -> u16 {
        self.bits
    }

    /// The bits, most significant of the first byte first; the last byte is padded on the right.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// The card.
    ///
    /// # Errors
    /// When it has no bits, or more than 64.
    pub fn credential(&self) -> Result<Credential, CredentialError> {
        Credential::from_msb_first(self.bits, self.data)
    }

    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let ([reader, format, bits @ ..], data) = head::<4>(data)?;
        let bits = u16::from_le_bytes(*bits);
        let data = counted(data, 2, bits.div_ceil(8))?;
        Ok(Self { reader: *reader, format: *format, bits, data })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.reader, self.format])?;
        out.put_u16(self.bits)?;
        out.put(self.data)
    }
}

impl<'a> Formatted<'a> {
    /// Some readers count start, end and check characters that they don't send, since the standard's words allow it.
    const UNSENT: usize = 3;

    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let ([reader, direction, count], characters) = head(data)?;
        let unsent = usize::from(*count).checked_sub(characters.len());
        if unsent.is_none_or(|unsent| unsent > Self::UNSENT) {
            counted(characters, 2, *count)?;
        }
        Ok(Self { reader: *reader, direction: *direction, characters })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        let count = u8::try_from(self.characters.len()).map_err(|_| Full)?;
        out.put(&[self.reader, self.direction, count])?;
        out.put(self.characters)
    }
}

impl<'a> Keypad<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let ([reader, count], keys) = head(data)?;
        Ok(Self { reader: *reader, keys: counted(keys, 1, *count)? })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        let count = u8::try_from(self.keys.len()).map_err(|_| Full)?;
        out.put(&[self.reader, count])?;
        out.put(self.keys)
    }
}

impl fmt::Debug for Raw<'_> {
    /// Without the card's bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw(reader {}, {} bits)", self.reader, self.bits)
    }
}

impl fmt::Debug for Formatted<'_> {
    /// Without the characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Formatted(reader {}, {} characters)", self.reader, self.characters.len())
    }
}

impl fmt::Debug for Keypad<'_> {
    /// Without the keys, which may be a PIN.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keypad(reader {}, {} keys)", self.reader, self.keys.len())
    }
}
