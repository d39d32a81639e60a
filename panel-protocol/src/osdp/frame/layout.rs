//! The checks that bytes pass to be a frame, and where its parts then lie.

use core::fmt;

use super::header::{
    CRC_BIT, Check, HEADER_LEN, Header, MAC_LEN, REPLY_BIT, RESERVED_BITS, SCB_BIT, SEQUENCE_BITS, SOM, Seal,
    scs,
};
use crate::osdp::secure::BLOCK;

/// Which check of a frame failed, in the order in which they are made. All are faults of the bytes, not of their meaning.
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
    /// The control byte has these bits set, which have no meaning.
    Control(u8),
    /// The security block's length is below its minimum of 2 or reaches over the frame's end.
    Scb(u8),
    /// The security block's type goes with data of another length: one byte in the handshake, none in a session.
    ScbData {
        /// The block's type.
        kind: u8,
        /// How many bytes of data it has.
        len: usize,
    },
    /// The security block's type is one of the other direction.
    Direction {
        /// The block's type.
        kind: u8,
        /// Whether the frame says that a PD sent it.
        reply: bool,
    },
    /// The security block is followed by nothing.
    NoCode,
    /// The security block promises a MAC, and there is no room for it behind the code.
    NoMac,
    /// The security block promises encrypted data, and this many bytes are no whole number of blocks.
    Blocks(usize),
    /// It has this many bytes, more than the receiver's buffer; nothing else of it was checked.
    TooLong(usize),
}

impl FrameError {
    /// Whether the frame arrived undamaged, so that its sender made it so.
    #[must_use]
    pub const fn is_malformed(&self) -> bool {
        match self {
            Self::TooShort(_) | Self::Start(_) | Self::Length { .. } | Self::Check(_) | Self::TooLong(_) => {
                false
            }
            Self::Control(_)
            | Self::Scb(_)
            | Self::ScbData { .. }
            | Self::Direction { .. }
            | Self::NoCode
            | Self::NoMac
            | Self::Blocks(_) => true,
        }
    }
}

/// Where the parts of a checked frame lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub(crate) header: Header,
    pub(crate) code_at: usize,
    pub(crate) data_end: usize,
    pub(crate) seal: Option<Seal>,
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
        let body = &bytes[..check_at];
        match body[HEADER_LEN - 1] & RESERVED_BITS {
            0 => {}
            bits => return Err(FrameError::Control(bits)),
        }
        let (code_at, seal) = security(header.reply, body)?;
        if code_at == check_at {
            return Err(FrameError::NoCode);
        }
        let data_end = data_end(code_at + 1, check_at, seal)?;
        Ok(Self { header, code_at, data_end, seal })
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

/// Where the code lies behind the security block, and how that block says that the frame is protected.
fn security(reply: bool, body: &[u8]) -> Result<(usize, Option<Seal>), FrameError> {
    if body[HEADER_LEN - 1] & SCB_BIT == 0 {
        return Ok((HEADER_LEN, None));
    }
    let len = body[HEADER_LEN];
    let code_at = HEADER_LEN + usize::from(len);
    if len < 2 || code_at > body.len() {
        return Err(FrameError::Scb(len));
    }
    let (kind, len) = (body[HEADER_LEN + 1], usize::from(len) - 2);
    match form(kind) {
        Some(form) if form.reply != reply => Err(FrameError::Direction { kind, reply }),
        Some(form) if form.data_len != len => Err(FrameError::ScbData { kind, len }),
        Some(form) => Ok((code_at, form.seal)),
        None => Ok((code_at, None)),
    }
}

/// What the standard says of a type of security block (OSDP 2.2, D.1.3).
struct Form {
    reply: bool,
    data_len: usize,
    seal: Option<Seal>,
}

/// The form of a type; `None` for one that this crate doesn't know, which is the receiver's to refuse.
fn form(kind: u8) -> Option<Form> {
    let (reply, data_len, seal) = match kind {
        scs::CHALLENGE | scs::SERVER_CRYPTOGRAM => (false, 1, None),
        scs::CLIENT_CRYPTOGRAM | scs::INITIAL_MAC => (true, 1, None),
        scs::COMMAND_MAC => (false, 0, Some(Seal::Mac)),
        scs::REPLY_MAC => (true, 0, Some(Seal::Mac)),
        scs::COMMAND_ENCRYPTED => (false, 0, Some(Seal::Encrypted)),
        scs::REPLY_ENCRYPTED => (true, 0, Some(Seal::Encrypted)),
        _ => return None,
    };
    Some(Form { reply, data_len, seal })
}

/// Where the data that begins at `data_at` ends, in front of a MAC if there is one.
fn data_end(data_at: usize, check_at: usize, seal: Option<Seal>) -> Result<usize, FrameError> {
    let Some(seal) = seal else { return Ok(check_at) };
    let data_end = check_at.checked_sub(MAC_LEN).filter(|end| *end >= data_at).ok_or(FrameError::NoMac)?;
    match data_end - data_at {
        len if seal == Seal::Encrypted && !len.is_multiple_of(BLOCK) => Err(FrameError::Blocks(len)),
        _ => Ok(data_end),
    }
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
            Self::Control(bits) => {
                write!(f, "the control byte has bits 0x{bits:02X} set, which have no meaning")
            }
            Self::ScbData { kind, len } => {
                write!(f, "a security block of type 0x{kind:02X} does not go with {len} bytes of data")
            }
            Self::Direction { kind, reply } => {
                let sender = if *reply { "reply" } else { "command" };
                write!(f, "a {sender} can't have a security block of type 0x{kind:02X}")
            }
            Self::NoCode => f.write_str("the frame has no code"),
            Self::NoMac => f.write_str("the frame has no room for the MAC that its security block promises"),
            Self::Blocks(len) => write!(f, "{len} bytes of encrypted data are no whole number of blocks"),
            Self::TooLong(len) => write!(f, "the frame of {len} bytes is too long for the buffer"),
        }
    }
}

impl core::error::Error for FrameError {}
