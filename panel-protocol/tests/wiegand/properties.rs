//! What holds for every card of every format.

use panel_protocol::wiegand::{CardBits, FORMATS, Field, Format, MAX_BITS, Reading, readings};
use proptest::prelude::*;

/// A format, and numbers that fit it.
fn numbered() -> impl Strategy<Value = (&'static Format, Reading)> {
    let numbers = (0..FORMATS.len(), any::<[u64; 4]>());
    numbers.prop_map(|(at, [facility, issue, oem, number])| {
        let format = &FORMATS[at];
        let fit = |field: Option<Field>, value: u64| field.map(|field| value & field.max());
        let reading = Reading {
            facility: fit(format.facility, facility),
            issue: fit(format.issue, issue),
            oem: fit(format.oem, oem),
            number: number & format.number.max(),
        };
        (format, reading)
    })
}

fn flipped(card: CardBits, position: u8) -> CardBits {
    CardBits::new(card.bits(), card.raw() ^ 1 << (card.bits() - 1 - position)).unwrap()
}

/// Whether a change of this one bit can't go unnoticed.
fn is_guarded(format: &Format, position: u8) -> bool {
    let bit = 1 << (MAX_BITS - 1 - position);
    let parity = format.parity.iter().any(|check| check.position == position || check.window & bit != 0);
    parity || format.checksum.is_some() || format.ones & bit != 0
}

proptest! {
    #[test]
    fn every_number_survives_the_card((format, reading) in numbered()) {
        let card = format.compose(&reading).unwrap();
        prop_assert_eq!(card.bits(), format.bits);
        prop_assert_eq!(format.read(card), Ok(reading));
        prop_assert!(format.is_exact(card));
        prop_assert!(readings(card).any(|found| found == (format, reading)));
    }

    #[test]
    fn one_flipped_bit_is_always_noticed_where_a_check_covers_it((format, reading) in numbered()) {
        let card = format.compose(&reading).unwrap();
        for position in 0..format.bits {
            let damaged = flipped(card, position);
            prop_assert_eq!(format.read(damaged).is_err(), is_guarded(format, position), "bit {}", position);
            let same = format.is_exact(damaged) && format.read(damaged) == Ok(reading);
            prop_assert!(!same, "bit {} tells nothing", position);
        }
    }

    #[test]
    fn what_is_read_of_any_bits_is_what_they_say(bits in 1u8..=128, value: u128) {
        let card = CardBits::new(bits, value >> (128 - bits)).unwrap();
        let mut exact = true;
        for (format, reading) in readings(card) {
            prop_assert_eq!(format.bits, bits);
            let again = format.compose(&reading).unwrap();
            prop_assert_eq!(format.read(again), Ok(reading));
            prop_assert!(exact || !format.is_exact(card), "the exact readings come first");
            exact = format.is_exact(card);
        }
    }

    #[test]
    fn a_serial_number_reversed_twice_is_itself((format, reading) in numbered()) {
        let there = format.reversed(reading.number);
        prop_assert_eq!(there.is_some(), format.serial);
        if let Some(reversed) = there {
            prop_assert_eq!(format.reversed(reversed), Some(reading.number));
        }
    }
}
