//! What a device has to tell its CP, kept until the CP has heard it.
//!
//! A [`PdHandler`](super::PdHandler) puts events in as they happen, and hands its `poll` and `delivered` on. Each event
//! is told once and in order; one that was told into a conversation that broke is told again. Nothing here is written
//! to memory that outlives a restart.

use core::fmt;
use core::time::Duration;

use heapless::Vec;

use super::handler::{Answered, ReplyWriter};
use crate::osdp::bytes::Writer;
use crate::osdp::frame::Payload;
use crate::osdp::reply::{Reply, code};
use crate::osdp::timing::OFFLINE_AFTER;
use crate::time::Micros;

/// A card or key read that has waited longer than this is not told any more: no door may open for a card that was
/// shown before an outage. It is the time after which a device is offline.
pub const READ_LIFETIME: Duration = OFFLINE_AFTER;

/// Longest event, in bytes of data: what fits sealed into the shortest frame that every CP can take.
pub const MAX_EVENT_LEN: usize = 111;

/// Kinds of status report, each of which always finds room.
const STATUS_KINDS: usize = 4;

/// At most `E` events (4 or more) of at most `B` bytes of data each (1 to [`MAX_EVENT_LEN`]).
///
/// 16 bytes hold a card of 96 bits, 13 keys, a report on 15 inputs, or a vendor's 13 bytes.
///
/// When it is full, the oldest read (RAW, KEYPAD) is forgotten for the new event; without one, the oldest status report
/// (LSTATR, ISTATR, OSTATR, RSTATR) that a later one of its kind has overtaken; without one, the oldest of the rest.
/// So the newest status of each kind is never lost, while a status that went and came back in a short time is told in
/// full as long as there is room. Reads are forgotten after [`READ_LIFETIME`], status reports and the rest never.
///
/// ```
/// use panel_protocol::osdp::pd::{Answered, EventQueue, ReplyWriter};
/// use panel_protocol::osdp::reply::{LocalStatus, Reply};
/// use panel_protocol::time::Micros;
///
/// let mut events = EventQueue::<8>::new();
/// let tampered = LocalStatus { tamper: true, power_failure: false };
/// events.push(Micros(0), &Reply::LocalStatus(tampered))?;
///
/// // In `PdHandler::poll` and `PdHandler::delivered`:
/// fn poll<'b>(events: &mut EventQueue<8>, now: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
///     events.tell(now, reply).unwrap_or_else(ReplyWriter::ack)
/// }
/// fn delivered(events: &mut EventQueue<8>) {
///     events.delivered();
/// }
/// # Ok::<(), panel_protocol::osdp::pd::NotQueued>(())
/// ```
pub struct EventQueue<const E: usize, const B: usize = 16> {
    /// In the order in which they happened.
    waiting: Vec<Waiting<B>, E>,
    /// Whether the first was told, and the CP may have it.
    told: bool,
    lost: u32,
}

/// Why an event was not queued.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotQueued {
    /// Its data is longer than the queue's entries.
    TooLong,
    /// ACK, NAK and BUSY tell nothing.
    NoEvent,
}

struct Waiting<const B: usize> {
    code: u8,
    data: Vec<u8, B, u8>,
    since: Micros,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Status,
    Other,
}

impl<const E: usize, const B: usize> EventQueue<E, B> {
    const BOUNDS: () = {
        assert!(E >= STATUS_KINDS, "each kind of status report needs a place");
        assert!(B >= 1 && B <= MAX_EVENT_LEN, "an event must fit into the shortest frame");
    };

    /// Nothing to tell.
    #[must_use]
    pub const fn new() -> Self {
        let () = Self::BOUNDS;
        Self { waiting: Vec::new(), told: false, lost: 0 }
    }

    /// Takes an event that happened at `now`: any reply that may answer a POLL.
    ///
    /// # Errors
    /// When the event can never be told; a full queue is no error.
    pub fn push(&mut self, now: Micros, event: &Reply<'_>) -> Result<(), NotQueued> {
        if let Reply::Ack | Reply::Nak(_) | Reply::Busy = event {
            return Err(NotQueued::NoEvent);
        }
        let event = Waiting::of(now, event).ok_or(NotQueued::TooLong)?;
        if let Err(unplaced) = self.waiting.push(event) {
            self.lost = self.lost.wrapping_add(1);
            if let Some(index) = self.dispensable(unplaced.code) {
                self.forget(index);
                self.waiting.push(unplaced).ok(); // there is room now
            }
        }
        Ok(())
    }

    /// Answers a POLL with the oldest event; gives the writer back when there is none.
    ///
    /// A handler that has other things to tell asks here first, so that what [`delivered`](Self::delivered) means is
    /// what was told here.
    ///
    /// # Errors
    /// The writer, unused: nothing to tell.
    pub fn tell<'b>(&mut self, now: Micros, reply: ReplyWriter<'b>) -> Result<Answered<'b>, ReplyWriter<'b>> {
        self.forget_stale(now);
        self.told = !self.waiting.is_empty();
        match self.waiting.first() {
            Some(Waiting { code, data, .. }) => Ok(reply.send(&Reply::Other { code: *code, data })),
            None => Err(reply),
        }
    }

    /// The CP has what was told last. Without effect when that was something else.
    pub fn delivered(&mut self) {
        if self.told {
            self.forget(0);
        }
    }

    /// Whether nothing waits. What is stale counts until the next [`tell`](Self::tell).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many events wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many events were forgotten without the CP being known to have heard them. Wraps.
    #[must_use]
    pub fn lost(&self) -> u32 {
        self.lost
    }

    /// What may go for an event with `code` when there is no room.
    fn dispensable(&self, code: u8) -> Option<usize> {
        let oldest = |kind| self.waiting.iter().position(|waiting| waiting.kind() == kind);
        oldest(Kind::Read).or_else(|| self.overtaken(code)).or_else(|| oldest(Kind::Other))
    }

    /// The oldest status report that a later one of its kind makes superfluous, or the event with `code` would.
    fn overtaken(&self, code: u8) -> Option<usize> {
        self.waiting.iter().enumerate().position(|(index, waiting)| {
            let mut later = self.waiting[index + 1..].iter().map(|waiting| waiting.code).chain([code]);
            waiting.kind() == Kind::Status && later.any(|code| code == waiting.code)
        })
    }

    fn forget_stale(&mut self, now: Micros) {
        let before = self.waiting.len();
        self.waiting
            .retain(|waiting| waiting.kind() != Kind::Read || now.since(waiting.since) <= READ_LIFETIME);
        let stale = u32::try_from(before - self.waiting.len()).unwrap_or(u32::MAX);
        self.lost = self.lost.wrapping_add(stale);
    }

    /// Removes one; the first takes with it that it was told.
    fn forget(&mut self, index: usize) {
        self.waiting.remove(index);
        self.told &= index > 0;
    }
}

impl<const B: usize> Waiting<B> {
    fn of(now: Micros, event: &Reply<'_>) -> Option<Self> {
        let mut data = Vec::new();
        data.resize_default(B).ok()?;
        let mut out = Writer::new(&mut data);
        event.emit(&mut out).ok()?;
        let len = out.len();
        data.truncate(len);
        Some(Self { code: event.code(), data, since: now })
    }

    fn kind(&self) -> Kind {
        match self.code {
            code::RAW | code::KEYPAD => Kind::Read,
            code::LSTATR | code::ISTATR | code::OSTATR | code::RSTATR => Kind::Status,
            _ => Kind::Other,
        }
    }
}

impl<const E: usize, const B: usize> Default for EventQueue<E, B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const E: usize, const B: usize> fmt::Debug for EventQueue<E, B> {
    /// Without the events' data, which may be cards and PINs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventQueue({} waiting, {} lost)", self.waiting.len(), self.lost)
    }
}

impl fmt::Display for NotQueued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the event is longer than the queue's entries",
            Self::NoEvent => "ACK, NAK and BUSY tell nothing",
        })
    }
}

impl core::error::Error for NotQueued {}
