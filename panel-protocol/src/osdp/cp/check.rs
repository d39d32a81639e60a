//! CRC or checksum: what the frames to a PD end with.
//!
//! A PD of which that is not configured is asked with a CRC first. While it doesn't answer it is asked with each in turn,
//! and what it has answered stays; one that was found with a checksum and says that it knows the CRC gets the CRC, for
//! as long as it answers that too.

use super::counters::count;
use crate::osdp::frame::Check;

/// The check of one PD's frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChosenCheck {
    kind: Check,
    configured: bool,
    /// Whether the PD has answered frames with it.
    answered: bool,
    claim: Claim,
}

/// What the PD's word is worth that it knows the CRC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Claim {
    /// Nothing is known against it.
    Believed,
    /// It was found with a checksum, and is asked with a CRC for the first time.
    OnTrial,
    /// It answered none.
    Disproved,
}

impl ChosenCheck {
    pub(super) fn new(configured: Option<Check>) -> Self {
        let kind = configured.unwrap_or(Check::Crc);
        Self { kind, configured: configured.is_some(), answered: false, claim: Claim::Believed }
    }

    pub(super) fn kind(self) -> Check {
        self.kind
    }

    /// The PD has said whether it knows the CRC.
    pub(super) fn described(&mut self, knows_crc: bool) {
        self.answered = true;
        if knows_crc && !self.configured && self.kind == Check::Checksum && self.claim == Claim::Believed {
            (self.kind, self.claim) = (Check::Crc, Claim::OnTrial);
        }
    }

    /// The PD has answered a frame.
    pub(super) fn answered(&mut self) {
        if self.claim == Claim::OnTrial {
            self.claim = Claim::Believed;
        }
    }

    /// Goes back to the checksum, if the PD has said that it knows the CRC and has not answered one yet. True: so it is.
    pub(super) fn disprove(&mut self) -> bool {
        let on_trial = self.claim == Claim::OnTrial;
        if on_trial {
            (self.kind, self.claim) = (Check::Checksum, Claim::Disproved);
        }
        on_trial
    }

    /// The PD has not answered: the other kind is next, unless this one is known to be right.
    pub(super) fn unanswered(&mut self, changes: &mut u32) {
        if self.configured || self.answered {
            return;
        }
        count(changes);
        self.kind = match self.kind {
            Check::Crc => Check::Checksum,
            Check::Checksum => Check::Crc,
        };
    }

    /// Another device may be there from now on.
    pub(super) fn forget(&mut self) {
        (self.answered, self.claim) = (false, Claim::Believed);
    }
}
