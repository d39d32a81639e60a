//! A simulated site: its lines, and what hangs on them by name.
//!
//! Calls are short and wait for a line's thread. When the site is dropped its lines stop, their ports close and their
//! links are gone.

mod doors;
mod start;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use panel_protocol::table::{Pin, Row};

pub use crate::adapter::{AdapterFaults, AdapterStatus};
pub use crate::board::BoardStatus;
pub use crate::config::LineProtocol;
pub use crate::error::SiteError;
use crate::line::{Bus, Counters, Faults, Lateness, Line, LineSetup, Passed, Reach};
use crate::mqtt::Brokers;
use crate::on_line::OnLine;
use crate::panel::SimPanel;
pub use crate::panel::{Contact, PanelStatus, PanelSummary, Power};
pub use crate::reader::{ReaderStatus, Shown, Surroundings};
pub use doors::{DeviceStatus, GatewaySwipe};

/// Buckets of a card table that are read without a pause: some 1,500 rows of a full table. Divides 256.
const BUCKETS_AT_ONCE: usize = 4;

/// A running simulated site.
#[derive(Debug)]
pub struct Site {
    lines: Vec<SiteLine>,
    devices: HashMap<String, Place>,
    brokers: Brokers,
}

/// How a card presented at a panel fared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Swipe {
    /// What the panel decided by its own table and clock.
    pub reason: Reason,
    /// From the card's presentation to the decision.
    pub latency: Duration,
}

/// A line as it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct LineStatus {
    /// Its name.
    pub id: String,
    /// What is spoken on it.
    pub protocol: LineProtocol,
    /// The port that a gateway opens, if it is reached by one.
    pub path: Option<PathBuf>,
    /// The address that a gateway connects to, if it is reached by one.
    pub address: Option<SocketAddr>,
    /// The link to that port, if one was asked for.
    pub symlink: Option<PathBuf>,
    /// Its baud rate.
    pub baud: u32,
    /// What goes wrong on it.
    pub faults: Faults,
    /// What has travelled on it.
    pub counters: Counters,
    /// How exactly it keeps to its time.
    pub lateness: Lateness,
}

#[derive(Debug)]
struct SiteLine {
    setup: LineSetup,
    protocol: LineProtocol,
    line: Line<OnLine>,
}

/// Where a device is.
#[derive(Clone, Copy, Debug)]
struct Place {
    line: usize,
    station: usize,
}

impl Site {
    /// The brokers and the devices on them.
    pub fn brokers(&self) -> &Brokers {
        &self.brokers
    }

    /// The port of a line, for a gateway to open.
    pub fn port(&self, line: &str) -> Option<&Path> {
        match self.site_line(line).ok()?.line.reach() {
            Reach::Port(path) => Some(path),
            Reach::Address(_) => None,
        }
    }

    /// The address of a line, for a gateway to connect to.
    pub fn address(&self, line: &str) -> Option<SocketAddr> {
        match self.site_line(line).ok()?.line.reach() {
            Reach::Port(_) => None,
            Reach::Address(address) => Some(*address),
        }
    }

    /// Every line.
    ///
    /// # Errors
    /// When one has stopped.
    pub fn lines(&self) -> Result<Vec<LineStatus>, SiteError> {
        self.lines.iter().map(SiteLine::status).collect()
    }

    /// One line.
    ///
    /// # Errors
    /// When there is none of that name, or it has stopped.
    pub fn line(&self, id: &str) -> Result<LineStatus, SiteError> {
        self.site_line(id)?.status()
    }

    /// What has passed on a line lately, oldest first.
    ///
    /// # Errors
    /// When there is none of that name, or it has stopped.
    pub fn traffic(&self, id: &str) -> Result<Vec<Passed>, SiteError> {
        self.site_line(id)?.line.ask(|bus, _| bus.traffic()).ok_or(SiteError::Stopped)
    }

    /// From now on these faults befall a line, from the beginning of their seed.
    ///
    /// # Errors
    /// When there is no line of that name, or it has stopped.
    pub fn set_faults(&self, line: &str, faults: Faults) -> Result<Faults, SiteError> {
        let target = self.site_line(line)?;
        tracing::info!(line, seed = faults.seed, ?faults, "faults set");
        target.line.ask(move |bus, _| bus.set_faults(faults)).ok_or(SiteError::Stopped)?;
        Ok(faults)
    }

    /// Every panel in brief, in the order of lines and then of the configuration.
    ///
    /// # Errors
    /// When a line has stopped.
    pub fn panels(&self) -> Result<Vec<PanelSummary>, SiteError> {
        let mut all = Vec::with_capacity(self.devices.len());
        for line in &self.lines {
            let of_line = line.line.ask(|bus, _| {
                let panels = bus.stations.iter().filter_map(|station| match station {
                    OnLine::Panel(panel) => Some(panel.summary()),
                    _ => None,
                });
                panels.collect::<Vec<_>>()
            });
            all.extend(of_line.ok_or(SiteError::Stopped)?);
        }
        Ok(all)
    }

    /// A panel as it stands.
    ///
    /// # Errors
    /// When there is none of that name, or its line has stopped.
    pub fn panel(&self, id: &str) -> Result<PanelStatus, SiteError> {
        self.with_panel(id, |panel, now| panel.status(now))
    }

    /// The rows in a panel's memory, whether it has power or not, by bucket and credential. They are read a few
    /// buckets at a time, so that the line keeps to its time meanwhile.
    ///
    /// # Errors
    /// When there is no panel of that name, or its line has stopped.
    pub fn cards(&self, id: &str) -> Result<Vec<Row>, SiteError> {
        let mut rows = Vec::new();
        for first in (0..=u8::MAX).step_by(BUCKETS_AT_ONCE) {
            let buckets = first..=first.saturating_add(BUCKETS_AT_ONCE as u8 - 1);
            rows.extend(self.with_panel(id, move |panel, _| panel.cards(buckets))?);
        }
        Ok(rows)
    }

    /// Carries out an operation of the card-table command set in a panel's memory and gives its answer: at once, past
    /// the line and its secure channel, as a service tool at the board would. The gateway learns of it by digests only.
    ///
    /// # Errors
    /// When there is no panel of that name, or its line has stopped.
    pub fn operate(&self, id: &str, request: &[u8]) -> Result<Vec<u8>, SiteError> {
        let request = request.to_vec();
        self.with_panel(id, move |panel, now| panel.operate(now, &request))
    }

    /// Presents a card at a panel's reader.
    ///
    /// # Errors
    /// When there is no such panel or reader, or the panel has no power.
    pub fn swipe(&self, id: &str, reader: u8, card: Credential) -> Result<Swipe, SiteError> {
        self.swipe_with_pin(id, reader, card, None)
    }

    /// The same, and a PIN is entered.
    ///
    /// # Errors
    /// When there is no such panel or reader, or the panel has no power.
    pub fn swipe_with_pin(
        &self,
        id: &str,
        reader: u8,
        card: Credential,
        pin: Option<Pin>,
    ) -> Result<Swipe, SiteError> {
        let presented = Instant::now();
        let readers = self.with_panel(id, |panel, _| panel.summary().readers)?;
        if reader >= readers {
            return Err(SiteError::NoSuchReader { panel: id.into(), reader, readers });
        }
        let decided = self.with_panel(id, move |panel, now| {
            panel.present(now, reader, card, pin.as_ref()).map(|reason| (reason, Instant::now()))
        })?;
        let (reason, decided) = decided.ok_or_else(|| SiteError::NoPower(id.into()))?;
        Ok(Swipe { reason, latency: decided.duration_since(presented) })
    }

    /// Switches a panel on or off, or erases its memory, with its key or without, and switches it on.
    ///
    /// # Errors
    /// When there is no panel of that name, or its line has stopped.
    pub fn power(&self, id: &str, power: Power) -> Result<PanelStatus, SiteError> {
        self.with_panel(id, |_, _| ())?;
        self.set_power(id, power)?;
        self.panel(id)
    }

    /// Opens or closes the contact of a panel's door.
    ///
    /// # Errors
    /// When there is no panel of that name, or its line has stopped.
    pub fn door(&self, id: &str, contact: Contact) -> Result<PanelStatus, SiteError> {
        self.with_panel(id, move |panel, now| {
            panel.set_contact(contact);
            panel.status(now)
        })
    }

    fn with_panel<R: Send + 'static>(
        &self,
        id: &str,
        work: impl FnOnce(&mut SimPanel, Duration) -> R + Send + 'static,
    ) -> Result<R, SiteError> {
        self.with_kind(id, "panel", move |station, now| match station {
            OnLine::Panel(panel) => Some(work(panel, now)),
            _ => None,
        })
    }

    /// Works with a device; `None` comes of one of another kind.
    fn with_kind<R: Send + 'static>(
        &self,
        id: &str,
        wanted: &'static str,
        work: impl FnOnce(&mut OnLine, Duration) -> Option<R> + Send + 'static,
    ) -> Result<R, SiteError> {
        let (is, done) = self.with(id, move |bus, station, now| {
            let station = &mut bus.stations[station];
            (station.name(), work(station, now))
        })?;
        done.ok_or_else(|| SiteError::WrongKind { controller: id.into(), is, wanted })
    }

    fn with<R: Send + 'static>(
        &self,
        id: &str,
        work: impl FnOnce(&mut Bus<OnLine>, usize, Duration) -> R + Send + 'static,
    ) -> Result<R, SiteError> {
        let place = *self.devices.get(id).ok_or_else(|| SiteError::UnknownPanel(id.into()))?;
        let line = &self.lines[place.line].line;
        line.ask(move |bus, now| work(bus, place.station, now)).ok_or(SiteError::Stopped)
    }

    fn site_line(&self, id: &str) -> Result<&SiteLine, SiteError> {
        let found = self.lines.iter().find(|line| line.setup.id == id);
        found.ok_or_else(|| SiteError::UnknownLine(id.into()))
    }
}

impl SiteLine {
    fn status(&self) -> Result<LineStatus, SiteError> {
        let asked = self.line.ask(|bus, _| (bus.faults(), bus.counters(), bus.lateness()));
        let (faults, counters, lateness) = asked.ok_or(SiteError::Stopped)?;
        let (path, address) = match self.line.reach() {
            Reach::Port(path) => (Some(path.clone()), None),
            Reach::Address(address) => (None, Some(*address)),
        };
        Ok(LineStatus {
            id: self.setup.id.clone(),
            protocol: self.protocol,
            path,
            address,
            symlink: self.setup.symlink.clone(),
            baud: self.setup.baud,
            faults,
            counters,
            lateness,
        })
    }
}
