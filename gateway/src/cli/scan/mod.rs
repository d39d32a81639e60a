//! `gateway scan`

mod modbus;
mod progress;
mod report;

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use self::modbus::{Boards, Place};
use self::progress::Progress;
use super::{Failure, runtime, say};
use crate::links::modbus::scan::{LAST_ADDRESS as LAST_BOARD, RATES as BOARD_RATES};
use crate::links::osdp::scan::{self, Device, Ended, Event, LAST_ADDRESS, Plan, RATES, ScanError};

/// Find the OSDP devices on a line, over baud rates and addresses
///
/// Listens for two seconds first, and stops if another controller speaks. At each baud rate it then asks all devices
/// at once who they are; where anything at all comes back, it asks every address, elsewhere only the first two, for
/// devices that answer to their own address alone.
///
/// It sends osdp_ID and osdp_CAP and changes nothing. But these begin a conversation anew (sequence number 0): a
/// device that is in use ends its secure channel, and its controller has to open a new one.
///
/// A silent address costs 0.2 s, the time that a device has for its answer: a line with one baud rate in use takes
/// some 30 s, --thorough with all 127 addresses at 6 rates, by CRC and by checksum, 127 x 6 x 2 x 0.2 s = 5 minutes.
///
/// Exit code 0 if devices were found, 1 if not, 130 if Ctrl-C stopped it; what was found until then is shown.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway scan --port /dev/ttyUSB0
  gateway scan --port /dev/ttyUSB0 --baud 9600,115200 --addresses 0-15
  gateway scan --port /dev/ttyUSB0 --json | jq '.[].address'
  gateway scan --modbus --port /dev/ttyUSB1
  gateway scan --modbus --peer 192.0.2.7:502 --addresses 1-247")]
pub(super) struct Scan {
    /// The serial port; no service may use it meanwhile
    #[arg(long, value_name = "DEVICE", required_unless_present = "peer")]
    port: Option<PathBuf>,

    /// Look for Modbus boards instead
    ///
    /// Reads one point by function 1 or 3, and of boards that answer how many there are by functions 1 to 4; writes
    /// nothing. Default rates 9600, 19200, 38400, 115200 and 57600, 8N1, default addresses 1-32: a silent address costs
    /// twice --timeout-ms.
    #[arg(long)]
    modbus: bool,

    /// With --modbus: a host and port in the network, such as 192.0.2.7:502
    #[arg(long, value_name = "HOST:PORT", requires = "modbus", conflicts_with_all = ["port", "baud"])]
    peer: Option<String>,

    /// With --peer: an adapter that passes bytes on, without Modbus TCP
    #[arg(long, requires = "peer")]
    rtu: bool,

    /// With --modbus: how long an address has to answer
    #[arg(long, value_name = "MS", requires = "modbus", default_value_t = 200,
        value_parser = clap::value_parser!(u16).range(20..=5000))]
    timeout_ms: u16,

    /// Baud rates, in the order in which they are tried
    #[arg(long, value_name = "RATES", value_delimiter = ',', value_parser = rate)]
    baud: Vec<u32>,

    /// Addresses, such as 0-15 or 1,2,7-9; of OSDP devices all, 0-126, where it is left out
    #[arg(long, value_name = "RANGE", value_delimiter = ',', value_parser = range)]
    addresses: Vec<Range>,

    /// Ask every address at every rate, with CRC and with checksum
    #[arg(long)]
    thorough: bool,

    /// Scan although another controller speaks on the line, and disturb it
    #[arg(long)]
    force: bool,

    /// The devices as one JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy)]
struct Range {
    first: u8,
    last: u8,
}

impl Scan {
    pub(super) fn run(&self) -> Result<(), Failure> {
        if self.modbus {
            return self.boards()?.run();
        }
        let mut found = Vec::new();
        let ended = self.scan(&mut found);
        self.report(&found, ended.is_ok())?;
        match ended? {
            Ended::Stopped => Err(Failure::Interrupted),
            Ended::Complete if found.is_empty() => Err(anyhow!("{NOBODY}").into()),
            Ended::Complete => Ok(()),
        }
    }

    /// What to do where boards are looked for.
    fn boards(&self) -> Result<Boards, Failure> {
        if self.thorough || self.force {
            return Err(Failure::Usage(
                "--thorough and --force are for OSDP lines; leave them out".to_owned(),
            ));
        }
        let place = match (&self.peer, &self.port) {
            (Some(peer), _) if self.rtu => Place::RtuOverTcp(peer.clone()),
            (Some(peer), _) => Place::Peer(peer.clone()),
            (None, Some(port)) => Place::Port(port.clone()),
            (None, None) => return Err(Failure::Usage("give --port or --peer".to_owned())),
        };
        let addresses = self.addresses(1..=32);
        if let Some(address) = addresses.iter().find(|address| !(1..=LAST_BOARD).contains(*address)) {
            let message =
                format!("--addresses: a Modbus board's address is 1 to {LAST_BOARD}, not {address}");
            return Err(Failure::Usage(message));
        }
        let (rates, timeout) = (self.rates(&BOARD_RATES), Duration::from_millis(self.timeout_ms.into()));
        Ok(Boards { place, rates, addresses, timeout, json: self.json })
    }

    /// Those that were asked for, in order, or the usual ones.
    fn addresses(&self, usual: RangeInclusive<u8>) -> Vec<u8> {
        let asked = || self.addresses.iter().flat_map(|range| range.first..=range.last);
        let addresses: BTreeSet<u8> =
            if self.addresses.is_empty() { usual.collect() } else { asked().collect() };
        addresses.into_iter().collect()
    }

    fn rates(&self, usual: &[u32]) -> Vec<u32> {
        let mut rates = if self.baud.is_empty() { usual.to_vec() } else { self.baud.clone() };
        let mut seen = BTreeSet::new();
        rates.retain(|rate| seen.insert(*rate));
        rates
    }

    fn port(&self) -> &Path {
        self.port.as_deref().unwrap_or(Path::new(""))
    }

    /// Shows what was found, even by a scan that failed later.
    fn report(&self, found: &[Device], ended_well: bool) -> Result<(), Failure> {
        match (found, self.json) {
            ([], false) => Ok(()),
            ([], true) if !ended_well => Ok(()),
            (_, true) => say(report::as_json(found)),
            (_, false) => say(report::table(found)),
        }
    }

    fn scan(&self, found: &mut Vec<Device>) -> Result<Ended, Failure> {
        let (mut progress, plan) = (Progress::new(), self.plan()?);
        let tell = |event: &Event, left: Duration| {
            if let Event::Found(device) = event {
                found.push(*device);
            }
            progress.tell(event, left);
        };
        runtime()?
            .block_on(async {
                let mut interrupt = signal(SignalKind::interrupt())?;
                let stop = async {
                    let _ = interrupt.recv().await;
                };
                scan::run(self.port(), plan, tell, stop).await
            })
            .map_err(|error| self.failure(&error))
    }

    fn plan(&self) -> Result<Plan, Failure> {
        let addresses = self.addresses(0..=LAST_ADDRESS);
        if let Some(address) = addresses.iter().find(|address| **address > LAST_ADDRESS) {
            let message =
                format!("--addresses: an OSDP device's address is 0 to {LAST_ADDRESS}, not {address}");
            return Err(Failure::Usage(message));
        }
        Ok(Plan { rates: self.rates(&RATES), addresses, thorough: self.thorough, force: self.force })
    }

    fn failure(&self, error: &ScanError) -> Failure {
        let remedy = match error {
            ScanError::InUse(_) => "if it is the service, stop it meanwhile: systemctl stop gatehouse",
            ScanError::Occupied(_) => {
                "stop it, or scan with --force, which breaks off what its devices are doing for a moment"
            }
            ScanError::Port(error) => match error.kind() {
                ErrorKind::NotFound => "ls /dev/serial/by-id shows the adapters that are plugged in",
                ErrorKind::PermissionDenied => "join the group that owns the device, often dialout",
                _ => "check the adapter and its cable",
            },
        };
        anyhow!("{}: {error}; {remedy}", self.port().display()).into()
    }
}

/// What to look at when a line is dead.
const NOBODY: &str = "no OSDP device answered; look at its power, whether A and B are the wrong way round, and at the \
                      port, and try --thorough";

fn rate(text: &str) -> Result<u32, String> {
    let rate = text.trim().parse().ok().filter(|rate| RATES.contains(rate));
    let mut known = RATES;
    known.sort_unstable();
    rate.ok_or_else(|| format!("OSDP speaks at {}", known.map(|rate| rate.to_string()).join(", ")))
}

fn range(text: &str) -> Result<Range, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let bound = |text: &str| text.trim().parse().ok().filter(|address: &u8| *address <= LAST_BOARD);
    match (bound(first), bound(last)) {
        (Some(first), Some(last)) if first <= last => Ok(Range { first, last }),
        _ => {
            Err(format!("addresses are 0 to {LAST_ADDRESS}, of boards 1 to {LAST_BOARD}, such as 5 or 0-15"))
        }
    }
}
