//! A listener beside the line: follows what both sides say, and says nothing.
//!
//! [`Monitor::observe`] takes the frames of both directions in the order in which they travelled. Whoever knows a
//! device's key gives it before: then the monitor follows handshakes, verifies every MAC and opens what is encrypted.
//! Frames may be missing from what it hears, and be repeated: a retry is recognised and moves nothing.
//!
//! It tells of each frame what it has computed and never guesses: a MAC that it could not compute is
//! [`Seal::Unknown`], with the reason.

mod channel;
mod conversation;
mod keys;

use conversation::Conversation;
use heapless::Vec;
pub use keys::{KeyName, KeyRing, KeyRingFull};

use super::frame::{FrameMut, Header};

/// Most devices that one line can have: every address, the broadcast one too.
pub const EVERY_ADDRESS: usize = 128;

/// Listens to a line of at most `PDS` addresses, with at most `KEYS` keys.
///
/// ```
/// use panel_protocol::osdp::frame::FrameMut;
/// use panel_protocol::osdp::monitor::{KeyRing, Monitor, Seal};
///
/// let mut monitor = Monitor::<4, 1>::new(KeyRing::new());
/// let mut poll = [0x53, 0x05, 0x0E, 0x00, 0x0D, 0x02, 0x15, 0x60, 0x7F, 0x42, 0x18, 0x10, 0x7C, 0xFD];
/// let seen = monitor.observe(FrameMut::parse(&mut poll).expect("a frame"));
/// assert!(matches!(seen.seal, Seal::Unknown(_)), "no handshake was heard");
/// ```
#[derive(Debug)]
pub struct Monitor<const PDS: usize, const KEYS: usize> {
    keys: KeyRing<KEYS>,
    conversations: Vec<Conversation, PDS>,
}

/// One frame, as far as it is understood.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Observation<'a> {
    /// Address, direction, sequence number and kind of check.
    pub header: Header,
    /// The security block's type, one of [`scs`](super::frame::scs) or something newer.
    pub scs: Option<u8>,
    /// The command's or reply's code.
    pub code: u8,
    /// Its data in plain; `None` when it is encrypted and can't be read.
    pub data: Option<&'a [u8]>,
    /// What its MAC, or its proof of a key, is worth.
    pub seal: Seal,
    /// The key of the handshake or session that the frame belongs to, if it is known.
    pub key: Option<KeyName>,
    /// Whether it is the same, byte for byte, as its sender's last frame: a retry, or the answer to one.
    pub repeated: bool,
}

/// What a frame's MAC, or its proof of a key, is worth.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Seal {
    /// There is neither.
    None,
    /// It was computed, and is what the frame says.
    Right,
    /// It was computed, and is another: the sender has another key, a frame before it was missed, or it is forged.
    Wrong,
    /// It can't be computed.
    Unknown(Blind),
}

/// Why a MAC can't be computed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Blind {
    /// The handshake was not heard, or not whole, or the session that it began has ended.
    NoHandshake,
    /// The handshake was heard, and none of the keys fits it.
    NoKey,
    /// A frame before this one was missed or didn't fit, and each MAC continues the one before.
    Adrift,
    /// More devices speak than there is room for.
    NoRoom,
}

impl<const PDS: usize, const KEYS: usize> Monitor<PDS, KEYS> {
    /// A listener that has heard nothing yet.
    #[must_use]
    pub const fn new(keys: KeyRing<KEYS>) -> Self {
        Self { keys, conversations: Vec::new() }
    }

    /// Takes the next frame of either direction, and opens it where it stands if that is possible.
    pub fn observe<'a>(&mut self, frame: FrameMut<'a>) -> Observation<'a> {
        let Self { keys, conversations } = self;
        match conversation(conversations, frame.view().header().address) {
            Some(conversation) => conversation.hear(frame, keys),
            None => Observation::unopened(frame, Seal::Unknown(Blind::NoRoom)),
        }
    }

    /// A frame to or from this address was damaged or not heard: what follows may not fit.
    pub fn missed(&mut self, address: u8) {
        if let Some(conversation) = conversation(&mut self.conversations, address) {
            conversation.missed();
        }
    }
}

/// The conversation with an address, begun if there is none; `None` when there is no room for it.
fn conversation<const PDS: usize>(
    conversations: &mut Vec<Conversation, PDS>,
    address: u8,
) -> Option<&mut Conversation> {
    let at = conversations.iter().position(|one| one.address() == address);
    let at = match at {
        Some(at) => at,
        None => {
            conversations.push(Conversation::new(address)).ok()?;
            conversations.len() - 1
        }
    };
    conversations.get_mut(at)
}

impl<'a> Observation<'a> {
    /// A frame whose MAC, if it has one, is worth `seal`. Its data can be read unless it is encrypted.
    fn unopened(frame: FrameMut<'a>, seal: Seal) -> Self {
        let view = frame.view();
        let (header, scs, sealed) = (view.header(), view.scb().map(|scb| scb.kind), view.is_sealed());
        let encrypted = channel::is_encrypted(&view);
        let (code, data) = frame.into_payload();
        Self {
            header,
            scs,
            code,
            data: (!encrypted).then_some(data),
            seal: if sealed { seal } else { Seal::None },
            key: None,
            repeated: false,
        }
    }
}

impl core::fmt::Debug for Observation<'_> {
    /// Without the data, which may be a key or a card.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { header, scs, code, seal, key, repeated, .. } = self;
        f.debug_struct("Observation")
            .field("header", header)
            .field("scs", scs)
            .field("code", code)
            .field("seal", seal)
            .field("key", key)
            .field("repeated", repeated)
            .finish_non_exhaustive()
    }
}

impl core::fmt::Display for Blind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NoHandshake => "the session's handshake was not heard",
            Self::NoKey => "none of the keys fits the handshake",
            Self::Adrift => "an earlier frame was missed or did not fit",
            Self::NoRoom => "more devices speak than are followed",
        })
    }
}
