//! What a card may be that no known format fits as it stands: a number that is printed or told is seldom what the reader
//! sends. Its parity may be off, its bytes may be turned round, or the reader's two wires swapped.
//!
//! A guess is told as one and never taken for a reading: only a card at its reader says which is right.

use std::fmt;

use panel_protocol::wiegand::{CardBits, FORMATS, Format, Part, Reading, readings};

/// A card that the given bits may stand for.
pub(super) struct Guess {
    pub(super) why: Why,
    /// The card as the reader sends it.
    pub(super) card: CardBits,
    pub(super) format: &'static Format,
    pub(super) reading: Reading,
}

/// What was done to the card's bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    WithoutParity,
    BytesReversed,
    BytesReversedWithoutParity,
    LastBytes,
    WiresSwapped,
    BitsReversed,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WithoutParity => "without its parity",
            Self::BytesReversed => "with its bytes reversed",
            Self::BytesReversedWithoutParity => "with its bytes reversed and without its parity",
            Self::LastBytes => "of the chip's last three bytes",
            Self::WiresSwapped => "with D0 and D1 swapped",
            Self::BitsReversed => "with its last bit first",
        })
    }
}

impl fmt::Display for Guess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.format.id, self.why)?;
        if let Some(facility) = self.reading.facility {
            write!(f, "facility {facility}, ")?;
        }
        write!(f, "number {}, raw {}", self.reading.part(Part::Number).unwrap_or_default(), self.card)
    }
}

/// The likeliest first, which are those that parity speaks for; none for a card whose checks fit as it stands.
pub(super) fn guesses(card: CardBits) -> Vec<Guess> {
    if readings(card).any(|(format, _)| is_checked(format)) {
        return Vec::new();
    }
    let (bits, raw) = (card.bits(), card.raw());
    let turned = (bits % 8 == 0).then(|| raw.swap_bytes() >> (u128::BITS - u32::from(bits)));
    let inverted = !raw & (u128::MAX >> (u128::BITS - u32::from(bits)));
    let backwards = raw.reverse_bits() >> (u128::BITS - u32::from(bits));
    let last_bytes = (bits == 32).then_some(raw & 0xFF_FFFF);
    let whole = |why, raw| CardBits::new(bits, raw).into_iter().flat_map(move |card| as_whole(why, card));
    let mut all = Vec::new();
    all.extend(whole(Why::WiresSwapped, inverted));
    all.extend(whole(Why::BitsReversed, backwards));
    all.extend(turned.into_iter().flat_map(|raw| whole(Why::BytesReversed, raw)));
    all.extend(stripped(Why::WithoutParity, bits, raw));
    all.extend(last_bytes.into_iter().flat_map(|raw| stripped(Why::LastBytes, 24, raw)));
    all.extend(turned.into_iter().flat_map(|raw| stripped(Why::BytesReversedWithoutParity, bits, raw)));
    all
}

/// Whether a card of this format proves by its own bits that it may be one.
fn is_checked(format: &Format) -> bool {
    !format.parity.is_empty() || format.checksum.is_some()
}

fn as_whole(why: Why, card: CardBits) -> impl Iterator<Item = Guess> {
    let checked = readings(card).filter(move |(format, _)| is_checked(format) && format.is_exact(card));
    checked.map(move |(format, reading)| Guess { why, card, format, reading })
}

/// Formats in which those bits stand between a first and a last parity bit that they alone decide.
fn stripped(why: Why, bits: u8, raw: u128) -> impl Iterator<Item = Guess> {
    FORMATS.iter().filter(move |format| format.bits == bits + 2).filter_map(move |format| {
        let ends = [0, format.bits - 1];
        if !ends.iter().all(|end| format.parity.iter().any(|parity| parity.position == *end)) {
            return None;
        }
        let with_parity =
            |ends: u128| CardBits::new(bits + 2, ((ends >> 1) << (bits + 1)) | (raw << 1) | (ends & 1));
        let mut fits = (0..4).filter_map(|ends| with_parity(ends).ok()).filter(|card| format.is_exact(*card));
        let card = fits.next()?;
        let reading = format.read(card).ok().filter(|_| fits.next().is_none())?;
        Some(Guess { why, card, format, reading })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(bits: u8, raw: u128) -> Option<String> {
        guesses(CardBits::new(bits, raw).unwrap()).first().map(ToString::to_string)
    }

    #[test]
    fn a_card_of_24_bits_is_one_of_26_without_its_parity() {
        let expected = "H10301 without its parity: facility 116, number 23152, raw 26:0x0E8B4E0";
        assert_eq!(first(24, 7_625_328).as_deref(), Some(expected));
    }

    #[test]
    fn bytes_that_are_turned_round_and_wires_that_are_swapped_are_seen_through() {
        let card = guesses(CardBits::new(24, 0x70_5A74).unwrap());
        let turned = "H10301 with its bytes reversed and without its parity: facility 116, number 23152, \
                      raw 26:0x0E8B4E0";
        assert!(card.iter().any(|guess| guess.to_string() == turned));
        let swapped = !0x2F6_23AE_u128 & 0x3FF_FFFF;
        let expected = "H10301 with D0 and D1 swapped: facility 123, number 4567, raw 26:0x2F623AE";
        assert_eq!(first(26, swapped).as_deref(), Some(expected));
    }

    #[test]
    fn a_card_whose_parity_fits_needs_no_guess() {
        assert_eq!(first(26, 0x2F6_23AE), None);
    }
}
