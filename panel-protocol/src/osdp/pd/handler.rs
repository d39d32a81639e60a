//! What makes a PD one device and not another.

use core::fmt;

use crate::osdp::bytes::Full;
use crate::osdp::command::Command;
use crate::osdp::frame::draft::Draft;
use crate::osdp::payload::{ComSettings, Manufacturer};
use crate::osdp::reply::{Capability, DeviceId, NakReason, Reply, code};
use crate::osdp::secure::Scbk;
use crate::time::Micros;

/// The device behind a [`Pd`](super::Pd).
///
/// Each command reaches it once: retries of the CP are answered by the machine. It never hears POLL, ID, CAP, KEYSET,
/// ACURXSIZE or the handshake, which have methods of their own or need none.
pub trait PdHandler {
    /// Who the device is.
    fn identity(&self) -> DeviceId;

    /// What it can do; at most 39 entries fit into the shortest reply.
    fn capabilities(&self) -> &[Capability];

    /// The key it has, or that it waits for one.
    fn key(&self) -> Key<'_>;

    /// Keeps a key that came through the secure channel; false when it could not be kept.
    fn set_key(&mut self, key: &Scbk) -> bool;

    /// Eight bytes that nobody can guess, different each time.
    fn random(&mut self) -> [u8; 8];

    /// A secure channel has been opened.
    fn session_began(&mut self) {}

    /// Carries a command out and answers it; one that the device doesn't know, with [`NakReason::UnknownCommand`]. Say [`busy`](ReplyWriter::busy) only when nothing was done: the same
    /// command will come again.
    fn command<'b>(&mut self, now: Micros, command: &Command<'_>, reply: ReplyWriter<'b>) -> Answered<'b>;

    /// Answers a POLL: tells the oldest thing not yet [`delivered`](Self::delivered), or
    /// [`ack`](ReplyWriter::ack) when there is none. An [`EventQueue`](super::EventQueue) knows which that is.
    fn poll<'b>(&mut self, now: Micros, reply: ReplyWriter<'b>) -> Answered<'b>;

    /// The CP has the last thing that [`poll`](Self::poll) told; it need not be told again.
    fn delivered(&mut self, now: Micros);
}

/// The key a device has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key<'a> {
    /// None yet, or a human being at the device asked for a new one: the default key is accepted, and no other.
    Factory,
    /// Its own; the default key is refused.
    Installed(&'a Scbk),
}

/// The frame that a handler's answer is written into. Each of its methods answers, and so uses it up.
pub struct ReplyWriter<'b> {
    draft: Draft<'b>,
    sealed: bool,
}

/// A written answer; only a [`ReplyWriter`] makes one.
pub struct Answered<'b> {
    pub(super) draft: Draft<'b>,
}

impl<'b> ReplyWriter<'b> {
    pub(super) fn new(draft: Draft<'b>, sealed: bool) -> Self {
        Self { draft, sealed }
    }

    /// Whether command and answer travel inside a secure channel.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Most data bytes that the answer can have.
    #[must_use]
    pub fn room(&self) -> usize {
        self.draft.max_data_len()
    }

    /// Done, or nothing new.
    #[must_use]
    pub fn ack(self) -> Answered<'b> {
        self.bare(code::ACK)
    }

    /// Ask the same again later. The session, and what the CP believes, stay as they were before the command.
    ///
    /// Rather answer at once where it can be done: libosdp 3.2 as a CP repeats with a wrong sequence number, and then
    /// gives the device up for five minutes.
    #[must_use]
    pub fn busy(self) -> Answered<'b> {
        self.bare(code::BUSY)
    }

    /// Refused.
    #[must_use]
    pub fn nak(mut self, reason: NakReason) -> Answered<'b> {
        if let Some(byte) = self.draft.data_room().first_mut() {
            *byte = reason.to_byte();
        }
        self.draft.set(code::NAK, 1);
        Answered { draft: self.draft }
    }

    /// Any reply. One that doesn't fit into [`room`](Self::room) becomes a NAK for [`NakReason::Record`].
    #[must_use]
    pub fn send(mut self, reply: &Reply<'_>) -> Answered<'b> {
        match self.draft.fill(reply) {
            Ok(()) => Answered { draft: self.draft },
            Err(Full) => self.nak(NakReason::Record),
        }
    }

    /// A vendor's own reply, written in place: `fill` gets all the room there is and gives how many bytes it used.
    #[must_use]
    pub fn manufacturer(mut self, oui: [u8; 3], fill: impl FnOnce(&mut [u8]) -> usize) -> Answered<'b> {
        let Some((head, rest)) = self.draft.data_room().split_first_chunk_mut() else {
            return self.send(&Reply::Manufacturer(Manufacturer { oui, data: &[] }));
        };
        *head = oui;
        let used = fill(rest).min(rest.len());
        self.draft.set(code::MFGREP, oui.len() + used);
        Answered { draft: self.draft }
    }

    fn bare(mut self, code: u8) -> Answered<'b> {
        self.draft.set(code, 0);
        Answered { draft: self.draft }
    }
}

impl Answered<'_> {
    /// Whether the CP is to ask again.
    pub(super) fn is_busy(&self) -> bool {
        self.draft.code() == code::BUSY
    }

    /// Whether the answer to a POLL told something.
    pub(super) fn is_news(&self) -> bool {
        !matches!(self.draft.code(), code::ACK | code::NAK | code::BUSY)
    }

    /// What a COM reply says.
    pub(super) fn com_settings(&self) -> Option<ComSettings> {
        match Reply::parse(self.draft.code(), self.draft.data()) {
            Ok(Reply::Com(settings)) => Some(settings),
            _ => None,
        }
    }
}

impl fmt::Debug for ReplyWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyWriter")
    }
}

impl fmt::Debug for Answered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answered(code {:02X})", self.draft.code())
    }
}
