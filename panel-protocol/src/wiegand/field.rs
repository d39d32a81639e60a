//! Numbers inside a card.

use super::MAX_BITS;

/// An unsigned number inside a card's bits, most significant bit first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its first bit.
    pub start: u8,
    /// How many bits, 1 to 64.
    pub length: u8,
}

impl Field {
    /// The greatest value that fits.
    pub const fn max(self) -> u64 {
        u64::MAX >> (64 - self.length)
    }

    /// Its value in a card, whose bit 0 is the most significant of `card`.
    pub(super) fn get(self, card: u128) -> u64 {
        let value = card << self.start >> (MAX_BITS - self.length);
        u64::try_from(value).unwrap_or(u64::MAX)
    }

    /// The bits of a value that fits.
    pub(super) fn put(self, value: u64) -> u128 {
        u128::from(value) << (MAX_BITS - self.length) >> self.start
    }
}
