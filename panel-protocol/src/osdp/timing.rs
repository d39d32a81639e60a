//! Times that the standard fixes (OSDP 2.2, 5.7).

use core::time::Duration;

/// A silence this long inside a frame ends it.
pub const CHARACTER_GAP: Duration = Duration::from_millis(20);

/// A PD begins its reply within this time of the command's last byte.
pub const REPLY_TIMEOUT: Duration = Duration::from_millis(200);

/// A silence this long takes a PD offline and ends its secure channel.
pub const OFFLINE_AFTER: Duration = Duration::from_secs(8);
