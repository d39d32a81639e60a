//! One command and its reply at a time: the reply is kept, so that a retry costs neither a callback nor a MAC.

use core::fmt;

use super::channel::Step;
use super::conversation::{Admitted, Conversation};
use super::handler::{PdHandler, ReplyWriter};
use super::{Output, PdConfig};
use crate::osdp::deframe::Refused;
use crate::osdp::frame::draft::{Draft, Shape};
use crate::osdp::frame::{BROADCAST, FrameMut, Header, Scb, emit};
use crate::osdp::reply::Reply;
use crate::osdp::secure::{KeyKind, Message};
use crate::time::Micros;

/// Longest answer that is sent beside the kept one: a NAK in clear, mark byte included.
const NOTICE_LEN: usize = 10;

pub(super) struct Exchange<const N: usize> {
    conversation: Conversation,
    /// The last command taken, as it came.
    command: Bytes<N>,
    /// The answer to it.
    reply: Bytes<N>,
    /// An answer that is not kept: BUSY, or a refusal of a frame that was not taken.
    notice: Bytes<NOTICE_LEN>,
    due: Due,
}

/// Bytes of a frame.
struct Bytes<const N: usize> {
    room: [u8; N],
    len: usize,
}

/// What is to be sent.
#[derive(Clone, Copy)]
enum Due {
    Nothing,
    Reply,
    Notice,
}

/// The command was answered with BUSY.
struct Busy;

impl<const N: usize> Exchange<N> {
    pub(super) const fn new(config: PdConfig) -> Self {
        Self {
            conversation: Conversation::new(config),
            command: Bytes::new(),
            reply: Bytes::new(),
            notice: Bytes::new(),
            due: Due::Nothing,
        }
    }

    pub(super) fn set_address(&mut self, address: u8) {
        self.conversation.set_address(address);
    }

    pub(super) fn address(&self) -> u8 {
        self.conversation.address()
    }

    pub(super) fn is_online(&self) -> bool {
        self.conversation.is_online()
    }

    pub(super) fn secured_by(&self) -> Option<KeyKind> {
        self.conversation.secured_by()
    }

    pub(super) fn deadline(&self) -> Option<Micros> {
        self.conversation.silent_from()
    }

    pub(super) fn poll_output(&mut self) -> Option<Output<'_>> {
        match core::mem::replace(&mut self.due, Due::Nothing) {
            Due::Reply => Some(Output::Transmit(self.reply.bytes())),
            Due::Notice => Some(Output::Transmit(self.notice.bytes())),
            Due::Nothing => self.conversation.next_event().map(Output::Event),
        }
    }

    /// After 8 s of silence nothing of the conversation is left.
    pub(super) fn notice_silence(&mut self, now: Micros) {
        if self.conversation.silent_from().is_some_and(|silent| now >= silent) {
            self.conversation.go_offline();
            self.command.len = 0;
            self.due = Due::Nothing;
        }
    }

    /// A whole frame came, for whomever.
    pub(super) fn hear(&mut self, now: Micros, frame: FrameMut<'_>, handler: &mut impl PdHandler) {
        let header = frame.view().header();
        // Before the address is looked at, which the command itself may have changed.
        let again = self.command.bytes() == frame.view().bytes();
        if header.reply || !(again || self.conversation.concerns(header.address)) {
            return;
        }
        self.conversation.heard(now);
        if again {
            self.due = Due::Reply;
            return;
        }
        if let Err(reason) = self.conversation.take(header.sequence) {
            return self.notify(header, &Reply::nak(reason));
        }
        self.command.copy(frame.view().bytes());
        match self.respond(now, header, frame, handler) {
            Ok(()) => self.due = Due::Reply,
            Err(Busy) => self.postpone(header),
        }
    }

    /// A damaged or malformed frame came. Only one that bears this device's own address is answered: to a broadcast,
    /// all would. One that arrived undamaged was meant so, and nothing more is believed of its session.
    pub(super) fn hear_damaged(&mut self, refused: Refused) {
        let Refused { address, reply, sequence, check, error, .. } = refused;
        if reply || address == BROADCAST || !self.conversation.concerns(address) {
            return;
        }
        let mut reason = error.into();
        if error.is_malformed() {
            self.command.len = 0;
            reason = self.conversation.distrust(sequence, error);
        }
        let header = Header { address, reply: false, sequence, check };
        self.notify(header, &Reply::nak(reason));
    }

    /// Writes the answer to a command that came in order.
    fn respond(
        &mut self,
        now: Micros,
        header: Header,
        frame: FrameMut<'_>,
        handler: &mut impl PdHandler,
    ) -> Result<(), Busy> {
        let admitted = self.conversation.admit(now, frame, handler);
        let step = match admitted {
            Ok(Admitted::Plain { message, sealed }) => {
                return self.answer(now, header, message, sealed, handler);
            }
            Ok(Admitted::Challenge(key, rnd_a)) => self.conversation.challenge(key, &rnd_a, handler),
            Ok(Admitted::Cryptogram(key, cryptogram)) => self.conversation.verify(key, &cryptogram, handler),
            Err(reason) => Err(reason),
        };
        match step {
            Ok(Step { scs, status, reply }) => {
                self.reply.put(header, Some(Scb { kind: scs, data: &[status] }), &reply);
            }
            Err(reason) => self.reply.put(header, None, &Reply::nak(reason)),
        }
        Ok(())
    }

    /// Lets the handler answer into the frame that will travel.
    fn answer(
        &mut self,
        now: Micros,
        header: Header,
        message: Message<'_>,
        sealed: bool,
        handler: &mut impl PdHandler,
    ) -> Result<(), Busy> {
        let Self { conversation, reply, .. } = self;
        let room = N.min(conversation.receive_size().saturating_add(1));
        let shape = if sealed { Shape::Sealed } else { Shape::Clear };
        reply.len = 0;
        if let Ok(draft) = Draft::new(&mut reply.room[..room], header.answer(), shape) {
            let answered = conversation.answer(now, message, ReplyWriter::new(draft, sealed), handler);
            if answered.is_busy() {
                return Err(Busy);
            }
            reply.len = conversation.finish(answered, sealed).map_or(0, <[u8]>::len);
        }
        Ok(())
    }

    /// Says BUSY, and forgets that the command ever came.
    fn postpone(&mut self, header: Header) {
        self.conversation.untake();
        self.command.len = 0;
        self.notify(Header { sequence: 0, ..header }, &Reply::Busy);
    }

    /// Answers in clear, leaving the kept reply as it is.
    fn notify(&mut self, header: Header, reply: &Reply<'_>) {
        self.notice.put(header, None, reply);
        self.due = Due::Notice;
    }
}

impl<const N: usize> Bytes<N> {
    const fn new() -> Self {
        Self { room: [0; N], len: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.room[..self.len]
    }

    fn copy(&mut self, bytes: &[u8]) {
        self.len = bytes.len().min(N);
        self.room[..self.len].copy_from_slice(&bytes[..self.len]);
    }

    fn put(&mut self, header: Header, scb: Option<Scb<'_>>, reply: &Reply<'_>) {
        self.len = emit(&mut self.room, header.answer(), scb, reply).map_or(0, <[u8]>::len);
    }
}

impl<const N: usize> fmt::Debug for Exchange<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("conversation", &self.conversation).finish_non_exhaustive()
    }
}
