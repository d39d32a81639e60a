//! Controllers and lines: what is configured, how they are and what their links last told, in one.

use jiff::Timestamp;

use super::super::clock;
use super::super::running::Site;
use crate::config::{Attachment, ControllerKind, Door, Line, Protocol};
use crate::health::{DeviceStanding, Health, LinkStanding};
use crate::links::modbus::Reach;
use crate::links::wiegand_serial::Place as AdapterPlace;
use crate::links::{DeviceStatus, LinkStatus};
use crate::sync::{ControllerStatus, Fleet, SyncState};
use crate::views::{ControllerView, DoorStateView, DoorView, LineView, ShowControllers, TableView};

/// What a controller's link last told of it.
fn device(links: &[Option<LinkStatus>], controller: usize) -> Option<&DeviceStatus> {
    let devices = links.iter().flatten().flat_map(|link| &link.devices);
    devices.into_iter().find(|device| device.device == controller)
}

/// When a controller last said anything.
pub(super) fn last_heard(links: &[Option<LinkStatus>], controller: usize) -> Option<Timestamp> {
    device(links, controller)?.last_heard
}

impl ShowControllers for Site {
    fn controllers(&self) -> Vec<ControllerView> {
        let links = self.link_statuses();
        let fleet = self.fleet();
        self.controller_views(&fleet, &self.health(), &links, clock::now())
    }
}

impl Site {
    /// What the links last told of themselves, in the order of the configuration.
    pub(super) fn link_statuses(&self) -> Vec<Option<LinkStatus>> {
        let status = |at| self.link(at).map(|link| link.status().borrow().clone());
        (0..self.config.lines.len()).map(status).collect()
    }

    /// In the order of the configuration.
    pub(super) fn controller_views(
        &self,
        fleet: &Fleet,
        health: &Health,
        links: &[Option<LinkStatus>],
        now: Timestamp,
    ) -> Vec<ControllerView> {
        let shown = |at| {
            let standing = health.device(at, now, last_heard(links, at))?;
            Some(self.controller(at, fleet, &standing, device(links, at)))
        };
        (0..self.config.controllers.len()).filter_map(shown).collect()
    }

    /// In the order of the configuration.
    pub(super) fn line_views(&self, health: &Health, links: &[Option<LinkStatus>]) -> Vec<LineView> {
        let lines = self.config.lines.iter().zip(health.links()).zip(links);
        lines.map(|((config, standing), link)| line(config, standing, link.as_ref())).collect()
    }

    fn controller(
        &self,
        at: usize,
        fleet: &Fleet,
        standing: &DeviceStanding,
        device: Option<&DeviceStatus>,
    ) -> ControllerView {
        let config = &self.config.controllers[at];
        let (address, topic) = match &config.attachment {
            Attachment::Osdp { address, .. } | Attachment::Modbus { address, .. } => (Some(*address), None),
            Attachment::WiegandSerial { .. } => (None, None),
            Attachment::Mqtt { dialect, .. } => (None, Some(dialect.topic().to_owned())),
        };
        ControllerView {
            id: config.id.clone(),
            line: config.line().clone(),
            address,
            topic,
            kind: match config.kind {
                ControllerKind::Panel => crate::views::ControllerKind::Panel,
                ControllerKind::Reader => crate::views::ControllerKind::Reader,
                ControllerKind::Io => crate::views::ControllerKind::Io,
            },
            secure: self.config.is_secure(config),
            state: standing.condition,
            state_since: standing.since,
            last_heard: device.and_then(|device| device.last_heard),
            identity: device.and_then(|device| device.identity.clone()),
            table: fleet.status(at).map(|status| table(&status)),
            faults: device.map(|device| device.faults).unwrap_or_default(),
            events_lost: fleet.status(at).map_or(0, |status| status.events_lost),
            install_mode_until: standing.install_until,
            doors: config.doors.iter().map(|door| self.door(door)).collect(),
        }
    }
}

impl Site {
    fn door(&self, door: &Door) -> DoorView {
        let state = self.doors.standing(&door.id).map(|standing| DoorStateView {
            mode: standing.mode,
            until: standing.until.map(|until| self.instant_of(until)),
            open: standing.open,
            lock_reached: standing.has_lock,
        });
        DoorView {
            id: door.id.clone(),
            name: door.name.clone(),
            place: door.place.as_ref().map(ToString::to_string),
            reader: door.reader,
            state,
        }
    }
}

fn table(status: &ControllerStatus) -> TableView {
    let work = status.work;
    TableView {
        held: status.rows.map(u64::from),
        desired: status.desired_rows.into(),
        capacity: status.info.map(|info| u64::from(info.row_capacity)),
        proven: status.state == SyncState::Proven,
        by_reading_back: status.by_reading_back,
        since: status.verified_at,
        pending: work.rows as u64 + u64::from(work.buckets_to_read) + u64::from(work.buckets_to_load),
    }
}

fn line(line: &Line, standing: &LinkStanding, link: Option<&LinkStatus>) -> LineView {
    let (protocol, port, baud) = match &line.protocol {
        Protocol::Osdp { port, baud } => ("osdp", port.display().to_string(), Some(*baud)),
        Protocol::Modbus { reach, .. } => match reach {
            Reach::Port { path, baud } => ("modbus", path.display().to_string(), Some(*baud)),
            Reach::RtuOverTcp { peer } => ("modbus", peer.clone(), None),
            Reach::Tcp { peer } => ("modbus-tcp", peer.clone(), None),
        },
        Protocol::WiegandSerial { place, .. } => {
            let baud = match place {
                AdapterPlace::Serial { baud, .. } => Some(*baud),
                AdapterPlace::Tcp { .. } => None,
            };
            ("wiegand-serial", place.to_string(), baud)
        }
        Protocol::Mqtt(broker) => ("mqtt", broker.to_string(), None),
    };
    let sum = |count: fn(&DeviceStatus) -> u64| link.map_or(0, |link| link.devices.iter().map(count).sum());
    LineView {
        id: line.id.clone(),
        protocol: protocol.to_owned(),
        port,
        baud,
        state: standing.condition.clone(),
        since: standing.since,
        frames_sent: sum(|device| device.frames_sent),
        frames_received: sum(|device| device.frames_received),
        noise_bytes: link.map_or(0, |link| link.noise_bytes),
        stray_frames: link.map_or(0, |link| link.stray_frames),
    }
}
