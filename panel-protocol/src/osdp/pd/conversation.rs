//! Where a PD stands with its CP: sequence number, secure channel, what was told and is not yet known to be heard.

use heapless::Deque;

use super::channel::{Channel, Step};
use super::handler::{Answered, Key, PdHandler, ReplyWriter};
use super::{Closed, Event, PdConfig};
use crate::limits::MIN_FRAME_LEN;
use crate::osdp::command::{self, Command, KeySet};
use crate::osdp::frame::{BROADCAST, FrameError, FrameMut, scs};
use crate::osdp::payload::{ComSettings, fixed};
use crate::osdp::records::Records;
use crate::osdp::reply::{NakReason, Reply};
use crate::osdp::secure::{KeyKind, Message, SealError};
use crate::osdp::timing::OFFLINE_AFTER;
use crate::time::Micros;

/// Events that wait to be fetched; more than one command can cause.
const MAX_EVENTS: usize = 8;

#[derive(Debug)]
pub(super) struct Conversation {
    config: PdConfig,
    /// The last sequence number taken, and the one before it; `None` when only 0 is right.
    taken: Option<u8>,
    taken_before: Option<u8>,
    channel: Channel,
    /// Whether the last answer told something that the CP may not have heard.
    told: bool,
    /// Longest frame that the CP can take.
    receive_size: usize,
    last_heard: Option<Micros>,
    events: Deque<Event, MAX_EVENTS>,
}

/// A command in order, as far as its frame told.
pub(super) enum Admitted<'a> {
    /// A command in plain, sealed or not.
    Plain {
        message: Message<'a>,
        sealed: bool,
    },
    Challenge(KeyKind, [u8; 8]),
    Cryptogram(KeyKind, [u8; 16]),
}

impl Conversation {
    pub(super) const fn new(config: PdConfig) -> Self {
        Self {
            config,
            taken: None,
            taken_before: None,
            channel: Channel::Clear,
            told: false,
            receive_size: MIN_FRAME_LEN,
            last_heard: None,
            events: Deque::new(),
        }
    }

    pub(super) fn set_address(&mut self, address: u8) {
        self.config.address = address;
    }

    pub(super) fn address(&self) -> u8 {
        self.config.address
    }

    pub(super) fn concerns(&self, address: u8) -> bool {
        address == self.config.address || address == BROADCAST
    }

    pub(super) fn is_online(&self) -> bool {
        self.last_heard.is_some()
    }

    pub(super) fn secured_by(&self) -> Option<KeyKind> {
        self.channel.opened_with()
    }

    pub(super) fn receive_size(&self) -> usize {
        self.receive_size
    }

    pub(super) fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn silent_from(&self) -> Option<Micros> {
        self.last_heard.map(|heard| heard + OFFLINE_AFTER)
    }

    /// A frame for this device came.
    pub(super) fn heard(&mut self, now: Micros) {
        if self.last_heard.replace(now).is_none() {
            self.report(Event::Online);
        }
    }

    /// No frame came for too long.
    pub(super) fn go_offline(&mut self) {
        self.close(Closed::Silence);
        (self.taken, self.told) = (None, false);
        (self.last_heard, self.receive_size) = (None, MIN_FRAME_LEN);
        self.report(Event::Offline);
    }

    /// Takes the next command's sequence number. 0 begins anew; any other follows the last one, 1 following 3.
    pub(super) fn take(&mut self, sequence: u8) -> Result<(), NakReason> {
        if sequence == 0 {
            self.close(Closed::ByCp);
            (self.taken, self.told) = (None, false);
        } else if self.taken.is_none_or(|taken| taken % 3 + 1 != sequence) {
            self.close(Closed::Sequence);
            return Err(NakReason::Sequence);
        }
        self.taken_before = self.taken.replace(sequence);
        Ok(())
    }

    /// A command came that is malformed, and not by the line. Its number is taken, its refusal is the answer.
    pub(super) fn distrust(&mut self, sequence: u8, error: FrameError) -> NakReason {
        self.close(Closed::Malformed(error));
        self.take(sequence).err().unwrap_or(error.into())
    }

    /// The last command was not carried out: it will come again, with the same number and the same MAC.
    pub(super) fn untake(&mut self) {
        self.taken = self.taken_before;
        self.channel.forget_last();
    }

    /// Passes the frame through the secure channel as its security block asks.
    pub(super) fn admit<'a>(
        &mut self,
        now: Micros,
        frame: FrameMut<'a>,
        handler: &mut impl PdHandler,
    ) -> Result<Admitted<'a>, NakReason> {
        let code = frame.view().code();
        let scb = frame.view().scb().map(|scb| (scb.kind, KeyKind::from_scb(scb.data)));
        let admitted = match (scb, code) {
            (None, _) => self.admit_clear(frame, handler)?,
            (Some((scs::COMMAND_MAC | scs::COMMAND_ENCRYPTED, _)), _) => self.open(frame)?,
            (Some((scs::CHALLENGE, Some(key))), command::code::CHLNG) => {
                self.close(Closed::ByCp);
                Admitted::Challenge(key, *fixed(frame.into_payload().1)?)
            }
            (Some((scs::SERVER_CRYPTOGRAM, Some(key))), command::code::SCRYPT) => {
                let proof = fixed(frame.into_payload().1);
                if self.secured_by().is_some() || proof.is_err() {
                    self.close(Closed::ByCp);
                }
                Admitted::Cryptogram(key, *proof?)
            }
            _ => {
                self.close(Closed::SecurityBlock);
                return Err(NakReason::SecurityBlock);
            }
        };
        // The CP asks for the next thing, so it has heard the last one.
        if core::mem::take(&mut self.told) {
            handler.delivered(now);
        }
        Ok(admitted)
    }

    /// CHLNG: begins a channel.
    pub(super) fn challenge(
        &mut self,
        kind: KeyKind,
        rnd_a: &[u8; 8],
        handler: &mut impl PdHandler,
    ) -> Result<Step, NakReason> {
        self.channel.challenge(kind, rnd_a, handler)
    }

    /// SCRYPT: opens the channel.
    pub(super) fn verify(
        &mut self,
        kind: KeyKind,
        cryptogram: &[u8; 16],
        handler: &mut impl PdHandler,
    ) -> Result<Step, NakReason> {
        let step = self.channel.verify(kind, cryptogram)?;
        handler.session_began();
        self.report(Event::SecureOpened(kind));
        Ok(step)
    }

    /// Finds the answer to a command that was admitted in plain.
    pub(super) fn answer<'b>(
        &mut self,
        now: Micros,
        message: Message<'_>,
        reply: ReplyWriter<'b>,
        handler: &mut impl PdHandler,
    ) -> Answered<'b> {
        let command = match Command::parse(message.code, message.data) {
            Ok(command) => command,
            Err(error) => return reply.nak(error.into()),
        };
        match command {
            Command::Poll => {
                let answered = handler.poll(now, reply);
                self.told = answered.is_news();
                answered
            }
            Command::Id => reply.send(&Reply::Id(handler.identity())),
            Command::Capabilities => reply.send(&Reply::Capabilities(Records::of(handler.capabilities()))),
            Command::ReceiveSize(size) => self.set_receive_size(usize::from(size), reply),
            Command::KeySet(key) => self.install(&key, reply, handler),
            // Their frames carry security blocks of their own; this one didn't.
            Command::Challenge(_) | Command::ServerCryptogram(_) => reply.nak(NakReason::Security),
            Command::ComSet(_) => {
                let answered = handler.command(now, &command, reply);
                self.move_to(answered.com_settings());
                answered
            }
            _ => handler.command(now, &command, reply),
        }
    }

    /// Turns an answer into the frame that travels.
    pub(super) fn finish<'b>(&mut self, answered: Answered<'b>, sealed: bool) -> Result<&'b [u8], SealError> {
        self.channel.finish(answered, sealed)
    }

    /// A command in clear: not while a channel is open, and little else where a channel is required.
    fn admit_clear<'a>(
        &mut self,
        frame: FrameMut<'a>,
        handler: &impl PdHandler,
    ) -> Result<Admitted<'a>, NakReason> {
        if self.secured_by().is_some() {
            self.close(Closed::ClearCommand);
            return Err(NakReason::Security);
        }
        let required = self.config.require_secure && matches!(handler.key(), Key::Installed(_));
        let (code, data) = frame.into_payload();
        if required && !matches!(code, command::code::ID | command::code::CAP) {
            return Err(NakReason::Security);
        }
        Ok(Admitted::Plain { message: Message { code, data }, sealed: false })
    }

    /// A sealed command: the channel ends if it can't be opened.
    fn open<'a>(&mut self, frame: FrameMut<'a>) -> Result<Admitted<'a>, NakReason> {
        match self.channel.open(frame) {
            Some(Ok(message)) => Ok(Admitted::Plain { message, sealed: true }),
            Some(Err(error)) => {
                self.close(Closed::Unopened(error));
                Err(NakReason::Security)
            }
            None => Err(NakReason::Security),
        }
    }

    fn install<'b>(
        &mut self,
        key: &KeySet<'_>,
        reply: ReplyWriter<'b>,
        handler: &mut impl PdHandler,
    ) -> Answered<'b> {
        if !reply.is_sealed() {
            return reply.nak(NakReason::Security);
        }
        if !handler.set_key(&key.key()) {
            return reply.nak(NakReason::Record);
        }
        self.report(Event::KeyInstalled);
        reply.ack()
    }

    fn set_receive_size<'b>(&mut self, size: usize, reply: ReplyWriter<'b>) -> Answered<'b> {
        if size < MIN_FRAME_LEN {
            return reply.nak(NakReason::Record);
        }
        self.receive_size = size;
        reply.ack()
    }

    fn move_to(&mut self, settings: Option<ComSettings>) {
        if let Some(settings) = settings {
            self.config.address = settings.address;
            self.report(Event::ComSet(settings));
        }
    }

    /// Ends the channel, or a handshake on the way to one. What was told inside it will be told again.
    fn close(&mut self, why: Closed) {
        if self.channel.close() {
            self.told = false;
            self.report(Event::SecureClosed(why));
        }
    }

    fn report(&mut self, event: Event) {
        if self.events.is_full() {
            self.events.pop_front();
        }
        self.events.push_back(event).ok(); // there is room now
    }
}
