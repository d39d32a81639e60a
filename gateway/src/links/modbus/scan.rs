//! Finding boards on a line of which nothing is known: over baud rates and addresses.
//!
//! It reads, and nothing else: functions 1 to 4, one point each. A board answers with the point or with an exception; both
//! tell that it is there. What can't be understood is told as what it is: a board at another rate, or several at one address.

use std::io;
use std::time::Duration;

use super::codec::Framing;
use super::exchange::exchange;
use super::line_task::open;
use super::machine::Ask;
use super::request::{Fault, Request, Table};
use super::setup::Reach;
use super::wire::Wire;

/// Rates that boards are delivered at, the likeliest first.
pub const RATES: [u32; 5] = [9_600, 19_200, 38_400, 115_200, 57_600];

/// The highest address of a board (Modbus over serial line, 2.2).
pub const LAST_ADDRESS: u8 = 247;

/// Every bound of a scan.
pub mod limits {
    use std::time::Duration;

    /// Nothing is sent for so long after an answer.
    pub const GAP: Duration = Duration::from_millis(20);

    /// How many points of a table are tried at most.
    pub const MOST_POINTS: u16 = 64;
}

/// Tables in the order in which a board is asked for them; most know the first.
const TABLES: [Table; 4] =
    [Table::Coils, Table::HoldingRegisters, Table::DiscreteInputs, Table::InputRegisters];

/// What a scan is to look at.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where, and at which rate where that has one; each is tried.
    pub reaches: Vec<Reach>,
    /// 1 to [`LAST_ADDRESS`].
    pub addresses: Vec<u8>,
    /// An address has so long to answer.
    pub timeout: Duration,
}

/// A board that answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Bits a second; `None` in a network.
    pub baud: Option<u32>,
    /// Its address.
    pub address: u8,
    /// How many points it shows of each table, from the first on; none of those that it doesn't know.
    pub points: Vec<(Table, u16)>,
}

/// What happens during a scan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// This address is asked now, and so many questions are left.
    Asking {
        /// Bits a second; `None` in a network.
        baud: Option<u32>,
        /// Whom.
        address: u8,
        /// Addresses that are still to be asked after it.
        left: usize,
    },
    /// A board.
    Found(Found),
    /// Something answers that can't be understood.
    Unclear {
        /// Bits a second; `None` in a network.
        baud: Option<u32>,
        /// At which address.
        address: u8,
    },
}

/// Asks all of it. Whoever has enough drops it; what was found until then has been told.
///
/// # Errors
/// When a port or a peer can't be had, or has gone.
pub async fn run(plan: &Plan, mut tell: impl FnMut(Event)) -> io::Result<()> {
    let mut left = plan.reaches.len() * plan.addresses.len();
    for reach in &plan.reaches {
        let mut wire = open(reach).await?;
        for &address in &plan.addresses {
            left -= 1;
            let baud = baud(reach);
            tell(Event::Asking { baud, address, left });
            let asking = Asking { reach, address, timeout: plan.timeout };
            match asking.presence(&wire).await? {
                Presence::Nobody => {}
                Presence::Unclear => tell(Event::Unclear { baud, address }),
                Presence::Board => {
                    let points = asking.points(&wire).await?;
                    tell(Event::Found(Found { baud, address, points }));
                }
            }
            if framing(reach) == Framing::Tcp {
                // What a slow board still has to say is not taken for another's answer.
                drop(wire);
                wire = open(reach).await?;
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Nobody,
    Board,
    Unclear,
}

/// One address of one reach.
struct Asking<'a> {
    reach: &'a Reach,
    address: u8,
    timeout: Duration,
}

impl Asking<'_> {
    /// Whether somebody is there. Cheap boards keep silent about functions that they don't know.
    async fn presence(&self, wire: &Wire) -> io::Result<Presence> {
        for table in &TABLES[..2] {
            match self.read(wire, *table, 1).await? {
                Ok(()) => return Ok(Presence::Board),
                // The network's gateway says so, not a board.
                Err(Fault::Refused(10 | 11)) => return Ok(Presence::Nobody),
                Err(Fault::Refused(_)) => return Ok(Presence::Board),
                Err(Fault::Timeout) => {}
                Err(Fault::Damaged | Fault::Foreign) => return Ok(Presence::Unclear),
            }
        }
        Ok(Presence::Nobody)
    }

    /// How many points it shows: those numbers are tried that boards have.
    async fn points(&self, wire: &Wire) -> io::Result<Vec<(Table, u16)>> {
        let mut known = Vec::new();
        for table in TABLES {
            let mut most = 0;
            for count in [1, 2, 4, 6, 8, 16, 32, limits::MOST_POINTS] {
                match self.read(wire, table, count).await? {
                    Ok(()) => most = count,
                    Err(_) => break,
                }
            }
            if most > 0 {
                known.push((table, most));
            }
        }
        Ok(known)
    }

    async fn read(&self, wire: &Wire, table: Table, count: u16) -> io::Result<Result<(), Fault>> {
        let ask = Ask {
            address: self.address,
            request: Request::Read { table, first: 0, count },
            timeout: self.timeout,
        };
        let exchanged = exchange(wire, framing(self.reach), &ask).await?;
        tokio::time::sleep(limits::GAP).await;
        Ok(exchanged.result.map(drop))
    }
}

const fn baud(reach: &Reach) -> Option<u32> {
    match reach {
        Reach::Port { baud, .. } => Some(*baud),
        Reach::RtuOverTcp { .. } | Reach::Tcp { .. } => None,
    }
}

const fn framing(reach: &Reach) -> Framing {
    match reach {
        Reach::Port { .. } | Reach::RtuOverTcp { .. } => Framing::Rtu,
        Reach::Tcp { .. } => Framing::Tcp,
    }
}
