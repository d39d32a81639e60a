//! The states that one PD can be in, as the CP sees it.

use super::event::{Event, Identity, KeyFault};
use super::keys::Which;
use crate::osdp::reply::DeviceId;
use crate::osdp::secure::{Handshake, Session};
use crate::time::Micros;

/// How far a PD's bring-up has come.
#[derive(Debug)]
pub(super) enum Phase {
    /// Left alone until then, and then begun anew.
    Resting { until: Micros },
    /// Asked who it is.
    Identify,
    /// Asked what it can do.
    Capabilities { pdid: DeviceId },
    /// Known, and next to be challenged.
    Known,
    /// Challenged with this random number.
    Challenge { which: Which, random: [u8; 8] },
    /// Has proven the key; is given the CP's proof.
    Cryptogram { which: Which, handshake: Handshake, proof: [u8; 16] },
    /// In session since then; `open`: under the installed key, and so for the caller's commands.
    Secure { session: Session, since: Micros, open: bool },
    /// In use without a session, since the operator wants it so.
    Clear,
}

/// What a frame was sent for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// A step of the bring-up.
    Step,
    /// A poll.
    Poll,
    /// The new key.
    KeySet,
    /// Another address or speed.
    ComSet,
    /// A fragment of so many bytes of a file, or with none the question how the PD gets on with it.
    Fragment { len: u32 },
    /// The caller's command.
    Command { urgent: bool },
}

/// A frame that has been sent and not been answered for good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub purpose: Purpose,
    pub sequence: u8,
    /// When it was sent for the first time.
    pub at: Micros,
    /// Times that it was left without a good reply.
    pub failures: u8,
    /// When it may be sent again.
    pub retry_at: Micros,
}

/// Whether a PD answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Presence {
    Unknown,
    Online,
    Offline,
}

/// A condition that is told once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trouble {
    NoSession(KeyFault),
    Swapped(Identity),
}

/// What is to be told of a PD.
pub(super) enum Note {
    /// The outcome of the caller's command is unknown.
    Failed,
    Event(Event),
}
