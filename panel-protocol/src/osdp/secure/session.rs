//! A secure channel once both sides have proven themselves.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::cipher::{BLOCK, Block, SessionKeys};
use crate::osdp::bytes::Full;
use crate::osdp::frame::draft::{self, Draft, Shape};
use crate::osdp::frame::{Check, Frame, FrameMut, Header, MAC_LEN, Payload, Seal, scs};

/// One end of a secure channel; both ends are alike.
///
/// Every [`seal`](Self::seal) and [`open`](Self::open) moves the chain of MACs one frame on, so each frame passes
/// through exactly once. A retry sends the same sealed bytes again, and a PD that hears them again repeats its
/// sealed answer: neither touches the session. A PD that answers BUSY calls
/// [`forget_last`](Self::forget_last), since it will have to open that same command later.
///
/// After a failed `open` the keys are gone and every further call fails.
pub struct Session {
    keys: Option<SessionKeys>,
    chain: Block,
    before: Block,
}

/// A place in a session's chain of MACs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position(Block);

/// What a frame carried, in plain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// The command's or reply's code.
    pub code: u8,
    /// Its data.
    pub data: &'a [u8],
}

/// Why a frame could not be opened. Whichever it is, the session has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenError {
    /// The session had ended before.
    Ended,
    /// The frame has no MAC.
    NotSealed,
    /// The MAC doesn't match: another key, a lost or repeated frame, or a forgery.
    Mac,
    /// The MAC is right, but there is data in clear, which must be encrypted.
    Unencrypted,
    /// The MAC is right, but the padding of the encrypted data is wrong.
    Padding,
}

/// Why a payload could not be sealed. The session is as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SealError {
    /// The session has ended.
    Ended,
    /// The payload doesn't fit in the buffer.
    Full,
}

/// Most data bytes that a sealed frame of `frame_len` bytes (mark not counted) can carry, `None` when not even an
/// empty one fits.
#[must_use]
pub fn max_data(frame_len: usize, check: Check) -> Option<usize> {
    draft::max_data(frame_len, true, check)
}

impl Session {
    pub(super) fn new(keys: SessionKeys, initial_mac: Block) -> Self {
        Self { keys: Some(keys), chain: initial_mac, before: initial_mac }
    }

    /// Whether the session can still be used.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.keys.is_some()
    }

    /// Emits the payload as a sealed frame, mark byte included: encrypted, or with a MAC only when it has no data.
    ///
    /// # Errors
    /// When the session has ended or `buf` is too small for the payload; the chain has not moved, and nothing of the
    /// payload is left in `buf`.
    pub fn seal<'b>(
        &mut self,
        buf: &'b mut [u8],
        header: Header,
        payload: &impl Payload,
    ) -> Result<&'b [u8], SealError> {
        if !self.is_alive() {
            return Err(SealError::Ended);
        }
        let mut draft = Draft::new(buf, header, Shape::Sealed)?;
        draft.fill(payload).inspect_err(|Full| draft.data_room().zeroize())?;
        self.seal_draft(draft)
    }

    /// Seals a draft that was begun as [`Shape::Sealed`].
    pub(crate) fn seal_draft<'b>(&mut self, mut draft: Draft<'b>) -> Result<&'b [u8], SealError> {
        let keys = self.keys.as_ref().ok_or(SealError::Ended)?;
        draft.set_scs(match (draft.is_reply(), draft.data_len()) {
            (false, 0) => scs::COMMAND_MAC,
            (true, 0) => scs::REPLY_MAC,
            (false, _) => scs::COMMAND_ENCRYPTED,
            (true, _) => scs::REPLY_ENCRYPTED,
        });
        if draft.data_len() > 0 {
            keys.encrypt(&self.chain, draft.pad());
        }
        let mac = keys.mac(&self.chain, draft.authenticated());
        self.advance(mac);
        Ok(draft.finish_sealed(travelling(&mac)))
    }

    /// Verifies the frame and decrypts it where it stands.
    ///
    /// # Errors
    /// When anything is wrong with the frame; the session has then ended and its keys are wiped.
    pub fn open<'a>(&mut self, frame: FrameMut<'a>) -> Result<Message<'a>, OpenError> {
        let opened = self.try_open(frame);
        if opened.is_err() {
            self.end();
        }
        opened
    }

    /// Takes the last frame back, as if it had never been opened or sealed: the same frame can pass once more. Only
    /// one step is remembered.
    pub fn forget_last(&mut self) {
        self.chain = self.before;
    }

    /// Ends the session and wipes its keys.
    pub fn end(&mut self) {
        self.keys = None;
    }

    /// Whether the frame is the next one of the chain. The session stays as it is.
    ///
    /// # Errors
    /// What [`open`](Self::open) would say, but for the padding.
    pub(crate) fn check(&self, frame: &Frame<'_>) -> Result<(), OpenError> {
        let keys = self.keys.as_ref().ok_or(OpenError::Ended)?;
        self.verify(keys, frame).map(|_| ())
    }

    /// Where the chain of MACs stands.
    pub(crate) fn position(&self) -> Position {
        Position(self.chain)
    }

    /// Puts the chain back to where it stood, for someone who hears a frame again.
    pub(crate) fn go_back(&mut self, to: Position) {
        self.chain = to.0;
    }

    /// The frame's whole MAC, once its travelling part has proven right.
    fn verify(&self, keys: &SessionKeys, frame: &Frame<'_>) -> Result<Block, OpenError> {
        encrypted(frame)?;
        let mac = keys.mac(&self.chain, frame.authenticated());
        let given = frame.mac().ok_or(OpenError::NotSealed)?;
        if bool::from(travelling(&mac).ct_eq(given)) { Ok(mac) } else { Err(OpenError::Mac) }
    }

    fn try_open<'a>(&mut self, frame: FrameMut<'a>) -> Result<Message<'a>, OpenError> {
        let keys = self.keys.as_ref().ok_or(OpenError::Ended)?;
        let encrypted = encrypted(&frame.view())?;
        let mac = self.verify(keys, &frame.view())?;
        let (code, data) = frame.into_payload();
        let data = match (encrypted, data) {
            (true, data) => {
                keys.decrypt(&self.chain, data);
                unpadded(data)?
            }
            (false, data @ []) => data,
            (false, _) => return Err(OpenError::Unencrypted),
        };
        self.advance(mac);
        Ok(Message { code, data })
    }

    fn advance(&mut self, mac: Block) {
        self.before = self.chain;
        self.chain = mac;
    }
}

/// Whether the frame's data is encrypted.
fn encrypted(frame: &Frame<'_>) -> Result<bool, OpenError> {
    frame.seal().map(|seal| seal == Seal::Encrypted).ok_or(OpenError::NotSealed)
}

/// Data without its padding of 0x80 and zeros. Without data a payload should travel under a MAC alone, but the MAC of a
/// frame that holds padding, or nothing, proves as much: devices and tools send it, and no secret is at stake.
fn unpadded(data: &[u8]) -> Result<&[u8], OpenError> {
    match data.iter().rposition(|byte| *byte != 0) {
        None if data.is_empty() => Ok(data),
        Some(end) if data[end] == 0x80 && data.len() - end <= BLOCK => Ok(&data[..end]),
        _ => Err(OpenError::Padding),
    }
}

/// The part of a MAC that the frame carries.
fn travelling(mac: &Block) -> [u8; MAC_LEN] {
    [mac[0], mac[1], mac[2], mac[3]]
}

impl From<Full> for SealError {
    fn from(Full: Full) -> Self {
        Self::Full
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", if self.is_alive() { "alive" } else { "ended" })
    }
}

impl fmt::Debug for Message<'_> {
    /// Without the data, which may be a key or a card.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code {:02X}, {} bytes", self.code, self.data.len())
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => "the secure session has ended",
            Self::NotSealed => "the frame is not sealed",
            Self::Mac => "the MAC does not match",
            Self::Unencrypted => "the data is not encrypted",
            Self::Padding => "the encrypted data is not padded as it must be",
        })
    }
}

impl core::error::Error for OpenError {}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => f.write_str("the secure session has ended"),
            Self::Full => Full.fmt(f),
        }
    }
}

impl core::error::Error for SealError {}
