//! The bits that guard others: parity and a checksum.
//!
//! In all of these words bit 0, the first on the wire, is the most significant of 128.

use super::{Field, MAX_BITS};

/// Whether a parity bit makes the count of ones even or odd.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parity {
    /// The ones under the bit and its window are even in number.
    Even,
    /// They are odd in number.
    Odd,
}

/// One parity bit and the window that it guards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParityBit {
    /// Where the bit is.
    pub position: u8,
    /// What it makes of the count.
    pub parity: Parity,
    /// The bits that are counted with it; bit 0 is the most significant.
    pub window: u128,
}

/// A byte that is the exclusive or of the bytes at the beginning of the card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checksum {
    /// Its first bit.
    pub start: u8,
    /// How many bytes it guards, from bit 0 on.
    pub bytes: u8,
}

impl ParityBit {
    /// `card` with this bit as it should be.
    pub(super) const fn set(self, card: u128) -> u128 {
        let odd = (card & self.window).count_ones() % 2 == 1;
        let one = match self.parity {
            Parity::Even => odd,
            Parity::Odd => !odd,
        };
        if one { card | bit(self.position) } else { card & !bit(self.position) }
    }
}

impl Checksum {
    /// `card` with this byte as it should be.
    pub(super) fn set(self, card: u128) -> u128 {
        let byte = |at: u8| Field { start: at, length: 8 }.get(card);
        let sum = (0..self.bytes).fold(0, |sum, number| sum ^ byte(number * 8));
        card & !span(self.start, self.start + 7) | Field { start: self.start, length: 8 }.put(sum)
    }
}

/// An even parity bit.
pub(super) const fn even(position: u8, window: u128) -> ParityBit {
    ParityBit { position, parity: Parity::Even, window }
}

/// An odd parity bit.
pub(super) const fn odd(position: u8, window: u128) -> ParityBit {
    ParityBit { position, parity: Parity::Odd, window }
}

/// One bit.
pub(super) const fn bit(position: u8) -> u128 {
    1 << (MAX_BITS - 1 - position)
}

/// The bits from `first` to `last`, both included.
pub(super) const fn span(first: u8, last: u8) -> u128 {
    (u128::MAX >> first) & (u128::MAX << (MAX_BITS - 1 - last))
}

/// The bits from `first` to `last`, every third left out: two in, one out.
pub(super) const fn two_of_three(first: u8, last: u8) -> u128 {
    let mut window = span(first, last);
    let mut out = first + 2;
    while out <= last {
        window &= !bit(out);
        out += 3;
    }
    window
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hold_what_their_names_say() {
        assert_eq!(span(0, 127), u128::MAX);
        assert_eq!(span(1, 2), bit(1) | bit(2));
        assert_eq!(two_of_three(2, 8), bit(2) | bit(3) | bit(5) | bit(6) | bit(8));
    }

    #[test]
    fn a_parity_bit_completes_its_window_either_way() {
        let card = bit(1) | bit(2) | bit(3);
        assert_eq!(even(0, span(1, 3)).set(card), card | bit(0));
        assert_eq!(odd(0, span(1, 3)).set(card | bit(0)), card);
        assert_eq!(even(0, span(1, 2)).set(card | bit(0)), card);
    }
}
