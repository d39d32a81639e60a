//! The polled side: a panel or a reader on a shared line.
//!
//! The machine keeps the standard's rules (sequence numbers, retries, secure channel, silence) and asks a
//! [`PdHandler`] for everything that makes a device itself. It owns no clock and no port, and never speaks unasked.
//! Two things that most handlers need stand beside it: an [`EventQueue`] for what a POLL is answered with, and a
//! [`FileReceiver`] for what FILETRANSFER brings.

mod channel;
mod conversation;
mod event_queue;
mod exchange;
mod file_receiver;
mod handler;

pub use event_queue::{EventQueue, MAX_EVENT_LEN, NotQueued, READ_LIFETIME};
pub use file_receiver::{FileReceiver, FileSink, Finish, REPEAT_WITHIN};
pub use handler::{Answered, Key, PdHandler, ReplyWriter};

use exchange::Exchange;

use super::deframe::{Counters, Deframed, Deframer};
use super::frame::FrameError;
use super::payload::ComSettings;
use super::secure::{KeyKind, OpenError};
use crate::time::Micros;

/// One polled device with frame buffers of `N` bytes (128 to 1440; replies have `N` − 1 at most).
///
/// Feed what the line brings with [`handle`](Self::handle), then drain [`poll_output`](Self::poll_output) until
/// `None`. Send [`Output::Transmit`] when the line has been idle for two characters, and begin within 200 ms. Call
/// `handle` with [`Input::Tick`] when [`deadline`](Self::deadline) has passed without bytes.
///
/// The line may be shared: frames to others, and other devices' replies, are heard and ignored.
///
/// A frame to [`BROADCAST`](super::frame::BROADCAST) is one to this device and part of the same conversation, with its
/// sequence numbers and its secure channel (whose MACs cover the address). The reply bears the broadcast address too.
/// Every device on the line would answer, so a CP broadcasts only where there is one; a damaged broadcast is not
/// answered.
#[derive(Debug)]
pub struct Pd<const N: usize> {
    deframer: Deframer<N>,
    exchange: Exchange<N>,
}

/// How a PD behaves; address and speed may be changed by the CP later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PdConfig {
    /// 0 to 0x7E.
    pub address: u8,
    /// Once a key is installed, refuse everything outside a secure channel but ID, CAP and the handshake.
    pub require_secure: bool,
}

/// What happens to a PD.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The line brought these bytes; any number, frames may be cut anywhere.
    Received(&'a [u8]),
    /// Time has passed.
    Tick,
}

/// What a PD wants done.
#[derive(Debug)]
pub enum Output<'a> {
    /// Send these bytes. A later command overtakes a reply that was not fetched.
    Transmit(&'a [u8]),
    /// Something that the device may want to know.
    Event(Event),
}

/// What a PD noticed. If [`Output`]s are not fetched, the oldest events go first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A CP speaks to this device.
    Online,
    /// No CP has spoken to this device for 8 s.
    Offline,
    /// A secure channel is open, with this key.
    SecureOpened(KeyKind),
    /// The secure channel has ended.
    SecureClosed(Closed),
    /// The CP has installed a key; it is used from the next handshake on.
    KeyInstalled,
    /// The CP has set address and speed. The reply that says so goes out at the old speed first; switch after it.
    ///
    /// Should the CP not come along, [`Offline`](Self::Offline) follows, and the device keeps listening at the new
    /// settings: that is where the CP will look for it. A device that stores them only once a command has come at them
    /// is back at the old ones after a restart, and can't be lost to a speed that its line doesn't carry.
    ComSet(ComSettings),
}

/// Why a secure channel ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// The CP began anew, by sequence number 0 or another challenge.
    ByCp,
    /// No CP spoke for 8 s.
    Silence,
    /// A command came in clear.
    ClearCommand,
    /// A command had a security block that no command can have, or that contradicts its length.
    SecurityBlock,
    /// A command came out of order.
    Sequence,
    /// A command could not be opened.
    Unopened(OpenError),
    /// A command was none, though it had arrived undamaged.
    Malformed(FrameError),
}

impl<const N: usize> Pd<N> {
    /// A device that nobody has spoken to yet.
    #[must_use]
    pub const fn new(config: PdConfig) -> Self {
        Self { deframer: Deframer::new(), exchange: Exchange::new(config) }
    }

    /// Takes what has happened. Calls `handler` for each new command addressed to this device.
    pub fn handle(&mut self, now: Micros, input: Input<'_>, handler: &mut impl PdHandler) {
        let mut bytes = match input {
            Input::Received(bytes) => bytes,
            Input::Tick => &[],
        };
        self.exchange.notice_silence(now);
        while let Some(found) = self.deframer.next(now, &mut bytes) {
            match found {
                Deframed::Frame(frame) => self.exchange.hear(now, frame, handler),
                Deframed::Refused(refused) => self.exchange.hear_damaged(refused),
            }
        }
    }

    /// What is to be done now; `None` when nothing is left.
    pub fn poll_output(&mut self) -> Option<Output<'_>> {
        self.exchange.poll_output()
    }

    /// When to call with [`Input::Tick`] if no bytes come; `None` when nothing waits.
    #[must_use]
    pub fn deadline(&self) -> Option<Micros> {
        [self.deframer.deadline(), self.exchange.deadline()].into_iter().flatten().min()
    }

    /// Moves it to another address, 0 to 0x7E, before the line is heard: a device reads its switches at start.
    pub fn set_address(&mut self, address: u8) {
        self.exchange.set_address(address);
    }

    /// The address it listens to now, beside the broadcast address.
    #[must_use]
    pub fn address(&self) -> u8 {
        self.exchange.address()
    }

    /// Whether a CP has spoken to it within the last 8 s.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.exchange.is_online()
    }

    /// The key of the open secure channel, `None` when there is none.
    #[must_use]
    pub fn secured_by(&self) -> Option<KeyKind> {
        self.exchange.secured_by()
    }

    /// What the line brought and what was thrown away.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.deframer.counters()
    }
}
