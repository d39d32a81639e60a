//! What has been counted, for the status page: never reset, wrapping after four billion.

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
    /// Commands seen on the line that the CP did not await: its own echo, or another CP.
    pub commands_seen: u32,
}

/// Adds one, wrapping.
pub(super) fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
