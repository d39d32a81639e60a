//! What can go wrong on a wire, decided by a seed.
//!
//! The same seed and the same bytes give the same damage: each direction and each kind of fault draws from numbers of its
//! own, so neither timing nor the way reads were split can shift the draws.

use core::time::Duration;

use super::Dice;

/// Faults of one line. The default is a perfect wire.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Faults {
    /// Chance that a bit arrives inverted, 0 to 1, for each data bit on the wire.
    pub bit_error_rate: f64,
    /// Chance that a whole frame (bytes without a pause of two characters) vanishes, 0 to 1.
    pub drop_rate: f64,
    /// Chance that a frame arrives with one of its bits inverted, 0 to 1.
    pub damage_rate: f64,
    /// Added to the way of every frame in each direction, in milliseconds.
    pub delay_ms: u64,
    /// The wire is cut at the CP: neither side hears the other.
    pub cut: bool,
    /// Where the random numbers begin.
    pub seed: u64,
}

/// What no wire does, but somebody on it might: frames that come again, or late and so out of their order.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Disorder {
    /// Chance that a frame comes once more, up to 300 ms later, 0 to 1.
    pub double_rate: f64,
    /// Chance that a frame is up to 400 ms late, 0 to 1.
    pub late_rate: f64,
}

/// Most milliseconds after which a doubled frame comes again.
const AGAIN_MS: u64 = 300;

/// Most milliseconds that a late frame is late.
const LATE_MS: u64 = 400;

/// The way a frame takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// From the CP to the PDs.
    Down,
    /// From a PD to the CP.
    Up,
}

/// What is to happen to one frame, drawn when it begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fate {
    /// Nobody hears it.
    pub lost: bool,
    /// The bit to invert, as a fraction of the frame's length in 1/65536, and the bit within the byte.
    pub damage: Option<(u16, u8)>,
}

/// The numbers of one direction.
#[derive(Debug)]
struct Streams {
    frames: Dice,
    bits: Dice,
    noise: Dice,
    order: Dice,
}

/// Faults with their numbers.
#[derive(Debug)]
pub struct Injector {
    faults: Faults,
    down: Streams,
    up: Streams,
}

impl Streams {
    fn new(seed: u64, salt: u64) -> Self {
        let stream = |kind: u64| Dice(seed ^ (salt + kind).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Self { frames: stream(0), bits: stream(1), noise: stream(2), order: stream(3) }
    }
}

impl Injector {
    /// Faults whose numbers are at their beginning.
    pub fn new(faults: Faults) -> Self {
        Self { faults, down: Streams::new(faults.seed, 1), up: Streams::new(faults.seed, 11) }
    }

    /// What may go wrong.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// How much longer every frame takes.
    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.faults.delay_ms)
    }

    /// Draws what shall happen to the next frame.
    pub fn fate(&mut self, way: Way) -> Fate {
        let Faults { drop_rate, damage_rate, .. } = self.faults;
        let frames = &mut self.streams(way).frames;
        let (lost, damaged) = (frames.happens(drop_rate), frames.happens(damage_rate));
        let place = (frames.below(1 << 16) as u16, frames.below(8) as u8);
        Fate { lost, damage: damaged.then_some(place) }
    }

    /// Draws how late the next frame is, and how long after that it comes again, if it does.
    pub fn disorder(&mut self, way: Way, disorder: Disorder) -> (Duration, Option<Duration>) {
        let order = &mut self.streams(way).order;
        let (late, again) = (order.happens(disorder.late_rate), order.happens(disorder.double_rate));
        let (late_ms, again_ms) = (order.below(LATE_MS), order.below(AGAIN_MS));
        let late = Duration::from_millis(if late { late_ms } else { 0 });
        (late, again.then_some(Duration::from_millis(again_ms)))
    }

    /// The byte as it arrives, and how many of its bits are wrong.
    pub fn carry(&mut self, way: Way, byte: u8) -> (u8, u32) {
        let rate = self.faults.bit_error_rate;
        if rate <= 0.0 {
            return (byte, 0);
        }
        let bits = &mut self.streams(way).bits;
        let flips = (0..8).fold(0u8, |mask, bit| mask | (u8::from(bits.happens(rate)) << bit));
        (byte ^ flips, flips.count_ones())
    }

    /// What two drivers that fight, or a receiver at another baud rate, make of a byte: never the byte itself.
    pub fn garble(&mut self, way: Way, byte: u8) -> u8 {
        byte ^ (1 + self.streams(way).noise.below(255) as u8)
    }

    fn streams(&mut self, way: Way) -> &mut Streams {
        match way {
            Way::Down => &mut self.down,
            Way::Up => &mut self.up,
        }
    }
}

impl Fate {
    /// The bits that are inverted in the byte at `place` of a frame of `len` bytes.
    pub fn damage_at(&self, place: usize, len: usize) -> u8 {
        match self.damage {
            Some((fraction, bit)) if usize::from(fraction) * len / 65_536 == place => 1 << bit,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn damage(faults: Faults) -> (Vec<u8>, Vec<Fate>) {
        let mut model = Injector::new(faults);
        let bytes = (0..4096).map(|_| model.carry(Way::Up, 0).0).collect();
        let fates = (0..1000).map(|_| model.fate(Way::Up)).collect();
        (bytes, fates)
    }

    #[test]
    fn a_seed_repeats_its_damage_and_another_does_not() {
        let faults =
            Faults { bit_error_rate: 0.01, drop_rate: 0.2, damage_rate: 0.1, seed: 7, ..Faults::default() };
        assert_eq!(damage(faults), damage(faults));
        assert_ne!(damage(faults), damage(Faults { seed: 8, ..faults }));
    }

    #[test]
    fn traffic_one_way_does_not_shift_the_damage_of_the_other() {
        let faults = Faults { bit_error_rate: 0.05, seed: 3, ..Faults::default() };
        let (mut quiet, mut busy) = (Injector::new(faults), Injector::new(faults));
        for _ in 0..100 {
            busy.carry(Way::Down, 0x55);
            busy.fate(Way::Up);
            assert_eq!(quiet.carry(Way::Up, 0xA5), busy.carry(Way::Up, 0xA5));
        }
    }

    #[test]
    fn rates_are_met_within_a_tenth() {
        let (bytes, fates) =
            damage(Faults { bit_error_rate: 0.1, drop_rate: 0.5, seed: 1, ..Faults::default() });
        let flipped: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
        assert!((2_950..3_600).contains(&flipped), "{flipped} of 32768 bits");
        let lost = fates.iter().filter(|fate| fate.lost).count();
        assert!((450..550).contains(&lost), "{lost} of 1000 frames");
    }

    #[test]
    fn a_perfect_wire_changes_nothing() {
        let (bytes, fates) = damage(Faults { seed: 99, ..Faults::default() });
        assert!(bytes.iter().all(|byte| *byte == 0) && fates.iter().all(|fate| *fate == Fate::default()));
    }
}
