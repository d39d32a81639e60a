//! Every bound on cards, in one place.

/// Longest card number that is looked at, in bytes.
pub const MAX_NUMBER_LEN: usize = 64;

/// Former cards of one person that are kept, inactive, for the record.
pub const MAX_FORMER_CARDS: usize = 4;
