//! After a flush that failed: what it was to make durable is cut off, what had been durable before is read back, and the
//! records are written anew in a segment of their own.
//!
//! The system forgets pages whose writing failed, so asking for the same flush again proves nothing. Blocks that were
//! refused once are therefore trusted with nothing: only what a later flush of other blocks carried is answered for.

use std::io::{self, Write};
use std::sync::PoisonError;

use rustix::fs::{Advice, fadvise};

use super::segment::HEADER_LEN;
use super::{Journal, Segment, create};
use crate::store::error::StoreError;

impl Journal {
    /// Makes durable what a flush could not, or takes it back for good.
    ///
    /// # Errors
    /// Nothing of it is kept then. When even that can't be proven, the journal takes no more writes.
    pub(super) fn write_anew(&mut self, cause: &io::Error) -> Result<(), StoreError> {
        tracing::error!(error = %cause, records = self.unsynced, "a flush failed; its records are written anew");
        let (pending, count) = (std::mem::take(&mut self.pending), self.unsynced);
        self.cut_back(cause)?;
        self.rotate()?;
        if let Err(error) = self.file.write_all(&pending) {
            return Err(self.take_back(error));
        }
        self.len += pending.len() as u64;
        self.next += count;
        self.unsynced = count;
        if let Err(error) = self.sync.data_of(&self.file) {
            self.cut_back(&error)?;
            return Err(StoreError::io("flush", &self.newest_path())(error));
        }
        Ok(())
    }

    /// Takes the newest segment back to what was durable, and reads that from the disk.
    fn cut_back(&mut self, cause: &io::Error) -> Result<(), StoreError> {
        let first = self.next - self.unsynced;
        self.cut_off().map_err(|error| self.poison(&format!("{cause}, and then {error}")))?;
        self.read_back(first).map_err(|error| self.poison(&format!("{cause}, and then {error}")))?;
        self.len = self.synced_len;
        self.next = first;
        self.unsynced = 0;
        self.pending.clear();
        self.in_new_segment = true;
        Ok(())
    }

    fn cut_off(&mut self) -> io::Result<()> {
        self.file.set_len(self.synced_len)?;
        self.sync.data_of(&self.file)?;
        self.file.sync_all()
    }

    /// Reads the newest segment past the system's memory of it. It must end where `first` would begin.
    fn read_back(&self, first: u64) -> Result<(), StoreError> {
        let Some(segment) = self.segments.last() else { return Err(StoreError::Closed) };
        let forget = fadvise(&self.file, 0, None, Advice::DontNeed);
        forget.map_err(io::Error::from).map_err(StoreError::io("read back", &segment.path))?;
        segment.verify_to(self.options.kind, self.synced_len, first)
    }

    /// Begins a segment with the next record; one that has no record yet is replaced.
    pub(super) fn rotate(&mut self) -> Result<(), StoreError> {
        let segment = Segment::new(&self.dir, self.next);
        self.file = create(&self.dir, &segment, self.options.kind)?;
        self.len = HEADER_LEN as u64;
        self.synced_len = self.len;
        self.in_new_segment = false;
        self.segments.retain(|earlier| earlier.first != segment.first);
        self.segments.push(segment);
        Ok(())
    }

    /// Undoes a write that failed half-way, so that a full disk can be emptied and the service go on.
    pub(super) fn take_back(&mut self, error: io::Error) -> StoreError {
        let path = self.newest_path();
        if let Err(worse) = self.file.set_len(self.len) {
            return self.poison(&format!("{error}, and then {worse}"));
        }
        StoreError::io("write", &path)(error)
    }

    fn poison(&mut self, why: &str) -> StoreError {
        self.poisoned = Some(why.to_owned());
        StoreError::Poisoned(why.to_owned())
    }

    /// How far it may be relied on is noted beside it, and told to whoever wants the numbers.
    pub(super) fn flushed(&mut self, took: std::time::Duration) {
        self.synced_len = self.len;
        self.pending.clear();
        if let Some(mark) = &mut self.mark {
            mark.note(self.next - 1);
        }
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.flushes += 1;
        stats.last_sync = took;
        stats.last_batch = self.unsynced;
        stats.largest_batch = stats.largest_batch.max(self.unsynced);
        self.unsynced = 0;
    }
}
