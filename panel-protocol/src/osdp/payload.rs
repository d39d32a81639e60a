//! What commands and replies share: the errors of their data, and values that travel both ways.

use core::fmt;

use super::bytes::{Full, Writer};

/// Why a payload's data is not what its code promises. Offsets and lengths are those of the data behind the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PayloadError {
    /// There are too few bytes for the code's fixed fields.
    TooShort {
        /// How many there are.
        len: usize,
        /// How many there must be at least.
        min: usize,
    },
    /// There are more bytes than the code has fields for.
    TooLong {
        /// How many there are.
        len: usize,
        /// How many there may be.
        max: usize,
    },
    /// The bytes are no whole number of records.
    Ragged {
        /// How many there are.
        len: usize,
        /// How many a record has.
        record: usize,
    },
    /// The length field doesn't say how many bytes follow.
    Count {
        /// Where the field begins.
        at: usize,
        /// How many bytes it speaks of.
        says: usize,
        /// How many there are.
        follow: usize,
    },
    /// A part reaches over the end of the whole that it says it belongs to.
    Beyond {
        /// Where the part's length field begins.
        at: usize,
        /// Where the part ends.
        end: usize,
        /// Where the whole ends.
        total: usize,
    },
    /// A byte has a value it can't have.
    Value {
        /// Where it is.
        at: usize,
        /// Its value.
        byte: u8,
    },
}

/// A vendor's own command or reply: its name, and bytes that only it understands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Manufacturer<'a> {
    /// The vendor's IEEE identifier.
    pub oui: [u8; 3],
    /// What the vendor makes of it.
    pub data: &'a [u8],
}

/// Where a PD listens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ComSettings {
    /// 0 to 0x7E.
    pub address: u8,
    /// Bits a second.
    pub baud: u32,
}

impl PayloadError {
    /// The same error with its offset counted from `start` bytes further ahead.
    pub(super) fn behind(self, start: usize) -> Self {
        match self {
            Self::Count { at, says, follow } => Self::Count { at: at + start, says, follow },
            Self::Beyond { at, end, total } => Self::Beyond { at: at + start, end, total },
            Self::Value { at, byte } => Self::Value { at: at + start, byte },
            _ => self,
        }
    }
}

impl<'a> Manufacturer<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let (oui, data) = head(data)?;
        Ok(Self { oui: *oui, data })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&self.oui)?;
        out.put(self.data)
    }
}

impl ComSettings {
    pub(super) fn parse(data: &[u8]) -> Result<Self, PayloadError> {
        let [address, baud @ ..] = *fixed::<5>(data)?;
        if address >= super::frame::BROADCAST {
            return Err(PayloadError::Value { at: 0, byte: address });
        }
        Ok(Self { address, baud: u32::from_le_bytes(baud) })
    }

    pub(super) fn emit(self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.address])?;
        out.put(&self.baud.to_le_bytes())
    }
}

/// The data as exactly `N` bytes.
pub(super) fn fixed<const N: usize>(data: &[u8]) -> Result<&[u8; N], PayloadError> {
    match head(data)? {
        (fixed, []) => Ok(fixed),
        _ => Err(PayloadError::TooLong { len: data.len(), max: N }),
    }
}

/// The fixed fields at the data's front, `N` bytes of them, and what follows.
pub(super) fn head<const N: usize>(data: &[u8]) -> Result<(&[u8; N], &[u8]), PayloadError> {
    data.split_first_chunk().ok_or(PayloadError::TooShort { len: data.len(), min: N })
}

/// The bytes behind the fixed fields, if they are as many as the length field at `at` says.
pub(super) fn counted(rest: &[u8], at: usize, says: impl Into<usize>) -> Result<&[u8], PayloadError> {
    let (says, follow) = (says.into(), rest.len());
    if says == follow { Ok(rest) } else { Err(PayloadError::Count { at, says, follow }) }
}

/// `value` for a payload that carries no data.
pub(super) fn bare<T>(value: T, data: &[u8]) -> Result<T, PayloadError> {
    fixed::<0>(data).map(|_| value)
}

impl fmt::Debug for Manufacturer<'_> {
    /// Without the data, which may hold cards.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.oui;
        write!(f, "Manufacturer({a:02X}-{b:02X}-{c:02X}, {} bytes)", self.data.len())
    }
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { len, min } => write!(f, "{len} bytes of data are too few, {min} are needed"),
            Self::TooLong { len, max } => write!(f, "{len} bytes of data are too many, there may be {max}"),
            Self::Ragged { len, record } => {
                write!(f, "{len} bytes of data are no whole number of records of {record} bytes")
            }
            Self::Count { at, says, follow } => {
                write!(f, "the length field at byte {at} of the data says {says}, but {follow} bytes follow")
            }
            Self::Beyond { at, end, total } => {
                write!(
                    f,
                    "by the length field at byte {at} of the data, the part ends at {end}, behind {total}"
                )
            }
            Self::Value { at, byte } => {
                write!(f, "byte {at} of the data is 0x{byte:02X}, which it can't be")
            }
        }
    }
}

impl core::error::Error for PayloadError {}
