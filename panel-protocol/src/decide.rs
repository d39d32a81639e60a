//! One pure function from a presented card to granted or refused.
//!
//! The firmware calls it for its own table, the gateway for readers without one and for explaining, the tests to know
//! what is right.

use core::fmt;

use crate::limits::MAX_READERS;
use crate::table::{Access, Profile, Row};
use crate::time::UtcSeconds;

/// Why a door opened or did not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[repr(u8)]
pub enum Reason {
    /// The card's profile opens this reader now.
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
    /// The row has a validity and the controller's clock has not been set.
    ClockNotSet = 7,
}

impl Reason {
    /// Every reason, in the order of their codes.
    pub const ALL: [Self; 8] = [
        Self::Granted,
        Self::UnknownCard,
        Self::NotYetValid,
        Self::Expired,
        Self::NoAccess,
        Self::UnknownProfile,
        Self::UnknownReader,
        Self::ClockNotSet,
    ];

    /// Whether the door opens.
    pub const fn granted(self) -> bool {
        matches!(self, Self::Granted)
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
        })
    }
}

/// Whether a card opens a reader.
///
/// `row` is the card's, `profile` the row's; `now` is `None` while the clock has not been set, and then only cards
/// without limits in time open. Valid-from is the first second in which the card opens, valid-until the first in
/// which it no longer does.
pub fn decide(row: Option<&Row>, profile: Option<&Profile>, reader: u8, now: Option<UtcSeconds>) -> Reason {
    if usize::from(reader) >= MAX_READERS {
        return Reason::UnknownReader;
    }
    let Some(row) = row else { return Reason::UnknownCard };
    let Some(profile) = profile else { return Reason::UnknownProfile };
    match (row.valid_from, row.valid_until, now) {
        (None, None, _) => {}
        (_, _, None) => return Reason::ClockNotSet,
        (Some(from), _, Some(now)) if now < from => return Reason::NotYetValid,
        (_, Some(until), Some(now)) if now >= until => return Reason::Expired,
        _ => {}
    }
    match profile.access(reader) {
        Access::Always => Reason::Granted,
        Access::Never => Reason::NoAccess,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Credential;

    fn row(from: Option<u32>, until: Option<u32>) -> Row {
        let credential = Credential::new(26, 1).unwrap();
        Row {
            valid_from: from.map(UtcSeconds),
            valid_until: until.map(UtcSeconds),
            ..Row::new(credential, 0)
        }
    }

    #[test]
    fn validity_begins_and_ends_on_its_second() {
        let open = Profile::always([0]);
        let at = |second| decide(Some(&row(Some(10), Some(20))), Some(&open), 0, Some(UtcSeconds(second)));
        assert_eq!(at(9), Reason::NotYetValid);
        assert_eq!(at(10), Reason::Granted);
        assert_eq!(at(19), Reason::Granted);
        assert_eq!(at(20), Reason::Expired);
    }

    #[test]
    fn without_a_clock_only_cards_without_limits_open() {
        let open = Profile::always([0]);
        assert_eq!(decide(Some(&row(None, None)), Some(&open), 0, None), Reason::Granted);
        assert_eq!(decide(Some(&row(None, Some(20))), Some(&open), 0, None), Reason::ClockNotSet);
        assert_eq!(decide(Some(&row(Some(1), None)), Some(&open), 0, None), Reason::ClockNotSet);
    }

    #[test]
    fn whatever_is_missing_keeps_the_door_shut() {
        let open = Profile::always([0]);
        assert_eq!(decide(None, Some(&open), 0, None), Reason::UnknownCard);
        assert_eq!(decide(Some(&row(None, None)), None, 0, None), Reason::UnknownProfile);
        assert_eq!(decide(Some(&row(None, None)), Some(&open), 1, None), Reason::NoAccess);
        assert_eq!(decide(Some(&row(None, None)), Some(&open), 16, None), Reason::UnknownReader);
    }

    #[test]
    fn codes_name_their_reasons() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(Reason::from_code(8), None);
    }
}
