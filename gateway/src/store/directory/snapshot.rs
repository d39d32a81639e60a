//! A snapshot's file: a header, records of rows as the journal frames them, and a last record that says how many rows
//! there were. It appears under its name whole or not at all; without its last record it is none.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::rows::{Key, Value};
use crate::domain::Revision;
use crate::store::disk;
use crate::store::error::StoreError;
use crate::store::journal::record::{self, RecordView};
use crate::store::limits::MAX_RECORD_BYTES;

/// What snapshots' names end with.
pub(super) const SUFFIX: &str = ".snapshot";
/// What a snapshot's name ends with until it is one.
pub(super) const UNFINISHED: &str = "new";
const MAGIC: &[u8; 8] = b"gatesnap";
const HEADER_LEN: usize = 24;
/// Version of the form. What kinds of rows there are is no part of it: a reader refuses a kind that it doesn't know.
const VERSION: u32 = 1;
/// Bytes of rows in one record, unless a single row is longer.
const CHUNK_BYTES: usize = 256 << 10;
/// First byte of a record with rows.
const ROWS: u8 = b'R';
/// First byte of the last record.
const END: u8 = b'E';

/// The header: `magic 8 | version u32 | revision u64 | crc u32`.
fn header(revision: Revision) -> [u8; HEADER_LEN] {
    let mut bytes = [0; HEADER_LEN];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[12..20].copy_from_slice(&revision.0.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..20]);
    bytes[20..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Writes one.
pub(super) struct SnapshotWriter {
    file: BufWriter<File>,
    fresh: PathBuf,
    path: PathBuf,
    records: u64,
    rows: u64,
}

impl SnapshotWriter {
    /// Begins the snapshot of `revision` in `dir`.
    pub(super) fn create(dir: &Path, revision: Revision) -> Result<Self, StoreError> {
        let path = dir.join(format!("{:020}{SUFFIX}", revision.0));
        let fresh = path.with_extension(UNFINISHED);
        let open = || {
            let mut options = File::options();
            let file = options.create(true).truncate(true).write(true).mode(0o600).open(&fresh)?;
            let mut file = BufWriter::new(file);
            file.write_all(&header(revision))?;
            Ok(file)
        };
        let file = open().map_err(StoreError::io("create", &fresh))?;
        Ok(Self { file, fresh, path, records: 0, rows: 0 })
    }

    /// Adds rows.
    pub(super) fn add(&mut self, rows: &[(Key, Value)]) -> Result<(), StoreError> {
        let mut payload = vec![ROWS];
        for (key, value) in rows {
            put(&mut payload, key);
            put(&mut payload, value);
            self.rows += 1;
            if payload.len() >= CHUNK_BYTES {
                self.record(&payload)?;
                payload.truncate(1);
            }
        }
        if payload.len() > 1 { self.record(&payload) } else { Ok(()) }
    }

    /// Makes it a snapshot, durably.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        let rows = self.rows.to_le_bytes();
        self.record(&[&[END], rows.as_slice()].concat())?;
        let Self { file, fresh, path, .. } = &mut self;
        let mut publish = || {
            file.flush()?;
            file.get_ref().sync_all()?;
            fs::rename(&*fresh, &*path)
        };
        publish().map_err(StoreError::io("write", path))?;
        self.path.parent().map_or(Ok(()), disk::sync_dir)
    }

    fn record(&mut self, payload: &[u8]) -> Result<(), StoreError> {
        let mut bytes = Vec::with_capacity(payload.len() + record::HEADER_LEN);
        record::encode(self.records, false, payload, &mut bytes);
        self.records += 1;
        self.file.write_all(&bytes).map_err(StoreError::io("write", &self.fresh))
    }
}

impl Drop for SnapshotWriter {
    /// What was not finished goes; after [`finish`](Self::finish) there is nothing under that name.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.fresh);
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    // A row is shorter than a record, whose length fits 32 bits.
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Reads the snapshot at `path` and gives its rows to `each`, in order.
///
/// # Errors
/// With what is wrong with it, or with what `each` says. Rows may have been given before the fault was met.
pub(super) fn read(
    path: &Path,
    revision: Revision,
    mut each: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let wrong = |what: &str| StoreError::Content { path: path.to_owned(), what: what.to_owned() };
    let mut file = File::open(path).map(BufReader::new).map_err(StoreError::io("open", path))?;
    let mut head = [0; HEADER_LEN];
    file.read_exact(&mut head).map_err(StoreError::io("read", path))?;
    if head != header(revision) {
        return Err(wrong("its header is not what was written"));
    }
    let mut rows: u64 = 0;
    for number in 0.. {
        let bytes = read_record(&mut file, path)?;
        let record = RecordView::parse(&bytes).ok().filter(|record| record.sequence == number);
        let record = record.ok_or_else(|| wrong("a record in it doesn't check"))?;
        match record.payload.split_first() {
            Some((&ROWS, mut rest)) => {
                while !rest.is_empty() {
                    let (key, tail) = take(rest).ok_or_else(|| wrong("a row is cut short"))?;
                    let (value, tail) = take(tail).ok_or_else(|| wrong("a row is cut short"))?;
                    each(key, value)?;
                    rows += 1;
                    rest = tail;
                }
            }
            Some((&END, count)) if count == rows.to_le_bytes() => return Ok(()),
            _ => return Err(wrong("a record in it is of no known kind")),
        }
    }
    Err(wrong("it has no end"))
}

/// The bytes of the next record. What its header claims is never allocated before it is there.
fn read_record(file: &mut impl Read, path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![0; record::HEADER_LEN];
    file.read_exact(&mut bytes).map_err(StoreError::io("read", path))?;
    let len = record::claim(&bytes).map_or(0, |(_, len)| len.min(MAX_RECORD_BYTES));
    file.take(len as u64).read_to_end(&mut bytes).map_err(StoreError::io("read", path))?;
    Ok(bytes)
}

fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*len) as usize)
}
