//! Every bound of OSDP lines.

use std::time::Duration;

/// Most bytes that are read before the loop looks at everything else again.
pub const READ_LEN: usize = 4096;

/// A device that refuses an operation is given no other for this long.
pub const REFUSED_PAUSE: Duration = Duration::from_secs(1);

/// A device that doesn't know the operations at all is given one again after this long.
pub const UNSUPPORTED_PAUSE: Duration = Duration::from_secs(60);

/// A device for which there was demand and then no operation that fits is not asked about for this long.
pub const IDLE_PAUSE: Duration = Duration::from_millis(10);

/// What waits to be shown at the readers of one line; more is not shown.
pub const WAITING_SIGNALS: usize = 64;

/// Outputs of one line that wait to be switched.
pub const WAITING_OUTPUTS: usize = 16;

/// Writes of key and identity files that wait for the disk.
pub const WAITING_FILES: usize = 64;

/// A line's status is renewed this often at most, but for events.
pub const STATUS_INTERVAL: Duration = Duration::from_millis(500);

/// A device that is to show itself is told so within this time, or not any more.
pub const SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// How long an address at which a device shall listen is given to answer, each time that it is asked.
pub const ADDRESS_ASKED_FOR: Duration = Duration::from_millis(250);

/// The line is quiet for so long before an address is asked: somebody may just have answered.
pub const QUIET: Duration = Duration::from_millis(10);
