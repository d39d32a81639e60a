//! What can go wrong on a wire, decided by a seed.
//!
//! The same seed and the same bytes give the same damage: each direction and each kind of fault draws from a random
//! stream of its own, so neither timing nor the way reads were split can shift the draws.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;

/// Faults of one line, as they can be set at run time. The default is a perfect wire.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Faults {
    /// Chance that a bit arrives inverted, 0 to 1, for each data bit on the wire.
    pub bit_error_rate: f64,
    /// Chance that a whole frame (bytes without a pause of two characters) vanishes, 0 to 1.
    pub drop_rate: f64,
    /// Chance that a frame arrives with one of its bits inverted, 0 to 1.
    pub damage_rate: f64,
    /// Added to the way of every frame in each direction, in milliseconds.
    pub delay_ms: u64,
    /// The wire is cut at the gateway: neither side hears the other.
    pub cut: bool,
    /// Where the random streams begin.
    pub seed: u64,
}

/// The way a frame takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// From the gateway to the panels.
    Down,
    /// From a panel to the gateway.
    Up,
}

/// What is to happen to one frame, drawn when it begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fate {
    /// Nobody hears it.
    pub(crate) lost: bool,
    /// The bit to invert, as a fraction of the frame's length in 1/65536, and the bit within the byte.
    pub(crate) damage: Option<(u16, u8)>,
}

/// The random streams of one direction.
#[derive(Debug)]
struct Streams {
    frames: SmallRng,
    bits: SmallRng,
    noise: SmallRng,
}

/// Faults with their random streams.
#[derive(Debug)]
pub(crate) struct FaultModel {
    faults: Faults,
    down: Streams,
    up: Streams,
}

impl Streams {
    fn new(seed: u64, salt: u64) -> Self {
        let stream =
            |kind: u64| SmallRng::seed_from_u64(seed ^ (salt + kind).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Self { frames: stream(0), bits: stream(1), noise: stream(2) }
    }
}

impl FaultModel {
    pub(crate) fn new(faults: Faults) -> Self {
        Self { faults, down: Streams::new(faults.seed, 1), up: Streams::new(faults.seed, 11) }
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.faults.delay_ms)
    }

    /// Draws what shall happen to the next frame.
    pub(crate) fn fate(&mut self, way: Way) -> Fate {
        let Faults { drop_rate, damage_rate, .. } = self.faults;
        let random = &mut self.streams(way).frames;
        let (lost, damaged) = (random.random::<f64>() < drop_rate, random.random::<f64>() < damage_rate);
        let place = (random.random::<u16>(), random.random_range(0..8));
        Fate { lost, damage: damaged.then_some(place) }
    }

    /// The byte as it arrives, and how many of its bits are wrong.
    pub(crate) fn carry(&mut self, way: Way, byte: u8) -> (u8, u32) {
        let rate = self.faults.bit_error_rate;
        if rate <= 0.0 {
            return (byte, 0);
        }
        let bits = &mut self.streams(way).bits;
        let flips = (0..8).fold(0u8, |mask, bit| mask | (u8::from(bits.random::<f64>() < rate) << bit));
        (byte ^ flips, flips.count_ones())
    }

    /// What two drivers that fight, or a receiver at another baud rate, make of a byte: never the byte itself.
    pub(crate) fn garble(&mut self, way: Way, byte: u8) -> u8 {
        byte ^ self.streams(way).noise.random_range(1..=u8::MAX)
    }

    fn streams(&mut self, way: Way) -> &mut Streams {
        match way {
            Way::Down => &mut self.down,
            Way::Up => &mut self.up,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damage(faults: Faults) -> (Vec<u8>, Vec<Fate>) {
        let mut model = FaultModel::new(faults);
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
        let (mut quiet, mut busy) = (FaultModel::new(faults), FaultModel::new(faults));
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
