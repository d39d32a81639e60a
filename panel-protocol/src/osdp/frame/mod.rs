//! One frame on the wire: a checked view of its bytes.
//!
//! ```text
//! [0xFF] SOM ADDR LEN_lo LEN_hi CTRL [SCB: len type data..] CODE DATA.. [MAC 4] (CRC_lo CRC_hi | CKSUM)
//! ```
//! A [`Frame`] exists only over bytes whose length, check and security block have been verified, so its accessors
//! can't fail, a sealed one has its MAC, and encrypted data comes in whole blocks. It never looks into the payload, and never verifies a MAC: that is [`secure`](super::secure)'s.

use core::fmt;

pub(crate) mod draft;
mod header;
mod layout;

pub use header::{BROADCAST, Check, Header, MARK, SOM, Scb, scs};
pub use layout::FrameError;

pub(crate) use header::{CRC_BIT, HEADER_LEN, MAC_LEN, REPLY_BIT, SEQUENCE_BITS, Seal};
pub(crate) use layout::Layout;

use super::bytes::{Full, Writer};
use draft::{Draft, Shape};

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
        self.layout.seal.is_some()
    }

    /// How the frame is protected, if it is sealed.
    pub(crate) fn seal(&self) -> Option<Seal> {
        self.layout.seal
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
        mac.filter(|_| self.is_sealed())
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
