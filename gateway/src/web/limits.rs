//! Every bound of the page and the API, in one place.

use std::time::Duration;

/// Longest request body, in bytes. The page's forms and the API's bodies are tiny.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// Longest account name that is looked up, in bytes.
pub const MAX_ACCOUNT_NAME_BYTES: usize = 128;

/// Longest password that is verified, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Most sessions. One more ends the session that has been idle longest.
pub const MAX_SESSIONS: usize = 256;

/// A session ends after being idle so long.
pub const SESSION_IDLE: Duration = Duration::from_secs(12 * 60 * 60);

/// Most passwords verified at once: each takes a core and 19 MiB for a moment, and the store checks one at a time.
pub const MAX_VERIFICATIONS: usize = 1;

/// Most passwords that wait to be verified. One more is told to come again.
pub const MAX_WAITING_VERIFICATIONS: usize = 16;

/// Most failed sign-ins of one address within [`FAILURE_WINDOW`].
pub const MAX_FAILURES: u32 = 10;

/// Failed sign-ins are forgotten after this time.
pub const FAILURE_WINDOW: Duration = Duration::from_secs(5 * 60);

/// Most addresses whose failures are remembered. One more forgets the oldest.
pub const MAX_FAILING_ADDRESSES: usize = 1024;

/// Most pages that are live at once. One more is shown, and told to refresh by itself.
pub const MAX_LIVE_STREAMS: usize = 32;

/// Shortest time between two updates of a live page: two a second.
pub const LIVE_INTERVAL: Duration = Duration::from_millis(500);

/// A live page hears something at least so often, and the gateway renders anew even if nothing was announced.
pub const LIVE_HEARTBEAT: Duration = Duration::from_secs(5);

/// Longest card number that the API takes, in bytes.
pub const MAX_CARD_NUMBER_BYTES: usize = 64;

/// Longest badge type that the API takes, in characters.
pub const MAX_BADGE_TYPE_CHARS: usize = 100;
