//! A simulated site: its lines, and its panels by name.
//!
//! Calls are short and wait for a line's thread. When the site is dropped its lines stop, their ports close and their
//! links are gone.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use panel_protocol::table::{Pin, Row};

use crate::config::SimConfig;
pub use crate::error::SiteError;
use crate::line::{Bus, Counters, Faults, Lateness, Line, LineSetup};
use crate::mqtt::Brokers;
use crate::panel::SimPanel;
pub use crate::panel::{Contact, PanelStatus, PanelSummary, Power};

/// Buckets of a card table that are read without a pause: some 1,500 rows of a full table. Divides 256.
const BUCKETS_AT_ONCE: usize = 4;

/// A running simulated site.
#[derive(Debug)]
pub struct Site {
    lines: Vec<SiteLine>,
    panels: HashMap<String, Place>,
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
    /// The port that a gateway opens.
    pub path: PathBuf,
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
    line: Line<SimPanel>,
}

/// Where a panel is.
#[derive(Clone, Copy, Debug)]
struct Place {
    line: usize,
    station: usize,
}

impl Site {
    /// Builds the site and switches everything on.
    ///
    /// # Errors
    /// When the configuration breaks a rule or a port can't be had.
    pub fn start(config: &SimConfig) -> Result<Self, SiteError> {
        config.check()?;
        let (mut lines, mut panels) = (Vec::new(), HashMap::new());
        for (number, line) in config.lines.iter().enumerate() {
            let on_line = config.panels.iter().filter(|panel| panel.line == line.id);
            for (station, panel) in on_line.clone().enumerate() {
                panels.insert(panel.id.clone(), Place { line: number, station });
            }
            let setup = LineSetup {
                id: line.id.clone(),
                baud: line.baud,
                turn_around: line.turn_around,
                symlink: line.symlink.clone(),
            };
            let line = Line::start(&setup, on_line.map(SimPanel::new).collect())
                .map_err(|error| SiteError::Line { line: setup.id.clone(), error })?;
            lines.push(SiteLine { setup, line });
        }
        Ok(Self { lines, panels, brokers: Brokers::start(config)? })
    }

    /// The brokers and the devices on them.
    pub fn brokers(&self) -> &Brokers {
        &self.brokers
    }

    /// The port of a line, for a gateway to open.
    pub fn port(&self, line: &str) -> Option<&Path> {
        self.lines.iter().find(|one| one.setup.id == line).map(|one| one.line.path())
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
        let mut all = Vec::with_capacity(self.panels.len());
        for line in &self.lines {
            let of_line =
                line.line.ask(|bus, _| bus.stations.iter().map(SimPanel::summary).collect::<Vec<_>>());
            all.extend(of_line.ok_or(SiteError::Stopped)?);
        }
        Ok(all)
    }

    /// A panel as it stands.
    ///
    /// # Errors
    /// When there is none of that name, or its line has stopped.
    pub fn panel(&self, id: &str) -> Result<PanelStatus, SiteError> {
        self.with(id, |bus, station, now| bus.stations[station].status(now))
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
            rows.extend(self.with(id, move |bus, station, _| bus.stations[station].cards(buckets))?);
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
        self.with(id, move |bus, station, now| bus.stations[station].operate(now, &request))
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
        let readers = self.with(id, |bus, station, _| bus.stations[station].summary().readers)?;
        if reader >= readers {
            return Err(SiteError::NoSuchReader { panel: id.into(), reader, readers });
        }
        let decided = self.with(id, move |bus, station, now| {
            bus.stations[station]
                .present(now, reader, card, pin.as_ref())
                .map(|reason| (reason, Instant::now()))
        })?;
        let (reason, decided) = decided.ok_or_else(|| SiteError::NoPower(id.into()))?;
        Ok(Swipe { reason, latency: decided.duration_since(presented) })
    }

    /// Switches a panel on or off, or erases its memory, with its key or without, and switches it on.
    ///
    /// # Errors
    /// When there is no panel of that name, or its line has stopped.
    pub fn power(&self, id: &str, power: Power) -> Result<PanelStatus, SiteError> {
        tracing::info!(panel = id, ?power, "power");
        self.with(id, move |bus, station, now| {
            bus.stations[station].set_power(power);
            if power != Power::On {
                bus.hush(station);
            }
            bus.stations[station].status(now)
        })
    }

    /// Sets a panel's clock wrong by so many seconds, or right with 0. A gateway that looks at it sets it right.
    ///
    /// # Errors
    /// When there is no panel of that name, or its line has stopped.
    pub fn clock(&self, id: &str, offset_s: i64) -> Result<PanelStatus, SiteError> {
        tracing::info!(panel = id, offset_s, "clock");
        self.with(id, move |bus, station, now| {
            bus.stations[station].set_clock_off(now, offset_s);
            bus.stations[station].status(now)
        })
    }

    /// Opens or closes the contact of a panel's door.
    ///
    /// # Errors
    /// When there is no panel of that name, or its line has stopped.
    pub fn door(&self, id: &str, contact: Contact) -> Result<PanelStatus, SiteError> {
        self.with(id, move |bus, station, now| {
            bus.stations[station].set_contact(contact);
            bus.stations[station].status(now)
        })
    }

    fn with<R: Send + 'static>(
        &self,
        id: &str,
        work: impl FnOnce(&mut Bus<SimPanel>, usize, Duration) -> R + Send + 'static,
    ) -> Result<R, SiteError> {
        let place = *self.panels.get(id).ok_or_else(|| SiteError::UnknownPanel(id.into()))?;
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
        Ok(LineStatus {
            id: self.setup.id.clone(),
            path: self.line.path().to_path_buf(),
            symlink: self.setup.symlink.clone(),
            baud: self.setup.baud,
            faults,
            counters,
            lateness,
        })
    }
}
