//! Every bound of this module.

use std::time::Duration;

/// Most digits of a frame.
pub const MAX_DIGITS: usize = 64;

/// Most bytes of a frame: prefix, digits and checksum.
pub const MAX_FRAME_LEN: usize = 2 * MAX_DIGITS + 2;

/// A pause of so long ends a frame. Adapters send a frame in one go.
pub const PAUSE: Duration = Duration::from_millis(50);

/// The same card within this time of the last time is the same card still held before the reader, or a line that is stuck.
pub const SAME_CARD: Duration = Duration::from_secs(2);

/// From so many repeats without a break on, it is the line that is stuck.
pub const STUCK: u32 = 30;

/// Most bytes that are read at once.
pub const READ_LEN: usize = 1024;

/// Longest wait for an adapter to take a connection.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// An adapter that says nothing for so long is asked by the system whether it is still there,
pub const PEER_PROBED_AFTER: Duration = Duration::from_secs(20);

/// again after this,
pub const PROBE_EVERY: Duration = Duration::from_secs(5);

/// and so many times before it counts as gone.
pub const PROBES: u32 = 3;
