//! How an adapter writes a card down: what stands around the digits, what they are, and what they leave out.
//!
//! Most adapters lose the bit count, and many the parity bits. So a profile says how many bits the reader sends; the parity bits
//! are worked out again, and the same card is the same card at every kind of reader.

use std::fmt;

use panel_protocol::wiegand::{Format, H10301};

use super::limits::MAX_DIGITS;

/// How an adapter writes a card down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// A byte before each frame.
    pub start: Option<u8>,
    /// What ends a frame; a pause does as well.
    pub end: End,
    /// What must stand before the digits.
    pub prefix: String,
    /// How many digits before the number are left out.
    pub skip: usize,
    /// What the digits are.
    pub charset: Charset,
    /// How many digits a frame has, with those that are left out and without the checksum. A frame that has lost one is
    /// none: it would be another card.
    pub length: usize,
    /// What guards them.
    pub checksum: Checksum,
    /// How many bits the card has as the reader sends it.
    pub bits: u8,
    /// Whether its parity bits are among the digits.
    pub parity: ParityBits,
    /// Which byte comes first.
    pub order: ByteOrder,
}

/// What ends a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Carriage return and line feed.
    CrLf,
    /// Carriage return.
    Cr,
    /// Line feed.
    Lf,
    /// The byte 3.
    Etx,
    /// Nothing but a pause.
    Pause,
}

/// What the digits are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Charset {
    /// 0 to 9, a to f, A to F.
    Hex,
    /// 0 to 9.
    Decimal,
    /// 0 and 1, a digit a bit.
    Binary,
}

/// What guards the digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checksum {
    /// Nothing.
    None,
    /// Two hexadecimal digits after them: the exclusive or of the bytes that they write.
    Xor,
}

/// Whether the card's parity bits are among the digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParityBits {
    /// They are, as the reader sends them.
    Kept,
    /// The adapter has checked them and left them out.
    Stripped,
}

/// Which byte of the number comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteOrder {
    /// The most significant one.
    MostSignificantFirst,
    /// The least significant one.
    LeastSignificantFirst,
}

/// Why a profile can't be one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProfileError {
    /// No card has so many bits.
    #[error("a card has 1 to 64 bits, not {0}")]
    Bits(u8),
    /// Nobody knows where its parity bits are.
    #[error(
        "parity bits can be added to cards of 26, 34 and 37 bits, not of {0}; let the adapter keep them: parity = \"kept\""
    )]
    Parity(u8),
    /// The digits can't hold the card.
    #[error("{digits} {charset} digits can't hold the {needed} bits of the number")]
    TooShort {
        /// How many there are.
        digits: usize,
        /// Of which kind.
        charset: Charset,
        /// What has to fit.
        needed: u8,
    },
    /// More digits than any adapter sends.
    #[error("a frame has at most {MAX_DIGITS} digits, not {0}")]
    TooLong(usize),
    /// The checksum is over bytes.
    #[error("the checksum guards bytes: it needs hexadecimal digits, and an even number of them")]
    Checksum,
    /// A prefix that could be taken for an end, or that nobody can see.
    #[error("the prefix must be printable and at most {MAX_DIGITS} characters long")]
    Prefix,
}

/// A profile that is shipped, under its name.
pub struct Shipped {
    /// What the configuration calls it.
    pub name: &'static str,
    /// Which devices write like this, and where that was read.
    pub devices: &'static str,
    profile: fn() -> Profile,
}

/// Plain digits of 26 bits without parity, in lines.
const fn lines_of_26() -> Profile {
    Profile {
        start: None,
        end: End::CrLf,
        prefix: String::new(),
        skip: 0,
        charset: Charset::Hex,
        length: 6,
        checksum: Checksum::None,
        bits: 26,
        parity: ParityBits::Stripped,
        order: ByteOrder::MostSignificantFirst,
    }
}

/// What is shipped.
pub static SHIPPED: [Shipped; 3] = [
    Shipped {
        name: "wie232-26",
        devices: "Priority 1 Design WIE232-A and its clones, 26 bits: facility code and card number as six hexadecimal digits \
                  (data sheet)",
        profile: lines_of_26,
    },
    Shipped {
        name: "s4a-ethernet",
        devices: "S4A Wiegand-Ethernet converter, 34 bits: ten decimal digits; a key is one character without an end (manual)",
        profile: || Profile { charset: Charset::Decimal, length: 10, bits: 34, ..lines_of_26() },
    },
    Shipped {
        name: "em4100-uart",
        devices: "125 kHz readers of the RDM6300 family: 02, ten hexadecimal digits, two of checksum, 03; the card's number \
                  is its last four bytes (Seeed's manual)",
        profile: || Profile {
            start: Some(0x02),
            end: End::Etx,
            skip: 2,
            length: 10,
            checksum: Checksum::Xor,
            bits: 32,
            parity: ParityBits::Kept,
            ..lines_of_26()
        },
    },
];

impl Shipped {
    /// The profile itself.
    pub fn profile(&self) -> Profile {
        (self.profile)()
    }
}

/// The shipped profile of that name.
pub fn shipped(name: &str) -> Option<Profile> {
    SHIPPED.iter().find(|shipped| shipped.name == name).map(Shipped::profile)
}

impl Profile {
    /// Lines with just the digits that the number needs, the most significant byte first.
    pub fn lines(charset: Charset, bits: u8, parity: ParityBits) -> Self {
        let lines = Self { charset, bits, parity, ..lines_of_26() };
        let greatest = u64::MAX >> (64 - u32::from(lines.data_bits().clamp(1, 64)));
        let length = (1..=MAX_DIGITS).find(|digits| charset.most(*digits) >= greatest);
        Self { length: length.unwrap_or(MAX_DIGITS), ..lines }
    }

    /// How many bits the digits write.
    pub fn data_bits(&self) -> u8 {
        match self.parity {
            ParityBits::Kept => self.bits,
            ParityBits::Stripped => self.bits.saturating_sub(2),
        }
    }

    /// The format by which parity bits are worked out again.
    pub(super) fn parity_format(&self) -> Option<&'static Format> {
        match self.bits {
            26 => Some(&H10301),
            34 => Format::by_id("H10306"),
            37 => Format::by_id("H10302"),
            _ => None,
        }
    }

    /// Itself, if frames of it can be cards.
    ///
    /// # Errors
    /// When it contradicts itself.
    pub fn checked(self) -> Result<Self, ProfileError> {
        if !(1..=64).contains(&self.bits) {
            return Err(ProfileError::Bits(self.bits));
        }
        if self.parity == ParityBits::Stripped && self.parity_format().is_none() {
            return Err(ProfileError::Parity(self.bits));
        }
        if self.prefix.len() > MAX_DIGITS || !self.prefix.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ProfileError::Prefix);
        }
        if self.checksum == Checksum::Xor && (self.charset != Charset::Hex || self.length % 2 == 1) {
            return Err(ProfileError::Checksum);
        }
        self.holds(self.length)?;
        Ok(self)
    }

    /// Whether so many digits can hold the number.
    fn holds(&self, length: usize) -> Result<(), ProfileError> {
        if length > MAX_DIGITS || self.skip > MAX_DIGITS {
            return Err(ProfileError::TooLong(length.max(self.skip)));
        }
        let (digits, needed) = (length.saturating_sub(self.skip), self.data_bits());
        if self.charset.most(digits) < u64::MAX >> (64 - needed) {
            return Err(ProfileError::TooShort { digits, charset: self.charset, needed });
        }
        Ok(())
    }
}

impl Charset {
    /// What the configuration calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Decimal => "decimal",
            Self::Binary => "binary",
        }
    }

    /// The base of its numbers.
    pub(super) const fn radix(self) -> u32 {
        match self {
            Self::Hex => 16,
            Self::Decimal => 10,
            Self::Binary => 2,
        }
    }

    /// The greatest number that so many digits write.
    fn most(self, digits: usize) -> u64 {
        let one_more =
            u32::try_from(digits).ok().and_then(|digits| u64::from(self.radix()).checked_pow(digits));
        one_more.map_or(u64::MAX, |all| all - 1)
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hex => "hexadecimal",
            Self::Decimal => "decimal",
            Self::Binary => "binary",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_makes_sense_and_has_names_of_its_own() {
        for (at, one) in SHIPPED.iter().enumerate() {
            assert_eq!(one.profile().checked(), Ok(one.profile()), "{}", one.name);
            assert!(SHIPPED[..at].iter().all(|other| other.name != one.name));
            assert_eq!(shipped(one.name), Some(one.profile()));
        }
        assert_eq!(shipped("wie232"), None);
    }

    #[test]
    fn lines_have_as_many_digits_as_the_number_needs() {
        for (charset, digits) in [(Charset::Hex, 6), (Charset::Decimal, 8), (Charset::Binary, 24)] {
            assert_eq!(Profile::lines(charset, 26, ParityBits::Stripped).length, digits);
        }
        assert_eq!(Profile::lines(Charset::Decimal, 64, ParityBits::Kept).length, 20);
    }

    #[test]
    fn a_profile_that_contradicts_itself_is_refused() {
        let fails = |profile: Profile| profile.checked().unwrap_err();
        let stripped = |bits| Profile::lines(Charset::Hex, bits, ParityBits::Stripped);
        assert_eq!(fails(stripped(35)), ProfileError::Parity(35));
        assert_eq!(fails(Profile { bits: 0, ..stripped(26) }), ProfileError::Bits(0));
        assert_eq!(fails(Profile { bits: 65, ..stripped(26) }), ProfileError::Bits(65));
        let short = fails(Profile { length: 5, ..stripped(26) });
        assert!(short.to_string().contains("5 hexadecimal digits can't hold the 24 bits"), "{short}");
        assert_eq!(fails(Profile { length: 65, ..stripped(26) }), ProfileError::TooLong(65));
        assert!(fails(Profile { skip: 6, ..stripped(26) }).to_string().starts_with('0'));
        let odd = Profile { checksum: Checksum::Xor, length: 7, ..stripped(26) };
        assert_eq!(fails(odd), ProfileError::Checksum);
        assert_eq!(fails(Profile { prefix: "\r".into(), ..stripped(26) }), ProfileError::Prefix);
        assert!(Profile { length: 8, charset: Charset::Decimal, ..stripped(26) }.checked().is_ok());
    }
}
