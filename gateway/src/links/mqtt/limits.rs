//! Every bound of the MQTT link.

use std::time::Duration;

/// Longest operation that is sent, and longest answer that is taken, without the eight bytes before it.
pub const MAX_OPERATION_LEN: usize = 8192;

/// Longest operation that is sent to a controller that takes more: while it is carried out, a revocation waits.
pub const SENT_OPERATION_LEN: usize = 4096;

/// Shortest operation that a controller must take.
pub const MIN_OPERATION_LEN: usize = 64;

/// Longest packet that is taken from a broker: the longest message, its topic and its properties.
pub const MAX_PACKET_LEN: usize = 16 * 1024;

/// Longest text by which a controller says what it is, in bytes.
pub const MAX_IDENTITY_LEN: usize = 64;

/// An answer that doesn't come within this time is given up.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A hello that isn't answered within this time is said again.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(5);

/// So many hellos without an answer, and a controller counts as offline.
pub const HELLO_TRIES: u32 = 3;

/// A controller that is offline is said hello this often all the same.
pub const HELLO_PAUSE: Duration = Duration::from_secs(30);

/// A controller that has said nothing for this long is said hello.
pub const QUIET_TIME: Duration = Duration::from_secs(30);

/// After an answer that can't be read, a controller is left alone for this long.
pub const NONSENSE_PAUSE: Duration = Duration::from_secs(1);

/// How long a broker may keep an operation or a hello that it can't deliver; in MQTT 5 alone.
pub const OPERATION_EXPIRY: Duration = Duration::from_secs(30);

/// The same for an output that is to be switched: what is late must not open a door.
pub const ACTUATE_EXPIRY: Duration = Duration::from_secs(5);

/// Outputs of one controller that are under way.
pub const MAX_ACTUATIONS: usize = 16;

/// Longest pulse of an output, in tenths of a second.
pub const MAX_TENTHS: u16 = 36_000;

/// The broker hears of us at least this often.
pub const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Longest time for connecting, TLS and CONNACK included; a broker that keeps silent to MQTT 5 is asked in 3.1.1 then.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// First pause before a broker is tried again; each is twice the one before.
pub const RECONNECT_FIRST: Duration = Duration::from_millis(250);

/// Longest such pause.
pub const RECONNECT_CAP: Duration = Duration::from_secs(10);

/// Messages that wait for the broker's connection, each way.
pub const WAITING_MESSAGES: usize = 256;

/// Messages that the broker has not acknowledged yet.
pub const MAX_IN_FLIGHT: u16 = 256;

/// A broker that takes nothing for this long is left, and connected to anew.
pub const STUCK_TIME: Duration = Duration::from_secs(10);

/// The link's status is renewed this often at most, but for events.
pub const STATUS_INTERVAL: Duration = Duration::from_millis(500);

/// Demand that grows with time alone, such as for a comparison that is due, is looked for this often.
pub const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// A message for which the broker's connection had no room is tried again after this.
pub const STUCK_RETRY: Duration = Duration::from_millis(20);

/// A list without an end has probably come to it when no line has come for so long.
pub const LIST_SILENCE: Duration = Duration::from_secs(2);

/// A list that takes longer than this is given up.
pub const LIST_TIMEOUT: Duration = Duration::from_secs(120);

/// A device that times its outputs by itself and leaves one on for so much longer is told to switch it off.
pub const OVERDUE: Duration = Duration::from_secs(2);

/// Longest word that a device may use for a state, in bytes.
pub const MAX_WORD_LEN: usize = 32;

/// Longest packet that is taken of a broker elsewhere where no device sends it: a batch of events and its properties.
pub const MAX_EVENT_PACKET_LEN: usize = 1024 * 1024;

/// The same in MQTT 3.1.1, where a broker can't be told: what is longer ends the connection and comes again, so this is
/// longer than anything that senders send.
pub const MAX_LOOSE_PACKET_LEN: usize = 16 * 1024 * 1024;

/// How long a broker keeps what it has for us while we are away; in MQTT 5 alone, in 3.1.1 the broker decides.
pub const SESSION_EXPIRY: Duration = Duration::from_secs(30 * 24 * 3600);
