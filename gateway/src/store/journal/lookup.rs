//! Single records by where they lie, for an index that is kept beside a journal.
//!
//! An index may be wrong: what stands at a place is believed only if it checks and has the number that was asked for.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::Kind;
use super::record::{self, RecordView};
use super::segment::{Records, Segment};
use crate::store::error::StoreError;
use crate::store::limits::MAX_RECORD_BYTES;

/// A segment's file, open to read single records.
pub(in crate::store) struct SegmentFile {
    segment: Segment,
    file: File,
}

impl SegmentFile {
    /// Opens the segment that begins with record `first`.
    pub(in crate::store) fn open(dir: &Path, first: u64) -> Result<Self, StoreError> {
        let segment = Segment::new(dir, first);
        let file = File::open(&segment.path).map_err(StoreError::io("read", &segment.path))?;
        Ok(Self { segment, file })
    }

    /// What record `sequence` carries, if it is the one that stands at byte `offset`.
    pub(in crate::store) fn record(&self, offset: u64, sequence: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(header) = self.bytes(offset, record::HEADER_LEN)? else { return Ok(None) };
        let Some((found, len)) = record::claim(&header) else { return Ok(None) };
        if found != sequence || len > MAX_RECORD_BYTES {
            return Ok(None);
        }
        let Some(bytes) = self.bytes(offset, record::HEADER_LEN + len)? else { return Ok(None) };
        Ok(RecordView::parse(&bytes).ok().map(|record| record.payload.to_vec()))
    }

    /// The error for a record that is not where it was written.
    pub(in crate::store) fn damaged(&self, offset: u64, sequence: u64) -> StoreError {
        self.segment.damaged(offset, format!("record {sequence} is not where it was written"))
    }

    /// So many bytes, if the file has them.
    fn bytes(&self, offset: u64, len: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let mut bytes = vec![0; len];
        match self.file.read_exact_at(&mut bytes, offset) {
            Ok(()) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(StoreError::io("read", &self.segment.path)(error)),
        }
    }
}

/// The first record of each segment in `dir`, oldest first.
pub(in crate::store) fn segments(dir: &Path) -> Result<Vec<u64>, StoreError> {
    Ok(Segment::list(dir)?.into_iter().map(|segment| segment.first).collect())
}

/// How long the file of the segment is that begins with record `first`.
pub(in crate::store) fn segment_len(dir: &Path, first: u64) -> Result<u64, StoreError> {
    let path = Segment::new(dir, first).path;
    Ok(std::fs::metadata(&path).map_err(StoreError::io("read", &path))?.len())
}

/// Calls `each` with the place, the number and the payload of every record up to number `to` of one segment.
pub(in crate::store) fn each_placed(
    dir: &Path,
    kind: Kind,
    first: u64,
    to: u64,
    mut each: impl FnMut(u64, u64, &[u8]),
) -> Result<(), StoreError> {
    let segment = Segment::new(dir, first);
    let bytes = segment.read()?;
    segment.check_header(kind, &bytes)?;
    let mut records = Records::new(&bytes, first);
    while records.expected <= to {
        let offset = records.offset as u64;
        let Some(record) = records.next() else {
            return segment.broken(&records).map_or(Ok(()), Err);
        };
        each(offset, record.sequence, record.payload);
    }
    Ok(())
}
