//! How far a PD's bring-up has come.

use super::keys::Which;
use crate::osdp::reply::DeviceId;
use crate::osdp::secure::{Handshake, Session};
use crate::time::Micros;

/// The states that one PD can be in, as the CP sees it.
#[derive(Debug)]
pub(super) enum Phase {
    /// Left alone until then, and then begun anew.
    Resting { until: Micros },
    /// Polled, to see whether anybody is there.
    Probe,
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

impl Phase {
    /// Whether it is not known yet who is there.
    pub(super) fn is_search(&self) -> bool {
        matches!(self, Self::Resting { .. } | Self::Probe | Self::Identify)
    }

    /// Whether the PD takes the caller's commands.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Secure { open, .. } => *open,
            Self::Clear => true,
            _ => false,
        }
    }
}
