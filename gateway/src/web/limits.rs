//! Every bound of the page and the API, in one place.

use std::time::Duration;

use jiff::SignedDuration;

/// Most connections from the network at once. One more ends the one that has been silent longest.
pub const MAX_CONNECTIONS: usize = 1_024;

/// Most of one address, where addresses tell clients apart.
pub const MAX_CONNECTIONS_PER_ADDRESS: usize = 128;

/// Most connections that wait to be taken; the system may allow fewer.
pub const PENDING_CONNECTIONS: i32 = 4_096;

/// File descriptors that connections from the network leave to the box's own socket, to files and to lines.
pub const RESERVED_DESCRIPTORS: usize = 512;

/// A connection that was never answered may have to make room after this time; one that was, after four times as long.
pub const UNANSWERED_AFTER: Duration = Duration::from_millis(250);

/// A connection on which nothing passes for so long ends.
pub const CONNECTION_IDLE: Duration = Duration::from_secs(60);

/// A request's head has to be there within this time; a connection kept for another one ends after it as well.
pub const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// Longest head of a request, in bytes. With [`MAX_CONNECTIONS`] it bounds all heads together.
pub const MAX_HEAD_BYTES: usize = 32 * 1024;

/// A request's body has to be there within this time.
pub const BODY_WITHIN: Duration = Duration::from_secs(30);

/// A body of which nothing comes is over after this time; what comes buys more, by [`LEAST_BODY_RATE`].
pub const BODY_BEGINS_WITHIN: Duration = Duration::from_secs(5);

/// So many bytes of a body have to come in a second, on average.
pub const LEAST_BODY_RATE: u64 = 1_000;

/// Longest request body, in bytes. The page's forms and the API's bodies are tiny.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// Longest body with access levels and rules, in bytes.
pub const MAX_ACCESS_BODY_BYTES: usize = 2 * 1024 * 1024;

/// Longest file for a device, in bytes.
pub const MAX_DEVICE_FILE_BYTES: usize = 16 * 1024 * 1024;

/// Longest account name that is looked up, in bytes.
pub const MAX_ACCOUNT_NAME_BYTES: usize = 128;

/// Longest password that is verified, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Most sessions. One more ends the session that has been idle longest.
pub const MAX_SESSIONS: usize = 256;

/// A session ends after being idle so long.
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_hours(12);

/// The file of sessions learns of use so often.
pub const SESSION_USE_KEPT: SignedDuration = SignedDuration::from_mins(15);

/// Threads that verify passwords: each takes a core and 19 MiB for a moment.
pub const MAX_VERIFICATIONS: usize = 2;

/// Most passwords that wait to be verified, of addresses known and of strangers each. One more is told to come again.
pub const MAX_WAITING_VERIFICATIONS: usize = 16;

/// Most addresses that are known to have signed in. One more forgets the oldest.
pub const MAX_KNOWN_ADDRESSES: usize = 1_024;

/// A session ends after this time, however much it is used.
pub const SESSION_LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Events in one answer where the client names no `limit`.
pub const EVENTS_PER_ANSWER: usize = 30;

/// Most events in one answer.
pub const MAX_EVENTS_PER_ANSWER: usize = 1_000;

/// Longest name of a door, a person or a card that events are looked for by, in bytes.
pub const MAX_EVENT_WORD_BYTES: usize = 1024;

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

/// Longest reason of an order, in characters.
pub const MAX_REASON_CHARS: usize = 200;

/// Audit entries of one answer where nobody says how many, and of one page.
pub const AUDIT_PER_ANSWER: usize = 100;

/// Most audit entries of one answer.
pub const MAX_AUDIT_PER_ANSWER: usize = 1_000;
