//! What happens to a door.

use super::output::Mode;
use crate::time::Micros;

/// What happens to a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// A card, or keys, were decided on.
    Card {
        /// Whether they open this door.
        granted: bool,
    },
    /// The button beside the door was pressed.
    RequestToExit,
    /// The contact shows this.
    Contact(Contact),
    /// One of its devices was opened or moved, or none is any more.
    Tamper(bool),
    /// The power of one of its devices has failed, or of none any more.
    PowerFailed(bool),
    /// Somebody in charge wants this.
    Ordered(Order),
    /// The lock's device can't be reached.
    LockLost,
    /// The lock's device can be reached.
    LockBack,
}

/// What a contact shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contact {
    /// The door is closed.
    Closed,
    /// It is open.
    Open,
    /// Nobody knows: its wires are cut or shorted, or its device can't be reached.
    Unknown,
}

/// What somebody in charge wants of a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// To let somebody in once.
    Unlock,
    /// To be in this mode from now on.
    Mode {
        /// Which.
        mode: Mode,
        /// Until then, and normal afterwards; `None`: until it is ordered otherwise.
        until: Option<Micros>,
    },
}
