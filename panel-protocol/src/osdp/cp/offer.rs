//! A file for a PD as a value: what is offered, how far it has come, how it ended and why not.

use core::fmt;
use core::time::Duration;

use super::loss::LossCause;
use crate::osdp::file::FileError;
use crate::osdp::reply::NakReason;

/// Pause before a PD that has all the bytes is asked whether it has finished, where it doesn't give a longer one.
pub const FINISH_ASK_INTERVAL: Duration = Duration::from_millis(200);

/// Longest time that a PD may neither take a byte nor finish.
pub const FILE_PATIENCE: Duration = Duration::from_secs(300);

/// A file for a PD.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileOffer {
    /// What kind of file: 1 is opaque, the rest is the maker's (128 and above) or the standard's.
    pub kind: u8,
    /// Its length in bytes, 1 at least.
    pub total: u32,
}

/// How far a transfer has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileState {
    /// The file.
    pub offer: FileOffer,
    /// Bytes that the PD has taken.
    pub sent: u32,
    /// Whether the PD wants nothing else until the end: it is not polled, and its commands wait.
    pub exclusive: bool,
}

/// How a transfer ended well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileOutcome {
    /// The PD has processed the file.
    Processed,
    /// The PD restarts to use the file; its session will end and a new one come up.
    Rebooting,
}

/// Why a transfer failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileFault {
    /// The PD refused a fragment.
    Refused(NakReason),
    /// The PD gave the file up.
    Failed(FileError),
    /// The PD wanted the transfer to go on outside the secure channel.
    LeaveSecure,
    /// The PD said that it was done before it had all the bytes.
    Early,
    /// The PD's answer is none that a fragment may have.
    Unexpected,
    /// The PD neither took a byte nor finished for [`FILE_PATIENCE`].
    Stalled,
    /// Its session is over.
    Lost(LossCause),
    /// No frame that the PD and the line take has room for a byte of it.
    NoRoom,
    /// The caller gave it up.
    Aborted,
    /// The PD wanted nothing else until the file's end, and something urgent came for it.
    Overtaken,
}

/// Why a transfer was not begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OfferError {
    /// The PD doesn't take commands now.
    NotReady,
    /// Another file is on its way to it.
    UnderWay,
    /// The file has no bytes.
    Empty,
}

impl fmt::Display for OfferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotReady => "the device takes no commands now",
            Self::UnderWay => "another file is on its way to the device",
            Self::Empty => "the file has no bytes",
        })
    }
}

impl core::error::Error for OfferError {}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => write!(f, "it refused a part of it: {reason}"),
            Self::Failed(error) => error.fmt(f),
            Self::LeaveSecure => f.write_str("it wanted the file outside the secure channel"),
            Self::Early => f.write_str("it said that it was done before it had all of it"),
            Self::Unexpected => f.write_str("it answered a part of it with something else"),
            Self::Stalled => f.write_str("it neither took more of it nor finished"),
            Self::Lost(_) => f.write_str("its session ended"),
            Self::NoRoom => f.write_str("its frames are too short for any of it"),
            Self::Aborted => f.write_str("it was given up"),
            Self::Overtaken => f.write_str("something urgent came first, and it takes nothing beside a file"),
        }
    }
}

impl core::error::Error for FileFault {}
