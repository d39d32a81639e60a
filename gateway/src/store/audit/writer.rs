//! The thread of the audit log: makes links of what waits, writes them, flushes once, answers. What a failing disk refuses
//! waits in memory and is linked when it is written, so the chain on the disk is whole at any instant.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{oneshot, watch};

use super::link::{self, Hash};
use super::{AuditError, LoggedAudit};
use crate::domain::{AuditEntry, AuditOutcome, Origin};
use crate::store::condition::Trouble;
use crate::store::error::StoreError;
use crate::store::events::{Age, EventLimits, retire};
use crate::store::journal::{Journal, Standing};
use crate::store::limits::{HEAL_EVERY, MAX_HELD_AUDIT_ENTRIES, MAX_JOBS_PER_FLUSH, RECENT_AUDIT_ENTRIES};

/// An entry on its way, and who waits for it.
pub(super) struct Write {
    pub(super) entry: AuditEntry,
    pub(super) answer: Option<oneshot::Sender<Result<u64, AuditError>>>,
}

/// The newest entries, newest first, and the hash of the newest.
pub(super) struct Recent {
    pub(super) entries: VecDeque<LoggedAudit>,
    pub(super) newest: u64,
    pub(super) hash: Hash,
}

/// What the thread owns.
pub(super) struct Writer {
    pub(super) journal: Journal,
    pub(super) limits: EventLimits,
    pub(super) age: Mutex<Age>,
    pub(super) recent: Arc<Mutex<Recent>>,
    pub(super) held: VecDeque<Write>,
    pub(super) told: watch::Sender<Standing>,
    /// Entries that found no place in the queue.
    pub(super) lost: Arc<std::sync::atomic::AtomicU64>,
}

impl Writer {
    /// Works until nobody can ask any more and all that was asked is done, or the disk refuses it.
    pub(super) fn run(mut self, queue: &Receiver<Write>) {
        loop {
            let next = if self.held.is_empty() {
                queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                queue.recv_timeout(HEAL_EVERY)
            };
            match next {
                Ok(first) => self.hold(first, queue),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.flush(),
            }
            self.flush();
        }
    }

    fn hold(&mut self, first: Write, queue: &Receiver<Write>) {
        self.held.push_back(first);
        self.held.extend(queue.try_iter().take(MAX_JOBS_PER_FLUSH));
        while self.held.len() > MAX_HELD_AUDIT_ENTRIES {
            self.held.pop_back();
            self.lost.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// Writes all that is held, as many flushes as it takes.
    fn flush(&mut self) {
        while !self.held.is_empty() {
            let count = self.held.len().min(MAX_JOBS_PER_FLUSH);
            if let Err(error) = self.write(count) {
                return self.refused(&error);
            }
        }
        self.told.send_if_modified(|standing| {
            let was_wrong = standing.trouble.is_some();
            *standing = Standing::default();
            was_wrong
        });
    }

    /// Links the oldest `count` entries and makes them durable; what was lost before them is told first.
    fn write(&mut self, count: usize) -> Result<(), StoreError> {
        let lost = self.lost.load(std::sync::atomic::Ordering::Relaxed);
        let gap = (lost > 0).then(|| lost_entry(lost, &self.held[0].entry));
        let entries: Vec<AuditEntry> = gap
            .iter()
            .cloned()
            .chain(self.held.iter().take(count).map(|write| write.entry.clone()))
            .collect();
        let mut previous = locked(&self.recent).hash;
        let (mut payloads, mut links) = (Vec::new(), Vec::new());
        for entry in entries {
            let (bytes, hash) =
                link::forge(&previous, &entry, salt()?).map_err(|error| StoreError::Content {
                    path: self.journal.folder().to_owned(),
                    what: format!("an entry can't be written: {error}"),
                })?;
            links.push((entry, previous, hash));
            payloads.push(bytes);
            previous = hash;
        }
        let first = self.journal.write(&payloads).and_then(|first| self.journal.sync().map(|()| first))?;
        self.lost.fetch_sub(lost, std::sync::atomic::Ordering::Relaxed);
        let mut recent = locked(&self.recent);
        for (number, (entry, previous, hash)) in (first..).zip(links) {
            recent.entries.push_front(LoggedAudit { number, previous, hash, entry });
            (recent.newest, recent.hash) = (number, hash);
        }
        recent.entries.truncate(RECENT_AUDIT_ENTRIES);
        drop(recent);
        let ahead = u64::from(gap.is_some());
        for (number, write) in (first + ahead..).zip(self.held.drain(..count)) {
            // A writer that has gone away needs no answer.
            let _ = write.answer.map(|answer| answer.send(Ok(number)));
        }
        retire(&mut self.journal, &self.limits, &self.age);
        Ok(())
    }

    /// Tells whoever waits; the entries stay.
    fn refused(&mut self, error: &StoreError) {
        tracing::error!(%error, entries = self.held.len(), "audit entries were not written; they wait in memory");
        let trouble = Trouble::of(error);
        for write in &mut self.held {
            let why = AuditError::Refused(trouble.why());
            // A writer that has gone away needs no answer.
            let _ = write.answer.take().map(|answer| answer.send(Err(why)));
        }
        self.told.send_replace(Standing { trouble: Some(trouble), waiting: self.held.len() });
    }
}

/// Says in the log what is missing from it.
fn lost_entry(lost: u64, next: &AuditEntry) -> AuditEntry {
    AuditEntry {
        at: next.at,
        by: Some(Origin::Gateway),
        from: AuditEntry::THE_BOX.to_owned(),
        action: "entries lost".to_owned(),
        what: format!(
            "{lost} entries before this one could not be kept: the disk refused them, or too many came at once."
        ),
        person: None,
        outcome: AuditOutcome::Failed,
    }
}

fn salt() -> Result<[u8; 16], StoreError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| {
        let source = std::io::Error::other(error.to_string());
        StoreError::io("make a salt for", std::path::Path::new("the audit log"))(source)
    })?;
    Ok(salt)
}

pub(super) fn locked(recent: &Mutex<Recent>) -> std::sync::MutexGuard<'_, Recent> {
    recent.lock().unwrap_or_else(PoisonError::into_inner)
}

/// When the log was last written, as time counts.
pub(super) fn age_of(journal: &Journal) -> Mutex<Age> {
    Mutex::new(Age::since(crate::store::events::last_written(journal), Instant::now()))
}
