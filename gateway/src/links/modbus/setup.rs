//! A Modbus line as the installer describes it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::map::RegisterMap;
use crate::domain::LineId;

/// One line.
#[derive(Clone, Debug)]
pub struct LineSetup {
    /// Its name.
    pub id: LineId,
    /// Where its boards are reached.
    pub reach: Reach,
    /// Nothing is sent for so long after a reply.
    pub gap: Duration,
    /// Its boards, 32 at most.
    pub boards: Vec<BoardSetup>,
}

/// Where boards are reached, and how frames are framed there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// RTU on a serial port, 8N1.
    Port {
        /// The serial device.
        path: PathBuf,
        /// Bits a second.
        baud: u32,
    },
    /// RTU through a network adapter that passes bytes on.
    RtuOverTcp {
        /// Host and port.
        peer: String,
    },
    /// Modbus TCP.
    Tcp {
        /// Host and port.
        peer: String,
    },
}

/// One board of a line.
#[derive(Clone, Debug)]
pub struct BoardSetup {
    /// What the client calls it.
    pub device: usize,
    /// Its address, 1 to 247.
    pub address: u8,
    /// What it can do.
    pub map: Arc<RegisterMap>,
    /// The outputs that doors have: they are off whenever nobody has ordered otherwise.
    pub driven: Vec<u8>,
    /// It has so long to answer.
    pub timeout: Duration,
}
