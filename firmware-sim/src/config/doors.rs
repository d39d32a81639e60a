//! What doors are made of beside panels: readers, boards with relays and inputs, Wiegand adapters.

use std::time::Duration;

pub use crate::adapter::{Charset, End, Frames};
pub use crate::board::Model;

use super::PanelKey;

/// One OSDP reader, for which whoever polls it decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReaderConfig {
    /// Its name, unique among all controllers: letters, digits, `.`, `_` and `-`.
    pub id: String,
    /// The line it is wired to.
    pub line: String,
    /// Its OSDP address, 0 to 126.
    pub address: u8,
    /// How many inputs it has: 0 is the contact of its door, 1 the button.
    pub inputs: u8,
    /// How many outputs it has.
    pub outputs: u8,
    /// Its serial number.
    pub serial: u32,
    /// Its secure-channel key.
    pub key: PanelKey,
    /// It has no secure channel.
    pub in_clear: bool,
    /// Somebody walks through whenever output 0 is let go, and input 0 shows it.
    pub contact_follows_lock: bool,
}

/// One board on a Modbus line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BoardConfig {
    /// Its name, unique among all controllers.
    pub id: String,
    /// The line it is wired to.
    pub line: String,
    /// Its address, 1 to 247. New boards all have 1, so two of a line may have the same one.
    pub address: u8,
    /// What it can do.
    pub model: Model,
    /// It thinks for so long before it answers.
    pub answers_after: Duration,
    /// Its outputs fall back when nobody has asked it anything for so long.
    pub watchdog: Option<Duration>,
    /// Inputs that show a door, each with the output that lets it go: somebody walks through whenever that is switched on.
    pub contacts: Vec<Follow>,
}

/// A door's contact and its lock, at one board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Follow {
    /// The contact's input.
    pub input: u8,
    /// The lock's output.
    pub output: u8,
}

/// One adapter that turns a reader's Wiegand pulses into characters, alone on its line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdapterConfig {
    /// Its name, unique among all controllers.
    pub id: String,
    /// Its line.
    pub line: String,
    /// How it writes cards down.
    pub frames: Frames,
    /// The lock of its door: an adapter is never told anything, so a swipe is answered by what the lock does.
    pub lock: Option<LockPlace>,
}

/// A lock: an output of a reader or a board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockPlace {
    /// Whose.
    pub controller: String,
    /// Which.
    pub output: u8,
}

/// What boards of every kind take to answer, unless they are told otherwise.
pub(super) const USUAL_THINKING: Duration = Duration::from_millis(3);

impl ReaderConfig {
    /// A reader with two inputs and one output, in factory state, its address for a serial number.
    pub fn new(id: impl Into<String>, line: impl Into<String>, address: u8) -> Self {
        Self {
            id: id.into(),
            line: line.into(),
            address,
            inputs: 2,
            outputs: 1,
            serial: u32::from(address),
            key: PanelKey::Factory,
            in_clear: false,
            contact_follows_lock: false,
        }
    }
}

impl BoardConfig {
    /// A board that answers after 3 ms and has no watchdog.
    pub fn new(id: impl Into<String>, line: impl Into<String>, address: u8, model: Model) -> Self {
        let (id, line, answers_after) = (id.into(), line.into(), USUAL_THINKING);
        Self { id, line, address, model, answers_after, watchdog: None, contacts: Vec::new() }
    }
}

impl AdapterConfig {
    /// An adapter whose door has no lock here.
    pub fn new(id: impl Into<String>, line: impl Into<String>, frames: Frames) -> Self {
        Self { id: id.into(), line: line.into(), frames, lock: None }
    }
}
