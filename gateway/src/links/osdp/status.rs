//! A line and its controllers as they stand, for the status page.

use jiff::Timestamp;
use panel_protocol::osdp::cp::{Capabilities, LineCounters, PdCounters, PdState, PdStatus};
use panel_protocol::osdp::reply::DeviceId;
use panel_protocol::time::Micros;

use crate::domain::LineId;

/// One line.
#[derive(Clone, PartialEq, Debug)]
pub struct LineStatus {
    /// Its name.
    pub id: LineId,
    /// Whether its port is open; else why not, with the remedy.
    pub port: Result<(), String>,
    /// What has been counted since the start.
    pub counters: LineCounters,
    /// Its controllers, in the setup's order.
    pub panels: Vec<PanelStatus>,
}

/// One controller on a line.
#[derive(Clone, PartialEq, Debug)]
pub struct PanelStatus {
    /// What the client calls it.
    pub controller: usize,
    /// Its address.
    pub address: u8,
    /// How it is.
    pub state: PdState,
    /// Who it last said it is, and what it can do.
    pub about: Option<(DeviceId, Capabilities)>,
    /// When it last answered; `None`: not since the start.
    pub last_heard: Option<Timestamp>,
    /// What has been counted since the start.
    pub counters: PdCounters,
}

impl LineStatus {
    /// A line that has not begun.
    pub(super) fn new(id: LineId) -> Self {
        let port = Err("the line has not started yet".into());
        Self { id, port, counters: LineCounters::default(), panels: Vec::new() }
    }
}

impl PanelStatus {
    /// From the CP's own, at `now` of its clock, which is `at` of the world's.
    pub(super) fn new(controller: usize, status: &PdStatus, now: Micros, at: Timestamp) -> Self {
        let PdStatus { address, state, about, last_heard, counters, .. } = *status;
        let last_heard = last_heard.and_then(|heard| at.checked_sub(now.since(heard)).ok());
        Self { controller, address, state, about, last_heard, counters }
    }
}
