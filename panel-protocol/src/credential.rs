//! A card as the reader sees it.

use core::fmt;

/// Most bits a credential can have.
pub const MAX_BITS: u8 = 64;

/// A card as the reader sees it: how many bits it sent, and which.
///
/// Bit count and raw value *are* the card's identity. Facility code and card number are only a view of that value
/// through a [format](crate::wiegand::Format); the same 26 bits and a 28-bit value that happens to be equal are two
/// different cards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Credential {
    bits: u8,
    raw: u64,
}

/// Why a bit count and a raw value are no credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CredentialError {
    /// Not 1 to 64 bits.
    BitCount(u8),
    /// The value has a one above its bit count.
    TooWide {
        /// Bits that were claimed.
        bits: u8,
        /// The value that doesn't fit them.
        raw: u64,
    },
}

impl Credential {
    /// A credential of `bits` bits (1 to 64), the first bit on the wire being the most significant of `raw`.
    ///
    /// # Errors
    /// When `bits` is out of range, or `raw` doesn't fit in that many bits.
    pub const fn new(bits: u8, raw: u64) -> Result<Self, CredentialError> {
        if bits == 0 || bits > MAX_BITS {
            return Err(CredentialError::BitCount(bits));
        }
        if bits < MAX_BITS && raw >> bits != 0 {
            return Err(CredentialError::TooWide { bits, raw });
        }
        Ok(Self { bits, raw })
    }

    /// A credential from bits as readers send them in `osdp_RAW`: most significant bit of the first byte first, the
    /// last byte padded on the right.
    ///
    /// # Errors
    /// When `bits` is out of range or `data` is shorter than `bits` need.
    pub fn from_msb_first(bits: u16, data: &[u8]) -> Result<Self, CredentialError> {
        let width = u8::try_from(bits).map_err(|_| CredentialError::BitCount(u8::MAX))?;
        if width == 0 || width > MAX_BITS || data.len() < usize::from(width).div_ceil(8) {
            return Err(CredentialError::BitCount(width));
        }
        let bytes = usize::from(width).div_ceil(8);
        let wide = data[..bytes].iter().fold(0u128, |value, byte| value << 8 | u128::from(*byte));
        let raw = wide >> (bytes * 8 - usize::from(width));
        Self::new(width, u64::try_from(raw).unwrap_or(u64::MAX))
    }

    /// How many bits the card has, 1 to 64.
    pub const fn bits(self) -> u8 {
        self.bits
    }

    /// The bits, right-aligned.
    pub const fn raw(self) -> u64 {
        self.raw
    }

    /// How many bytes hold the bits, 1 to 8.
    pub const fn byte_len(self) -> usize {
        (self.bits as usize).div_ceil(8)
    }
}

impl fmt::Display for Credential {
    /// `26:0x2F623AE`; zero-padded to whole nibbles.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nibbles = usize::from(self.bits).div_ceil(4);
        write!(f, "{}:0x{:0nibbles$X}", self.bits, self.raw)
    }
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BitCount(bits) => write!(f, "{bits} bits; a credential has 1 to {MAX_BITS}"),
            Self::TooWide { bits, raw } => write!(f, "0x{raw:X} does not fit in {bits} bits"),
        }
    }
}

impl core::error::Error for CredentialError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_count_is_part_of_identity() {
        assert_ne!(Credential::new(26, 0x2F6_23AE), Credential::new(28, 0x2F6_23AE));
    }

    #[test]
    fn a_value_wider_than_its_bits_is_refused() {
        assert_eq!(Credential::new(26, 1 << 26), Err(CredentialError::TooWide { bits: 26, raw: 1 << 26 }));
        assert!(Credential::new(64, u64::MAX).is_ok());
        assert_eq!(Credential::new(0, 0), Err(CredentialError::BitCount(0)));
        assert_eq!(Credential::new(65, 0), Err(CredentialError::BitCount(65)));
    }

    #[test]
    fn osdp_raw_is_left_aligned() {
        let card = Credential::from_msb_first(26, &[0x12, 0x34, 0x56, 0x40]).unwrap();
        assert_eq!(card, Credential::new(26, 0x48D159).unwrap());
        assert!(Credential::from_msb_first(26, &[0x12, 0x34, 0x56]).is_err());
        assert!(Credential::from_msb_first(300, &[0xFF; 64]).is_err());
        let whole = Credential::from_msb_first(64, &[0xFF; 8]).unwrap();
        assert_eq!(whole.raw(), u64::MAX);
    }
}
