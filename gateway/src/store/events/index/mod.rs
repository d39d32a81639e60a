//! The index of the event log: for each segment, a row for each of its records.
//!
//! The rows of the segment that is being written are in memory and grow with each flush; those of a closed one are in a file
//! beside it, a tenth as long. All of it is derived: a file that is missing, damaged, of another version or of another
//! segment is made anew from the segment, one at a time, when somebody asks. Nothing here is ever waited for by a writer, and
//! no file is flushed.

mod block;
mod row;
mod sieve;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) use block::Candidate;
use block::{Block, Head, place};
use row::Row;
pub(super) use sieve::Sieve;

use crate::domain::Event;
use crate::store::error::StoreError;
use crate::store::journal::{self, Journal, record};

/// What rows hold, and of which events. Another number has all of them made anew.
pub(super) const INDEX_VERSION: u32 = 1;

const SUFFIX: &str = ".idx";

/// The index of one log.
pub(super) struct Index {
    dir: PathBuf,
    /// Of the segment that is being written.
    open: Mutex<Block>,
    /// Held while a closed segment is read whole.
    building: Mutex<()>,
}

/// A segment that takes no more records: its first, and the first of the one behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    pub(super) first: u64,
    pub(super) next: u64,
}

impl Index {
    /// Of the log in `dir`, which `journal` writes.
    pub(super) fn open(dir: &Path, journal: &Journal) -> Result<Self, StoreError> {
        let open = Block::build(dir, journal.tail().0, journal.next() - 1)?;
        let index = Self { dir: dir.to_owned(), open: Mutex::new(open), building: Mutex::default() };
        index.retired(journal.first());
        Ok(index)
    }

    /// Events are durable, of which the first has number `first`, each with the length of its payload.
    pub(super) fn flushed<'a>(
        &self,
        journal: &Journal,
        first: u64,
        events: impl DoubleEndedIterator<Item = (&'a Event, usize)>,
    ) {
        let (segment, end) = journal.tail();
        let mut rows = Vec::new();
        let mut offset = end;
        for (event, len) in events.rev() {
            offset = offset.saturating_sub((record::HEADER_LEN + len) as u64);
            rows.push(Row::of(place(offset), Some(event)));
        }
        let mut open = self.growing();
        if open.first != segment {
            let closed = std::mem::replace(&mut *open, Block::new(segment));
            self.keep(&closed);
        }
        if open.next() == first {
            rows.into_iter().rev().for_each(|row| open.push(row));
        } else if let Ok(block) = Block::build(&self.dir, segment, journal.next() - 1) {
            *open = block;
        }
    }

    /// Segments before record `first` are gone, and so are their files here.
    pub(super) fn retired(&self, first: u64) {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.split_once(SUFFIX)?.0.parse::<u64>().ok());
            if number.is_some_and(|number| number < first) {
                // What stays is looked at the next time.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// The first record of the segment that is being written, and what of it the sieve holds, newest first.
    pub(super) fn in_open(&self, sieve: &Sieve, before: u64) -> (u64, Vec<Candidate>) {
        let open = self.growing();
        (open.first, open.candidates(sieve, before))
    }

    /// What the sieve holds of a closed segment, newest first.
    pub(super) fn in_closed(
        &self,
        closed: Closed,
        sieve: &Sieve,
        before: u64,
    ) -> Result<Vec<Candidate>, StoreError> {
        match self.kept(closed, sieve)? {
            Kept::Beyond => Ok(Vec::new()),
            Kept::Block(block) => Ok(block.candidates(sieve, before)),
            Kept::Nothing => self.built(closed, sieve, before),
        }
    }

    /// The same from the segment itself, whatever the file says.
    pub(super) fn built(
        &self,
        closed: Closed,
        sieve: &Sieve,
        before: u64,
    ) -> Result<Vec<Candidate>, StoreError> {
        let _one_at_a_time = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        let block = Block::build(&self.dir, closed.first, closed.next - 1)?;
        self.keep(&block);
        Ok(block.candidates(sieve, before))
    }

    fn kept(&self, closed: Closed, sieve: &Sieve) -> Result<Kept, StoreError> {
        let segment_len = journal::segment_len(&self.dir, closed.first)?;
        let Ok(mut file) = File::open(self.path(closed.first)) else { return Ok(Kept::Nothing) };
        let head = Head::read(&mut file).filter(|head| {
            head.first == closed.first
                && head.first + u64::from(head.count) == closed.next
                && head.segment_len == segment_len
        });
        Ok(match head {
            None => Kept::Nothing,
            Some(head) if !sieve.reaches(head.earliest, head.latest) => Kept::Beyond,
            Some(head) => Block::read(&mut file, head).map_or(Kept::Nothing, Kept::Block),
        })
    }

    /// Keeps the rows of a closed segment. Without them the segment is read again.
    fn keep(&self, block: &Block) {
        let kept = journal::segment_len(&self.dir, block.first)
            .and_then(|segment_len| block.write(&self.path(block.first), segment_len));
        if let Err(error) = kept {
            tracing::debug!(%error, "an index of the event log can't be kept; it is made again when it is asked for");
        }
    }

    fn path(&self, first: u64) -> PathBuf {
        self.dir.join(format!("{first:020}{SUFFIX}"))
    }

    fn growing(&self) -> MutexGuard<'_, Block> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of a closed segment.
enum Kept {
    /// Nothing that can be used.
    Nothing,
    /// Its rows, none of which the sieve would hold.
    Beyond,
    Block(Block),
}
