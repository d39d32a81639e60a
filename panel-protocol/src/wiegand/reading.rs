//! What a card says: its numbers.

use core::fmt;

/// The OEM code of cards for which nobody ordered one.
pub const DEFAULT_OEM: u64 = 900;

/// One of the numbers in a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The facility code.
    Facility,
    /// The issue level.
    Issue,
    /// The OEM code.
    Oem,
    /// The card number.
    Number,
}

/// A card as a format reads it. What a format has no room for is `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// The facility code.
    pub facility: Option<u64>,
    /// The issue level; 0 where it is left out of a new card.
    pub issue: Option<u64>,
    /// The OEM code; [`DEFAULT_OEM`] where it is left out of a new card.
    pub oem: Option<u64>,
    /// The card number.
    pub number: u64,
}

impl Part {
    /// In the order in which people name them.
    pub const ALL: [Self; 4] = [Self::Facility, Self::Issue, Self::Oem, Self::Number];

    /// What a card says where nobody says anything else.
    pub(super) const fn default(self) -> Option<u64> {
        match self {
            Self::Issue => Some(0),
            Self::Oem => Some(DEFAULT_OEM),
            Self::Facility | Self::Number => None,
        }
    }
}

impl Reading {
    /// One of its numbers.
    pub const fn part(&self, part: Part) -> Option<u64> {
        match part {
            Part::Facility => self.facility,
            Part::Issue => self.issue,
            Part::Oem => self.oem,
            Part::Number => Some(self.number),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Facility => "facility code",
            Self::Issue => "issue level",
            Self::Oem => "OEM code",
            Self::Number => "card number",
        })
    }
}
