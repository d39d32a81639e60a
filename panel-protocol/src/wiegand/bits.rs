//! Bits as a reader sends them, before anybody says what they mean.

use core::fmt;

use crate::credential::{self, Credential, CredentialError};

/// Most bits that a card may send here.
pub const MAX_BITS: u8 = 128;

/// What a reader sent: how many bits, and which.
///
/// Longer than a [`Credential`] may be: some readers wrap 64 bits of a chip's serial number in parity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CardBits {
    count: u8,
    /// Bit 0, the first on the wire, is the most significant of the 128.
    aligned: u128,
}

/// Why a bit count and a raw value are no card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CardBitsError {
    /// Not 1 to 128 bits.
    BitCount(u8),
    /// The value has a one above its bit count.
    TooWide {
        /// Bits that were claimed.
        bits: u8,
        /// The value that doesn't fit them.
        raw: u128,
    },
}

impl CardBits {
    /// `bits` bits (1 to 128), the first on the wire being the most significant of `raw`.
    ///
    /// # Errors
    /// When `bits` is out of range, or `raw` doesn't fit in that many bits.
    pub const fn new(bits: u8, raw: u128) -> Result<Self, CardBitsError> {
        if bits == 0 || bits > MAX_BITS {
            return Err(CardBitsError::BitCount(bits));
        }
        if bits < MAX_BITS && raw >> bits != 0 {
            return Err(CardBitsError::TooWide { bits, raw });
        }
        Ok(Self { count: bits, aligned: raw << (MAX_BITS - bits) })
    }

    /// `count` bits at the upper end of `aligned`.
    pub(super) const fn from_aligned(count: u8, aligned: u128) -> Self {
        Self { count, aligned }
    }

    /// Bit 0 is the most significant.
    pub(super) const fn aligned(self) -> u128 {
        self.aligned
    }

    /// How many bits the card has, 1 to 128.
    pub const fn bits(self) -> u8 {
        self.count
    }

    /// The bits, right-aligned.
    pub const fn raw(self) -> u128 {
        self.aligned >> (MAX_BITS - self.count)
    }
}

impl From<Credential> for CardBits {
    fn from(card: Credential) -> Self {
        let raw = u128::from(card.raw());
        Self::from_aligned(card.bits(), raw << (MAX_BITS - card.bits()))
    }
}

impl TryFrom<CardBits> for Credential {
    type Error = CredentialError;

    /// # Errors
    /// When the card has more bits than a credential can have.
    fn try_from(card: CardBits) -> Result<Self, CredentialError> {
        let raw = u64::try_from(card.raw()).map_err(|_| CredentialError::BitCount(card.count))?;
        Self::new(card.count, raw)
    }
}

impl fmt::Display for CardBits {
    /// `26:0x2F623AE`, as a credential is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nibbles = usize::from(self.count).div_ceil(4);
        write!(f, "{}:0x{:0nibbles$X}", self.count, self.raw())
    }
}

impl fmt::Display for CardBitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BitCount(bits) => write!(f, "{bits} bits; a card has 1 to {MAX_BITS}"),
            Self::TooWide { bits, raw } => write!(f, "0x{raw:X} does not fit in {bits} bits"),
        }
    }
}

impl core::error::Error for CardBitsError {}

const _: () = assert!(credential::MAX_BITS < MAX_BITS);

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_value_wider_than_its_bits_is_refused() {
        assert_eq!(CardBits::new(66, 1 << 66), Err(CardBitsError::TooWide { bits: 66, raw: 1 << 66 }));
        assert_eq!(CardBits::new(0, 0), Err(CardBitsError::BitCount(0)));
        assert_eq!(CardBits::new(129, 0), Err(CardBitsError::BitCount(129)));
        assert_eq!(CardBits::new(128, u128::MAX).unwrap().raw(), u128::MAX);
    }

    #[test]
    fn a_credential_is_the_same_bits_and_66_bits_are_no_credential() {
        let card = Credential::new(26, 0x2F6_23AE).unwrap();
        let bits = CardBits::from(card);
        assert_eq!((bits.bits(), bits.raw()), (26, 0x2F6_23AE));
        assert_eq!(bits.to_string(), card.to_string());
        assert_eq!(Credential::try_from(bits), Ok(card));
        for raw in [1, 1 << 65] {
            let long = Credential::try_from(CardBits::new(66, raw).unwrap()).unwrap_err();
            assert_eq!(long, CredentialError::BitCount(66));
            assert_eq!(long.to_string(), "66 bits; a credential has 1 to 64");
        }
    }
}
