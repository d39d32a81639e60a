//! Every bound of the store, in one place.

use std::time::Duration;

/// Longest payload of one journal record, in bytes.
pub const MAX_RECORD_BYTES: usize = 8 << 20;

/// Most steps in one directory change: a group of ten thousand can be replaced in one.
pub const MAX_CHANGES_PER_RECORD: usize = 20_000;

/// A segment of the directory's journal is closed when it has reached this many bytes.
pub const DIRECTORY_SEGMENT_BYTES: u64 = 8 << 20;

/// A segment of the event log is closed when it has reached this many bytes.
pub const EVENT_SEGMENT_BYTES: u64 = 4 << 20;

/// A segment of the audit log is closed when it has reached this many bytes.
pub const AUDIT_SEGMENT_BYTES: u64 = 1 << 20;

/// Audit entries that may wait for the disk before further ones are lost, which the log then says.
pub const QUEUED_AUDIT_ENTRIES: usize = 8_192;

/// Audit entries that wait in memory while the disk refuses them; later ones are lost, which the log then says.
pub const MAX_HELD_AUDIT_ENTRIES: usize = 10_000;

/// The newest audit entries are kept in memory.
pub const RECENT_AUDIT_ENTRIES: usize = 16;

/// Most audit entries of one page.
pub const MAX_AUDIT_PER_PAGE: usize = 1_000;

/// A segment longer than this is none: its last flush may exceed the size at which it is closed.
pub const MAX_SEGMENT_BYTES: u64 = 64 << 20;

/// Most writers that share one flush.
pub const MAX_JOBS_PER_FLUSH: usize = 256;

/// A flush takes no further writer once it holds this many bytes.
pub const MAX_BYTES_PER_FLUSH: usize = 16 << 20;

/// Writers that may wait for the next flush before further ones have to wait for a place.
pub const QUEUED_JOBS: usize = 1024;

/// Records that wait in memory while the disk refuses them, at most; the oldest go first.
pub const MAX_HELD_RECORDS: usize = 10_000;

/// And their bytes.
pub const MAX_HELD_BYTES: usize = 32 << 20;

/// How often it is looked whether a disk that failed takes writes again.
pub const HEAL_EVERY: Duration = Duration::from_secs(1);

/// Bytes that are written, and deleted again, to see whether a disk takes writes.
pub const PROBE_BYTES: usize = 1 << 20;

/// With less room than this on the disk somebody is told.
pub const DISK_LOW_BYTES: u64 = 256 << 20;

/// Threads that read the directory for async code, and so the questions that are read at one time.
pub const READERS: usize = 8;

/// Questions that may wait for such a thread before further ones have to wait for a place.
pub const QUEUED_QUESTIONS: usize = 256;

/// A snapshot of the directory is made when the journal has grown by this many bytes since the last, or by the last one's
/// own length where that is more: however large the directory, snapshots write no more than the journal does.
pub const SNAPSHOT_EVERY_BYTES: u64 = 32 << 20;

/// Snapshots that are kept, newest first. The journal reaches back to the oldest of them.
pub const SNAPSHOTS_KEPT: usize = 2;

/// Revocations that the directory remembers, newest first.
pub const MAX_REVOCATIONS: u64 = 10_000;

/// Most access levels.
pub const MAX_ACCESS_LEVELS: u64 = 1_000;

/// Most rules.
pub const MAX_RULES: u64 = 5_000;

/// sled's cache, in bytes. Its memory is several times this (spacejam/sled#1309).
pub const SLED_CACHE_BYTES: u64 = 64 << 20;

/// How often sled writes its own buffers out, in milliseconds. Nothing relies on it: what sled loses, the journal has.
pub const SLED_FLUSH_MS: u64 = 500;

/// Rows written to sled at once while it is rebuilt.
pub const ROWS_PER_REBUILD_BATCH: usize = 5_000;

/// Rows read at once while a snapshot is written.
pub const ROWS_PER_SNAPSHOT_CHUNK: usize = 1_000;

/// Work that judging a damaged segment may take: bytes run through the CRC, as a multiple of the segment's length.
pub const DAMAGE_SCAN_FACTOR: u64 = 64;

/// Largest file of tokens or accounts, in bytes.
pub const MAX_SECRET_FILE_BYTES: u64 = 1 << 20;

/// Most tokens.
pub const MAX_TOKENS: usize = 256;

/// Longest text that is looked at as a token, in bytes.
pub const MAX_TOKEN_LEN: usize = 128;

/// Most accounts.
pub const MAX_USERS: usize = 256;

/// Shortest password, in characters (NIST SP 800-63B-4, 3.1.1.2, where it stands beside nothing else: 15; here it opens a page
/// on the local network).
pub const MIN_PASSWORD_LEN: usize = 12;

/// Longest password, in bytes: what is hashed is bounded.
pub const MAX_PASSWORD_LEN: usize = 1024;

/// Events that are kept in memory for the page.
pub const RECENT_EVENTS: usize = 1_000;

/// Most events that one page of the log holds.
pub const MAX_EVENTS_PER_PAGE: usize = 1_000;

/// Longest event, in bytes of JSON: a receipt for every controller of the largest site, with room.
pub const MAX_EVENT_BYTES: usize = 256 << 10;

/// Longest file of doors' modes that is read.
pub const MAX_DOOR_MODES_BYTES: u64 = 1024 * 1024;

/// Longest file of a forwarder's progress that is read: a thousand dead letters with their reasons.
pub const MAX_FORWARD_PROGRESS_BYTES: u64 = 1024 * 1024;
/// Longest file of alarms that is read: some hundreds with all their comments have a tenth of it.
pub const MAX_ALARMS_BYTES: u64 = 64 * 1024 * 1024;

/// Questions to the event log that are searched for at one time: each reads the disk, and holds the index of one segment.
pub const MAX_EVENT_SEARCHES: usize = 4;

/// Rows of the event log's index for which room is made when a segment is begun: what a segment of card reads has.
pub const EVENT_INDEX_ROWS_AT_FIRST: usize = 16_384;

/// Messages of one source that could not be followed and are kept; the oldest go first.
pub const MAX_DEAD_LETTERS: usize = 100;

/// So much of such a message is kept, in bytes; a longer one can't be tried again.
pub const MAX_DEAD_LETTER_BODY: usize = 16 << 10;

/// Longest file of such messages: all as long as they may be, and JSON doubles what it has to escape.
pub const MAX_DEAD_LETTERS_BYTES: u64 = 16 << 20;
