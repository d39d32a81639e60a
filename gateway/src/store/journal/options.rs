//! How a journal is kept, what was found when it was opened, and what it has done since.

use std::path::PathBuf;
use std::time::Duration;

/// What a journal's records are, so that a file can't be taken for another journal's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind(pub [u8; 4]);

/// How much is checked at open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verify {
    /// Every record of every segment.
    All,
    /// The newest segment; earlier ones when they are read.
    Newest,
}

/// How a journal is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// What its records are.
    pub kind: Kind,
    /// A segment is closed once it has reached this many bytes.
    pub segment_bytes: u64,
    /// How much is checked at open.
    pub verify: Verify,
    /// The newest record that is known, from elsewhere, to have been on the disk; `None` when nothing is known.
    pub durable: Option<u64>,
    /// The file that notes how far the journal was flushed, if one is kept.
    pub mark: Option<PathBuf>,
}

/// The remains of an unfinished write that were cut off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TornTail {
    /// The segment.
    pub path: PathBuf,
    /// Where it ends now, in bytes.
    pub offset: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// What a journal has done since it was opened.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct JournalStats {
    /// Calls of fdatasync for records.
    pub flushes: u64,
    /// Records written.
    pub records: u64,
    /// Bytes written, record headers included.
    pub bytes: u64,
    /// How long the last fdatasync took.
    pub last_sync: Duration,
    /// Records that shared the last flush.
    pub last_batch: u64,
    /// Most records that ever shared a flush.
    pub largest_batch: u64,
}
