//! The index of one segment: a row for each of its records, and the file that keeps them.
//!
//! `head 56 | rows | crc u32`, little endian; the head is `magic 8 | version u32 | count u32 | first u64 | segment length u64 |
//! earliest i64 | latest i64 | zero u32 | crc u32`, so that the span is known without the rows. What doesn't check is none.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::INDEX_VERSION;
use super::row::{ROW_LEN, Row};
use super::sieve::Sieve;
use crate::store::error::StoreError;
use crate::store::events::KIND;
use crate::store::events::entry::decode;
use crate::store::journal;
use crate::store::limits::{EVENT_INDEX_ROWS_AT_FIRST, MAX_SEGMENT_BYTES};

const MAGIC: &[u8; 8] = b"gateevix";
const HEAD_LEN: usize = 56;
const CRC_LEN: usize = 4;

/// An event that is worth a look: its number, and where its record begins in the segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::store::events) struct Candidate {
    pub(in crate::store::events) sequence: u64,
    pub(in crate::store::events) offset: u64,
}

/// The index of one segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Block {
    pub(super) first: u64,
    rows: Vec<Row>,
}

/// What a file says of itself before its rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) first: u64,
    pub(super) count: u32,
    pub(super) segment_len: u64,
    pub(super) earliest: i64,
    pub(super) latest: i64,
}

impl Block {
    /// Of a segment without records.
    pub(super) fn new(first: u64) -> Self {
        Self { first, rows: Vec::with_capacity(EVENT_INDEX_ROWS_AT_FIRST) }
    }

    /// Of the records up to number `to` of the segment that begins with `first`, read from it.
    pub(super) fn build(dir: &Path, first: u64, to: u64) -> Result<Self, StoreError> {
        let mut block = Self::new(first);
        journal::each_placed(dir, KIND, first, to, |offset, sequence, payload| {
            let event = decode(dir, sequence, payload).ok().flatten();
            block.push(Row::of(place(offset), event.as_ref().map(|logged| &logged.event)));
        })?;
        Ok(block)
    }

    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// The number of the record whose row comes next.
    pub(super) fn next(&self) -> u64 {
        self.first + self.rows.len() as u64
    }

    /// What the sieve holds of the records before number `before`, newest first.
    pub(super) fn candidates(&self, sieve: &Sieve, before: u64) -> Vec<Candidate> {
        let rows = (self.first..before).zip(&self.rows).filter(|(_, row)| sieve.holds(row));
        let mut held: Vec<_> =
            rows.map(|(sequence, row)| Candidate { sequence, offset: u64::from(row.offset) }).collect();
        held.reverse();
        held
    }

    /// Puts it into a file of its own, whole or not at all. Not flushed: what a power cut leaves of it doesn't check.
    pub(super) fn write(&self, path: &Path, segment_len: u64) -> Result<(), StoreError> {
        let fresh = path.with_extension(format!("idx-{:?}", std::thread::current().id()));
        let written = fs::write(&fresh, self.encode(segment_len)).and_then(|()| fs::rename(&fresh, path));
        written.map_err(StoreError::io("write", path))
    }

    fn encode(&self, segment_len: u64) -> Vec<u8> {
        let seconds = || self.rows.iter().filter(|row| row.listed).map(|row| row.second);
        let head = Head {
            first: self.first,
            count: u32::try_from(self.rows.len()).unwrap_or(u32::MAX),
            segment_len,
            earliest: seconds().min().unwrap_or(i64::MAX),
            latest: seconds().max().unwrap_or(i64::MIN),
        };
        let mut bytes = Vec::with_capacity(head.file_len());
        bytes.extend_from_slice(&head.encode());
        self.rows.iter().for_each(|row| row.write(&mut bytes));
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// What a file holds whose head was read from it.
    pub(super) fn read(file: &mut File, head: Head) -> Option<Self> {
        let mut bytes = head.encode().to_vec();
        bytes.reserve_exact(head.file_len() - HEAD_LEN);
        file.take(head.file_len() as u64).read_to_end(&mut bytes).ok()?;
        if bytes.len() != head.file_len() {
            return None;
        }
        let (body, crc) = bytes.split_last_chunk::<CRC_LEN>()?;
        if crc32c::crc32c(body).to_le_bytes() != *crc {
            return None;
        }
        let (rows, _) = body[HEAD_LEN..].as_chunks::<ROW_LEN>();
        Some(Self { first: head.first, rows: rows.iter().map(Row::read).collect() })
    }
}

impl Head {
    /// The head at the start of a file; `None` if it doesn't check or is of another version.
    pub(super) fn read(file: &mut File) -> Option<Self> {
        let mut bytes = [0; HEAD_LEN];
        file.read_exact(&mut bytes).ok()?;
        let u64_at = |at: usize| bytes[at..].first_chunk().map(|word| u64::from_le_bytes(*word));
        let head = Self {
            count: bytes[12..].first_chunk().map(|word| u32::from_le_bytes(*word))?,
            first: u64_at(16)?,
            segment_len: u64_at(24)?,
            earliest: u64_at(32)?.cast_signed(),
            latest: u64_at(40)?.cast_signed(),
        };
        let bounded = u64::from(head.count) <= MAX_SEGMENT_BYTES / journal::record::HEADER_LEN as u64;
        (bounded && head.encode() == bytes).then_some(head)
    }

    fn encode(&self) -> [u8; HEAD_LEN] {
        let mut bytes = [0; HEAD_LEN];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&INDEX_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.count.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.segment_len.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.earliest.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.latest.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..52]);
        bytes[52..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn file_len(&self) -> usize {
        HEAD_LEN + self.count as usize * ROW_LEN + CRC_LEN
    }
}

/// A segment is far shorter than what this can hold; what isn't would be found not to check.
pub(super) fn place(offset: u64) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
