//! What a door does and tells.

use core::fmt;
use core::time::Duration;

/// What is to be done for a door, and what is told of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// Let the lock go for so long, by its device's own timer.
    Unlock {
        /// For how long.
        span: Duration,
    },
    /// Lock at once.
    Lock,
    /// Show this at the door's readers.
    Show(Signal),
    /// What a card or an order came to; one for each.
    Answer(Answer),
    /// Something to be told.
    Event(Event),
}

/// What people see and hear at a reader.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Signal {
    /// The door opens.
    Granted {
        /// For how long.
        span: Duration,
    },
    /// It does not.
    Refused,
    /// It has stood open for so long that it will soon be told of.
    Warning,
    /// More is to come: keys are awaited.
    Wait,
}

/// What a card or an order came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The door opens.
    Opens,
    /// The decision was no.
    Refused,
    /// The decision was yes, and the door does not open all the same.
    HeldBack(HeldBack),
    /// The order is carried out.
    Done,
}

/// Why a door doesn't open for somebody who may come in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum HeldBack {
    /// It was ordered to stay locked.
    Locked,
    /// It is in lockdown.
    Lockdown,
    /// Its lock can't be reached.
    LockLost,
    /// The card was presented too long ago: whoever it was may have gone.
    TooLate,
}

/// How a door is used, by somebody's order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Mode {
    /// Cards open it.
    #[default]
    Normal,
    /// It is kept unlocked.
    Held,
    /// No card opens it. Somebody in charge can still let a person in.
    Locked,
    /// Nothing opens it from outside, until it is ordered otherwise.
    Lockdown,
}

/// What is told of a door.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", tag = "what")
)]
pub enum Event {
    /// It was opened, and nobody had been let in or out.
    Forced,
    /// It stands open, and will soon have for too long.
    HeldWarning,
    /// It has stood open for too long.
    Held,
    /// It is closed again after it was forced or held.
    Closed,
    /// Somebody opened or moved one of its devices; false: that is over.
    Tamper(bool),
    /// The button was pressed.
    RequestToExit,
    /// Its lock can't be reached.
    LockLost,
    /// Its lock can be reached again.
    LockBack,
    /// The power of one of its devices has failed; false: that is over.
    PowerFailed(bool),
    /// It is used otherwise from now on.
    Mode {
        /// How.
        mode: Mode,
        /// The time of the mode before it is over; else somebody ordered it.
        ended: bool,
    },
}

impl fmt::Display for HeldBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Locked => "the door is to stay locked",
            Self::Lockdown => "the door is in lockdown",
            Self::LockLost => "the door's lock can't be reached",
            Self::TooLate => "the card was told of too late",
        })
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Normal => "normal",
            Self::Held => "held open",
            Self::Locked => "locked",
            Self::Lockdown => "lockdown",
        })
    }
}
