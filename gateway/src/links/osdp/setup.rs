//! A line as the installer describes it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{Feedback, LineId};

/// One line as the installer describes it.
#[derive(Clone, Debug)]
pub struct LineSetup {
    /// Its name.
    pub id: LineId,
    /// The serial device.
    pub port: PathBuf,
    /// Bits a second.
    pub baud: u32,
    /// Its devices, 32 at most.
    pub devices: Vec<DeviceSetup>,
}

/// One device of a line.
#[derive(Clone, Debug)]
pub struct DeviceSetup {
    /// What the client calls it.
    pub device: usize,
    /// Its address, 0 to 126.
    pub address: u8,
    /// Where its key is, or will be. `None`: it is talked to in clear, by the installer's word.
    pub key_file: Option<PathBuf>,
    /// Whether it holds a card table: one that should and doesn't is given no key.
    pub holds_table: bool,
    /// What it shows people.
    pub feedback: Arc<Feedback>,
}
