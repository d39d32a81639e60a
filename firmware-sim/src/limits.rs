//! Every bound of this crate, in one place.

use std::time::Duration;

/// Lowest baud rate of a line (OSDP 2.2, 5.1 begins at 9600; slower ones exist in the field).
pub const MIN_BAUD: u32 = 1_200;

/// Highest baud rate of a line (OSDP 2.2, 5.1).
pub const MAX_BAUD: u32 = 230_400;

/// Longest turn-around of a panel: a reply must have begun after 200 ms (OSDP 2.2, 5.7).
pub const MAX_TURN_AROUND: Duration = Duration::from_millis(200);

/// Most lines of one simulated site; each costs a thread.
pub const MAX_LINES: usize = 64;

/// Most rows that a panel's memory can be given.
pub const MAX_CAPACITY: u32 = 100_000;

/// Rows that a panel's memory holds when its configuration names no other number.
pub const DEFAULT_CAPACITY: u32 = 10_000;

/// Most bytes that wait for their turn on the wire, as in a serial driver's transmit buffer; more stay in the pty.
pub const TRANSMIT_BUFFER: usize = 4_096;

/// Longest piece of a reply that reaches the gateway at once: a UART's receive trigger.
pub const RELEASE_SLICE: Duration = Duration::from_millis(2);

/// Longest piece of a command that panels hear with one time stamp; far below OSDP's 20 ms gap.
pub const HEARING_SLICE: Duration = Duration::from_millis(4);

/// How far panels fall behind while a long command passes, so that little is left to hear when it ends.
pub const HEARING_PERIOD: Duration = Duration::from_millis(12);

/// Silence that parts two frames, in characters (OSDP 2.2, 5.7).
pub const IDLE_CHARACTERS: usize = 2;

/// Longest delay that a fault may add in each direction.
pub const MAX_DELAY: Duration = Duration::from_secs(10);

/// How often a line without a gateway looks whether one has opened it.
pub const UNPLUGGED_POLL: Duration = Duration::from_millis(50);

/// Requests that wait for a line's thread; the next asker waits.
pub const PENDING_REQUESTS: usize = 64;

/// Releases whose lateness is remembered for the line's own measurement.
pub const REMEMBERED_RELEASES: usize = 4_096;

/// Longest configuration file, in bytes.
pub const MAX_CONFIG_LEN: u64 = 1 << 20;

/// Longest request body of the control API, in bytes.
pub const MAX_CONTROL_BODY: usize = 16 * 1024;

/// Longest identifier of a line or panel, in characters.
pub const MAX_ID_LEN: usize = 64;
