//! Bytes of one talker without a pause, and when they pass.

use std::time::Duration;

use panel_protocol::testing::Fate;

use crate::limits::{HEARING_PERIOD, RELEASE_SLICE};

/// Bits that a byte takes on the wire: start, eight data, stop.
const BITS_PER_BYTE: u64 = 10;

/// Who talks; stations by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Talker {
    Gateway,
    Station(usize),
}

/// Bytes of one talker without a pause.
#[derive(Debug)]
pub(super) struct Burst {
    pub(super) talker: Talker,
    pub(super) start: Duration,
    pub(super) baud: u32,
    pub(super) bytes: Vec<u8>,
    /// Bytes that have been carried to their listeners.
    pub(super) carried: usize,
    /// Added before the gateway sees them.
    pub(super) delay: Duration,
    pub(super) fate: Fate,
    pub(super) collided: bool,
}

impl Burst {
    pub(super) fn new(
        talker: Talker,
        start: Duration,
        baud: u32,
        bytes: Vec<u8>,
        delay: Duration,
        fate: Fate,
    ) -> Self {
        Self { talker, start, baud, bytes, carried: 0, delay, fate, collided: false }
    }

    pub(super) fn is_gateway(&self) -> bool {
        self.talker == Talker::Gateway
    }

    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() - self.carried
    }

    /// When the first `count` bytes have passed.
    pub(super) fn end_of(&self, count: usize) -> Duration {
        self.start + span(self.baud, count)
    }

    pub(super) fn end(&self) -> Duration {
        self.end_of(self.bytes.len())
    }

    /// Whether it talks during some of the time from `start` to `end`.
    pub(super) fn overlaps(&self, start: Duration, end: Duration) -> bool {
        !self.bytes.is_empty() && start < end && self.start < end && start < self.end()
    }

    /// How many bytes will have been carried when its listeners are next to hear of it.
    pub(super) fn next_stop(&self) -> usize {
        let period = if self.is_gateway() { HEARING_PERIOD } else { RELEASE_SLICE };
        self.bytes.len().min(self.carried + slice_len(self.baud, period))
    }

    /// When its listeners are next to hear of it.
    pub(super) fn due(&self) -> Duration {
        self.end_of(self.next_stop()) + self.delay
    }

    /// The bits that this frame's fate inverts in the byte at `place`.
    pub(super) fn damage_at(&self, place: usize) -> u8 {
        self.fate.damage_at(place, self.bytes.len())
    }
}

/// How long `count` bytes take at `baud`.
pub(crate) fn span(baud: u32, count: usize) -> Duration {
    Duration::from_nanos(count as u64 * BITS_PER_BYTE * 1_000_000_000 / u64::from(baud.max(1)))
}

/// How many bytes pass in `time`, at least one.
pub(super) fn slice_len(baud: u32, time: Duration) -> usize {
    let bytes = time.as_micros() * u128::from(baud) / (u128::from(BITS_PER_BYTE) * 1_000_000);
    usize::try_from(bytes).unwrap_or(usize::MAX).max(1)
}
