//! One frame on the wire: a checked view of its bytes.
//!
//! ```text
//! [0xFF] SOM ADDR LEN_lo LEN_hi CTRL [SCB: len type data..] CODE DATA.. [MAC 4] (CRC_lo CRC_hi | CKSUM)
//! ```
//! A [`Frame`] exists only over bytes whose length, check and security block have been verified, so its accessors
//! can't fail. It never looks into the payload, and never verifies a MAC: that is [`secure`](super::secure)'s.

use core::fmt;

use super::bytes::{Full, Writer};
use super::crc::{checksum, crc16};
use super::draft::{Draft, Shape};

/// The idle byte sent before each frame; not part of its length, MAC or check.
pub const MARK: u8 = 0xFF;
/// First byte of every frame.
pub const SOM: u8 = 0x53;
/// The address that every PD answers to, for configuration; its replies carry it too (OSDP 2.2, 5.5).
pub const BROADCAST: u8 = 0x7F;
/// Bytes from SOM to the control byte.
pub(crate) const HEADER_LEN: usize = 5;
/// Bytes of a MAC that travel.
pub(crate) const MAC_LEN: usize = 4;

pub(crate) const REPLY_BIT: u8 = 0x80;
pub(crate) const SEQUENCE_BITS: u8 = 0x03;
pub(crate) const CRC_BIT: u8 = 0x04;
pub(crate) const SCB_BIT: u8 = 0x08;

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
    pub const fn len(self) -> usize {
        match self {
            Self::Checksum => 1,
            Self::Crc => 2,
        }
    }

    /// Never: each check has a byte at least.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        false
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

/// The security block: which step of the secure channel the frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scb<'a> {
    /// One of [`scs`], or something newer.
    pub kind: u8,
    /// What follows the type; one byte in the handshake, nothing after it.
    pub data: &'a [u8],
}

/// A checked frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    bytes: &'a [u8],
    layout: Layout,
}

/// A checked frame that may be decrypted where it stands.
pub struct FrameMut<'a> {
    bytes: &'a mut [u8],
    layout: Layout,
}

/// Where the parts of a checked frame lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub(crate) header: Header,
    pub(crate) code_at: usize,
    pub(crate) data_end: usize,
    pub(crate) sealed: bool,
}

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
}

/// Something that fills a frame: a command or a reply.
pub trait Payload {
    /// Its code byte.
    fn code(&self) -> u8;

    /// Appends its data.
    ///
    /// # Errors
    /// [`Full`] when the frame has no room for it.
    fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full>;
}

/// Emits a frame that needs no session, mark byte included: in clear, or a step of the handshake with its `scb`.
///
/// `buf` bounds the frame: to keep within a peer's receive buffer of n bytes, pass n + 1 (the mark is not counted).
///
/// # Errors
/// [`Full`] when `buf` is too small; it then holds nothing meaningful.
pub fn emit<'b>(
    buf: &'b mut [u8],
    header: Header,
    scb: Option<Scb<'_>>,
    payload: &impl Payload,
) -> Result<&'b [u8], Full> {
    let mut draft = Draft::new(buf, header, scb.map_or(Shape::Clear, Shape::Handshake))?;
    draft.fill(payload)?;
    Ok(draft.finish())
}

impl<'a> Frame<'a> {
    /// Checks `bytes`, SOM to check, without the mark byte.
    ///
    /// # Errors
    /// The first check that fails, in the order of [`FrameError`]'s variants.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        Layout::of(bytes).map(|layout| Self { bytes, layout })
    }

    /// The whole frame, SOM to check.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Address, direction, sequence number and kind of check.
    #[must_use]
    pub fn header(&self) -> Header {
        self.layout.header
    }

    /// The security block, if there is one.
    #[must_use]
    pub fn scb(&self) -> Option<Scb<'a>> {
        let block = &self.bytes[HEADER_LEN..self.layout.code_at];
        block.get(1).map(|kind| Scb { kind: *kind, data: &block[2..] })
    }

    /// Whether the frame belongs to a session: it has a MAC, and its data may be encrypted.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.layout.sealed
    }

    /// The command's or reply's code; never encrypted.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.bytes[self.layout.code_at]
    }

    /// The data after the code, as it stands on the wire.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        &self.bytes[self.layout.code_at + 1..self.layout.data_end]
    }

    /// The four bytes of the MAC that travel, if the frame is sealed.
    #[must_use]
    pub fn mac(&self) -> Option<&'a [u8; MAC_LEN]> {
        let mac = self.bytes[self.layout.data_end..].first_chunk();
        mac.filter(|_| self.layout.sealed)
    }

    /// What the MAC is computed over: SOM to the last byte of data.
    pub(crate) fn authenticated(&self) -> &'a [u8] {
        &self.bytes[..self.layout.data_end]
    }
}

impl<'a> FrameMut<'a> {
    /// Checks `bytes`, SOM to check, without the mark byte.
    ///
    /// # Errors
    /// As [`Frame::parse`].
    pub fn parse(bytes: &'a mut [u8]) -> Result<Self, FrameError> {
        Layout::of(bytes).map(|layout| Self { bytes, layout })
    }

    /// A view over bytes that [`Layout::of`] has just checked.
    pub(crate) fn new(bytes: &'a mut [u8], layout: Layout) -> Self {
        Self { bytes, layout }
    }

    /// The frame to look at.
    #[must_use]
    pub fn view(&self) -> Frame<'_> {
        Frame { bytes: self.bytes, layout: self.layout }
    }

    /// Code and data; the data may be changed where it stands.
    pub(crate) fn into_payload(self) -> (u8, &'a mut [u8]) {
        let payload = &mut self.bytes[self.layout.code_at..self.layout.data_end];
        let (code, data) = payload.split_at_mut(1);
        (code[0], data)
    }
}

impl Layout {
    /// Where the parts of `bytes` lie, once every check has passed.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, FrameError> {
        let header = header(bytes)?;
        let claimed = usize::from(u16::from_le_bytes([bytes[2], bytes[3]]));
        if claimed != bytes.len() {
            return Err(FrameError::Length { claimed, actual: bytes.len() });
        }
        let check_at = bytes.len() - header.check.len();
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
    if bytes.len() < HEADER_LEN + 1 + check.len() {
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

impl fmt::Debug for Frame<'_> {
    /// Without the data, which may be a key or a card.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Header { address, reply, sequence, check } = self.header();
        let arrow = if reply { "from" } else { "to" };
        write!(f, "frame {arrow} {address}, sequence {sequence}, {check:?}, ")?;
        if let Some(scb) = self.scb() {
            write!(f, "SCS_{:02X}, ", scb.kind)?;
        }
        write!(f, "code {:02X}, {} bytes", self.code(), self.data().len())
    }
}

impl fmt::Debug for FrameMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
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
            Self::NoCode => f.write_str("the frame has no code, or no room for its MAC"),
        }
    }
}

impl core::error::Error for FrameError {}
