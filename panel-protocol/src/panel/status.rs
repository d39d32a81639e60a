//! How an operation ended.

use core::fmt;

/// How an operation ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Status {
    /// Done.
    Done = 0,
    /// The operation's code is not known; nothing changed.
    UnknownOperation = 1,
    /// The operation's body is malformed; nothing changed.
    Malformed = 2,
    /// The table is full; the items before the one that had no room are in. Of settings none is.
    TableFull = 3,
    /// The digest that came out is not the one that was expected; nothing changed.
    DigestMismatch = 4,
    /// Profiles were staged out of order, or too many; nothing changed.
    Staging = 5,
    /// The time after which it was not to be done has passed, or the clock that would tell is not set.
    TooLate = 6,
}

impl Status {
    const ALL: [Self; 7] = [
        Self::Done,
        Self::UnknownOperation,
        Self::Malformed,
        Self::TableFull,
        Self::DigestMismatch,
        Self::Staging,
        Self::TooLate,
    ];

    /// Its byte on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::UnknownOperation => "operation not known to the controller",
            Self::Malformed => "operation malformed",
            Self::TableFull => "card table full",
            Self::DigestMismatch => "digest not as expected",
            Self::Staging => "profiles staged out of order or too many",
            Self::TooLate => "too late, or the controller's clock is not set",
        })
    }
}
