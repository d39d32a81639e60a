//! What goes into the CP and what comes out.

use core::fmt;
use core::time::Duration;

use super::counters::PdCounters;
use super::event::{Capabilities, DeviceIdentity, Event, IdFault, KeyFault};
use super::inbox::Delivery;
use super::notices::Note;
use super::offer::FileState;
use crate::osdp::frame::Check;
use crate::osdp::reply::DeviceId;
use crate::osdp::secure::Message;
use crate::time::Micros;

/// A PD of this line, by the order of adding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PdIndex(pub(super) usize);

impl PdIndex {
    /// 0 for the first that was added.
    pub const fn get(self) -> usize {
        self.0
    }
}

/// Whether the caller has a command for a PD, and how much it hurries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Demand {
    /// Nothing.
    #[default]
    None,
    /// Something long that can wait for all else.
    Bulk,
    /// Something that goes as soon as the line is free.
    Urgent,
}

/// What happened on the line.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// These bytes came.
    Received(&'a [u8]),
    /// The line can be used, after it could not.
    LineUp,
    /// The line can't be used: its port has gone.
    LineDown,
}

/// What the caller shall do.
#[derive(Debug)]
pub enum Output<'a> {
    /// Send these bytes, now.
    Transmit(&'a [u8]),
    /// The PD's turn: answer with [`Cp::send`](super::Cp::send) or [`Cp::decline`](super::Cp::decline) before anything
    /// else. Not answered is declined.
    Turn {
        /// Whose turn.
        pd: PdIndex,
        /// Most vendor bytes that a MFG command may have, behind its OUI. Other commands: three more bytes of data.
        max_data: usize,
        /// Whether it is for [`Demand::Urgent`].
        urgent: bool,
    },
    /// A file that is being sent goes on: answer with [`Cp::send_fragment`](super::Cp::send_fragment) before anything
    /// else. Not answered means no bytes at hand.
    Fragment {
        /// Whose file.
        pd: PdIndex,
        /// Where in the file the bytes begin.
        offset: u32,
        /// Most bytes that can be sent now; never beyond the file's end.
        max_len: usize,
    },
    /// The answer to the command that was sent for this PD; a NAK, too, is an answer.
    Reply {
        /// Whose answer.
        pd: PdIndex,
        /// The answer, authenticated and in plain.
        message: Message<'a>,
    },
    /// What the PD said to a poll, unasked.
    Unsolicited {
        /// Who said it.
        pd: PdIndex,
        /// What it said, authenticated and in plain.
        message: Message<'a>,
        /// How old it is at most: the time since the PD last had nothing to tell. `None`: nobody knows, since it never
        /// said so. Cards and keys older than [`LineConfig::stale_after`](super::LineConfig::stale_after), or of
        /// unknown age, are not told at all.
        max_age: Option<Duration>,
    },
    /// The command that was sent for this PD will never be answered, and nobody knows whether it was executed.
    Failed {
        /// Whose command.
        pd: PdIndex,
    },
    /// Something about a PD.
    Event {
        /// Which PD.
        pd: PdIndex,
        /// What.
        event: Event,
    },
    /// Nothing until then, unless something is received or demanded. `None`: no end.
    Wait(Option<Micros>),
}

/// What [`Output`] will be, before it borrows.
pub(super) enum Next {
    Transmit(usize),
    Turn { pd: usize, max_data: usize, urgent: bool },
    Fragment { pd: usize, offset: u32, max_len: usize },
    Deliver(usize, Delivery),
    Note(usize, Note),
    Wait(Option<Micros>),
}

/// Where the random numbers of handshakes come from: any `FnMut() -> [u8; 8]`.
pub trait Random {
    /// Eight bytes that nobody can predict and that never come twice.
    fn random(&mut self) -> [u8; 8];
}

impl<F: FnMut() -> [u8; 8]> Random for F {
    fn random(&mut self) -> [u8; 8] {
        self()
    }
}

/// A PD, for the status page.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PdStatus {
    /// Its address.
    pub address: u8,
    /// How it is.
    pub state: PdState,
    /// Who it last said it is, and what it can do.
    pub about: Option<(DeviceId, Capabilities)>,
    /// What frames to it end with.
    pub check: Check,
    /// The file that is on its way to it.
    pub file: Option<FileState>,
    /// When a valid reply last came; `None`: never.
    pub last_heard: Option<Micros>,
    /// What has been counted.
    pub counters: PdCounters,
}

/// How a PD is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PdState {
    /// It doesn't answer.
    Offline,
    /// It is being identified, or its session is being set up.
    Starting,
    /// Something answers, and it can't be told who it is.
    NoIdentity(IdFault),
    /// It answers, and no session can be had.
    NoSession(KeyFault),
    /// Another device answers in its place.
    Swapped(DeviceIdentity),
    /// It takes commands.
    Ready,
}

/// Why a PD can't be added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddError {
    /// The address is not 0x00 to 0x7E.
    Address,
    /// Another PD has the address.
    Taken,
    /// The line has as many PDs as it can.
    LineFull,
}

/// Why a key is not changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RotateError {
    /// The PD has no key of its own.
    NoKey,
    /// A change to another key is under way, and the PD may have that one already.
    UnderWay,
}

/// Why a command was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendError {
    /// The PD has not been given a turn.
    NotNow,
    /// The command doesn't fit in the frame that the PD, or the line, can take.
    TooLong,
}

impl fmt::Display for AddError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "a device's address is 0 to 126",
            Self::Taken => "another device of the line has this address",
            Self::LineFull => "the line has as many devices as it can have",
        })
    }
}

impl core::error::Error for AddError {}

impl fmt::Display for RotateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "the device has no key of its own; give it one in install mode",
            Self::UnderWay => "a change to another key is under way",
        })
    }
}

impl core::error::Error for RotateError {}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotNow => "it is not this device's turn",
            Self::TooLong => "the command is longer than the turn allows",
        })
    }
}

impl core::error::Error for SendError {}
