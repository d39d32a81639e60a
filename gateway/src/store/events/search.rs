//! One question to the log: the index says which records are worth a look, and each of those is read and judged.

use std::path::Path;

use super::LoggedEvent;
use super::entry::decode;
use super::index::{Candidate, Closed, Index, Sieve};
use super::wanted::{Found, Wanted};
use crate::store::error::StoreError;
use crate::store::journal::{self, SegmentFile};

/// The newest `count` events before number `before` that are wanted.
pub(super) fn find(
    dir: &Path,
    index: &Index,
    wanted: &Wanted,
    before: u64,
    count: usize,
) -> Result<Found, StoreError> {
    let sieve = Sieve::of(wanted);
    let mut search = Search { dir, wanted, most: count + 1, events: Vec::new() };
    let (open, candidates) = index.in_open(&sieve, before);
    search.look(open, &candidates)??;
    let mut closed = Closed { first: open, next: open };
    for first in journal::segments(dir)?.into_iter().rev().filter(|first| *first < open) {
        closed = Closed { first, next: closed.first };
        if first >= before {
            continue;
        }
        if search.is_full() {
            break;
        }
        if search.look(first, &index.in_closed(closed, &sieve, before)?)?.is_err()
            && let Err(damaged) = search.look(first, &index.built(closed, &sieve, before)?)?
        {
            return Err(damaged);
        }
    }
    Ok(search.found(count))
}

struct Search<'a> {
    dir: &'a Path,
    wanted: &'a Wanted,
    most: usize,
    events: Vec<LoggedEvent>,
}

impl Search<'_> {
    fn is_full(&self) -> bool {
        self.events.len() >= self.most
    }

    /// Reads what is worth a look in one segment. The inner error: a record is not where the index says; nothing of the
    /// segment is taken then.
    fn look(&mut self, segment: u64, candidates: &[Candidate]) -> Result<Result<(), StoreError>, StoreError> {
        if candidates.is_empty() {
            return Ok(Ok(()));
        }
        let (file, so_far) = (SegmentFile::open(self.dir, segment)?, self.events.len());
        for candidate in candidates {
            if self.is_full() {
                break;
            }
            let Candidate { sequence, offset } = *candidate;
            let Some(payload) = file.record(offset, sequence)? else {
                self.events.truncate(so_far);
                return Ok(Err(file.damaged(offset, sequence)));
            };
            let event = decode(self.dir, sequence, &payload)?;
            self.events.extend(event.filter(|logged| self.wanted.fits(&logged.event)));
        }
        Ok(Ok(()))
    }

    fn found(mut self, count: usize) -> Found {
        let more = self.events.len() > count;
        self.events.truncate(count);
        let next = self.events.last().filter(|_| more).map(|last| last.sequence);
        Found { events: self.events, next }
    }
}
