//! `gateway scan --modbus`: boards instead of OSDP devices.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::table::Table as Columns;
use crate::cli::{Failure, counted, runtime, say, tell};
use crate::links::modbus::Reach;
use crate::links::modbus::request::Table;
use crate::links::modbus::scan::{self, Event, Found, Plan};

/// What to look at when nobody answers.
const NOBODY: &str = "no Modbus board answered; look at its power, whether A and B are the wrong way round, and at its \
                      switches, and try --addresses 1-247";

/// Where to look, and for whom.
pub(super) struct Boards {
    pub(super) place: Place,
    pub(super) rates: Vec<u32>,
    pub(super) addresses: Vec<u8>,
    pub(super) timeout: Duration,
    pub(super) json: bool,
}

/// Where boards are.
pub(super) enum Place {
    Port(PathBuf),
    Peer(String),
    RtuOverTcp(String),
}

impl Boards {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut found = Vec::new();
        let ended = self.scan(&mut found);
        if self.json && (ended.is_ok() || !found.is_empty()) {
            say(Value::Array(found.iter().map(as_json).collect()))?;
        } else if !found.is_empty() {
            say(table(&found))?;
        }
        match ended? {
            false => Err(Failure::Interrupted),
            true if found.is_empty() => Err(anyhow!("{NOBODY}").into()),
            true => Ok(()),
        }
    }

    /// Whether it came to its end.
    fn scan(&self, found: &mut Vec<Found>) -> Result<bool, Failure> {
        let plan = Plan { reaches: self.reaches(), addresses: self.addresses.clone(), timeout: self.timeout };
        let mut line = StatusLine { on_terminal: io::stderr().is_terminal(), found: 0 };
        let tell = |event: Event| {
            line.tell(&event);
            if let Event::Found(board) = event {
                found.push(board);
            }
        };
        let ended = runtime()?.block_on(async {
            let mut interrupt = signal(SignalKind::interrupt())?;
            tokio::select! {
                ended = scan::run(&plan, tell) => ended.map(|()| true),
                _ = interrupt.recv() => Ok(false),
            }
        });
        ended.map_err(|error| anyhow!("{}: {error}; {}", self.place, self.remedy()).into())
    }

    fn reaches(&self) -> Vec<Reach> {
        match &self.place {
            Place::Port(path) => {
                self.rates.iter().map(|baud| Reach::Port { path: path.clone(), baud: *baud }).collect()
            }
            Place::Peer(peer) => vec![Reach::Tcp { peer: peer.clone() }],
            Place::RtuOverTcp(peer) => vec![Reach::RtuOverTcp { peer: peer.clone() }],
        }
    }

    const fn remedy(&self) -> &'static str {
        match self.place {
            Place::Port(_) => {
                "check the adapter and its cable, and stop the service meanwhile if it uses the port: systemctl stop gatehouse"
            }
            Place::Peer(_) | Place::RtuOverTcp(_) => "check its address, its power and the network",
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Port(path) => path.display().fmt(f),
            Self::Peer(peer) | Self::RtuOverTcp(peer) => f.write_str(peer),
        }
    }
}

/// What a scan says while it runs.
struct StatusLine {
    on_terminal: bool,
    found: usize,
}

impl StatusLine {
    fn tell(&mut self, event: &Event) {
        match event {
            Event::Asking { baud, address, left } => {
                let at = baud.map(|baud| format!("{baud} baud, ")).unwrap_or_default();
                let found = counted(self.found, "board");
                self.show(&format!(
                    "{at}address {address}; {found} found; {} left",
                    counted(*left, "address")
                ));
            }
            Event::Found(board) => {
                self.found += 1;
                self.show("");
                tell(format!("found {}", line(board)));
            }
            Event::Unclear { baud, address } => {
                self.show("");
                let at = baud.map(|baud| format!(" at {baud} baud")).unwrap_or_default();
                tell(format!(
                    "address {address}{at}: something answers that can't be understood; another rate, or several boards at \
                     one address"
                ));
            }
        }
    }

    fn show(&self, text: &str) {
        if self.on_terminal {
            let mut error = io::stderr().lock();
            // There is nowhere to complain.
            let _ = write!(error, "\r\x1b[K{text}").and_then(|()| error.flush());
        }
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        self.show("");
    }
}

const fn name(table: Table) -> &'static str {
    match table {
        Table::Coils => "coils",
        Table::DiscreteInputs => "discrete-inputs",
        Table::HoldingRegisters => "holding-registers",
        Table::InputRegisters => "input-registers",
    }
}

fn points(board: &Found) -> String {
    let known: Vec<_> =
        board.points.iter().map(|(table, count)| format!("{count} {}", name(*table))).collect();
    if known.is_empty() { "refuses to be read from 0 on".to_owned() } else { known.join(", ") }
}

fn line(board: &Found) -> String {
    let at = board.baud.map(|baud| format!(" at {baud} baud")).unwrap_or_default();
    format!("address {}{at}: {}", board.address, points(board))
}

fn table(found: &[Found]) -> Columns<3> {
    let mut table = Columns::new(["BAUD", "ADDRESS", "SHOWS"]);
    for board in found {
        let baud = board.baud.map_or_else(|| "-".to_owned(), |baud| baud.to_string());
        table.row([baud, board.address.to_string(), points(board)]);
    }
    table
}

fn as_json(board: &Found) -> Value {
    let points: serde_json::Map<String, Value> =
        board.points.iter().map(|(table, count)| (name(*table).to_owned(), json!(count))).collect();
    json!({ "baud": board.baud, "address": board.address, "points": points })
}
