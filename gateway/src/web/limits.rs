//! Every bound of the page and the API, in one place.

use std::time::Duration;

/// Longest request body, in bytes. The page's forms and the API's bodies are tiny.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// Longest body with access levels and rules, in bytes.
pub const MAX_ACCESS_BODY_BYTES: usize = 2 * 1024 * 1024;

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

/// Events in one answer where the client names no `limit`.
pub const EVENTS_PER_ANSWER: usize = 30;

/// Most events in one answer.
pub const MAX_EVENTS_PER_ANSWER: usize = 1_000;

/// Operations of SCIM clients on one page, and in one answer where the client names no `count`.
pub const OPERATIONS_PER_PAGE: usize = 50;

/// Most operations in one answer.
pub const MAX_OPERATIONS_PER_ANSWER: usize = 1_000;

/// Most pages that are live at once. One more is shown, and told to refresh by itself.
pub const MAX_LIVE_STREAMS: usize = 32;

/// Shortest time between two updates of a live page: two a second.
pub const LIVE_INTERVAL: Duration = Duration::from_millis(500);

/// A live page hears something at least so often, and the gateway renders anew even if nothing was announced.
pub const LIVE_HEARTBEAT: Duration = Duration::from_secs(5);

/// Most recordings of lines at once.
pub const MAX_CAPTURES: usize = 8;

/// Longest recording of a line; its end is the stream's end.
pub const LONGEST_CAPTURE: Duration = Duration::from_secs(24 * 60 * 60);

/// Longest card number that the API takes, in bytes.
pub const MAX_CARD_NUMBER_BYTES: usize = 64;

/// Longest badge type that the API takes, in characters.
pub const MAX_BADGE_TYPE_CHARS: usize = 100;
