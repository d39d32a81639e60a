//! What a frame says about itself before its payload: address, sequence, check and security block.

use crate::osdp::crc::{checksum, crc16};

/// The idle byte sent before each frame; not part of its length, MAC or check.
pub const MARK: u8 = 0xFF;
/// First byte of every frame.
pub const SOM: u8 = 0x53;
/// The address that every PD answers to beside its own, for configuration (OSDP 2.2, 5.5 and 5.9).
///
/// - It is never a PD's own: a COMSET to it is refused.
/// - A PD answers a command to it as any other, and the reply bears it too, so 0xFF stands on the line.
/// - Where several PDs share a line, all answer at once and nothing can be read. So it is for a line with one PD, as on a
///   workbench or while scanning; Gatehouse's CP takes no PD at it, and never broadcasts.
/// - A frame to it that arrives damaged is answered by nobody: that only asks for a repetition, and all would ask.
pub const BROADCAST: u8 = 0x7F;
/// Bytes from SOM to the control byte.
pub(crate) const HEADER_LEN: usize = 5;
/// Bytes of a MAC that travel.
pub(crate) const MAC_LEN: usize = 4;

pub(crate) const REPLY_BIT: u8 = 0x80;
pub(crate) const SEQUENCE_BITS: u8 = 0x03;
pub(crate) const CRC_BIT: u8 = 0x04;
pub(crate) const SCB_BIT: u8 = 0x08;
/// Bits that no edition gives a meaning. 0x80 is not among them: drafts marked messages of many frames with it, devices of
/// that time still do, and it changes nothing in how a frame is laid out.
pub(crate) const RESERVED_BITS: u8 = 0x70;

/// Types of security blocks (OSDP 2.2, Annex D).
pub mod scs {
    /// CP's challenge.
    pub const CHALLENGE: u8 = 0x11;
    /// PD's identifier, random number and cryptogram.
    pub const CLIENT_CRYPTOGRAM: u8 = 0x12;
    /// CP's cryptogram.
    pub const SERVER_CRYPTOGRAM: u8 = 0x13;
    /// PD's initial MAC.
    pub const INITIAL_MAC: u8 = 0x14;
    /// Status that goes with [`INITIAL_MAC`] when the CP's cryptogram was right; 0xFF when it was wrong.
    pub const ACCEPTED: u8 = 0x01;
    /// Command with MAC, data in clear; the only form for a command without data.
    pub const COMMAND_MAC: u8 = 0x15;
    /// Reply with MAC, data in clear; the only form for a reply without data.
    pub const REPLY_MAC: u8 = 0x16;
    /// Command with MAC and encrypted data.
    pub const COMMAND_ENCRYPTED: u8 = 0x17;
    /// Reply with MAC and encrypted data.
    pub const REPLY_ENCRYPTED: u8 = 0x18;
}

/// How a frame proves that it arrived whole.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Check {
    /// One byte, for old devices.
    Checksum,
    /// Two bytes.
    Crc,
}

impl Check {
    /// Bytes it takes at the frame's end.
    #[must_use]
    pub const fn byte_len(self) -> usize {
        match self {
            Self::Checksum => 1,
            Self::Crc => 2,
        }
    }

    /// Whether `check` is this check of `body`.
    pub(crate) fn matches(self, body: &[u8], check: &[u8]) -> bool {
        match self {
            Self::Checksum => check == [checksum(body)],
            Self::Crc => check == crc16(body).to_le_bytes(),
        }
    }
}

/// Who says something, to whom, and as which one of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Header {
    /// The PD concerned, 0 to 0x7E, or [`BROADCAST`].
    pub address: u8,
    /// Whether the PD speaks.
    pub reply: bool,
    /// 0 to 3; 0 resets the conversation.
    pub sequence: u8,
    /// What the frame ends with.
    pub check: Check,
}

impl Header {
    /// A command's header, with a CRC.
    #[must_use]
    pub const fn command(address: u8, sequence: u8) -> Self {
        Self { address, reply: false, sequence, check: Check::Crc }
    }

    /// The header that a reply to this command carries.
    #[must_use]
    pub const fn answer(self) -> Self {
        Self { reply: true, ..self }
    }
}

/// How a session protects a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Seal {
    /// By a MAC; the data is in clear.
    Mac,
    /// By a MAC, and the data is encrypted.
    Encrypted,
}

/// The security block: which step of the secure channel the frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scb<'a> {
    /// One of [`scs`], or something newer.
    pub kind: u8,
    /// What follows the type; one byte in the handshake, nothing after it.
    pub data: &'a [u8],
}
