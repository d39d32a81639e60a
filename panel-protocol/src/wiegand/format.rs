//! A card format, and the one reader and the one composer that serve all of them.

use core::fmt;

use super::check::{Checksum, ParityBit};
use super::{CardBits, Field, Part, Reading};
use crate::credential::{self, Credential};

/// How well a format's layout is attested in public.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Confidence {
    /// By its maker or by many independent readers.
    High,
    /// By one source, or by several that may have copied each other.
    Medium,
    /// Some of it is guessed, such as parity that nobody has published: check it against a card of the site.
    Low,
}

/// A card format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// The name that the field uses.
    pub id: &'static str,
    /// Other names that it goes by.
    pub aliases: &'static [&'static str],
    /// For people.
    pub name: &'static str,
    /// Card length, 1 to 128.
    pub bits: u8,
    /// The site's or company's part of the number. Some formats have none.
    pub facility: Option<Field>,
    /// How often the same number has been issued.
    pub issue: Option<Field>,
    /// The code of the brand that ordered the cards.
    pub oem: Option<Field>,
    /// The card's part.
    pub number: Field,
    /// Bits that are always one; bit 0 is the most significant.
    pub ones: u128,
    /// In the order in which they are set: a later one may cover an earlier one.
    pub parity: &'static [ParityBit],
    /// Set after all parity.
    pub checksum: Option<Checksum>,
    /// The number is the serial number of the chip, which some readers send with its bytes reversed.
    pub serial: bool,
    /// How far to trust this layout.
    pub confidence: Confidence,
}

/// Why numbers make no card, or a card fits no format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormatError {
    /// A number is greater than its field can hold.
    TooGreat {
        /// Which.
        part: Part,
        /// As given.
        value: u64,
        /// The greatest that fits.
        max: u64,
    },
    /// A number for which the format has no field.
    NoField(Part),
    /// The format has a facility code, and none was given.
    NoFacility,
    /// The card has another length.
    Length {
        /// The card's.
        bits: u8,
        /// The format's.
        expected: u8,
    },
    /// A bit that is always one isn't.
    Fixed {
        /// Which bit, counted from the first on the wire.
        position: u8,
    },
    /// A parity bit is wrong.
    Parity {
        /// Which bit, counted from the first on the wire.
        position: u8,
    },
    /// The checksum is wrong.
    Checksum,
    /// The card is longer than a credential can be.
    NoCredential {
        /// Its length.
        bits: u8,
    },
}

impl Format {
    /// All names that [`Self::by_id`] takes for it.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        core::iter::once(self.id).chain(self.aliases.iter().copied())
    }

    /// Whether its cards can be credentials.
    pub const fn fits_credential(&self) -> bool {
        self.bits <= credential::MAX_BITS
    }

    /// The credential that carries this facility code and number, all other bits as they should be. Where the format
    /// has no facility code, it must be 0.
    ///
    /// # Errors
    /// When either is greater than its field holds, or the card is too long for a credential.
    pub fn encode(&self, facility: u64, number: u64) -> Result<Credential, FormatError> {
        let facility = (facility != 0 || self.facility.is_some()).then_some(facility);
        let card = self.compose(&Reading { facility, issue: None, oem: None, number })?;
        card.try_into().map_err(|_| FormatError::NoCredential { bits: self.bits })
    }

    /// What the credential says in this format.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn decode(&self, card: Credential) -> Result<Reading, FormatError> {
        self.read(card.into())
    }

    /// The card that says this. Bits of which nothing is known are 0.
    ///
    /// # Errors
    /// When a number is greater than its field holds, has no field, or is missing.
    pub fn compose(&self, reading: &Reading) -> Result<CardBits, FormatError> {
        let mut card = self.ones;
        for part in Part::ALL {
            card |= self.placed(part, reading)?;
        }
        Ok(CardBits::from_aligned(self.bits, self.checked(card)))
    }

    /// What the card says in this format. Bits of which nothing is known are passed over; see [`Self::is_exact`].
    ///
    /// # Errors
    /// When the length, a fixed bit, a parity bit or the checksum doesn't fit.
    pub fn read(&self, card: CardBits) -> Result<Reading, FormatError> {
        if card.bits() != self.bits {
            return Err(FormatError::Length { bits: card.bits(), expected: self.bits });
        }
        self.check(card.aligned())?;
        let value = |field: Field| field.get(card.aligned());
        Ok(Reading {
            facility: self.facility.map(value),
            issue: self.issue.map(value),
            oem: self.oem.map(value),
            number: value(self.number),
        })
    }

    /// Whether this format accounts for every bit of the card: its reading composes this very card. Two cards that
    /// read the same are one only if this holds.
    pub fn is_exact(&self, card: CardBits) -> bool {
        self.read(card).and_then(|reading| self.compose(&reading)) == Ok(card)
    }

    /// A chip's serial number as readers tell it that send its bytes the other way round. `None` where the number is
    /// no serial number.
    pub fn reversed(&self, number: u64) -> Option<u64> {
        self.serial.then(|| number.swap_bytes() >> (64 - self.number.length))
    }

    /// The field of a number.
    pub const fn field(&self, part: Part) -> Option<Field> {
        match part {
            Part::Facility => self.facility,
            Part::Issue => self.issue,
            Part::Oem => self.oem,
            Part::Number => Some(self.number),
        }
    }

    /// The bits of one number of a new card.
    fn placed(&self, part: Part, reading: &Reading) -> Result<u128, FormatError> {
        let Some(field) = self.field(part) else {
            return if reading.part(part).is_some() { Err(FormatError::NoField(part)) } else { Ok(0) };
        };
        let value = reading.part(part).or(part.default()).ok_or(FormatError::NoFacility)?;
        if value > field.max() {
            return Err(FormatError::TooGreat { part, value, max: field.max() });
        }
        Ok(field.put(value))
    }

    /// `card` with all check bits as they should be.
    fn checked(&self, card: u128) -> u128 {
        let even = self.parity.iter().fold(card, |card, bit| bit.set(card));
        self.checksum.map_or(even, |checksum| checksum.set(even))
    }

    fn check(&self, card: u128) -> Result<(), FormatError> {
        let missing = self.ones & !card;
        if missing != 0 {
            let position = u8::try_from(missing.leading_zeros()).unwrap_or(u8::MAX);
            return Err(FormatError::Fixed { position });
        }
        if let Some(wrong) = self.parity.iter().find(|bit| bit.set(card) != card) {
            return Err(FormatError::Parity { position: wrong.position });
        }
        match self.checksum {
            Some(checksum) if checksum.set(card) != card => Err(FormatError::Checksum),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooGreat { part, value, max } => write!(f, "{part} {value} is greater than {max}"),
            Self::NoField(part) => write!(f, "the format has no {part}"),
            Self::NoFacility => f.write_str("the format needs a facility code"),
            Self::Length { bits, expected } => write!(f, "the card has {bits} bits, the format {expected}"),
            Self::Fixed { position } => write!(f, "bit {position} must be 1"),
            Self::Parity { position } => write!(f, "parity bit {position} is wrong"),
            Self::Checksum => f.write_str("the checksum is wrong"),
            Self::NoCredential { bits } => {
                write!(f, "a card of {bits} bits is too long; a credential has 1 to {}", credential::MAX_BITS)
            }
        }
    }
}

impl core::error::Error for FormatError {}
