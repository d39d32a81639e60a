//! RAW and KEYPAD: what a person presented.

use core::fmt;

use crate::credential::{Credential, CredentialError};
use crate::osdp::bytes::{Full, Reader, Writer};
use crate::osdp::payload::PayloadError;

/// A card's bits as the reader saw them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a> {
    reader: u8,
    format: u8,
    bits: u16,
    data: &'a [u8],
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

    /// 0: as the card gave it, 1: Wiegand, with its parity verified.
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
        let wrong_length = PayloadError::Length(data.len());
        let mut rest = Reader::new(data);
        let [reader, format] = *rest.take().ok_or(wrong_length)?;
        let bits = rest.take_u16().ok_or(wrong_length)?;
        let data = rest.rest();
        if data.len() != usize::from(bits).div_ceil(8) {
            return Err(wrong_length);
        }
        Ok(Self { reader, format, bits, data })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.reader, self.format])?;
        out.put_u16(self.bits)?;
        out.put(self.data)
    }
}

impl<'a> Keypad<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        match data {
            [reader, count, keys @ ..] if keys.len() == usize::from(*count) => {
                Ok(Self { reader: *reader, keys })
            }
            _ => Err(PayloadError::Length(data.len())),
        }
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

impl fmt::Debug for Keypad<'_> {
    /// Without the keys, which may be a PIN.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keypad(reader {}, {} keys)", self.reader, self.keys.len())
    }
}
