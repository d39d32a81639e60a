//! Every bound of this crate, in one place.

use std::time::Duration;

/// Lowest baud rate of a line (OSDP 2.2, 5.1 begins at 9600; slower ones exist in the field).
pub const MIN_BAUD: u32 = 1_200;

/// Highest baud rate of a line (OSDP 2.2, 5.1).
pub const MAX_BAUD: u32 = 230_400;

/// The rate of a network, in bits a second, where boards are reached over one.
pub const NETWORK_RATE: u32 = 10_000_000;

/// Longest turn-around of a panel: a reply must have begun after 200 ms (OSDP 2.2, 5.7).
pub const MAX_TURN_AROUND: Duration = Duration::from_millis(200);

/// Most lines of one simulated site; each costs a thread.
pub const MAX_LINES: usize = 64;

/// The highest address of a board (Modbus over serial line, 2.2).
pub const MAX_BOARD_ADDRESS: u64 = 247;

/// Most inputs, and most outputs, of a reader.
pub const MAX_POINTS: u64 = 16;

/// Longest that a board may think before it answers.
pub const MAX_THINKING: Duration = Duration::from_secs(5);

/// Longest request that a board takes, in bytes (Modbus over serial line, 2.5.1; Modbus TCP, 4.1).
pub const MAX_MODBUS_LEN: usize = 260;

/// Most digits of an adapter's frame.
pub const MAX_DIGITS: usize = 64;

/// Pause between two keys at an adapter: longer than what ends a frame.
pub const KEY_PAUSE: Duration = Duration::from_millis(150);

/// An adapter that repeats a frame does so after this.
pub const REPEATS_AFTER: Duration = Duration::from_millis(300);

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

/// Frames of a line that are remembered for whoever measures a gateway by them.
pub const REMEMBERED_FRAMES: usize = 1_024;

/// Longest configuration file, in bytes.
pub const MAX_CONFIG_LEN: u64 = 1 << 20;

/// Longest request body of the control API, in bytes.
pub const MAX_CONTROL_BODY: usize = 16 * 1024;

/// Longest identifier of a line or panel, in characters.
pub const MAX_ID_LEN: usize = 64;

/// Most brokers of one simulated site; each costs a thread.
pub const MAX_BROKERS: usize = 8;

/// Most devices on brokers of one simulated site.
pub const MAX_MQTT_DEVICES: usize = 512;

/// Longest topic that a configuration may name, in bytes.
pub const MAX_TOPIC_LEN: usize = 128;

/// Longest file of certificates, in bytes.
pub const MAX_CA_LEN: u64 = 256 * 1024;

/// Shortest pause between two attempts to connect to a broker.
pub const MIN_RECONNECT: Duration = Duration::from_millis(10);

/// Longest pause between two attempts to connect to a broker.
pub const MAX_RECONNECT: Duration = Duration::from_secs(600);

/// How long a device waits for a broker to accept it, in seconds.
pub const CONNECT_TIMEOUT_S: u64 = 5;

/// Relays of an esp-rfid board.
pub const MAX_RELAYS: u8 = 4;

/// Relays of a Tasmota board.
pub const MAX_TASMOTA_RELAYS: u8 = 8;

/// The shortest longest operation that a native panel may take, in bytes.
pub const MIN_OPERATION_LEN: usize = 64;

/// The longest operation or answer of the native dialect, in bytes.
pub const MAX_OPERATION_LEN: usize = 8_192;

/// Longest message that a device takes from a broker, topic and all, in bytes.
pub const MAX_MESSAGE_LEN: usize = 64 * 1024;

/// Messages that a device has ready and the broker has not taken; more are lost, as they are in a small device.
pub const MAX_OUTBOX: usize = 4_096;

/// Messages of a device that a broker has not acknowledged.
pub const MAX_INFLIGHT: u16 = 20;

/// Messages that a delay holds back on a device's way to its broker, and as many back; more are lost.
pub const MAX_ON_THE_WAY: usize = 4_096;

/// How long a swipe waits for the gateway's answer.
pub const SWIPE_PATIENCE: Duration = Duration::from_secs(5);

/// Swipes that wait for the gateway's answer at one device; the oldest is given up for the next.
pub const MAX_WAITING_SWIPES: usize = 16;

/// Users that an esp-rfid board's flash takes.
pub const MAX_ESP_RFID_USERS: usize = 2_000;

/// By how many seconds a device's clock can be set wrong: ten years.
pub const MAX_CLOCK_OFF_S: i64 = 315_360_000;
