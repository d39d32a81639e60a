//! From a card number as an organisation writes it to the credential that a reader sees.
//!
//! Pure. Four ways to write one: `NUMBER` (the site's default format and facility), `FACILITY:NUMBER`,
//! `FORMAT:FACILITY:NUMBER`, and `raw:BITS:0xHEX`. Never guesses a format from a number's length.

use panel_protocol::credential::Credential;
use panel_protocol::wiegand::{FORMATS, Format};

/// Longest card number that is looked at, in bytes.
pub const MAX_LEN: usize = 64;

/// What a number means where it doesn't say it.
#[derive(Clone, Copy, Debug)]
pub struct CardDefaults {
    /// The format of numbers that name none.
    pub format: &'static Format,
    /// The facility code of numbers that name none; where the site has none, they are refused.
    pub facility: Option<u64>,
}

/// Why a text is no card number, with what would be right.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CardNumberError {
    /// Longer than any card number.
    #[error(
        "it has more than {MAX_LEN} characters; write NUMBER, FACILITY:NUMBER, FORMAT:FACILITY:NUMBER or raw:BITS:0xHEX"
    )]
    TooLong,
    /// None of the four ways to write one.
    #[error("write NUMBER, FACILITY:NUMBER, FORMAT:FACILITY:NUMBER or raw:BITS:0xHEX")]
    Shape,
    /// A part that should be a decimal number isn't.
    #[error("the {part} {text:?} must be decimal digits")]
    Digits {
        /// Which part.
        part: &'static str,
        /// What stands there.
        text: String,
    },
    /// A format nobody knows.
    #[error("the format {0:?} is unknown; known formats: {known}", known = known_formats())]
    UnknownFormat(String),
    /// A bare number, and the site has no default facility.
    #[error("the site has no default facility code; write FACILITY:NUMBER")]
    NoFacility,
    /// Facility or number out of the format's range.
    #[error("{0}")]
    OutOfRange(String),
    /// The raw value is not hexadecimal or too wide for its bit count.
    #[error("{0}")]
    Raw(String),
}

/// The credential that `text` stands for. Space around it is ignored.
///
/// # Errors
/// When it is none of the four ways to write one, or out of its format's range.
pub fn parse(text: &str, defaults: &CardDefaults) -> Result<Credential, CardNumberError> {
    if text.len() > MAX_LEN {
        return Err(CardNumberError::TooLong);
    }
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    match parts[..] {
        [number] => {
            let number = decimal("card number", number)?;
            let facility = defaults.facility.ok_or(CardNumberError::NoFacility)?;
            encode(defaults.format, facility, number)
        }
        [facility, number] => {
            encode(defaults.format, decimal("facility", facility)?, decimal("card number", number)?)
        }
        [kind, bits, value] if kind.eq_ignore_ascii_case("raw") => raw(bits, value),
        [format, facility, number] => {
            let format = by_id(format)?;
            encode(format, decimal("facility", facility)?, decimal("card number", number)?)
        }
        _ => Err(CardNumberError::Shape),
    }
}

fn encode(format: &Format, facility: u64, number: u64) -> Result<Credential, CardNumberError> {
    format
        .encode(facility, number)
        .map_err(|error| CardNumberError::OutOfRange(format!("in {}: {error}", format.id)))
}

fn by_id(text: &str) -> Result<&'static Format, CardNumberError> {
    FORMATS
        .iter()
        .find(|format| format.id.eq_ignore_ascii_case(text))
        .ok_or_else(|| CardNumberError::UnknownFormat(text.to_owned()))
}

fn decimal(part: &'static str, text: &str) -> Result<u64, CardNumberError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| CardNumberError::Digits { part, text: text.to_owned() })
}

fn raw(bits: &str, value: &str) -> Result<Credential, CardNumberError> {
    let count = decimal("bit count", bits)?;
    let count =
        u8::try_from(count).map_err(|_| CardNumberError::Raw(format!("{count} bits are too many")))?;
    let digits = value
        .strip_prefix("0x")
        .or_else(|| value.strip_prefix("0X"))
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .ok_or_else(|| {
            CardNumberError::Raw(format!("the raw value {value:?} must be 0x and hexadecimal digits"))
        })?;
    let value = u64::from_str_radix(digits, 16)
        .map_err(|_| CardNumberError::Raw(format!("0x{digits} is wider than 64 bits")))?;
    Credential::new(count, value).map_err(|error| CardNumberError::Raw(error.to_string()))
}

fn known_formats() -> String {
    FORMATS.iter().map(|format| format.id).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use panel_protocol::wiegand::H10301;
    use proptest::prelude::*;

    const SITE: CardDefaults = CardDefaults { format: &H10301, facility: Some(123) };

    fn card(text: &str) -> Credential {
        parse(text, &SITE).unwrap()
    }

    #[test]
    fn the_four_ways_to_write_a_card_mean_the_same_card() {
        let expected = Credential::new(26, 0x2F6_23AE).unwrap();
        for text in ["4567", " 04567 ", "123:4567", "H10301:123:4567", "h10301:123:4567", "raw:26:0x2F623AE"]
        {
            assert_eq!(card(text), expected, "{text}");
        }
        assert_ne!(card("raw:28:0x2F623AE"), expected);
    }

    #[test]
    fn a_refusal_says_what_would_be_right() {
        let said = |text: &str| parse(text, &SITE).unwrap_err().to_string();
        assert!(said("ABC").contains("decimal digits"), "{}", said("ABC"));
        assert!(said("").contains("decimal digits"));
        assert!(said("-5").contains("decimal digits"));
        assert!(said("70000").contains("H10301"), "{}", said("70000"));
        assert!(said("300:1").contains("H10301"));
        assert!(said("W99:1:1").contains("H10301"), "{}", said("W99:1:1"));
        assert!(said("raw:26:2F623AE").contains("0x"));
        assert!(said("raw:26:0x4000000").contains("26 bits"));
        assert!(said("raw:99:0x1").contains("64"));
        assert!(said("a:b:c:d").contains("FACILITY:NUMBER"));
        assert!(said(&"9".repeat(65)).contains("64"));
        assert!(said("99999999999999999999").contains("decimal"));
    }

    #[test]
    fn a_bare_number_needs_a_default_facility() {
        let none = CardDefaults { format: &H10301, facility: None };
        assert_eq!(parse("4567", &none), Err(CardNumberError::NoFacility));
        assert_eq!(parse("123:4567", &none).unwrap(), card("4567"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = parse(&text, &SITE);
        }

        #[test]
        fn every_credential_can_be_written_raw(bits in 1u8..=64, value: u64) {
            let raw = value >> (64 - bits);
            let written = format!("raw:{bits}:0x{raw:X}");
            prop_assert_eq!(parse(&written, &SITE).unwrap(), Credential::new(bits, raw).unwrap());
        }
    }
}
