//! Which events go: by whole segments, by number and by age.

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use super::EventLimits;
use super::age::Age;
use crate::store::journal::Journal;

/// When the log was last written, by its files; now, if it has none.
pub(in crate::store) fn last_written(journal: &Journal) -> SystemTime {
    let written = |path| fs::metadata(path).and_then(|data| data.modified()).ok();
    journal.segment_paths().filter_map(written).max().unwrap_or_else(SystemTime::now)
}

/// Deletes the oldest segments while they hold nothing that is to be kept. Age is by when a segment was last written, not by
/// the events' own times, which may be of a controller's wrong clock; and by the time that counts where ours is wrong.
pub(in crate::store) fn retire(journal: &mut Journal, limits: &EventLimits, age: &Mutex<Age>) {
    let mut age = age.lock().unwrap_or_else(PoisonError::into_inner);
    let wall = SystemTime::now();
    let now = age.now(wall, Instant::now());
    if now != wall
        && let Err(error) = journal.stamp(now)
    {
        tracing::warn!(%error, "the log's files can't be stamped with the time that counts");
    }
    drop(age);
    while let Some((path, next)) = journal.oldest_closed() {
        let beyond = journal.next().saturating_sub(next) >= limits.max_events;
        let written = fs::metadata(path).and_then(|data| data.modified()).ok();
        let age = written.and_then(|written| now.duration_since(written).ok()).unwrap_or_default();
        if !beyond && age <= limits.max_age {
            return;
        }
        if let Err(error) = journal.drop_before(next) {
            tracing::warn!(%error, "old entries could not be deleted");
            return;
        }
    }
}
