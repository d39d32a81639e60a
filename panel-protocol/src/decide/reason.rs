//! Why a door opened or did not, and what that comes to.

use core::fmt;

/// Why a door opened or did not. Codes are only ever appended to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[repr(u8)]
pub enum Reason {
    /// The card opens this reader now.
    Granted = 0,
    /// The card is in no row of the table.
    UnknownCard = 1,
    /// The card's validity has not begun.
    NotYetValid = 2,
    /// The card's validity is over.
    Expired = 3,
    /// The card's profile doesn't open this reader, ever.
    NoAccess = 4,
    /// The row names a profile that the table doesn't have.
    UnknownProfile = 5,
    /// The reader's number is not one that a controller can have.
    UnknownReader = 6,
    /// The row has a validity, or its profile a schedule, and the controller's clock has not been set.
    ClockNotSet = 7,
    /// The profile's schedule for this reader is not open now.
    OutsideHours = 8,
    /// The profile names a schedule that the controller doesn't have.
    UnknownSchedule = 9,
    /// The profile has a schedule, and the controller doesn't know what the wall clock shows.
    ZoneNotSet = 10,
    /// The door is locked for everybody.
    DoorLocked = 11,
    /// The door is in lockdown, and the card's rank is too low.
    Lockdown = 12,
    /// Another door, which has to be shut while this one opens, stands open.
    Interlock = 13,
    /// The card is not in the area that this reader leads out of.
    AntiPassback = 14,
    /// The door waits for the PIN.
    PinWanted = 15,
    /// The door wants a PIN and the card has none.
    NoPin = 16,
    /// The PIN is wrong.
    WrongPin = 17,
    /// There were too many wrong PINs; the card has to wait.
    TooManyTries = 18,
    /// The door waits for a second person's card.
    SecondPersonWanted = 19,
    /// Granted, with the PIN that says that somebody is forced: a silent alarm.
    GrantedUnderDuress = 20,
    /// Granted, though the card is not in the area that this reader leads out of.
    GrantedDespiteAntiPassback = 21,
    /// Granted in a lockdown, by the card's rank.
    GrantedByRank = 22,
}

/// What a decision comes to at the door.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Outcome {
    /// The door opens.
    Granted,
    /// It stays shut.
    Refused,
    /// It stays shut; the card shall be judged again with a PIN.
    PinWanted,
    /// It stays shut until a second person's card comes.
    SecondPersonWanted,
}

/// How many reasons version 1 of the card-table commands has.
const OF_VERSION_1: u8 = 8;

impl Reason {
    /// Every reason, in the order of their codes.
    pub const ALL: [Self; 23] = [
        Self::Granted,
        Self::UnknownCard,
        Self::NotYetValid,
        Self::Expired,
        Self::NoAccess,
        Self::UnknownProfile,
        Self::UnknownReader,
        Self::ClockNotSet,
        Self::OutsideHours,
        Self::UnknownSchedule,
        Self::ZoneNotSet,
        Self::DoorLocked,
        Self::Lockdown,
        Self::Interlock,
        Self::AntiPassback,
        Self::PinWanted,
        Self::NoPin,
        Self::WrongPin,
        Self::TooManyTries,
        Self::SecondPersonWanted,
        Self::GrantedUnderDuress,
        Self::GrantedDespiteAntiPassback,
        Self::GrantedByRank,
    ];

    /// Whether the door opens.
    pub const fn granted(self) -> bool {
        matches!(self.outcome(), Outcome::Granted)
    }

    /// What it comes to.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Granted
            | Self::GrantedUnderDuress
            | Self::GrantedDespiteAntiPassback
            | Self::GrantedByRank => Outcome::Granted,
            Self::PinWanted => Outcome::PinWanted,
            Self::SecondPersonWanted => Outcome::SecondPersonWanted,
            _ => Outcome::Refused,
        }
    }

    /// Whether somebody has to be told of it without a sign at the door.
    pub const fn is_silent_alarm(self) -> bool {
        matches!(self, Self::GrantedUnderDuress)
    }

    /// Whether version 1 of the card-table commands has it.
    pub const fn is_of_version_1(self) -> bool {
        self.code() < OF_VERSION_1
    }

    /// Its code on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason with that code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Granted => "granted",
            Self::UnknownCard => "unknown card",
            Self::NotYetValid => "card not valid yet",
            Self::Expired => "card expired",
            Self::NoAccess => "no access at this door",
            Self::UnknownProfile => "the card's profile is missing at the controller",
            Self::UnknownReader => "the controller has no such reader",
            Self::ClockNotSet => "the controller's clock is not set, so the card's validity can't be judged",
            Self::OutsideHours => "outside the card's hours at this door",
            Self::UnknownSchedule => "the schedule of the card's access is missing at the controller",
            Self::ZoneNotSet => {
                "the controller doesn't know the site's local time, so the card's hours can't be judged"
            }
            Self::DoorLocked => "the door is locked for everybody",
            Self::Lockdown => "lockdown, and the card's rank is too low",
            Self::Interlock => "another door of the interlock stands open",
            Self::AntiPassback => "anti-passback: the card is not where this reader leads out of",
            Self::PinWanted => "the door waits for the PIN",
            Self::NoPin => "the door wants a PIN, and the card has none",
            Self::WrongPin => "wrong PIN",
            Self::TooManyTries => "too many wrong PINs; the card has to wait",
            Self::SecondPersonWanted => "the door waits for a second person",
            Self::GrantedUnderDuress => "granted under duress",
            Self::GrantedDespiteAntiPassback => "granted, against anti-passback",
            Self::GrantedByRank => "granted in the lockdown, by the card's rank",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_name_their_reasons() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(Reason::from_code(23), None);
    }

    #[test]
    fn only_what_says_so_opens_a_door() {
        for reason in Reason::ALL {
            assert_eq!(reason.granted(), std::format!("{reason:?}").starts_with("Granted"), "{reason:?}");
        }
    }
}
