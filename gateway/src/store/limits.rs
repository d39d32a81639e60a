//! Every bound of the store, in one place.

/// Longest payload of one journal record, in bytes.
pub const MAX_RECORD_BYTES: usize = 8 << 20;

/// Most steps in one directory change: a group of ten thousand can be replaced in one.
pub const MAX_CHANGES_PER_RECORD: usize = 20_000;

/// A segment of the directory's journal is closed when it has reached this many bytes.
pub const DIRECTORY_SEGMENT_BYTES: u64 = 8 << 20;

/// A segment of the event log is closed when it has reached this many bytes.
pub const EVENT_SEGMENT_BYTES: u64 = 4 << 20;

/// A segment longer than this is none: its last flush may exceed the size at which it is closed.
pub const MAX_SEGMENT_BYTES: u64 = 64 << 20;

/// Most writers that share one flush.
pub const MAX_JOBS_PER_FLUSH: usize = 256;

/// A flush takes no further writer once it holds this many bytes.
pub const MAX_BYTES_PER_FLUSH: usize = 16 << 20;

/// Writers that may wait for the next flush before further ones have to wait for a place.
pub const QUEUED_JOBS: usize = 1024;

/// A snapshot of the directory is made when the journal has grown by this many bytes since the last.
pub const SNAPSHOT_EVERY_BYTES: u64 = 32 << 20;

/// Snapshots that are kept, newest first. The journal reaches back to the oldest of them.
pub const SNAPSHOTS_KEPT: usize = 2;

/// Revocations that the directory remembers, newest first.
pub const MAX_REVOCATIONS: u64 = 10_000;

/// sled's cache, in bytes. Its memory is several times this (spacejam/sled#1309).
pub const SLED_CACHE_BYTES: u64 = 32 << 20;

/// How often sled writes its own buffers out, in milliseconds. Nothing relies on it: what sled loses, the journal has.
pub const SLED_FLUSH_MS: u64 = 500;

/// Rows written to sled at once while it is rebuilt.
pub const ROWS_PER_REBUILD_BATCH: usize = 5_000;

/// Rows read at once while a snapshot is written.
pub const ROWS_PER_SNAPSHOT_CHUNK: usize = 1_000;

/// Work that judging a damaged segment may take: bytes run through the CRC, as a multiple of the segment's length.
pub const DAMAGE_SCAN_FACTOR: u64 = 64;
