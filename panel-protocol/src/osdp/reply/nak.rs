//! NAK: refused, and why.

use core::fmt;

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::payload::PayloadError;

/// A refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nak<'a> {
    /// Why.
    pub reason: NakReason,
    /// More about it, for some reasons; usually nothing.
    pub detail: &'a [u8],
}

/// Why a PD refuses (OSDP 2.2, table of NAK codes).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NakReason {
    /// 0: for none of the reasons below.
    None,
    /// 1: CRC or checksum were wrong.
    Check,
    /// 2: the data's length is wrong.
    Length,
    /// 3: the command is unknown or not supported.
    UnknownCommand,
    /// 4: the sequence number was not the expected one.
    Sequence,
    /// 5: the security block is not supported.
    SecurityBlock,
    /// 6: the command needs a secure channel, or its MAC or key was wrong.
    Security,
    /// 7: this kind of biometry is not supported.
    BiometricType,
    /// 8: this format of biometry is not supported.
    BiometricFormat,
    /// 9: a value in the data can't be worked with.
    Record,
    /// A reason this crate doesn't know.
    Other(u8),
}

impl NakReason {
    /// What the byte means.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::None,
            1 => Self::Check,
            2 => Self::Length,
            3 => Self::UnknownCommand,
            4 => Self::Sequence,
            5 => Self::SecurityBlock,
            6 => Self::Security,
            7 => Self::BiometricType,
            8 => Self::BiometricFormat,
            9 => Self::Record,
            other => Self::Other(other),
        }
    }

    /// The byte on the wire.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Check => 1,
            Self::Length => 2,
            Self::UnknownCommand => 3,
            Self::Sequence => 4,
            Self::SecurityBlock => 5,
            Self::Security => 6,
            Self::BiometricType => 7,
            Self::BiometricFormat => 8,
            Self::Record => 9,
            Self::Other(other) => other,
        }
    }
}

impl From<PayloadError> for NakReason {
    /// What a PD answers to a command whose data is wrong.
    fn from(error: PayloadError) -> Self {
        match error {
            PayloadError::Length(_) => Self::Length,
            PayloadError::Value(_) => Self::Record,
        }
    }
}

impl<'a> Nak<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let (reason, detail) = data.split_first().ok_or(PayloadError::Length(0))?;
        Ok(Self { reason: NakReason::from_byte(*reason), detail })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.reason.to_byte()])?;
        out.put(self.detail)
    }
}

impl fmt::Display for NakReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no reason given",
            Self::Check => "the frame arrived damaged",
            Self::Length => "the data's length is wrong",
            Self::UnknownCommand => "the command is not supported",
            Self::Sequence => "the sequence number was unexpected",
            Self::SecurityBlock => "the security block is not supported",
            Self::Security => "a secure channel with the right key is required",
            Self::BiometricType => "this kind of biometry is not supported",
            Self::BiometricFormat => "this format of biometry is not supported",
            Self::Record => "a value can't be worked with",
            Self::Other(code) => return write!(f, "reason {code}"),
        })
    }
}
