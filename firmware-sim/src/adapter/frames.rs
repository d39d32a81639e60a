//! How an adapter writes a card down: the other end of the gateway's profiles, from data sheets and not from its code.

use panel_protocol::credential::Credential;
use serde::Deserialize;

use crate::limits::MAX_DIGITS;

/// How an adapter writes a card down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frames {
    /// A byte before each frame.
    pub start: Option<u8>,
    /// What ends it.
    pub end: End,
    /// Characters before the digits.
    pub prefix: String,
    /// What the digits are.
    pub charset: Charset,
    /// How many there are.
    pub length: usize,
    /// Whether two digits follow, the exclusive or of the bytes that the digits write.
    pub checksum: bool,
    /// How many bits its reader sends.
    pub bits: u8,
    /// Whether it leaves the first and the last of them out.
    pub parity_is_stripped: bool,
}

/// What the digits are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charset {
    /// 0 to 9 and A to F.
    #[default]
    Hex,
    /// 0 to 9.
    Decimal,
    /// 0 and 1.
    Binary,
}

/// What ends a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Carriage return and line feed.
    #[default]
    Crlf,
    /// Carriage return.
    Cr,
    /// Line feed.
    Lf,
    /// The byte 3.
    Etx,
    /// A pause.
    Pause,
}

impl Default for Frames {
    /// A WIE232-A's frames of 26 bits.
    fn default() -> Self {
        Self {
            start: None,
            end: End::Crlf,
            prefix: String::new(),
            charset: Charset::Hex,
            length: 6,
            checksum: false,
            bits: 26,
            parity_is_stripped: true,
        }
    }
}

impl Frames {
    /// The names of what is shipped, those of the gateway.
    pub const SHIPPED: [&str; 3] = ["wie232-26", "s4a-ethernet", "em4100-uart"];

    /// What is shipped under that name.
    pub fn shipped(name: &str) -> Option<Self> {
        let wie232 = Self::default();
        Some(match name {
            "wie232-26" => wie232,
            "s4a-ethernet" => Self { charset: Charset::Decimal, length: 10, bits: 34, ..wie232 },
            "em4100-uart" => Self {
                start: Some(0x02),
                end: End::Etx,
                length: 10,
                checksum: true,
                bits: 32,
                parity_is_stripped: false,
                ..wie232
            },
            _ => return None,
        })
    }

    /// How many digits the greatest number needs.
    pub(crate) fn shortest(&self) -> usize {
        let greatest = u64::MAX >> (64 - u32::from(self.number_bits().clamp(1, 64)));
        self.charset.digits(greatest).len()
    }

    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<(), String> {
        let least = if self.parity_is_stripped { 3 } else { 1 };
        if !(least..=64).contains(&self.bits) {
            return Err(format!("bits = {} can't be; {least} to 64", self.bits));
        }
        let digits = self.shortest()..=MAX_DIGITS;
        if !digits.contains(&self.length) {
            let (from, to) = (digits.start(), digits.end());
            return Err(format!("length = {} can't be; {from} to {to} digits", self.length));
        }
        if self.checksum && (self.charset != Charset::Hex || self.length % 2 == 1) {
            return Err("a checksum needs an even number of hexadecimal digits".to_owned());
        }
        Ok(())
    }

    fn number_bits(&self) -> u8 {
        if self.parity_is_stripped { self.bits.saturating_sub(2) } else { self.bits }
    }

    /// The characters of a card; `None`: it has another number of bits.
    pub(crate) fn write(&self, card: Credential) -> Option<Vec<u8>> {
        if card.bits() != self.bits {
            return None;
        }
        let number = if self.parity_is_stripped {
            card.raw() >> 1 & (u64::MAX >> (64 - u32::from(self.number_bits())))
        } else {
            card.raw()
        };
        let digits = format!("{:0>width$}", self.charset.digits(number), width = self.length);
        let mut frame: Vec<u8> = self.start.into_iter().collect();
        frame.extend(self.prefix.bytes().chain(digits.bytes()));
        if self.checksum {
            let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
            let sum = bytes.fold(0, |sum, byte| sum ^ byte.unwrap_or_default());
            frame.extend(format!("{sum:02X}").bytes());
        }
        frame.extend_from_slice(self.end.bytes());
        Some(frame)
    }
}

impl Charset {
    fn digits(self, number: u64) -> String {
        match self {
            Self::Hex => format!("{number:X}"),
            Self::Decimal => number.to_string(),
            Self::Binary => format!("{number:b}"),
        }
    }
}

impl End {
    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Crlf => b"\r\n",
            Self::Cr => b"\r",
            Self::Lf => b"\n",
            Self::Etx => &[3],
            Self::Pause => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use panel_protocol::wiegand::{Format, H10301};

    use super::*;

    #[test]
    fn cards_are_written_as_the_data_sheets_have_them() {
        let written = |name: &str, card| Frames::shipped(name).unwrap().write(card).unwrap();
        assert_eq!(written("wie232-26", H10301.encode(123, 4567).unwrap()), b"7B11D7\r\n");
        let of_34 = Format::by_id("H10306").unwrap().encode(1, 0xE256).unwrap();
        assert_eq!(written("s4a-ethernet", of_34), b"0000123478\r\n");
        let chip = Credential::new(32, 0xE308_6CED).unwrap();
        assert_eq!(written("em4100-uart", chip), b"\x0200E3086CED6A\x03");
    }

    #[test]
    fn another_card_than_the_readers_is_not_written() {
        assert_eq!(Frames::default().write(Credential::new(32, 1).unwrap()), None);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for name in Frames::SHIPPED {
            assert_eq!(Frames::shipped(name).unwrap().check(), Ok(()), "{name}");
        }
        assert!(Frames { bits: 65, ..Frames::default() }.check().is_err());
        assert!(Frames { bits: 2, ..Frames::default() }.check().is_err());
        assert!(Frames { length: 5, ..Frames::default() }.check().unwrap_err().contains("6 to 64"));
        assert!(Frames { checksum: true, length: 7, ..Frames::default() }.check().is_err());
    }
}
