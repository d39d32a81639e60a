//! The checks that bytes pass to be a frame, and where its parts then lie.

use core::fmt;

use super::header::{
    CRC_BIT, Check, HEADER_LEN, Header, MAC_LEN, REPLY_BIT, SCB_BIT, SEQUENCE_BITS, SOM, scs,
};

/// Which check of a frame failed. All are faults of the bytes, not of their meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameError {
    /// Fewer bytes than the smallest frame has.
    TooShort(usize),
    /// The first byte is not SOM.
    Start(u8),
    /// The length field contradicts the number of bytes.
    Length {
        /// What the length field says.
        claimed: usize,
        /// How many bytes there are.
        actual: usize,
    },
    /// CRC or checksum don't match the bytes.
    Check(Check),
    /// The security block's length is below its minimum of 2 or reaches over the frame's end.
    Scb(u8),
    /// No room is left for a code, or for the MAC that the security block promises.
    NoCode,
    /// It has this many bytes, more than the receiver's buffer; nothing else of it was checked.
    TooLong(usize),
}

/// Where the parts of a checked frame lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub(crate) header: Header,
    pub(crate) code_at: usize,
    pub(crate) data_end: usize,
    pub(crate) sealed: bool,
}

impl Layout {
    /// Where the parts of `bytes` lie, once every check has passed.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, FrameError> {
        let header = header(bytes)?;
        let claimed = usize::from(u16::from_le_bytes([bytes[2], bytes[3]]));
        if claimed != bytes.len() {
            return Err(FrameError::Length { claimed, actual: bytes.len() });
        }
        let check_at = bytes.len() - header.check.byte_len();
        if !header.check.matches(&bytes[..check_at], &bytes[check_at..]) {
            return Err(FrameError::Check(header.check));
        }
        let (code_at, sealed) = security(&bytes[..check_at])?;
        let data_end = check_at.checked_sub(if sealed { MAC_LEN } else { 0 });
        let data_end = data_end.filter(|end| *end > code_at).ok_or(FrameError::NoCode)?;
        Ok(Self { header, code_at, data_end, sealed })
    }
}

/// Reads the first five bytes, once there are enough for a frame.
fn header(bytes: &[u8]) -> Result<Header, FrameError> {
    let [som, address, _, _, control, ..] = *bytes else {
        return Err(FrameError::TooShort(bytes.len()));
    };
    let check = if control & CRC_BIT == 0 { Check::Checksum } else { Check::Crc };
    if bytes.len() < HEADER_LEN + 1 + check.byte_len() {
        return Err(FrameError::TooShort(bytes.len()));
    }
    if som != SOM {
        return Err(FrameError::Start(som));
    }
    let (reply, sequence) = (address & REPLY_BIT != 0, control & SEQUENCE_BITS);
    Ok(Header { address: address & !REPLY_BIT, reply, sequence, check })
}

/// Where the code lies behind the security block, and whether that block promises a MAC.
fn security(body: &[u8]) -> Result<(usize, bool), FrameError> {
    if body[HEADER_LEN - 1] & SCB_BIT == 0 {
        return Ok((HEADER_LEN, false));
    }
    let len = body[HEADER_LEN];
    let code_at = HEADER_LEN + usize::from(len);
    if len < 2 || code_at > body.len() {
        return Err(FrameError::Scb(len));
    }
    let kind = body[HEADER_LEN + 1];
    Ok((code_at, matches!(kind, scs::COMMAND_MAC..=scs::REPLY_ENCRYPTED)))
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(len) => write!(f, "{len} bytes are too few for a frame"),
            Self::Start(byte) => write!(f, "the frame starts with 0x{byte:02X}, not with 0x{SOM:02X}"),
            Self::Length { claimed, actual } => {
                write!(f, "the length field says {claimed} bytes, there are {actual}")
            }
            Self::Check(Check::Crc) => f.write_str("the CRC does not match"),
            Self::Check(Check::Checksum) => f.write_str("the checksum does not match"),
            Self::Scb(len) => write!(f, "a security block of {len} bytes does not fit"),
            Self::NoCode => f.write_str("the frame has no code, or no room for its MAC"),
            Self::TooLong(len) => write!(f, "the frame of {len} bytes is too long for the buffer"),
        }
    }
}

impl core::error::Error for FrameError {}
