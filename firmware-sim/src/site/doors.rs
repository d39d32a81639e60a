//! What is done to readers, boards and adapters: devices for which the gateway decides.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use panel_protocol::credential::Credential;

use super::{Site, SiteError};
use crate::adapter::{AdapterFaults, AdapterStatus};
use crate::board::BoardStatus;
use crate::config::LockPlace;
use crate::limits::SWIPE_PATIENCE;
use crate::on_line::OnLine;
use crate::panel::Power;
use crate::reader::{ReaderStatus, Surroundings};

/// A device as it stands, for which the gateway decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeviceStatus {
    /// An OSDP reader.
    Reader(ReaderStatus),
    /// A board.
    Board(BoardStatus),
    /// A Wiegand adapter.
    Adapter(AdapterStatus),
}

/// How a card presented at a device fared for which the gateway decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GatewaySwipe {
    /// Whether the lock was let go or the light is green; `None`: nothing came back in time.
    pub granted: Option<bool>,
    /// From the card's presentation to that.
    pub latency: Option<Duration>,
}

impl Site {
    /// Whether the gateway decides for this device of a line: it is there, and is no panel.
    pub fn is_decided_for(&self, id: &str) -> bool {
        self.with(id, |bus, station, _| !matches!(bus.stations[station], OnLine::Panel(_))).unwrap_or(false)
    }

    /// Every device of the lines for which the gateway decides, in the order of lines and then of the configuration.
    ///
    /// # Errors
    /// When a line has stopped.
    pub fn devices(&self) -> Result<Vec<DeviceStatus>, SiteError> {
        let mut all = Vec::new();
        for line in &self.lines {
            let of_line = line.line.ask(|bus, now| {
                bus.stations.iter_mut().filter_map(|station| status(station, now)).collect::<Vec<_>>()
            });
            all.extend(of_line.ok_or(SiteError::Stopped)?);
        }
        Ok(all)
    }

    /// A device as it stands.
    ///
    /// # Errors
    /// When there is none of that name for which the gateway decides, or its line has stopped.
    pub fn device(&self, id: &str) -> Result<DeviceStatus, SiteError> {
        self.with_kind(id, "reader, board or adapter", status)
    }

    /// A board as it stands.
    ///
    /// # Errors
    /// When there is none of that name, or its line has stopped.
    pub fn board(&self, id: &str) -> Result<BoardStatus, SiteError> {
        self.with_kind(id, "board", |station, now| match station {
            OnLine::Board(board) => Some(board.status(now)),
            _ => None,
        })
    }

    /// A reader as it stands.
    ///
    /// # Errors
    /// When there is none of that name, or its line has stopped.
    pub fn reader(&self, id: &str) -> Result<ReaderStatus, SiteError> {
        self.with_kind(id, "reader", |station, now| match station {
            OnLine::Reader(reader) => Some(reader.status(now)),
            _ => None,
        })
    }

    /// Presents a card at a reader, types keys there (digits, `*` and `#`), or one after the other, and waits for what comes back: at an OSDP
    /// reader what it is told, at an adapter what the lock of its door does.
    ///
    /// # Errors
    /// When there is no such reader, it has no power, or it can't read such a card.
    pub fn present(
        &self,
        id: &str,
        reader: u8,
        card: Option<Credential>,
        keys: &[u8],
    ) -> Result<GatewaySwipe, SiteError> {
        if reader != 0 {
            return Err(SiteError::NoSuchReader { panel: id.into(), reader, readers: 1 });
        }
        let presented = Instant::now();
        match self.with(id, |bus, station, _| bus.stations[station].name())? {
            "reader" => self.present_at_reader(id, card, keys, presented),
            _ => self.present_at_adapter(id, card, keys, presented),
        }
    }

    fn present_at_reader(
        &self,
        id: &str,
        card: Option<Credential>,
        keys: &[u8],
        presented: Instant,
    ) -> Result<GatewaySwipe, SiteError> {
        let (answer, answered) = sync_channel(1);
        let keys: Vec<u8> = keys.iter().map(|key| osdp_key(*key)).collect();
        let has_power = self.with_kind(id, "reader", move |station, now| match station {
            OnLine::Reader(reader) => Some(reader.present(now, card, &keys, answer)),
            _ => None,
        })?;
        if !has_power {
            return Err(SiteError::NoPower(id.into()));
        }
        let answered = wait(&answered);
        Ok(GatewaySwipe {
            granted: answered.map(|answered| answered.granted),
            latency: answered.map(|answered| answered.at.duration_since(presented)),
        })
    }

    fn present_at_adapter(
        &self,
        id: &str,
        card: Option<Credential>,
        keys: &[u8],
        presented: Instant,
    ) -> Result<GatewaySwipe, SiteError> {
        let (config, has_power) = self.with_kind(id, "reader or adapter", |station, _| match station {
            OnLine::Adapter(adapter) => Some((adapter.status().config, adapter.has_power())),
            _ => None,
        })?;
        if !has_power {
            return Err(SiteError::NoPower(id.into()));
        }
        let (told, switched) = sync_channel(1);
        if let Some(LockPlace { controller, output }) = config.lock {
            self.with(&controller, move |bus, station, _| {
                if let Some(output) = bus.stations[station].output(output) {
                    output.watch(told);
                }
            })?;
        }
        let keys = keys.to_vec();
        let said = self.with(id, move |bus, station, now| {
            let OnLine::Adapter(adapter) = &mut bus.stations[station] else { return false };
            let Some(said) = adapter.present(card, &keys) else { return false };
            for (after, bytes) in said {
                bus.say(now + after, station, bytes);
            }
            true
        })?;
        if !said {
            return Err(SiteError::WrongBits { controller: id.into(), reads: config.frames.bits });
        }
        let switched = wait(&switched);
        Ok(GatewaySwipe {
            granted: switched.map(|_| true),
            latency: switched.map(|at| at.duration_since(presented)),
        })
    }

    /// Sets inputs of a reader or a board, and whether a reader was opened or moved.
    ///
    /// # Errors
    /// When there is no such device or input, or its line has stopped.
    pub fn surround(&self, id: &str, around: Surroundings) -> Result<DeviceStatus, SiteError> {
        let missing = self.with_kind(id, "reader or board", move |station, now| match station {
            OnLine::Reader(reader) => {
                let missing = missing(&around, reader.status(now).config.inputs);
                if missing.is_none() {
                    reader.set(now, &around);
                }
                Some(missing)
            }
            OnLine::Board(board) => {
                let missing = missing(&around, board.status(now).config.model.inputs());
                if missing.is_none() {
                    board.set(&around.inputs);
                }
                Some(missing)
            }
            OnLine::Panel(_) | OnLine::Adapter(_) => None,
        })?;
        match missing {
            Some((input, inputs)) => Err(SiteError::NoSuchInput { controller: id.into(), input, inputs }),
            None => self.device(id),
        }
    }

    /// Switches a device of a line on or off; `wiped` and `factory` start it anew.
    ///
    /// # Errors
    /// When there is none of that name, or its line has stopped.
    pub fn set_power(&self, id: &str, power: Power) -> Result<(), SiteError> {
        tracing::info!(controller = id, ?power, "power");
        self.with(id, move |bus, station, _| {
            match &mut bus.stations[station] {
                OnLine::Panel(panel) => panel.set_power(power),
                OnLine::Reader(reader) => reader.set_power(power),
                OnLine::Board(board) => board.set_power(power),
                OnLine::Adapter(adapter) => adapter.set_power(power),
            }
            if power != Power::On {
                bus.hush(station);
            }
        })
    }

    /// From now on these faults befall the adapter of a line.
    ///
    /// # Errors
    /// When there is no line of that name, or no adapter on it.
    pub fn set_adapter_faults(&self, line: &str, faults: AdapterFaults) -> Result<AdapterFaults, SiteError> {
        let target = self.site_line(line)?;
        tracing::info!(line, seed = faults.seed, ?faults, "an adapter's faults set");
        let set = target.line.ask(move |bus, _| {
            for station in &mut bus.stations {
                if let OnLine::Adapter(adapter) = station {
                    adapter.set_faults(faults);
                    return true;
                }
            }
            false
        });
        match set {
            Some(true) => Ok(faults),
            Some(false) => Err(SiteError::NoAdapter(line.into())),
            None => Err(SiteError::Stopped),
        }
    }
}

/// An answer that comes in time. Whoever would have answered may have gone: that takes as long as if nobody had.
fn wait<T>(answered: &Receiver<T>) -> Option<T> {
    let began = Instant::now();
    match answered.recv_timeout(SWIPE_PATIENCE) {
        Ok(answer) => Some(answer),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => {
            std::thread::sleep(SWIPE_PATIENCE.saturating_sub(began.elapsed()));
            None
        }
    }
}

/// A key as OSDP has it (OSDP 2.2, 7.12).
const fn osdp_key(key: u8) -> u8 {
    match key {
        b'#' => 0x0D,
        b'*' => 0x7F,
        digit => digit,
    }
}

/// An input that isn't there, and how many are.
fn missing(around: &Surroundings, inputs: u8) -> Option<(u8, u8)> {
    around.inputs.iter().find(|(number, _)| *number >= inputs).map(|(number, _)| (*number, inputs))
}

fn status(station: &mut OnLine, now: Duration) -> Option<DeviceStatus> {
    match station {
        OnLine::Panel(_) => None,
        OnLine::Reader(reader) => Some(DeviceStatus::Reader(reader.status(now))),
        OnLine::Board(board) => Some(DeviceStatus::Board(board.status(now))),
        OnLine::Adapter(adapter) => Some(DeviceStatus::Adapter(adapter.status())),
    }
}
