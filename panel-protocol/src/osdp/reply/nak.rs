//! NAK: refused, and why.

use core::fmt;

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::frame::FrameError;
use crate::osdp::named_bytes::open_byte_enum;
use crate::osdp::payload::{PayloadError, head};

/// A refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nak<'a> {
    /// Why.
    pub reason: NakReason,
    /// More about it, for some reasons; usually nothing.
    pub detail: &'a [u8],
}

open_byte_enum! {
    /// Why a PD refuses (OSDP 2.2, 7.3, table of NAK codes).
    NakReason {
        /// For none of the reasons below.
        None = 0,
        /// CRC or checksum were wrong.
        Check = 1,
        /// The data's length is wrong.
        Length = 2,
        /// The command is unknown or not supported.
        UnknownCommand = 3,
        /// The sequence number was not the expected one.
        Sequence = 4,
        /// The security block is not supported.
        SecurityBlock = 5,
        /// The command needs a secure channel, or its MAC or key was wrong.
        Security = 6,
        /// This kind of biometry is not supported.
        BiometricType = 7,
        /// This format of biometry is not supported.
        BiometricFormat = 8,
        /// A value in the data can't be worked with.
        Record = 9,
    }
}

impl From<PayloadError> for NakReason {
    /// What a PD answers to a command whose data is wrong.
    fn from(error: PayloadError) -> Self {
        match error {
            PayloadError::TooShort { .. }
            | PayloadError::TooLong { .. }
            | PayloadError::Ragged { .. }
            | PayloadError::Count { .. } => Self::Length,
            PayloadError::Beyond { .. } | PayloadError::Value { .. } => Self::Record,
        }
    }
}

impl From<FrameError> for NakReason {
    /// What a PD answers to a frame that is none. The standard has no reason for bits that it keeps for itself.
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Check(_) => Self::Check,
            FrameError::TooShort(_)
            | FrameError::Start(_)
            | FrameError::Length { .. }
            | FrameError::NoCode
            | FrameError::TooLong(_) => Self::Length,
            FrameError::Control(_) => Self::Record,
            FrameError::Scb(_) | FrameError::ScbData { .. } | FrameError::Direction { .. } => {
                Self::SecurityBlock
            }
            FrameError::NoMac | FrameError::Blocks(_) => Self::Security,
        }
    }
}

impl<'a> Nak<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let ([reason], detail) = head(data)?;
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
