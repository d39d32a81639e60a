//! Finding devices on a line of which nothing is known: over baud rates and addresses.
//!
//! A scan listens first and stops where another CP speaks. Then, rate by rate, it asks everybody at once who they are:
//! many answers collide, but even a damaged one tells that the rate is right, and only then is each address asked. It
//! sends ID and CAP, nothing else, and so never changes a device; but its first command to a device, with sequence
//! number 0, ends that device's session with any other CP.
//!
//! [`Scan`] is the machine: what to ask next, and what an answer means. [`run`] joins it to a port and the clock.

mod machine;
mod question;
mod run;

use panel_protocol::osdp::cp::Capabilities;
use panel_protocol::osdp::frame::Check;
use panel_protocol::osdp::reply::{DeviceId, NakReason};

pub use machine::{Output, Scan};
pub use run::{Ended, ScanError, run};

/// The frame that asks an address who is there.
pub(super) fn who_is_there(address: u8, check: Check) -> Vec<u8> {
    question::Question::Id(address, check).frame()
}

/// Rates that devices speak at, the likeliest first.
pub const RATES: [u32; 6] = [115_200, 9_600, 38_400, 19_200, 57_600, 230_400];

/// The last address that a device can have.
pub const LAST_ADDRESS: u8 = 126;

/// Every bound of a scan.
pub mod limits {
    use std::time::Duration;

    /// How long it listens before it says anything: a CP polls each device many times in this.
    pub const LISTENING: Duration = Duration::from_secs(2);

    /// Silence after which no more of an answer comes: serial adapters hand bytes over in lumps.
    pub const GAP: Duration = Duration::from_millis(50);

    /// Longest time that a line may babble in answer to one question: the longest frame at 9600 baud takes 1.5 s.
    pub const LONGEST_ANSWER: Duration = Duration::from_secs(2);

    /// Fewer bytes than this are a spike on the line, not an answer or somebody's conversation.
    pub const LEAST_ANSWER: usize = 4;

    /// How often a question is put again after a damaged answer, or to a device that is busy.
    pub const REPEATS: u8 = 2;

    /// Time that a busy device is given.
    pub const BUSY_PAUSE: Duration = Duration::from_millis(200);

    /// Addresses that are asked at a rate where nobody answered to all: some devices answer to their own only, and
    /// most are delivered at one of the first.
    pub const FEW_ADDRESSES: usize = 2;
}

/// What a scan is to look at.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Bits a second, in the order in which they are tried.
    pub rates: Vec<u32>,
    /// 0 to [`LAST_ADDRESS`].
    pub addresses: Vec<u8>,
    /// Ask every address at every rate, with CRC and with checksum, whatever else was heard.
    pub thorough: bool,
    /// Go on although another CP speaks.
    pub force: bool,
}

/// A device that answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Device {
    /// Bits a second.
    pub baud: u32,
    /// 0 to 126.
    pub address: u8,
    /// What its answer ended with.
    pub check: Check,
    /// Who it says that it is; `None`: it doesn't say.
    pub id: Option<DeviceId>,
    /// What it says that it can do; `None`: it doesn't say.
    pub capabilities: Option<Capabilities>,
    /// Why it refused to say more.
    pub refusal: Option<NakReason>,
    /// How many bytes its identity has, if that is malformed.
    pub malformed: Option<usize>,
}

/// What a scan tells while it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// It listens at this rate whether anybody speaks.
    Listening {
        /// Bits a second.
        baud: u32,
    },
    /// It asks: an address, or all at once.
    Asking {
        /// Bits a second.
        baud: u32,
        /// `None`: all.
        address: Option<u8>,
    },
    /// A device answers.
    Found(Device),
    /// Something answers, and can't be understood: often two devices that share an address.
    Unclear {
        /// Bits a second.
        baud: u32,
        /// Which address was asked.
        address: u8,
    },
}

/// Somebody else speaks on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Occupied {
    /// A whole command was heard.
    #[error("another CP speaks on this line, at {baud} baud to address {address}")]
    Command {
        /// Bits a second.
        baud: u32,
        /// Whom it spoke to.
        address: u8,
    },
    /// So many bytes were heard while nobody was asked anything.
    #[error("somebody speaks on this line: {bytes} bytes were heard at {baud} baud before anything was sent")]
    Noise {
        /// Bits a second that were listened at.
        baud: u32,
        /// How many.
        bytes: usize,
    },
}

#[cfg(test)]
mod tests;
