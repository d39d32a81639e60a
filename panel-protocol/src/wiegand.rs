//! Card formats: what the bits of a [`Credential`] mean.
//!
//! A format is data: where the facility code and the card number lie, and which bits are parity. Bit 0 is the first
//! on the wire, the most significant. A length never identifies a format and parity only ever rejects, so the format
//! is chosen by whoever knows the cards, never guessed here.

use core::fmt;

use crate::credential::Credential;

/// Whether a parity bit makes the count of ones even or odd.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parity {
    /// The ones under the bit and its window are even in number.
    Even,
    /// They are odd in number.
    Odd,
}

/// An unsigned number inside a card's bits, most significant bit first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its first bit.
    pub start: u8,
    /// How many bits.
    pub length: u8,
}

/// One parity bit and the window that it guards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParityBit {
    /// Where the bit is.
    pub position: u8,
    /// What it makes of the count.
    pub parity: Parity,
    /// The window's first bit.
    pub first: u8,
    /// The window's last bit, itself included.
    pub last: u8,
}

/// A card format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// The name that the field uses.
    pub id: &'static str,
    /// Card length.
    pub bits: u8,
    /// The site's part of the number.
    pub facility: Field,
    /// The card's part.
    pub number: Field,
    /// In the order in which they are set.
    pub parity: &'static [ParityBit],
}

/// The 26-bit open standard.
pub const H10301: Format = Format {
    id: "H10301",
    bits: 26,
    facility: Field { start: 1, length: 8 },
    number: Field { start: 9, length: 16 },
    parity: &[
        ParityBit { position: 0, parity: Parity::Even, first: 1, last: 12 },
        ParityBit { position: 25, parity: Parity::Odd, first: 13, last: 24 },
    ],
};

/// Every format that is known here.
pub const FORMATS: &[Format] = &[H10301];

/// A credential as a format reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// The facility code.
    pub facility: u64,
    /// The card number.
    pub number: u64,
}

/// Why a facility code and a number make no card, or a card fits no format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormatError {
    /// The facility code is greater than the format can hold.
    Facility {
        /// As given.
        value: u64,
        /// The greatest that fits.
        max: u64,
    },
    /// The card number is greater than the format can hold.
    Number {
        /// As given.
        value: u64,
        /// The greatest that fits.
        max: u64,
    },
    /// The card has another length.
    Length {
        /// The card's.
        bits: u8,
        /// The format's.
        expected: u8,
    },
    /// A parity bit is wrong.
    Parity {
        /// Which bit, counted from the first on the wire.
        position: u8,
    },
}

impl Format {
    /// The format of that name, without regard to case.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.id.eq_ignore_ascii_case(id))
    }

    /// The card that carries this facility code and number, parity set.
    ///
    /// # Errors
    /// When either is greater than its field holds.
    pub fn encode(&self, facility: u64, number: u64) -> Result<Credential, FormatError> {
        if facility > self.facility.max() {
            return Err(FormatError::Facility { value: facility, max: self.facility.max() });
        }
        if number > self.number.max() {
            return Err(FormatError::Number { value: number, max: self.number.max() });
        }
        let body = self.facility.put(self.bits, facility) | self.number.put(self.bits, number);
        let raw = self.parity.iter().fold(body, |raw, bit| bit.set(self.bits, raw));
        Credential::new(self.bits, raw)
            .map_err(|_| FormatError::Length { bits: self.bits, expected: self.bits })
    }

    /// What the card says in this format.
    ///
    /// # Errors
    /// When the length or a parity bit doesn't fit.
    pub fn decode(&self, card: Credential) -> Result<Reading, FormatError> {
        if card.bits() != self.bits {
            return Err(FormatError::Length { bits: card.bits(), expected: self.bits });
        }
        match self.parity.iter().find(|bit| bit.set(self.bits, card.raw()) != card.raw()) {
            Some(wrong) => Err(FormatError::Parity { position: wrong.position }),
            None => Ok(Reading {
                facility: self.facility.get(self.bits, card.raw()),
                number: self.number.get(self.bits, card.raw()),
            }),
        }
    }
}

impl Field {
    /// The greatest value that fits.
    pub const fn max(self) -> u64 {
        ones(self.length)
    }

    const fn shift(self, bits: u8) -> u8 {
        bits - self.start - self.length
    }

    const fn get(self, bits: u8, raw: u64) -> u64 {
        raw >> self.shift(bits) & self.max()
    }

    const fn put(self, bits: u8, value: u64) -> u64 {
        value << self.shift(bits)
    }
}

impl ParityBit {
    /// `raw` with this bit as it should be.
    const fn set(self, bits: u8, raw: u64) -> u64 {
        let window = Field { start: self.first, length: self.last - self.first + 1 };
        let odd = window.get(bits, raw).count_ones() % 2 == 1;
        let one = match self.parity {
            Parity::Even => odd,
            Parity::Odd => !odd,
        };
        let mask = 1 << (bits - 1 - self.position);
        if one { raw | mask } else { raw & !mask }
    }
}

const fn ones(length: u8) -> u64 {
    if length >= 64 { u64::MAX } else { (1 << length) - 1 }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Facility { value, max } => write!(f, "facility code {value} is greater than {max}"),
            Self::Number { value, max } => write!(f, "card number {value} is greater than {max}"),
            Self::Length { bits, expected } => write!(f, "the card has {bits} bits, the format {expected}"),
            Self::Parity { position } => write!(f, "parity bit {position} is wrong"),
        }
    }
}

impl core::error::Error for FormatError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn h10301_published_cards() {
        for (facility, number, raw) in [(42, 69, 0x254_008A), (123, 4567, 0x2F6_23AE)] {
            let card = H10301.encode(facility, number).unwrap();
            assert_eq!(card, Credential::new(26, raw).unwrap());
            assert_eq!(H10301.decode(card), Ok(Reading { facility, number }));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        assert_eq!(H10301.encode(256, 1), Err(FormatError::Facility { value: 256, max: 255 }));
        assert_eq!(H10301.encode(1, 65_536), Err(FormatError::Number { value: 65_536, max: 65_535 }));
        let short = Credential::new(25, 0).unwrap();
        assert_eq!(H10301.decode(short), Err(FormatError::Length { bits: 25, expected: 26 }));
    }

    #[test]
    fn one_flipped_bit_is_always_noticed() {
        let card = H10301.encode(100, 1234).unwrap();
        for bit in 0..26 {
            let damaged = Credential::new(26, card.raw() ^ 1 << bit).unwrap();
            assert!(matches!(H10301.decode(damaged), Err(FormatError::Parity { .. })), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn every_number_survives_the_card(facility in 0u64..256, number in 0u64..65_536) {
            let card = H10301.encode(facility, number).unwrap();
            prop_assert_eq!(H10301.decode(card), Ok(Reading { facility, number }));
        }
    }
}
