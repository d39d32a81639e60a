//! Every bound on events, in one place.

/// Longest body that is read, in bytes.
pub const MAX_BODY_LEN: usize = 256 * 1024;

/// Most events of one batch.
pub const MAX_BATCH: usize = 100;

/// Longest identifier of an event, and longest type, in bytes.
pub const MAX_ID_LEN: usize = 128;

/// Longest source of an event, in bytes.
pub const MAX_SOURCE_LEN: usize = 512;

/// Longest name by which a sender calls a person, in characters.
pub const MAX_PERSON_LEN: usize = 128;

/// Longest name of a person or a group, in characters.
pub const MAX_NAME_LEN: usize = 256;

/// Longest card number, format or badge type, in characters.
pub const MAX_CARD_TEXT_LEN: usize = 64;

/// Most groups of one person.
pub const MAX_GROUPS: usize = 64;

/// Largest revision: the largest whole number that every JSON parser keeps exact.
pub const MAX_REVISION: u64 = (1 << 53) - 1;

/// Cards of one person of which something is remembered, those that were taken away among them; the oldest of those go first.
pub const MAX_REMEMBERED_CARDS: usize = 64;

/// People of whom one source may speak.
pub const MAX_PEOPLE: u64 = 1_000_000;
