//! One pure function from a presented card to granted or refused.

/// Why a door opened or did not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Reason {
    /// The card's profile opens this reader now.
    Granted,
    /// The card is in no row of the table.
    UnknownCard,
    /// The card's validity has not begun.
    NotYetValid,
    /// The card's validity is over.
    Expired,
    /// The card's profile doesn't open this reader, ever.
    NoAccess,
    /// The row names a profile that the table doesn't have.
    UnknownProfile,
    /// The reader's number is not one of this controller's.
    UnknownReader,
    /// The row has a validity and the controller's clock has not been set.
    ClockNotSet,
}
