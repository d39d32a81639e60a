//! From a card number as an organisation writes it to the credential that a reader sees.
//!
//! Pure. Ways to write one: `NUMBER` (the site's default format and facility), `FACILITY:NUMBER`,
//! `FORMAT:FACILITY:NUMBER`, `FORMAT:NUMBER` where the format has no facility code, and `raw:BITS:0xHEX`. Never guesses
//! a format from a number's length.

use panel_protocol::credential::Credential;
use panel_protocol::wiegand::{FORMATS, Format};

use super::limits::MAX_NUMBER_LEN;

/// All ways to write a card number.
const WAYS: &str = "NUMBER, FACILITY:NUMBER, FORMAT:FACILITY:NUMBER, FORMAT:NUMBER or raw:BITS:0xHEX";

/// What a number means where it doesn't say it.
#[derive(Clone, Copy, Debug)]
pub struct CardDefaults {
    /// The format of numbers that name none.
    pub format: &'static Format,
    /// The facility code of numbers that name none; where the site has none, they are refused in formats that have one.
    pub facility: Option<u64>,
}

/// Why a text is no card number, with what would be right.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CardNumberError {
    /// Longer than any card number.
    #[error("it has more than {MAX_NUMBER_LEN} characters; write {WAYS}")]
    TooLong,
    /// None of the ways to write one.
    #[error("write {WAYS}")]
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
    /// A bare number, and the site has no default facility for its format.
    #[error("no default facility code goes with this format; write FACILITY:NUMBER")]
    NoFacility,
    /// A format that has a facility code, and none was given.
    #[error("{0} has a facility code; write {0}:FACILITY:NUMBER")]
    FormatNeedsFacility(&'static str),
    /// A facility code, and the format has none.
    #[error("{0} has no facility code; write {0}:NUMBER")]
    FormatWithoutFacility(&'static str),
    /// Facility or number out of the format's range, or the format's cards are too long.
    #[error("{0}")]
    OutOfRange(String),
    /// The raw value is not hexadecimal or too wide for its bit count.
    #[error("{0}")]
    Raw(String),
}

/// The credential that `text` stands for. Space around it is ignored.
///
/// # Errors
/// When it is none of the ways to write one, or out of its format's range.
pub fn parse(text: &str, defaults: &CardDefaults) -> Result<Credential, CardNumberError> {
    if text.len() > MAX_NUMBER_LEN {
        return Err(CardNumberError::TooLong);
    }
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    match parts[..] {
        [number] => bare(defaults, decimal("card number", number)?),
        [facility, number] if is_decimal(facility) => with_facility(defaults.format, facility, number),
        [format, number] => without_facility(by_id(format)?, number),
        [kind, bits, value] if kind.eq_ignore_ascii_case("raw") => raw(bits, value),
        [format, facility, number] => with_facility(by_id(format)?, facility, number),
        _ => Err(CardNumberError::Shape),
    }
}

/// The same where a format is named beside the text: it stands for the site's default format, and the site's default
/// facility code goes with no other. A format that the text itself names comes first.
///
/// # Errors
/// As for [`parse`], and when the format is unknown.
pub fn parse_in(
    format: Option<&str>,
    text: &str,
    defaults: &CardDefaults,
) -> Result<Credential, CardNumberError> {
    let Some(id) = format else { return parse(text, defaults) };
    let format = by_id(id.trim())?;
    let facility = defaults.facility.filter(|_| format.id == defaults.format.id);
    parse(text, &CardDefaults { format, facility })
}

fn bare(defaults: &CardDefaults, number: u64) -> Result<Credential, CardNumberError> {
    let facility = match defaults.format.facility {
        Some(_) => defaults.facility.ok_or(CardNumberError::NoFacility)?,
        None => 0,
    };
    encode(defaults.format, facility, number)
}

fn with_facility(
    format: &'static Format,
    facility: &str,
    number: &str,
) -> Result<Credential, CardNumberError> {
    if format.facility.is_none() {
        return Err(CardNumberError::FormatWithoutFacility(format.id));
    }
    encode(format, decimal("facility", facility)?, decimal("card number", number)?)
}

fn without_facility(format: &'static Format, number: &str) -> Result<Credential, CardNumberError> {
    if format.facility.is_some() {
        return Err(CardNumberError::FormatNeedsFacility(format.id));
    }
    encode(format, 0, decimal("card number", number)?)
}

fn encode(format: &Format, facility: u64, number: u64) -> Result<Credential, CardNumberError> {
    format
        .encode(facility, number)
        .map_err(|error| CardNumberError::OutOfRange(format!("in {}: {error}", format.id)))
}

fn by_id(text: &str) -> Result<&'static Format, CardNumberError> {
    Format::by_id(text).ok_or_else(|| CardNumberError::UnknownFormat(text.to_owned()))
}

fn decimal(part: &'static str, text: &str) -> Result<u64, CardNumberError> {
    is_decimal(text)
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| CardNumberError::Digits { part, text: text.to_owned() })
}

fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
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
    let fitting = FORMATS.iter().filter(|format| format.fits_credential());
    fitting.map(|format| format.id).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use panel_protocol::wiegand::table::H10302;
    use panel_protocol::wiegand::{Field, H10301};
    use proptest::prelude::*;

    const SITE: CardDefaults = CardDefaults { format: &H10301, facility: Some(123) };

    fn card(text: &str) -> Credential {
        parse(text, &SITE).unwrap()
    }

    #[test]
    fn all_ways_to_write_a_card_mean_the_same_card() {
        let expected = Credential::new(26, 0x2F6_23AE).unwrap();
        for text in [
            "4567",
            " 04567 ",
            "123:4567",
            "H10301:123:4567",
            "h10301:123:4567",
            "W26:123:4567",
            "raw:26:0x2F623AE",
        ] {
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
        assert!(said("W99:1").contains("H10301"), "{}", said("W99:1"));
        assert!(!said("W99:1").contains("UID66"), "a card that can be no credential is offered");
        assert_eq!(said("C1K35:1"), "C1K35 has a facility code; write C1K35:FACILITY:NUMBER");
        assert_eq!(said("H10302:1:1"), "H10302 has no facility code; write H10302:NUMBER");
        assert!(said("UID66:1").contains("1 to 64"), "{}", said("UID66:1"));
        assert!(said("H10302:34359738368").contains("34359738367"), "{}", said("H10302:34359738368"));
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

    #[test]
    fn a_format_without_facility_code_needs_none() {
        let site = CardDefaults { format: &H10302, facility: None };
        let expected = Credential::new(37, 0x8A).unwrap();
        for text in ["69", "H10302:69", "h10302 : 069"] {
            assert_eq!(parse(text, &site), Ok(expected), "{text}");
        }
        assert_eq!(parse("1:69", &site), Err(CardNumberError::FormatWithoutFacility("H10302")));
        assert_eq!(card("H10302:69"), expected);
    }

    #[test]
    fn a_format_named_beside_the_number_takes_the_place_of_the_default() {
        let beside = |format, text| parse_in(Some(format), text, &SITE);
        assert_eq!(beside("H10302", "69"), Ok(card("H10302:69")));
        assert_eq!(beside(" h10301 ", "4567"), Ok(card("4567")), "the default facility goes with it");
        assert_eq!(beside("C1K35", "1:69"), Ok(card("C1K35:1:69")));
        assert_eq!(beside("C1K35", "69"), Err(CardNumberError::NoFacility));
        assert_eq!(beside("C1K35", "H10302:69"), Ok(card("H10302:69")), "what the number says comes first");
        assert_eq!(beside("W99", "69"), Err(CardNumberError::UnknownFormat("W99".to_owned())));
        assert_eq!(parse_in(None, "4567", &SITE), Ok(card("4567")));
    }

    #[test]
    fn every_format_that_fits_a_credential_can_be_named() {
        for format in FORMATS.iter().filter(|format| format.fits_credential()) {
            let facility = format.facility.map_or(0, Field::max);
            let number = format.number.max();
            let written = match format.facility {
                Some(_) => format!("{}:{facility}:{number}", format.id),
                None => format!("{}:{number}", format.id),
            };
            assert_eq!(card(&written), format.encode(facility, number).unwrap(), "{written}");
        }
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
