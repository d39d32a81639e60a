//! What a door consists of that the gateway decides for: lock, contact, button, readers, of one device or of several.

use std::time::Duration;

/// The parts of a door for which the gateway decides. Devices are named by their place
/// in the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DoorParts {
    /// What lets it open.
    pub lock: Lock,
    /// What tells whether it is open.
    pub contact: Option<Contact>,
    /// The button beside it.
    pub request_to_exit: Option<InputPlace>,
    /// A second reader of the door, on its other side.
    pub exit_reader: Option<ReaderPlace>,
    /// How long it may stand open before that is told.
    pub held_after: Duration,
}

/// One input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InputState {
    /// At rest.
    Inactive,
    /// What it watches has happened.
    Active,
    /// A supervised input whose wires are shorted, cut, or neither as they should be.
    Faulty,
    /// Not yet known, or not configured.
    Unknown,
}

/// A lock, and for how long it is let go at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lock {
    /// What switches it; of no other door.
    pub output: OutputPlace,
    /// For how long.
    pub span: Duration,
}

/// A door's contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contact {
    /// What shows it; of no other door.
    pub input: InputPlace,
    /// Whether the door is open while the input is active; else it is while the input is at rest.
    pub open_when_active: bool,
}

/// An output of a device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OutputPlace {
    /// The device.
    pub device: usize,
    /// Its number there.
    pub output: u8,
}

/// An input of a device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct InputPlace {
    /// The device.
    pub device: usize,
    /// Its number there.
    pub input: u8,
}

/// A reader of a device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ReaderPlace {
    /// The device.
    pub device: usize,
    /// Its number there.
    pub reader: u8,
}
