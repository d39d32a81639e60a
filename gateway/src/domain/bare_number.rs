//! A card's number as devices tell it that leave its parity bits out: 24 bits of a card of 26, 32 of one of 34, all of any
//! other.

use panel_protocol::credential::Credential;
use panel_protocol::wiegand::{Format, H10301};

/// The number of a card; `None` if its parity is wrong, so that no such device reads it.
pub fn bare_number(card: Credential) -> Option<u64> {
    let bits = card.bits();
    if framed(bits).is_none() {
        return Some(card.raw());
    }
    let number = (card.raw() >> 1) & ((1 << (bits - 2)) - 1);
    (with_parity(bits, number) == Some(card)).then_some(number)
}

/// The card of so many bits that has this number; `None` if there is none.
pub fn with_parity(bits: u8, number: u64) -> Option<Credential> {
    let Some(format) = framed(bits) else { return Credential::new(bits, number).ok() };
    let below = format.number.length;
    format.encode(number >> below, number & ((1 << below) - 1)).ok()
}

/// The lengths that have a parity bit at each end.
fn framed(bits: u8) -> Option<&'static Format> {
    match bits {
        26 => Some(&H10301),
        34 => Format::by_id("H10306"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parity_goes_and_comes_back_and_a_wrong_one_is_no_card() {
        for (bits, number) in [(26, 0), (26, 0x6404d2), (26, 0xFF_FFFF), (34, 0x6404d2), (34, 0xFFFF_FFFF)] {
            let card = with_parity(bits, number).unwrap();
            assert_eq!((card.bits(), bare_number(card)), (bits, Some(number)));
            let wrong = Credential::new(bits, card.raw() ^ 1).unwrap();
            assert_eq!(bare_number(wrong), None, "{wrong:?}");
        }
        assert_eq!((with_parity(26, 1 << 24), with_parity(34, 1 << 32)), (None, None));
        let plain = Credential::new(32, 0xDEAD_BEEF).unwrap();
        assert_eq!((bare_number(plain), with_parity(32, 0xDEAD_BEEF)), (Some(0xDEAD_BEEF), Some(plain)));
        assert_eq!(with_parity(32, 1 << 32), None);
    }
}
