//! Keys over a reader's wires.

use panel_protocol::wiegand::CardBits;
use panel_protocol::wiegand::keypad::{Burst, Key};

#[test]
fn every_key_survives_every_way_of_sending() {
    for code in 0..=11 {
        let key = Key::from_code(code).unwrap();
        for burst in Burst::ALL {
            assert_eq!(burst.decode(burst.encode(key)), Some(key), "{key} {burst:?}");
        }
    }
    assert_eq!(Key::from_code(12), None);
}

#[test]
fn bits_that_are_no_key_are_none() {
    for (bits, raw) in [(4, 12), (8, 0x55), (8, 0x0F ^ 0x10), (5, 1), (26, 5)] {
        let bits = CardBits::new(bits, raw).unwrap();
        let keys: Vec<_> = Burst::ALL.iter().filter_map(|burst| burst.decode(bits)).collect();
        assert!(keys.is_empty(), "{bits} is {keys:?}");
    }
}

#[test]
fn eight_bits_can_be_a_key_either_way_round() {
    let bits = CardBits::new(8, 0x4B).unwrap();
    assert_eq!(Burst::ComplementFirst.decode(bits), Some(Key::HASH));
    assert_eq!(Burst::KeyFirst.decode(bits), Key::from_code(4));
    assert_eq!(Burst::ComplementFirst.decode(CardBits::new(8, 0x0F).unwrap()), None);
}
