//! Keys of a keypad that shares a card reader's wires: one burst of 4 or 8 bits a key. No cards, and never credentials.

use core::fmt;

use super::{CardBits, Field};

const HIGH: Field = Field { start: 0, length: 4 };
const LOW: Field = Field { start: 4, length: 4 };

/// One key: `0` to `9`, `*` or `#`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key(u8);

/// How a keypad sends a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Burst {
    /// Four bits.
    Four,
    /// Eight bits: the complement, then the key. The usual order.
    ComplementFirst,
    /// Eight bits: the key, then its complement.
    KeyFirst,
}

impl Key {
    /// `*`, mostly "clear".
    pub const STAR: Self = Self(10);
    /// `#`, mostly "enter".
    pub const HASH: Self = Self(11);

    /// The key with this code: 0 to 9, 10 for `*`, 11 for `#`.
    pub const fn from_code(code: u8) -> Option<Self> {
        if code <= Self::HASH.0 { Some(Self(code)) } else { None }
    }

    /// Its code, 0 to 11.
    pub const fn code(self) -> u8 {
        self.0
    }
}

impl Burst {
    /// Every way, the usual ones first.
    pub const ALL: [Self; 3] = [Self::Four, Self::ComplementFirst, Self::KeyFirst];

    /// The name that the field uses for the length.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Four => "KEY4",
            Self::ComplementFirst | Self::KeyFirst => "KEY8",
        }
    }

    /// The key that this way of sending makes of the bits: `None` when they have another length, the halves are no
    /// complements of each other, or no key has that code.
    ///
    /// Eight bits can be a key either way round; which it is, only the keypad's manual tells.
    pub fn decode(self, bits: CardBits) -> Option<Key> {
        let (high, low) = (HIGH.get(bits.aligned()), LOW.get(bits.aligned()));
        let complements = bits.bits() == 8 && high ^ low == HIGH.max();
        let code = match self {
            Self::Four if bits.bits() == 4 => high,
            Self::ComplementFirst if complements => low,
            Self::KeyFirst if complements => high,
            _ => return None,
        };
        u8::try_from(code).ok().and_then(Key::from_code)
    }

    /// The bits of a key.
    pub fn encode(self, key: Key) -> CardBits {
        let code = u64::from(key.code());
        let complement = code ^ HIGH.max();
        match self {
            Self::Four => CardBits::from_aligned(4, HIGH.put(code)),
            Self::ComplementFirst => CardBits::from_aligned(8, HIGH.put(complement) | LOW.put(code)),
            Self::KeyFirst => CardBits::from_aligned(8, HIGH.put(code) | LOW.put(complement)),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::STAR => f.write_str("*"),
            Self::HASH => f.write_str("#"),
            Self(digit) => write!(f, "{digit}"),
        }
    }
}
