//! The numbers that are printed on cards: the chip's number in decimal, its last three bytes as facility code and number, or
//! both side by side.

use panel_protocol::wiegand::CardBits;

use crate::cli::Failure;

/// Bits of the facility code and of the number in `116,23152`.
const PAIR_BITS: (u32, u32) = (8, 16);

/// The card that what is printed stands for: 24 bits, or 32 if the number has so many.
pub(super) fn card(printed: &[String]) -> Result<CardBits, Failure> {
    let text = printed.join(" ");
    let refused = |why: &str| Failure::Usage(format!("\"{text}\": {why}"));
    let (mut whole, mut pair) = (None, None);
    for word in text.split_whitespace() {
        let taken = match word.split_once([',', '-', '/']) {
            Some((facility, number)) => pair.replace(joined(facility, number)).is_none(),
            None => whole.replace(word.parse::<u32>().ok()).is_none(),
        };
        if !taken {
            return Err(refused("one decimal number and one pair at most"));
        }
    }
    let value = match (whole, pair) {
        (Some(None), _) => {
            return Err(refused(
                "a printed number is decimal, of 32 bits at most; other bits: --bits and --raw",
            ));
        }
        (_, Some(None)) => {
            return Err(refused("a printed pair is a facility code up to 255 and a number up to 65535"));
        }
        (Some(Some(whole)), Some(Some(pair))) if whole & 0xFF_FFFF != pair => {
            return Err(refused("the two are not the same card; give the one that you trust"));
        }
        (Some(Some(value)), _) | (None, Some(Some(value))) => value,
        (None, None) => {
            return Err(refused("give what is printed on the card, such as 0007625328 or 116,23152"));
        }
    };
    let bits = if value > 0xFF_FFFF { 32 } else { 24 };
    CardBits::new(bits, value.into()).map_err(|error| refused(&error.to_string()))
}

fn joined(facility: &str, number: &str) -> Option<u32> {
    let (facility_bits, number_bits) = PAIR_BITS;
    let field = |text: &str, bits: u32| text.parse::<u32>().ok().filter(|value| value >> bits == 0);
    Some((field(facility, facility_bits)? << number_bits) | field(number, number_bits)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, ()> {
        card(&[text.to_owned()]).map(|card| card.to_string()).map_err(drop)
    }

    #[test]
    fn what_is_printed_is_one_card_however_it_is_written() {
        for text in ["0007625328 116,23152", "0007625328", "116,23152", "116-23152", "7625328"] {
            assert_eq!(read(text).as_deref(), Ok("24:0x745A70"), "{text}");
        }
        assert_eq!(read("3735928559").as_deref(), Ok("32:0xDEADBEEF"));
        assert_eq!(read("3735928559 173,48879").as_deref(), Ok("32:0xDEADBEEF"));
    }

    #[test]
    fn what_is_no_printed_number_is_refused() {
        for text in
            ["", "0007625328 116,23153", "256,1", "1,65536", "4294967296", "7A", "1 2", "1,2 3,4", "-1"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
