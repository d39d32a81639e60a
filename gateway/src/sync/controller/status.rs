//! What others may see of a controller's machine.

use jiff::Timestamp;
use panel_protocol::panel::Info;

use super::{Controller, Phase};

/// How eagerly a controller wants the line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Demand {
    /// Polls suffice.
    None,
    /// It has something to send or to ask.
    Bulk,
    /// It has a deactivation to send.
    Urgent,
}

/// How a controller's table stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncState {
    /// What it holds is not known.
    Unknown,
    /// It is being asked what it holds.
    Comparing,
    /// It is being brought to what it should hold.
    Changing,
    /// It has proven that it holds what it should.
    Proven,
}

/// What is left to do at a controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Work {
    /// Rows known to differ, one by one.
    pub rows: usize,
    /// Buckets still to be read.
    pub buckets_to_read: u32,
    /// Buckets still to be loaded.
    pub buckets_to_load: u32,
}

/// A picture of a controller's machine.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ControllerStatus {
    /// How its table stands.
    pub state: SyncState,
    /// What is left to do.
    pub work: Work,
    /// What it said of itself last.
    pub info: Option<Info>,
    /// Rows that it holds, as far as is known; `None` before it was asked.
    pub rows: Option<u32>,
    /// The digest of its whole table, as last reported.
    pub reported_digest: u64,
    /// The digest that its table should have.
    pub desired_digest: u64,
    /// When it last proved that it holds what it should.
    pub verified_at: Option<Timestamp>,
    /// Whether its table has no room for what it should hold.
    pub full: bool,
    /// How many times its table turned out not to be what was believed.
    pub resyncs: u64,
    /// Events that it forgot before they could be fetched.
    pub events_lost: u64,
}

impl Controller {
    /// What others may see.
    pub(in crate::sync) fn status(&self) -> ControllerStatus {
        ControllerStatus {
            state: self.state(),
            work: Work {
                rows: self.held.dirty(),
                buckets_to_read: self.held.unread.len(),
                buckets_to_load: self.held.absent_buckets(),
            },
            info: self.info,
            rows: self.info.map(|_| self.held.rows),
            reported_digest: self.reported,
            desired_digest: self.desired.table(&self.desired_profiles),
            verified_at: self.verified_at,
            full: self.full,
            resyncs: self.resyncs,
            events_lost: self.events.lost(),
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
