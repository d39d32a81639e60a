//! One file of a journal: its name, its header, and the judgement of what is in it.
//!
//! Header, 32 bytes, little endian: `magic 8 | version u32 | kind 4 | first sequence u64 | zero u32 | crc u32`. It is on
//! the disk before the first record is written. This file reads and judges; it never changes anything.

use std::fs;
use std::path::{Path, PathBuf};

use super::record::{self, NoRecord, RecordView};
use super::{Kind, Verify};
use crate::store::error::{RESTORE, StoreError};
use crate::store::limits::{DAMAGE_SCAN_FACTOR, MAX_SEGMENT_BYTES};

/// Bytes before the first record.
pub(super) const HEADER_LEN: usize = 32;
const MAGIC: &[u8; 8] = b"gatejrnl";
const VERSION: u32 = 1;
const SUFFIX: &str = ".seg";
/// Sequences further than this from the expected one are taken for garbage.
const NEAR: u64 = 1 << 32;

/// A segment by its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Segment {
    /// The sequence of its first record.
    pub(super) first: u64,
    /// Where it is.
    pub(super) path: PathBuf,
}

/// What a whole segment holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Extent {
    /// Bytes that are header and records that check.
    pub(super) end: u64,
    /// The sequence that follows its last record.
    pub(super) next: u64,
    /// Bytes after `end`: the remains of a write that never finished.
    pub(super) torn: u64,
}

/// What is known of how far a journal was on the disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Durable {
    /// The newest record that somebody else has, who only gets what was durable. `None` when nothing is known.
    pub(super) known: Option<u64>,
    /// The newest record that the journal's mark tells of. `None` when there is no mark.
    pub(super) marked: Option<u64>,
}

impl Durable {
    /// Whether a record that doesn't check, behind which others of its flush do, had not been on the disk.
    fn was_unfinished(self, record: u64) -> bool {
        self.known.max(self.marked).is_some_and(|durable| record > durable)
    }

    /// Whether a record that doesn't check, at the very end, had been on the disk, and nobody else has it.
    fn is_damaged(self, record: u64) -> bool {
        self.marked.is_some_and(|marked| record <= marked && self.known.is_none_or(|known| known < marked))
    }
}

impl Segment {
    /// The segment in `dir` that begins with `first`.
    pub(super) fn new(dir: &Path, first: u64) -> Self {
        Self { first, path: dir.join(format!("{first:020}{SUFFIX}")) }
    }

    /// All segments in `dir`, oldest first. Other files are none of the journal's.
    pub(super) fn list(dir: &Path) -> Result<Vec<Self>, StoreError> {
        let mut all = Vec::new();
        for entry in fs::read_dir(dir).map_err(StoreError::io("list", dir))? {
            let path = entry.map_err(StoreError::io("list", dir))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some(Ok(first)) = name.strip_suffix(SUFFIX).map(str::parse) {
                all.push(Self { first, path });
            }
        }
        all.sort_by_key(|segment| segment.first);
        Ok(all)
    }

    /// Its bytes; never more than a segment can have.
    pub(super) fn read(&self) -> Result<Vec<u8>, StoreError> {
        let len = fs::metadata(&self.path).map_err(StoreError::io("read", &self.path))?.len();
        if len > MAX_SEGMENT_BYTES {
            return Err(
                self.damaged(MAX_SEGMENT_BYTES, format!("{len} bytes are more than a segment can have"))
            );
        }
        fs::read(&self.path).map_err(StoreError::io("read", &self.path))
    }

    /// The header of a new segment.
    pub(super) fn header(&self, kind: Kind) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&kind.0);
        bytes[16..24].copy_from_slice(&self.first.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Whether `bytes` begin with this segment's header.
    pub(super) fn check_header(&self, kind: Kind, bytes: &[u8]) -> Result<(), StoreError> {
        let header = bytes.get(..HEADER_LEN).unwrap_or_default();
        if header == self.header(kind) {
            return Ok(());
        }
        let crc = header.get(28..).map(|crc| crc == crc32c::crc32c(&header[..28]).to_le_bytes());
        if crc == Some(true) && header.starts_with(MAGIC) && header[8..12] != VERSION.to_le_bytes() {
            return Err(self.damaged(8, "its format is not one that this version knows".to_owned()));
        }
        Err(self.damaged(0, "the segment's header is not what was written".to_owned()))
    }

    /// Judges an earlier segment: whole, or damaged.
    pub(super) fn verify(&self, kind: Kind, next_first: u64, depth: Verify) -> Result<(), StoreError> {
        if depth == Verify::Newest {
            return Ok(());
        }
        let (end, next) = self.verify_whole(kind)?;
        if next != next_first {
            let what =
                format!("record {next} should follow, but the next segment begins with record {next_first}");
            return Err(self.damaged(end, what));
        }
        Ok(())
    }

    /// Makes sure that it is whole, and ends at this byte, before this record.
    pub(super) fn verify_to(&self, kind: Kind, end: u64, next: u64) -> Result<(), StoreError> {
        let (found_end, found_next) = self.verify_whole(kind)?;
        if (found_end, found_next) != (end, next) {
            return Err(self.damaged(found_end, format!("record {next} should follow at byte {end}")));
        }
        Ok(())
    }

    /// Where a segment ends in which everything checks, and the record that follows.
    fn verify_whole(&self, kind: Kind) -> Result<(u64, u64), StoreError> {
        let bytes = self.read()?;
        self.check_header(kind, &bytes)?;
        let (end, next, why) = self.walk(&bytes);
        why.map_or(Ok((end, next)), |why| Err(self.damaged(end, why.describe(next))))
    }

    /// Judges the newest segment: whole, torn at its end by a crash, or damaged.
    ///
    /// What follows the last record that checks is the remains of an unfinished write, unless a record that checks
    /// comes later. A later record that began a flush of its own proves that what is damaged had been on the disk.
    /// One of the same flush proves nothing, since the disk may write a flush's blocks in any order; then `durable`
    /// decides. It also tells a record that was answered and then damaged from one that never was.
    pub(super) fn judge_newest(&self, kind: Kind, durable: Durable) -> Result<Extent, StoreError> {
        let bytes = self.read()?;
        if bytes.len() <= HEADER_LEN && self.check_header(kind, &bytes).is_err() {
            return Ok(Extent { end: 0, next: self.first, torn: bytes.len() as u64 });
        }
        self.check_header(kind, &bytes)?;
        let (end, next, why) = self.walk(&bytes);
        let torn = bytes.len() as u64 - end;
        let Some(why) = why else { return Ok(Extent { end, next, torn: 0 }) };
        let unfinished = match later_record(&bytes, end as usize, next) {
            // A file that lost its end lacks changes, and that is told when it is known what else has them.
            Later::Nothing => why.is_cut_short() || !durable.is_damaged(next),
            Later::SameFlush => durable.was_unfinished(next),
            Later::OtherFlush => false,
        };
        if unfinished { Ok(Extent { end, next, torn }) } else { Err(self.damaged(end, why.describe(next))) }
    }

    /// Walks the records from the start: where they end, what should follow, and what is wrong there.
    fn walk(&self, bytes: &[u8]) -> (u64, u64, Option<Broken>) {
        let mut records = Records::new(bytes, self.first);
        while records.next().is_some() {}
        (records.offset as u64, records.expected, records.broken)
    }

    /// The error for what is wrong at a byte of it.
    pub(super) fn damaged(&self, offset: u64, what: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), offset, what, remedy: RESTORE }
    }

    /// The error for a record that can't be read in a segment that was whole when it was opened.
    pub(super) fn broken(&self, records: &Records<'_>) -> Option<StoreError> {
        let broken = records.broken?;
        Some(self.damaged(records.offset as u64, broken.describe(records.expected)))
    }
}

/// The records of a segment's bytes in order; stops at the end or at the first that is wrong.
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    /// Where the next record starts.
    pub(super) offset: usize,
    /// The sequence that the next record must have.
    pub(super) expected: u64,
    /// Why it stopped before the end.
    pub(super) broken: Option<Broken>,
}

/// Why a record is not the one that should be there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Broken {
    No(NoRecord),
    Sequence(u64),
}

impl Broken {
    const fn is_cut_short(self) -> bool {
        matches!(self, Self::No(NoRecord::Short))
    }

    fn describe(self, expected: u64) -> String {
        match self {
            Self::No(NoRecord::Short) => format!("record {expected} is cut short"),
            Self::No(NoRecord::TooLong(len)) => format!("record {expected} claims {len} bytes"),
            Self::No(NoRecord::Crc) => format!("record {expected} has a wrong check sum"),
            Self::Sequence(found) => format!("record {found} stands where record {expected} should"),
        }
    }
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8], first: u64) -> Self {
        Self { bytes, offset: HEADER_LEN.min(bytes.len()), expected: first, broken: None }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = RecordView<'a>;

    fn next(&mut self) -> Option<RecordView<'a>> {
        let rest = self.bytes.get(self.offset..).filter(|rest| !rest.is_empty())?;
        match RecordView::parse(rest) {
            Ok(record) if record.sequence == self.expected => {
                self.offset += record.disk_len();
                self.expected += 1;
                Some(record)
            }
            Ok(record) => {
                self.broken = Some(Broken::Sequence(record.sequence));
                None
            }
            Err(why) => {
                self.broken = Some(Broken::No(why));
                None
            }
        }
    }
}

/// What comes after a record that doesn't check.
#[derive(PartialEq, Eq, Debug)]
enum Later {
    Nothing,
    SameFlush,
    OtherFlush,
}

/// Looks for a record that checks anywhere from `offset` on. Only sequences near the expected one are checked, and when
/// that takes too much work the answer is the careful one.
fn later_record(bytes: &[u8], offset: usize, expected: u64) -> Later {
    let mut found = Later::Nothing;
    let mut work = 0;
    let most = (bytes.len() as u64).saturating_mul(DAMAGE_SCAN_FACTOR);
    for at in offset..bytes.len() {
        let rest = &bytes[at..];
        let Some((sequence, len)) = record::claim(rest) else { break };
        if sequence == 0 || sequence.abs_diff(expected) > NEAR || len > rest.len() {
            continue;
        }
        work += (record::HEADER_LEN + len) as u64;
        if work > most {
            return Later::OtherFlush;
        }
        match RecordView::parse(rest) {
            Ok(record) if record.continues && record.sequence > expected => found = Later::SameFlush,
            Ok(_) => return Later::OtherFlush,
            Err(_) => {}
        }
    }
    found
}
