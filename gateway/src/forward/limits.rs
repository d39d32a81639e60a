//! Every bound of forwarding, in one place.

use std::time::Duration;

/// Most targets of one site.
pub const MAX_FORWARDERS: usize = 16;

/// Most events that are read from the log and sent together.
pub const MAX_BATCH: usize = 100;

/// How long a target may take to answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Longest part of an answer that is read, in bytes: enough to say what is wrong.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Waits after a first, second, third … failure of a target in a row; the last one for all that follow. One event is on its way
/// to a target at a time, so a try costs little, and a target that is back has its events soon.
pub const WAITS: [Duration; 4] =
    [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120), Duration::from_secs(300)];

/// Longest wait that a target may ask for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// So many times one event is offered to a target that refuses it, before it becomes a dead letter.
pub const TRIES_OF_REFUSED: u32 = 3;

/// Longest reason that is kept with a failure or a dead letter, in bytes.
pub const MAX_REASON_BYTES: usize = 300;

/// A receiver to which nothing got through for so long is worth somebody's attention.
pub const FAILING_AFTER: Duration = Duration::from_secs(15 * 60);

/// Longest message to a syslog receiver, in bytes: what receivers should take (RFC 5424, 6.1).
pub const MAX_SYSLOG_BYTES: usize = 8_192;

/// What was written to a syslog receiver within this time before its connection broke is sent again.
pub const UNCERTAIN_FOR: Duration = Duration::from_secs(5);

/// Most messages that are sent again after a broken connection.
pub const MAX_UNCERTAIN: usize = 1_000;

/// A syslog receiver that refuses a new connection says so within this time of the first message.
pub const REFUSED_WITHIN: Duration = Duration::from_millis(200);

/// How far it has come is kept so often while events flow, and always before there is a pause.
pub const KEPT_EVERY: Duration = Duration::from_secs(1);

/// Most orders of operators that wait for one forwarder.
pub const MAX_WAITING_ORDERS: usize = 8;
