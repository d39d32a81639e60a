//! Bytes as people and programs write them: hexadecimal digits, with whatever they put between.

use std::fmt;

/// Why a text is no row of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadHex {
    /// A character that belongs to no byte.
    #[error("character {at} is {found:?}, which is no hexadecimal digit")]
    Character {
        /// Its place, from 1.
        at: usize,
        /// What it is.
        found: char,
    },
    /// A byte has one digit; the place is that digit's, from 1.
    #[error("the digit at character {0} has no second one: a byte has two")]
    HalfByte(usize),
}

/// Reads bytes: two digits each, in any case; between bytes there may be blanks, commas, colons, hyphens and `0x`.
///
/// # Errors
/// With the place of what is wrong.
pub fn read(text: &str) -> Result<Vec<u8>, BadHex> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut characters = text.chars().zip(1..).peekable();
    while let Some((first, at)) = characters.next() {
        if is_between(first) {
            continue;
        }
        if first == '0' && characters.next_if(|(next, _)| matches!(next, 'x' | 'X')).is_some() {
            continue;
        }
        let high = digit(first).ok_or(BadHex::Character { at, found: first })?;
        bytes.push(match characters.next() {
            None => return Err(BadHex::HalfByte(at)),
            Some((next, _)) if is_between(next) => return Err(BadHex::HalfByte(at)),
            Some((next, at)) => high << 4 | digit(next).ok_or(BadHex::Character { at, found: next })?,
        });
    }
    Ok(bytes)
}

/// Bytes to be shown: `ff 53 00`, or without blanks by `{:#}`.
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if f.alternate() { "" } else { " " };
        self.0.iter().enumerate().try_for_each(|(at, byte)| {
            let between = if at == 0 { "" } else { between };
            write!(f, "{between}{byte:02x}")
        })
    }
}

const fn is_between(character: char) -> bool {
    character.is_ascii_whitespace() || matches!(character, ',' | ':' | '-')
}

fn digit(character: char) -> Option<u8> {
    character.to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_however_they_are_written() {
        let expected = Ok(vec![0xFF, 0x53, 0x00, 0xC0]);
        for text in [
            "ff5300c0",
            "FF 53 00 C0",
            " ff 53 00 c0\r\n",
            "FF-53-00-C0",
            "ff:53:00:c0",
            "0xFF, 0x53, 0X00, 0xc0",
            "0xff5300c0",
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read(" \n"), Ok(vec![]));
    }

    #[test]
    fn what_is_no_hex_is_named_with_its_place() {
        assert_eq!(read("FF 5G"), Err(BadHex::Character { at: 5, found: 'G' }));
        assert_eq!(read("hello"), Err(BadHex::Character { at: 1, found: 'h' }));
        assert_eq!(read("FF 5 3"), Err(BadHex::HalfByte(4)));
        assert_eq!(read("FF5"), Err(BadHex::HalfByte(3)));
        assert_eq!(read("ffé0"), Err(BadHex::Character { at: 3, found: 'é' }));
        assert_eq!(read("0x"), Ok(vec![]));
    }

    #[test]
    fn bytes_are_shown_with_blanks_or_without() {
        assert_eq!(Hex(&[0xFF, 0x05]).to_string(), "ff 05");
        assert_eq!(format!("{:#}", Hex(&[0xFF, 0x05])), "ff05");
    }
}
