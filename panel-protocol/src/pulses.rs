//! A card's bits as a Wiegand reader sends them: short pulses on two wires, D0 for a zero and D1 for a one.
//!
//! Nothing marks a card's end but silence. What is no card is forgotten when the silence comes: more than 64 bits, or
//! a pulse on both wires at once, which only noise makes.

use core::time::Duration;

use crate::credential::{Credential, MAX_BITS};
use crate::time::Micros;

/// A silence this long ends a card: readers leave at most some 2 ms between pulses, and much more between cards.
pub const CARD_GAP: Duration = Duration::from_millis(25);

/// Collects pulses into a [`Credential`].
///
/// ```
/// use panel_protocol::{credential::Credential, pulses::Pulses, time::Micros};
///
/// let mut pulses = Pulses::new();
/// for (millisecond, one) in [true, false, true, true].into_iter().enumerate() {
///     pulses.pulse(Micros(millisecond as u64 * 1_000), !one, one);
/// }
/// assert_eq!(pulses.card(Micros(3_000)), None); // more bits may come
/// assert_eq!(pulses.card(Micros(28_000)), Credential::new(4, 0b1011).ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pulses {
    raw: u64,
    bits: u8,
    spoilt: bool,
    last: Micros,
}

impl Pulses {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self { raw: 0, bits: 0, spoilt: false, last: Micros(0) }
    }

    /// Which of the wires have fallen since the last call; neither is fine.
    pub fn pulse(&mut self, now: Micros, d0: bool, d1: bool) {
        if !d0 && !d1 {
            return;
        }
        self.last = now;
        self.spoilt |= d0 && d1 || self.bits == MAX_BITS;
        if !self.spoilt {
            self.raw = self.raw << 1 | u64::from(d1);
            self.bits += 1;
        }
    }

    /// The card, when it has ended; it is given once.
    pub fn card(&mut self, now: Micros) -> Option<Credential> {
        if self.bits == 0 && !self.spoilt || now.since(self.last) < CARD_GAP {
            return None;
        }
        let Self { raw, bits, spoilt, .. } = core::mem::take(self);
        Credential::new(bits, raw).ok().filter(|_| !spoilt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wiegand::H10301;

    fn send(pulses: &mut Pulses, start: u64, card: Credential) -> Micros {
        let mut now = Micros(start);
        for bit in (0..card.bits()).rev() {
            let one = card.raw() >> bit & 1 == 1;
            pulses.pulse(now, !one, one);
            now = now + Duration::from_millis(1);
        }
        now + CARD_GAP
    }

    #[test]
    fn cards_of_every_length_come_one_after_the_other() {
        let mut pulses = Pulses::new();
        let mut now = Micros(0);
        for bits in 1..=MAX_BITS {
            let card = Credential::new(bits, 0xA5A5_5A5A_0FF0_F00F >> (MAX_BITS - bits)).unwrap();
            now = send(&mut pulses, now.0, card);
            assert_eq!((pulses.card(now), pulses.card(now)), (Some(card), None), "{bits} bits");
        }
    }

    #[test]
    fn noise_and_endless_bits_are_no_card_and_don_t_spoil_the_next() {
        let mut pulses = Pulses::new();
        let card = H10301.encode(100, 1234).unwrap();
        for noise in [(0..65).map(|_| (true, false)).collect(), std::vec![(true, false), (true, true)]] {
            for (d0, d1) in noise {
                pulses.pulse(Micros(1_000), d0, d1);
            }
            assert_eq!(pulses.card(Micros(26_000)), None);
            let now = send(&mut pulses, 30_000, card);
            assert_eq!(pulses.card(now), Some(card));
        }
    }
}
