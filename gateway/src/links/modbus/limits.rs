//! Every bound of Modbus lines.

use std::time::Duration;

/// Most outputs, and most inputs, of one board.
pub const MAX_POINTS: u8 = 64;

/// Longest reply: the longest frame that RTU and TCP allow, and one more that nobody asked for (Modbus over serial line,
/// 2.5.1; Modbus TCP, 4.1).
pub const MAX_REPLY_LEN: usize = 2 * 260;

/// A board has so long to answer where its section says nothing else: cheap ones need more than half a second.
pub const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// On a pair, nothing is sent for so long after a reply where the line's section says nothing else.
pub const REPLY_GAP: Duration = Duration::from_millis(20);

/// Inputs are asked for this often at most. A button that is pressed for 400 ms is seen twice.
pub const INPUT_PERIOD: Duration = Duration::from_millis(100);

/// A button is pressed for so long by somebody in a hurry.
pub const SHORTEST_PRESS: Duration = Duration::from_millis(400);

/// Outputs are read back this often.
pub const OUTPUT_PERIOD: Duration = Duration::from_secs(2);

/// For so long around the moment at which an output should change, its board may show either.
pub const CHANGE_SLACK: Duration = Duration::from_millis(1500);

/// Requests without a usable answer, one after the other, after which a board is offline.
pub const MAX_MISSES: u8 = 3;

/// First pause before a board that doesn't answer is asked again; each is twice the one before.
pub const RETRY_FIRST: Duration = Duration::from_secs(2);

/// Longest such pause: while a board is waited for, no other is heard.
pub const RETRY_CAP: Duration = Duration::from_secs(30);

/// A board that refuses what its map says is asked again after this.
pub const UNFIT_PAUSE: Duration = Duration::from_secs(60);

/// An output that could not be switched off is switched off again after this.
pub const OFF_RETRY: Duration = Duration::from_millis(250);

/// Outputs of one line that wait to be switched.
pub const WAITING_ORDERS: usize = 32;

/// When the service stops, the outputs that it has switched on are switched off within this.
pub const STOP_TIME: Duration = Duration::from_secs(3);

/// Of so many exchanges the disturbed ones are counted.
pub const WATCHED_EXCHANGES: u32 = 20;

/// From so many disturbed ones among them, the line is.
pub const DISTURBED_FROM: u32 = 6;

/// First pause before a port or peer that can't be had is tried again; each is twice the one before.
pub const REOPEN_FIRST: Duration = Duration::from_millis(250);

/// Longest such pause.
pub const REOPEN_CAP: Duration = Duration::from_secs(5);

/// A peer has so long to take a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A line's status is renewed this often at most, but for events.
pub const STATUS_INTERVAL: Duration = Duration::from_millis(500);
