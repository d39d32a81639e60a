//! What has been counted, for the status page: never reset, wrapping after four billion.

use core::time::Duration;

use crate::time::Micros;

/// One PD's counters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PdCounters {
    /// Frames sent to it, repetitions included.
    pub frames_sent: u32,
    /// Valid replies.
    pub replies: u32,
    /// Frames that were not answered in time.
    pub timeouts: u32,
    /// Frames sent again, for whatever reason.
    pub retries: u32,
    /// Replies that were cut short or whose check or form was wrong.
    pub bad_check: u32,
    /// Replies whose authentication code or encryption was wrong.
    pub bad_mac: u32,
    /// NAK replies.
    pub naks: u32,
    /// BUSY replies.
    pub busy: u32,
    /// Replies with a sequence number that was not asked for: late ones, as a rule.
    pub stale: u32,
    /// Replies that came when they were not awaited any more.
    pub late: u32,
    /// Cards and keys that were not told, since they may have been presented too long ago.
    pub stale_reads: u32,
    /// Clear replies inside a session, and other replies that the protocol doesn't allow at that point.
    pub violations: u32,
    /// Replies from another address while this PD's was awaited.
    pub foreign_address: u32,
    /// Secure sessions that have come up.
    pub sessions: u32,
    /// Times that the other of CRC and checksum was tried, since it answered neither.
    pub check_changes: u32,
}

/// One line's counters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LineCounters {
    /// Bytes that belonged to no frame, mark bytes apart.
    pub noise_bytes: u32,
    /// Frames longer than the CP takes, and starts whose length no frame can have.
    pub bad_length: u32,
    /// Frames, good or not, that came while none was awaited.
    pub unexpected_frames: u32,
    /// Commands of the CP's own that came back: an adapter that hears itself.
    pub echoes: u32,
    /// Commands that are none of the CP's: another CP speaks on the line.
    pub foreign_commands: u32,
    /// Bytes a second that belonged to no frame, in the last second or so in which the line was listened to.
    pub noise_per_second: u32,
}

/// Measures how much noise there is.
#[derive(Debug, Default)]
pub(super) struct NoiseMeter {
    since: Micros,
    bytes: u32,
    per_second: u32,
}

/// How long noise is counted before its rate is known.
const NOISE_SPAN: Duration = Duration::from_secs(1);

impl NoiseMeter {
    /// So many bytes of noise there have been by `now`.
    pub(super) fn read(&mut self, now: Micros, bytes: u32) {
        let span = now.since(self.since);
        if span >= NOISE_SPAN {
            let more = u128::from(bytes.wrapping_sub(self.bytes)) * 1_000_000 / span.as_micros();
            self.per_second = u32::try_from(more).unwrap_or(u32::MAX);
            (self.since, self.bytes) = (now, bytes);
        }
    }

    pub(super) fn per_second(&self) -> u32 {
        self.per_second
    }
}

/// Adds one, wrapping.
pub(super) fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
