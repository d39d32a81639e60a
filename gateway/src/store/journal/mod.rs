//! An append-only journal: numbered records in segment files, durable when [`Journal::sync`] returns.
//!
//! Records are numbered from 1 without gaps. A crash may leave an unfinished write at the very end; it is cut off at
//! the next open and reported. Any other damage is refused with the file's name: a journal never gets shorter in silence,
//! and a mark beside it says how far it must reach.
//! One thread owns a journal; [`Appender`] shares it among many writers, [`read`] reads it from anywhere.

mod anew;
mod appender;
mod lookup;
mod mark;
mod options;
mod reader;
pub(in crate::store) mod record;
mod segment;
mod segment_file;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

pub(in crate::store) use appender::Standing;
pub use appender::{AppendError, Appender};
pub(in crate::store) use lookup::{SegmentFile, each_placed, segment_len, segments};
pub use options::{JournalStats, Kind, Options, TornTail, Verify};
pub(in crate::store) use reader::read_whole;
pub use reader::{Entry, read, read_newest_first};

use super::disk::{self, FileSync};
use super::error::StoreError;
use super::limits::MAX_RECORD_BYTES;
use mark::Mark;
use segment::{Durable, HEADER_LEN, Segment};
use segment_file::{create, reopen};

/// The writing end.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    options: Options,
    /// Oldest first; the last is being written.
    segments: Vec<Segment>,
    file: File,
    /// Bytes in the file that is being written.
    len: u64,
    next: u64,
    /// Bytes of it that a flush has made durable.
    synced_len: u64,
    /// Records written since the last flush, and their bytes.
    unsynced: u64,
    pending: Vec<u8>,
    /// The newest segment's last flush failed, so nothing more goes there.
    in_new_segment: bool,
    poisoned: Option<String>,
    mark: Option<Mark>,
    /// What the mark said at the open.
    marked: Option<u64>,
    stats: Arc<Mutex<JournalStats>>,
    sync: FileSync,
}

impl Journal {
    /// Opens the journal in `dir`, or begins it with record 1.
    ///
    /// # Errors
    /// When it is damaged anywhere but at its very end, or the disk refuses.
    pub fn open(dir: &Path, options: Options) -> Result<(Self, Option<TornTail>), StoreError> {
        disk::make_dir(dir)?;
        let marked = options.mark.as_deref().map_or(Ok(None), mark::read)?;
        let (mut journal, torn) = Self::open_segments(dir, options, marked)?;
        journal.marked = marked;
        Ok((journal, torn))
    }

    fn open_segments(
        dir: &Path,
        options: Options,
        marked: Option<u64>,
    ) -> Result<(Self, Option<TornTail>), StoreError> {
        let mut segments = Segment::list(dir)?;
        let Some(newest) = segments.last().cloned() else {
            return Self::begin(dir, options, 1).map(|journal| (journal, None));
        };
        for pair in segments.windows(2) {
            pair[0].verify(options.kind, pair[1].first, options.verify)?;
        }
        let extent = newest.judge_newest(options.kind, Durable { known: options.durable, marked })?;
        let torn = (extent.torn > 0).then(|| TornTail {
            path: newest.path.clone(),
            offset: extent.end,
            bytes: extent.torn,
        });
        if extent.end == 0 {
            // Its making was interrupted before anything was in it.
            segments.pop();
            let file = create(dir, &newest, options.kind)?;
            segments.push(newest);
            let journal = Self::with(dir, options, segments, file, HEADER_LEN as u64, extent.next);
            return Ok((journal, torn));
        }
        let file = reopen(&newest, &extent)?;
        Ok((Self::with(dir, options, segments, file, extent.end, extent.next), torn))
    }

    /// Looks for damage and changes nothing: for callers that change other files before they can [`open`](Self::open).
    /// Whether an incomplete last flush is damage is left to `open`, which knows what had been on the disk.
    ///
    /// # Errors
    /// When the journal is damaged, or the disk refuses.
    pub fn check(dir: &Path, kind: Kind) -> Result<(), StoreError> {
        let segments = if dir.is_dir() { Segment::list(dir)? } else { Vec::new() };
        for pair in segments.windows(2) {
            pair[0].verify(kind, pair[1].first, Verify::All)?;
        }
        segments.last().map_or(Ok(()), |newest| {
            newest.judge_newest(kind, Durable { known: Some(0), marked: None }).map(drop)
        })
    }

    /// Begins a journal with record `first` in a folder that has none.
    fn begin(dir: &Path, options: Options, first: u64) -> Result<Self, StoreError> {
        let segment = Segment::new(dir, first);
        let file = create(dir, &segment, options.kind)?;
        Ok(Self::with(dir, options, vec![segment], file, HEADER_LEN as u64, first))
    }

    fn with(dir: &Path, options: Options, segments: Vec<Segment>, file: File, len: u64, next: u64) -> Self {
        Self {
            dir: dir.to_owned(),
            options,
            segments,
            file,
            len,
            synced_len: len,
            next,
            unsynced: 0,
            pending: Vec::new(),
            in_new_segment: false,
            poisoned: None,
            mark: None,
            marked: None,
            stats: Arc::default(),
            sync: FileSync::default(),
        }
    }

    /// Where it is.
    pub(in crate::store) fn folder(&self) -> &Path {
        &self.dir
    }

    /// The oldest record that is kept, or would be if there is none.
    pub fn first(&self) -> u64 {
        self.segments.first().map_or(self.next, |segment| segment.first)
    }

    /// The sequence that the next record gets.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The numbers, shared.
    pub fn stats(&self) -> Arc<Mutex<JournalStats>> {
        Arc::clone(&self.stats)
    }

    /// Bytes in segments that hold records from `sequence` on.
    pub fn bytes_from(&self, sequence: u64) -> u64 {
        let ends = self.segments.iter().skip(1).map(|later| later.first).chain([self.next]);
        let wanted = self.segments.iter().zip(ends).filter(|(_, end)| *end > sequence);
        wanted.filter_map(|(segment, _)| fs::metadata(&segment.path).ok()).map(|data| data.len()).sum()
    }

    /// Writes `payloads` as the next records, which share a flush. They are durable once [`sync`](Self::sync) has returned.
    ///
    /// # Errors
    /// Nothing of it is kept then; when even that can't be made sure of, the journal takes no more writes.
    pub fn write<P: AsRef<[u8]>>(&mut self, payloads: &[P]) -> Result<u64, StoreError> {
        self.healthy()?;
        if let Some(long) = payloads.iter().map(|p| p.as_ref().len()).find(|len| *len > MAX_RECORD_BYTES) {
            let what = format!("a record of {long} bytes is longer than {MAX_RECORD_BYTES}");
            return Err(StoreError::Content { path: self.dir.clone(), what });
        }
        if (self.in_new_segment || self.len >= self.options.segment_bytes) && self.unsynced == 0 {
            self.rotate()?;
        }
        let first = self.next;
        let mut bytes = Vec::new();
        for (sequence, payload) in (first..).zip(payloads) {
            record::encode(sequence, self.unsynced > 0 || sequence > first, payload.as_ref(), &mut bytes);
        }
        if let Err(error) = self.file.write_all(&bytes) {
            return Err(self.take_back(error));
        }
        self.len += bytes.len() as u64;
        self.next += payloads.len() as u64;
        self.unsynced += payloads.len() as u64;
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.records += payloads.len() as u64;
        stats.bytes += bytes.len() as u64;
        drop(stats);
        self.pending.append(&mut bytes);
        Ok(first)
    }

    /// Makes all that was written durable. What a flush could not is written anew in another segment.
    ///
    /// # Errors
    /// Nothing that was written since the last flush is kept then. When that can't be proven, since the system drops dirty
    /// pages after a failure and asking again can't tell, the journal takes no more writes.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.healthy()?;
        let start = Instant::now();
        if let Err(error) = self.sync.data_of(&self.file) {
            self.write_anew(&error)?;
        }
        self.flushed(start.elapsed());
        Ok(())
    }

    /// What the mark said when the journal was opened: records up to that one were durable. `None` when there was none.
    pub fn marked(&self) -> Option<u64> {
        self.marked
    }

    /// From now on what is flushed is noted, beginning with what is there.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn begin_mark(&mut self) -> Result<(), StoreError> {
        let next = self.next;
        self.mark = self.options.mark.as_deref().map(|path| Mark::begin(path, next - 1)).transpose()?;
        Ok(())
    }

    /// Deletes segments whose records all come before `sequence`. The one that is being written stays.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn drop_before(&mut self, sequence: u64) -> Result<(), StoreError> {
        while self.segments.get(1).is_some_and(|second| second.first <= sequence) {
            self.drop_oldest()?;
        }
        Ok(())
    }

    /// The oldest segment's file, unless it is the one that is being written, and the first record after it.
    pub fn oldest_closed(&self) -> Option<(&Path, u64)> {
        match self.segments.as_slice() {
            [oldest, second, ..] => Some((&oldest.path, second.first)),
            _ => None,
        }
    }

    /// The segments' files, oldest first.
    pub fn segment_paths(&self) -> impl Iterator<Item = &Path> {
        self.segments.iter().map(|segment| segment.path.as_path())
    }

    /// The first record of the segment that is being written, and how many of its bytes are durable.
    pub(in crate::store) fn tail(&self) -> (u64, u64) {
        (self.segments.last().map_or(self.next, |segment| segment.first), self.synced_len)
    }

    /// Has the segment that is being written look as if it had been at `time`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn stamp(&self, time: SystemTime) -> Result<(), StoreError> {
        self.file.set_modified(time).map_err(StoreError::io("stamp", &self.newest_path()))
    }

    fn drop_oldest(&mut self) -> Result<(), StoreError> {
        let path = &self.segments[0].path;
        fs::remove_file(path).map_err(StoreError::io("delete", path))?;
        self.segments.remove(0);
        disk::sync_dir(&self.dir)
    }

    /// Moves everything aside into `quarantine` and goes on with record `first`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn restart_at(&mut self, first: u64, quarantine: &Path) -> Result<(), StoreError> {
        for segment in &self.segments {
            disk::move_aside(&segment.path, quarantine)?;
        }
        let marked = self.marked;
        *self = Self { marked, ..Self::begin(&self.dir, self.options.clone(), first)? };
        Ok(())
    }

    fn newest_path(&self) -> PathBuf {
        self.segments.last().map_or(&self.dir, |segment| &segment.path).clone()
    }

    fn healthy(&self) -> Result<(), StoreError> {
        self.poisoned.as_ref().map_or(Ok(()), |why| Err(StoreError::Poisoned(why.clone())))
    }
}
