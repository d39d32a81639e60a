//! The audit log: who did what to the site, from where and when, in files of its own that tell whether they were changed.
//!
//! Each entry is a [link](link) with the hash of the one before it. [`AuditLog::append`] returns when its entry is on the
//! disk. Whoever can write the files can write a chain anew, so what the chain proves, it proves to those who have noted a hash
//! of it elsewhere; a change in the middle breaks it for everybody.

mod link;
mod verify;
mod writer;

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::{oneshot, watch};

pub use link::{Hash, hex};
pub use verify::{Broken, Verified, read, verify};

use super::disk::{self, Lock};
use super::error::StoreError;
use super::events::EventLimits;
use super::journal::{self, Journal, Kind, Options, Standing, TornTail, Verify};
use super::limits::{AUDIT_SEGMENT_BYTES, MAX_AUDIT_PER_PAGE, QUEUED_AUDIT_ENTRIES, RECENT_AUDIT_ENTRIES};
use crate::domain::{AuditEntry, Part, PartCondition};
use writer::{Recent, Write, Writer, age_of, locked};

const KIND: Kind = Kind(*b"aud1");

/// An entry with its number and its place in the chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedAudit {
    /// From 1, without gaps.
    pub number: u64,
    /// The hash of the entry before it.
    pub previous: Hash,
    /// Its own.
    pub hash: Hash,
    /// What somebody did.
    pub entry: AuditEntry,
}

/// Why an entry is not on the disk.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AuditError {
    /// More wait than there are places: it is lost, and the log will say that one is.
    #[error("too many audit entries wait to be written")]
    Full,
    /// The disk refused. It waits in memory, and is written when the disk takes it.
    #[error("the audit log can't be written: {0}")]
    Refused(String),
    /// The log has been closed.
    #[error("the audit log is closed")]
    Closed,
}

/// The log. Share it behind an `Arc`. It is written out when it is dropped.
pub struct AuditLog {
    queue: Option<SyncSender<Write>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    recent: Arc<Mutex<Recent>>,
    lost: Arc<AtomicU64>,
    standing: watch::Receiver<Standing>,
    dir: PathBuf,
    _lock: Lock,
}

/// What was found when a log was opened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditReport {
    /// What a crash had left of a write at its end.
    pub torn: Option<TornTail>,
    /// Where the files of a log are that could not be gone on with, and why not.
    pub damaged: Option<(PathBuf, String)>,
}

impl AuditLog {
    /// Opens the log in `dir`, or begins one there. A log that is damaged is moved aside whole, and a new one begun: the box
    /// starts all the same.
    ///
    /// # Errors
    /// When another process has it, or the disk refuses.
    pub fn open(dir: &Path, limits: EventLimits) -> Result<(Self, AuditReport), StoreError> {
        disk::make_dir(dir)?;
        let lock = Lock::try_take(dir)?;
        let mut report = AuditReport::default();
        let opened = Self::journal(dir).and_then(|(journal, torn)| {
            let newest = journal.next() - 1;
            Ok((newest_entries(dir, newest, RECENT_AUDIT_ENTRIES)?, journal, torn))
        });
        let (entries, journal, torn) = match opened {
            Ok(opened) => opened,
            Err(error @ StoreError::Io { .. }) => return Err(error),
            Err(error) => {
                let aside = set_aside(dir)?;
                report.damaged = Some((aside, error.to_string()));
                let (journal, torn) = Self::journal(dir)?;
                (Vec::new(), journal, torn)
            }
        };
        report.torn = torn;
        let newest = journal.next() - 1;
        let hash = entries.first().map_or(link::BEGINNING, |newest| newest.hash);
        let recent = Arc::new(Mutex::new(Recent { entries: entries.into(), newest, hash }));
        let (queue, waiting) = sync_channel(QUEUED_AUDIT_ENTRIES);
        let (told, standing) = watch::channel(Standing::default());
        let lost = Arc::<AtomicU64>::default();
        let writer = Writer {
            age: age_of(&journal),
            journal,
            limits,
            recent: Arc::clone(&recent),
            held: VecDeque::new(),
            told,
            lost: Arc::clone(&lost),
        };
        let thread = thread::Builder::new().name("audit".to_owned()).spawn(move || writer.run(&waiting));
        let thread = thread.map_err(StoreError::io("start a thread for", dir))?;
        let (queue, thread) = (Some(queue), Mutex::new(Some(thread)));
        Ok((Self { queue, thread, recent, lost, standing, dir: dir.to_owned(), _lock: lock }, report))
    }

    fn journal(dir: &Path) -> Result<(Journal, Option<TornTail>), StoreError> {
        let options = Options {
            kind: KIND,
            segment_bytes: AUDIT_SEGMENT_BYTES,
            verify: Verify::Newest,
            // Nobody was answered for the last flush before a crash.
            durable: Some(0),
            mark: None,
        };
        Journal::open(dir, options)
    }

    /// Adds an entry; its number comes back when it is on the disk.
    ///
    /// # Errors
    /// When it isn't. If the disk refused it, it waits for the disk.
    pub async fn append(&self, entry: AuditEntry) -> Result<u64, AuditError> {
        let (answer, answered) = oneshot::channel();
        self.send(entry, Some(answer))?;
        answered.await.unwrap_or(Err(AuditError::Closed))
    }

    /// Adds an entry without waiting, for what happens where nobody can wait. A crash within the next flush loses it.
    ///
    /// # Errors
    /// When it can't even be queued.
    pub fn post(&self, entry: AuditEntry) -> Result<(), AuditError> {
        self.send(entry, None)
    }

    /// The newest entries before number `before` (the newest of all for `None`), newest first. Reads the disk: call it where
    /// blocking is allowed.
    ///
    /// # Errors
    /// When the disk fails or that part of the log is damaged.
    pub fn page(&self, before: Option<u64>, count: usize) -> Result<Vec<LoggedAudit>, StoreError> {
        let count = count.min(MAX_AUDIT_PER_PAGE);
        let newest = locked(&self.recent).newest;
        let last = before.map_or(newest, |before| before.saturating_sub(1).min(newest));
        newest_entries(&self.dir, last, count)
    }

    /// How many entries there ever were.
    pub fn newest(&self) -> u64 {
        locked(&self.recent).newest
    }

    /// How it is.
    pub fn condition(&self) -> PartCondition {
        let Standing { trouble, waiting } = &*self.standing.borrow();
        trouble.as_ref().map_or(PartCondition::Well(Part::AuditLog), |trouble| {
            PartCondition::AuditLogFailing { why: trouble.why(), waiting: *waiting }
        })
    }

    fn send(
        &self,
        entry: AuditEntry,
        answer: Option<oneshot::Sender<Result<u64, AuditError>>>,
    ) -> Result<(), AuditError> {
        let queue = self.queue.as_ref().ok_or(AuditError::Closed)?;
        queue.try_send(Write { entry: entry.bounded(), answer }).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                self.lost.fetch_add(1, Ordering::Relaxed);
                AuditError::Full
            }
            TrySendError::Disconnected(_) => AuditError::Closed,
        })
    }
}

impl Drop for AuditLog {
    /// Waits until all that was queued is on the disk, or refused by it.
    fn drop(&mut self) {
        self.queue = None;
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the audit log's thread ended by a panic");
        }
    }
}

fn newest_entries(dir: &Path, last: u64, count: usize) -> Result<Vec<LoggedAudit>, StoreError> {
    let entries = journal::read_newest_first(dir, KIND, last, count)?;
    let read = |entry: &journal::Entry| {
        let link = link::read(&entry.payload).map_err(|what| StoreError::Content {
            path: dir.to_owned(),
            what: format!("audit entry {}: {what}", entry.sequence),
        })?;
        Ok(LoggedAudit {
            number: entry.sequence,
            previous: link.previous,
            hash: link.hash,
            entry: link.entry,
        })
    };
    entries.iter().map(read).collect()
}

/// Moves the segments into a folder beside them that has no other's name.
fn set_aside(dir: &Path) -> Result<PathBuf, StoreError> {
    let free = (1..).map(|number| dir.join(format!("damaged-{number}"))).find(|path| !path.exists());
    let aside = free.unwrap_or_else(|| dir.join("damaged"));
    disk::make_dir(&aside)?;
    for entry in fs::read_dir(dir).map_err(StoreError::io("list", dir))? {
        let path = entry.map_err(StoreError::io("list", dir))?.path();
        if path.extension().is_some_and(|it| it == "seg") {
            disk::move_aside(&path, &aside)?;
        }
    }
    Ok(aside)
}

#[cfg(test)]
mod tests;
