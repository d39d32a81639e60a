//! One card's row, and its bytes on the wire.
//!
//! ```text
//! bits | 0x80 if extended, raw value MSB first (ceil(bits/8) bytes), profile u16
//! extended: flags (1 valid-from, 2 valid-until, 4 PIN, 8 rights), and what is flagged, in that order:
//!           valid-from u32, valid-until u32, PIN verifier u32, rights u8
//! ```
//! Numbers are little-endian but for the raw value. There is one encoding of a row, so its bytes can be hashed: an
//! extension without flags, or with flags that this version doesn't know, is refused.

use core::fmt;

use super::key::{MAX_KEY_LEN, encode_credential};
use super::pin::PinVerifier;
use super::rights::Rights;
use crate::credential::Credential;
use crate::time::UtcSeconds;

/// Most bytes that a row takes.
pub const MAX_ROW_LEN: usize = MAX_KEY_LEN + 2 + 1 + 4 + 4 + 4 + 1;

const EXTENDED: u8 = 0x80;
const FLAG_FROM: u8 = 0x01;
const FLAG_UNTIL: u8 = 0x02;
const FLAG_PIN: u8 = 0x04;
const FLAG_RIGHTS: u8 = 0x08;

/// What a controller knows of one card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The card.
    pub credential: Credential,
    /// The number of its profile.
    pub profile: u16,
    /// Opens nothing before this second.
    pub valid_from: Option<UtcSeconds>,
    /// Opens nothing from this second on.
    pub valid_until: Option<UtcSeconds>,
    /// What is kept of its PIN.
    pub pin: Option<PinVerifier>,
    /// What it may do beyond others.
    pub rights: Rights,
}

/// Why bytes are no row or no key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowError {
    /// They end too soon.
    Truncated,
    /// Bit count and raw value are no credential.
    Credential,
    /// An extension without flags, or with unknown ones.
    Flags(u8),
    /// No rights, or unknown ones.
    Rights(u8),
}

impl Row {
    /// A row without limits in time, PIN or rights.
    pub const fn new(credential: Credential, profile: u16) -> Self {
        Self { credential, profile, valid_from: None, valid_until: None, pin: None, rights: Rights::NONE }
    }

    /// How many bytes [`encode`](Self::encode) writes, 4 to [`MAX_ROW_LEN`].
    pub const fn encoded_len(&self) -> usize {
        let words = self.valid_from.is_some() as usize
            + self.valid_until.is_some() as usize
            + self.pin.is_some() as usize;
        let rights = (self.rights.bits() != 0) as usize;
        let extension = if words + rights == 0 { 0 } else { 1 + 4 * words + rights };
        1 + self.credential.byte_len() + 2 + extension
    }

    /// Writes the row to the front of `to`; how many bytes, or `None` if they don't fit.
    pub fn encode(&self, to: &mut [u8]) -> Option<usize> {
        let len = self.encoded_len();
        let to = to.get_mut(..len)?;
        let mut at = encode_credential(self.credential, to)?;
        to[at..at + 2].copy_from_slice(&self.profile.to_le_bytes());
        at += 2;
        let flags = self.flags();
        if flags == 0 {
            return Some(len);
        }
        to[0] |= EXTENDED;
        to[at] = flags;
        at += 1;
        let seconds = [self.valid_from, self.valid_until].map(|limit| limit.map(|second| second.0));
        for word in seconds.into_iter().chain([self.pin.map(|pin| pin.0)]).flatten() {
            to[at..at + 4].copy_from_slice(&word.to_le_bytes());
            at += 4;
        }
        if flags & FLAG_RIGHTS != 0 {
            to[at] = self.rights.bits();
        }
        Some(len)
    }

    /// Reads a row from the front of `from`; the row and how many bytes it took.
    ///
    /// # Errors
    /// When the bytes are no row.
    pub fn decode(from: &[u8]) -> Result<(Self, usize), RowError> {
        let first = *from.first().ok_or(RowError::Truncated)?;
        let (credential, key_len) = credential_at(first & !EXTENDED, from)?;
        let mut rest = Bytes { from, at: key_len };
        let profile = u16::from_le_bytes(rest.take()?);
        let mut row = Self::new(credential, profile);
        if first & EXTENDED != 0 {
            rest.extension(&mut row)?;
        }
        Ok((row, rest.at))
    }

    /// Whether version 1 of the card-table commands can say it.
    pub const fn is_of_version_1(&self) -> bool {
        self.pin.is_none() && self.rights.bits() == 0
    }

    const fn flags(&self) -> u8 {
        const fn flag(is_set: bool, flag: u8) -> u8 {
            if is_set { flag } else { 0 }
        }
        flag(self.valid_from.is_some(), FLAG_FROM)
            | flag(self.valid_until.is_some(), FLAG_UNTIL)
            | flag(self.pin.is_some(), FLAG_PIN)
            | flag(self.rights.bits() != 0, FLAG_RIGHTS)
    }
}

/// Reads a card's key from the front of `from`; the card and how many bytes it took.
///
/// # Errors
/// When the bytes are no key.
pub fn decode_credential(from: &[u8]) -> Result<(Credential, usize), RowError> {
    credential_at(*from.first().ok_or(RowError::Truncated)?, from)
}

/// The card of an encoded row.
pub(super) fn key_of(row: &[u8]) -> Result<Credential, RowError> {
    let first = *row.first().ok_or(RowError::Truncated)?;
    credential_at(first & !EXTENDED, row).map(|(credential, _)| credential)
}

fn credential_at(bits: u8, from: &[u8]) -> Result<(Credential, usize), RowError> {
    let len = usize::from(bits).div_ceil(8);
    if bits == 0 || len > 8 {
        return Err(RowError::Credential);
    }
    let raw = from.get(1..=len).ok_or(RowError::Truncated)?;
    let raw = raw.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let credential = Credential::new(bits, raw).map_err(|_| RowError::Credential)?;
    Ok((credential, 1 + len))
}

struct Bytes<'a> {
    from: &'a [u8],
    at: usize,
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], RowError> {
        let bytes = self.from.get(self.at..self.at + N).ok_or(RowError::Truncated)?;
        self.at += N;
        bytes.try_into().map_err(|_| RowError::Truncated)
    }

    fn word(&mut self) -> Result<u32, RowError> {
        self.take().map(u32::from_le_bytes)
    }

    fn extension(&mut self, row: &mut Row) -> Result<(), RowError> {
        let [flags] = self.take()?;
        if flags == 0 || flags & !(FLAG_FROM | FLAG_UNTIL | FLAG_PIN | FLAG_RIGHTS) != 0 {
            return Err(RowError::Flags(flags));
        }
        if flags & FLAG_FROM != 0 {
            row.valid_from = Some(UtcSeconds(self.word()?));
        }
        if flags & FLAG_UNTIL != 0 {
            row.valid_until = Some(UtcSeconds(self.word()?));
        }
        if flags & FLAG_PIN != 0 {
            row.pin = Some(PinVerifier(self.word()?));
        }
        if flags & FLAG_RIGHTS != 0 {
            let [bits] = self.take()?;
            let rights = Rights::from_bits(bits).filter(|rights| rights.bits() != 0);
            row.rights = rights.ok_or(RowError::Rights(bits))?;
        }
        Ok(())
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the row ends too soon"),
            Self::Credential => f.write_str("bit count and value are no card"),
            Self::Flags(flags) => write!(f, "row flags 0x{flags:02X} are not known"),
            Self::Rights(bits) => write!(f, "rights 0x{bits:02X} are not known"),
        }
    }
}

impl core::error::Error for RowError {}
