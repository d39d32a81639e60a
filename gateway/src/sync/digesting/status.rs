//! What others may see of a panel's machine.

use super::{ControllerStatus, DigestingPanel, Machine, Phase};
use crate::sync::machine::{SyncState, Work};

impl DigestingPanel {
    /// A picture of it.
    pub(super) fn picture(&self) -> ControllerStatus {
        ControllerStatus {
            state: self.state(),
            work: Work {
                rows: self.held.dirty(),
                buckets_to_read: self.held.unread.len(),
                buckets_to_load: self.held.absent_buckets(),
            },
            info: self.info,
            by_reading_back: false,
            desired_rows: self.desired_rows,
            rows: self.info.map(|_| self.held.rows),
            reported_digest: self.reported,
            desired_digest: self.desired.table(self.wanted_profiles()),
            verified_at: self.verified_at,
            full: self.full,
            resyncs: self.resyncs,
            events_lost: self.events.lost(),
            clock_apart: self.clock_apart,
        }
    }

    fn state(&self) -> SyncState {
        match self.phase {
            _ if self.is_proven() => SyncState::Proven,
            Phase::Asking { .. } | Phase::Adopting => SyncState::Unknown,
            Phase::Comparing { .. } => SyncState::Comparing,
            Phase::Known if !self.held.is_known() => SyncState::Comparing,
            Phase::Known => SyncState::Changing,
        }
    }
}
