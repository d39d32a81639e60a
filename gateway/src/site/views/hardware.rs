//! Controllers and lines: what is configured, how they are and what their wires last told, in one.

use std::sync::OnceLock;

use jiff::Timestamp;
use panel_protocol::osdp::cp::PdCounters;
use panel_protocol::osdp::reply::DeviceId;

use super::super::running::Site;
use crate::config::{ControllerKind, Line, Protocol};
use crate::domain::FaultCounts;
use crate::health::{DeviceStanding, LinkStanding};
use crate::links::osdp::{LineHandle, LineStatus, PanelStatus};
use crate::sync::{ControllerStatus, Fleet, SyncState};
use crate::views::{ControllerView, DoorView, LineView, TableView};

/// What the lines' tasks last told of their wires.
pub(super) struct Wires {
    pub(super) lines: Vec<Option<LineStatus>>,
}

impl Wires {
    /// When a controller last said anything.
    pub(super) fn heard(&self, controller: usize) -> Option<Timestamp> {
        self.panel(controller)?.last_heard
    }

    pub(super) fn panel(&self, controller: usize) -> Option<&PanelStatus> {
        let panels = self.lines.iter().flatten().flat_map(|line| &line.panels);
        panels.into_iter().find(|panel| panel.controller == controller)
    }
}

impl Site {
    pub(super) fn wires(&self) -> Wires {
        let status = |line: &OnceLock<LineHandle>| line.get().map(|line| line.status().borrow().clone());
        Wires { lines: self.lines.iter().map(status).collect() }
    }

    pub(super) fn controller(
        &self,
        at: usize,
        fleet: &Fleet,
        standing: &DeviceStanding,
        wire: Option<&PanelStatus>,
    ) -> ControllerView {
        let config = &self.config.controllers[at];
        let ControllerKind::Panel = config.kind;
        ControllerView {
            id: config.id.clone(),
            line: config.line.clone(),
            address: config.address,
            kind: crate::views::ControllerKind::Panel,
            state: standing.condition,
            state_since: standing.since,
            last_heard: wire.and_then(|wire| wire.last_heard),
            identity: wire.and_then(|wire| wire.about).map(|(device, _)| identity(&device)),
            table: fleet.status(at).map(|status| table(fleet, &status)),
            faults: wire.map(|wire| faults(&wire.counters)).unwrap_or_default(),
            install_mode_until: standing.install_until,
            doors: config
                .doors
                .iter()
                .map(|door| DoorView { id: door.id.clone(), name: door.name.clone(), reader: door.reader })
                .collect(),
        }
    }
}

fn table(fleet: &Fleet, status: &ControllerStatus) -> TableView {
    let work = status.work;
    TableView {
        held: status.rows.map(u64::from),
        desired: fleet.cards().len() as u64,
        capacity: status.info.map(|info| u64::from(info.row_capacity)),
        proven: status.state == SyncState::Proven,
        since: status.verified_at,
        pending: work.rows as u64 + u64::from(work.buckets_to_read) + u64::from(work.buckets_to_load),
    }
}

fn faults(counters: &PdCounters) -> FaultCounts {
    FaultCounts {
        timeouts: counters.timeouts.into(),
        bad_check: counters.bad_check.into(),
        bad_mac: counters.bad_mac.into(),
        foreign: u64::from(counters.foreign_address)
            + u64::from(counters.stale)
            + u64::from(counters.violations),
        nak: counters.naks.into(),
    }
}

fn identity(device: &DeviceId) -> String {
    let [a, b, c] = device.vendor;
    let [major, minor, build] = device.firmware;
    format!(
        "vendor {a:02X}-{b:02X}-{c:02X}, model {} version {}, serial {}, firmware {major}.{minor}.{build}",
        device.model, device.version, device.serial
    )
}

pub(super) fn line(line: &Line, standing: &LinkStanding, wire: Option<&LineStatus>) -> LineView {
    let Protocol::Osdp = line.protocol;
    let sum = |count: fn(&PdCounters) -> u32| {
        wire.map_or(0, |wire| wire.panels.iter().map(|panel| u64::from(count(&panel.counters))).sum())
    };
    LineView {
        id: line.id.clone(),
        protocol: "osdp".to_owned(),
        port: line.port.display().to_string(),
        baud: line.baud,
        state: standing.condition.clone(),
        since: standing.since,
        frames_sent: sum(|counters| counters.frames_sent),
        frames_received: sum(|counters| counters.replies),
        noise_bytes: wire.map_or(0, |wire| wire.counters.noise_bytes.into()),
        stray_frames: wire.map_or(0, |wire| {
            u64::from(wire.counters.bad_length) + u64::from(wire.counters.unexpected_frames)
        }),
    }
}
