//! A card as a Wiegand library gives it: without its parity bits.

use panel_protocol::credential::Credential;
use panel_protocol::wiegand::{Format, H10301};

/// The value without the first and the last bit, for lengths that have parity there.
pub(super) fn stripped(card: Credential) -> u64 {
    match card.bits() {
        bits @ (26 | 34) => (card.raw() >> 1) & ((1 << (bits - 2)) - 1),
        _ => card.raw(),
    }
}

/// The card that gives this value: of 26 bits if it fits, else of 34.
pub(super) fn card_of(value: u64) -> Option<Credential> {
    if value < 1 << 24 {
        return H10301.encode(value >> 16, value & 0xFFFF).ok();
    }
    let format = Format::by_id("H10306")?;
    (value < 1 << 32).then(|| format.encode(value >> 16, value & 0xFFFF).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parity_goes_and_comes_back() {
        for (format, facility, number) in [("H10301", 100, 1_234), ("H10306", 1_000, 7)] {
            let card = Format::by_id(format).unwrap().encode(facility, number).unwrap();
            assert_eq!(stripped(card), facility << 16 | number);
            assert_eq!(card_of(stripped(card)), Some(card));
        }
        let plain = Credential::new(32, 0xDEAD_BEEF).unwrap();
        assert_eq!(stripped(plain), 0xDEAD_BEEF);
    }
}
