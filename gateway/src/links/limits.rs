//! Bounds that hold for every kind of link.

use std::time::Duration;

/// Orders that wait for a link's task.
pub const PENDING_ORDERS: usize = 64;

/// Records that wait for a listener; one that is slower loses the oldest.
pub const TAPPED_RECORDS: usize = 1024;

/// Longest time that install mode may be open.
pub const MAX_INSTALL_TIME: Duration = Duration::from_secs(3600);

/// Longest time that an output is switched on for.
pub const MAX_ACTUATION: Duration = Duration::from_secs(3600);

/// Longest time that a port may take to accept a frame; after it, it counts as gone.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(3);

/// First pause before a port that can't be opened is tried again; each is twice the one before.
pub const REOPEN_FIRST: Duration = Duration::from_millis(250);

/// Longest such pause.
pub const REOPEN_CAP: Duration = Duration::from_secs(5);
