//! The first byte of operations, answers and messages.

pub(super) const INFO: u8 = 0x01;
pub(super) const ADOPT: u8 = 0x02;
pub(super) const SET_CLOCK: u8 = 0x03;
pub(super) const HELLO: u8 = 0x04;
pub(super) const PUT_ROWS: u8 = 0x10;
pub(super) const DELETE_KEYS: u8 = 0x11;
pub(super) const STAGE_PROFILES: u8 = 0x12;
pub(super) const COMMIT_PROFILES: u8 = 0x13;
pub(super) const PUT_SETTINGS: u8 = 0x14;
pub(super) const DELETE_SETTINGS: u8 = 0x15;
pub(super) const PUT_RUNS: u8 = 0x16;
pub(super) const READ_BUCKETS: u8 = 0x20;
pub(super) const READ_ROWS: u8 = 0x21;
pub(super) const READ_SETTINGS: u8 = 0x22;
pub(super) const READ_EVENTS: u8 = 0x30;
pub(super) const ACK_EVENTS: u8 = 0x31;
pub(super) const READ_ALL_EVENTS: u8 = 0x32;
pub(super) const SET_MODE: u8 = 0x40;
pub(super) const UNLOCK: u8 = 0x41;

/// The code of [`EventsWaiting`](super::Answer::EventsWaiting), which no operation has.
pub(super) const EVENTS_WAITING: u8 = 0x80;

/// The name of an operation's code, or of the message [`EventsWaiting`](super::Answer::EventsWaiting); `None` for a code
/// that this version doesn't know.
#[must_use]
pub const fn operation_name(code: u8) -> Option<&'static str> {
    Some(match code {
        INFO => "INFO",
        ADOPT => "ADOPT",
        SET_CLOCK => "SET_CLOCK",
        HELLO => "HELLO",
        PUT_ROWS => "PUT_ROWS",
        DELETE_KEYS => "DELETE_KEYS",
        STAGE_PROFILES => "STAGE_PROFILES",
        COMMIT_PROFILES => "COMMIT_PROFILES",
        PUT_SETTINGS => "PUT_SETTINGS",
        DELETE_SETTINGS => "DELETE_SETTINGS",
        PUT_RUNS => "PUT_RUNS",
        READ_BUCKETS => "READ_BUCKETS",
        READ_ROWS => "READ_ROWS",
        READ_SETTINGS => "READ_SETTINGS",
        READ_EVENTS => "READ_EVENTS",
        ACK_EVENTS => "ACK_EVENTS",
        READ_ALL_EVENTS => "READ_ALL_EVENTS",
        SET_MODE => "SET_MODE",
        UNLOCK => "UNLOCK",
        EVENTS_WAITING => "EVENTS_WAITING",
        _ => return None,
    })
}

/// The shortest question that only a panel answers: INFO, encoded.
pub const WHO_ARE_YOU: [u8; 1] = [INFO];

/// Whether the operation with this code changes nothing at the panel: it can be given up at any time.
#[must_use]
pub const fn is_read(code: u8) -> bool {
    matches!(code, INFO | READ_BUCKETS | READ_ROWS | READ_SETTINGS | READ_EVENTS | READ_ALL_EVENTS)
}

/// The version that an operation came with; `None` for a code that this version doesn't know.
pub(super) const fn version_of(code: u8) -> Option<u8> {
    Some(match code {
        INFO | ADOPT | SET_CLOCK | PUT_ROWS | DELETE_KEYS | STAGE_PROFILES | COMMIT_PROFILES
        | READ_BUCKETS | READ_ROWS | READ_EVENTS | ACK_EVENTS => 1,
        HELLO | PUT_SETTINGS | DELETE_SETTINGS | PUT_RUNS | READ_SETTINGS | READ_ALL_EVENTS | SET_MODE
        | UNLOCK => 2,
        _ => return None,
    })
}
