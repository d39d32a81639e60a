//! How long things take on the wire, and how long to wait before trying again.
//!
//! Every deadline of the CP is computed here or from here. A byte takes ten bit times (8N1).

use core::time::Duration;

use super::config::LineConfig;

/// Bits that one byte takes on the wire: start, eight data, stop.
const BITS_PER_BYTE: u64 = 10;

/// Silence that must lie between two frames, in byte times (OSDP 2.2, 5.7).
const IDLE_BYTES: usize = 2;

/// Spaces before the repetitions of a frame without a good reply. The first two follow at the next turn, because noise is
/// short; the later ones leave the line to other PDs.
const RETRY_DELAYS_MS: [u64; 7] = [0, 0, 50, 100, 200, 400, 800];

/// Repetitions for which a PD that answers keeps its place among those that do.
pub(super) const PROMPT_REPETITIONS: u8 = 2;

/// Time that `bytes` bytes take at `baud`, rounded up to a microsecond.
pub fn line_time(bytes: usize, baud: u32) -> Duration {
    let bits = (bytes as u64).saturating_mul(BITS_PER_BYTE);
    Duration::from_micros(bits.saturating_mul(1_000_000).div_ceil(u64::from(baud.max(1))))
}

/// Silence to keep before a frame is sent.
pub(super) fn idle_time(config: &LineConfig) -> Duration {
    line_time(IDLE_BYTES, config.baud)
}

/// Bytes that leave within `span` at `baud`.
pub(super) fn bytes_within(span: Duration, baud: u32) -> usize {
    let bits = span.as_micros().saturating_mul(u128::from(baud)) / 1_000_000;
    usize::try_from(bits / u128::from(BITS_PER_BYTE)).unwrap_or(usize::MAX)
}

/// Bytes of a sealed poll and its ACK, with the silence before each.
const POLL_BYTES: usize = 15 + 15 + 2 * IDLE_BYTES;

/// Time between two polls of one PD: as configured, but so that one PD's polls take at most half of the line.
pub(super) fn poll_interval(config: &LineConfig) -> Duration {
    config.poll_interval.max(line_time(POLL_BYTES, config.baud) * 2)
}

/// Pause before repetition number `repetition` (0 is the first) of a frame without a good reply.
pub(super) fn retry_delay(repetition: u8) -> Duration {
    let last = RETRY_DELAYS_MS.len() - 1;
    Duration::from_millis(RETRY_DELAYS_MS[usize::from(repetition).min(last)])
}

/// Pauses between attempts to bring up a PD: they double from the first to a cap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    /// The first pause will be the configured first one.
    pub(super) fn new(config: &LineConfig) -> Self {
        Self { next: config.backoff_first }
    }

    /// The pause to make now; the one after it is twice as long, up to the cap.
    pub(super) fn step(&mut self, config: &LineConfig) -> Duration {
        let pause = self.next.min(config.backoff_cap);
        self.next = pause.saturating_mul(2);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_takes_ten_bits_rounded_up() {
        assert_eq!(line_time(1, 9600), Duration::from_micros(1042));
        assert_eq!(line_time(1000, 9600), Duration::from_micros(1_041_667));
        assert_eq!(line_time(9, 230_400), Duration::from_micros(391));
    }

    #[test]
    fn no_baud_rate_divides_by_zero() {
        assert_eq!(line_time(1, 0), Duration::from_secs(10));
        assert_eq!(bytes_within(Duration::from_secs(1), 0), 0);
    }

    #[test]
    fn eighty_milliseconds_hold_76_bytes_at_9600() {
        assert_eq!(bytes_within(Duration::from_millis(80), 9600), 76);
        assert_eq!(bytes_within(Duration::from_millis(80), 115_200), 921);
    }

    #[test]
    fn polls_take_half_of_a_slow_line_at_most() {
        let slow = LineConfig::new(9600);
        assert_eq!(poll_interval(&slow), line_time(34, 9600) * 2);
        assert_eq!(poll_interval(&LineConfig::new(115_200)), slow.poll_interval);
        assert_eq!(idle_time(&slow), line_time(2, 9600));
    }

    #[test]
    fn retries_slow_down_and_never_stop() {
        assert_eq!(retry_delay(0), Duration::ZERO);
        assert_eq!(retry_delay(6), Duration::from_millis(800));
        assert_eq!(retry_delay(255), Duration::from_millis(800));
    }

    #[test]
    fn back_off_doubles_to_its_cap() {
        let config = LineConfig::new(9600);
        let mut backoff = Backoff::new(&config);
        let pauses: [u64; 6] = core::array::from_fn(|_| backoff.step(&config).as_secs());
        assert_eq!(pauses, [1, 2, 4, 8, 10, 10]);
    }
}
