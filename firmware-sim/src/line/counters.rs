//! What a line has carried, and how exactly it kept to its time.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use crate::limits::REMEMBERED_RELEASES;

/// What travelled on a line since it was opened. Bytes count as they were sent, marks and checks included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counters {
    /// Bytes that the gateway sent.
    pub gateway_bytes: u64,
    /// Frames (bytes without a pause of two characters) that the gateway sent.
    pub gateway_frames: u64,
    /// Bytes that panels sent.
    pub panel_bytes: u64,
    /// Frames that panels sent.
    pub panel_frames: u64,
    /// Time during which somebody talked, in microseconds.
    pub busy_us: u64,
    /// Times that two talked at once.
    pub collisions: u64,
    /// Frames that a fault swallowed.
    pub frames_lost: u64,
    /// Bits that a fault inverted.
    pub bits_inverted: u64,
    /// Bytes that were sent at another baud rate than the line's, and so understood by nobody.
    pub bytes_at_wrong_baud: u64,
    /// Bytes that found no room because the gateway did not read.
    pub overruns: u64,
}

/// How late the last bytes of replies were handed to the gateway, in microseconds after their exact time.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Lateness {
    /// Replies that were measured.
    pub releases: usize,
    /// Half of them were no later than this.
    pub median_us: f64,
    /// Ninety-nine of a hundred were no later than this.
    pub p99_us: f64,
    /// The latest.
    pub max_us: f64,
}

/// The latenesses of the latest replies.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch(VecDeque<Duration>);

impl Stopwatch {
    pub(crate) fn record(&mut self, late: Duration) {
        if self.0.len() == REMEMBERED_RELEASES {
            self.0.pop_front();
        }
        self.0.push_back(late);
    }

    pub(crate) fn lateness(&self) -> Lateness {
        let mut sorted: Vec<_> = self.0.iter().map(|late| late.as_secs_f64() * 1e6).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share: usize| sorted.get((sorted.len() * share / 100).min(sorted.len().saturating_sub(1)));
        let value = |share| at(share).copied().unwrap_or_default();
        Lateness { releases: sorted.len(), median_us: value(50), p99_us: value(99), max_us: value(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_releases_are_remembered() {
        let mut watch = Stopwatch::default();
        watch.record(Duration::from_secs(1));
        for _ in 0..REMEMBERED_RELEASES {
            watch.record(Duration::from_micros(5));
        }
        assert_eq!(watch.lateness().releases, REMEMBERED_RELEASES);
        assert!((watch.lateness().max_us - 5.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_measured_is_not_a_panic() {
        assert_eq!(Stopwatch::default().lateness(), Lateness::default());
    }
}
