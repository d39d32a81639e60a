//! The event log: what happened, in order, on the same journal as everything else.
//!
//! A controller forgets an event once it is acknowledged, so [`EventLog::append`] returns only when it is on the disk.
//! Old events go by whole segments, by number and by age; a log never grows without bound. Each event says by its version
//! what a program must know to read it; one that a newer program wrote is left out of what is read, and stays.

mod age;
mod entry;
mod facts;
mod index;
mod retention;
mod search;
mod wanted;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::condition::Trouble;
use super::disk::{self, Lock};
use super::error::StoreError;
use super::journal::{
    self, AppendError, Appender, Journal, JournalStats, Kind, Options, Standing, TornTail, Verify,
};
use super::limits::{EVENT_SEGMENT_BYTES, MAX_EVENT_BYTES, MAX_EVENTS_PER_PAGE, RECENT_EVENTS};
use crate::domain::{Event, Part, PartCondition};
pub(in crate::store) use age::Age;
use entry::{Versioned, decode, read_newest};
use index::Index;
pub(in crate::store) use retention::{last_written, retire};
pub use wanted::{Found, PeopleWanted, Wanted};

const KIND: Kind = Kind(*b"evt1");

/// How much is kept. What is beyond goes when the segment that it is in has nothing else in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventLimits {
    /// Events.
    pub max_events: u64,
    /// How long after it was written.
    pub max_age: Duration,
}

impl Default for EventLimits {
    /// A million events, 90 days.
    fn default() -> Self {
        Self { max_events: 1_000_000, max_age: Duration::from_secs(90 * 24 * 3600) }
    }
}

/// An event with its number in the log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LoggedEvent {
    /// From 1, without gaps, never given twice.
    pub sequence: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// The log. Share it behind an `Arc`. It is written out when it is dropped.
pub struct EventLog {
    appender: Appender<Written>,
    recent: Arc<Mutex<Recent>>,
    newest: watch::Sender<u64>,
    index: Arc<Index>,
    age: Arc<Mutex<Age>>,
    dir: PathBuf,
    _lock: Lock,
}

/// An event on its way to the disk.
struct Written {
    event: Event,
    /// Bytes of its payload.
    len: usize,
}

/// The newest events, and the number of the newest.
struct Recent {
    events: VecDeque<LoggedEvent>,
    newest: u64,
}

impl EventLog {
    /// Opens the log in `dir`, or begins one there. Says what was cut off its end, if a crash interrupted a write.
    ///
    /// # Errors
    /// When it is damaged elsewhere, another process has it, or the disk refuses.
    pub fn open(dir: &Path, limits: EventLimits) -> Result<(Self, Option<TornTail>), StoreError> {
        disk::make_dir(dir)?;
        let lock = Lock::try_take(dir)?;
        let options = Options {
            kind: KIND,
            segment_bytes: EVENT_SEGMENT_BYTES,
            verify: Verify::Newest,
            // The last flush before a crash was nobody's yet, so a half of it is not missed.
            durable: Some(0),
            mark: None,
        };
        let (mut journal, torn) = Journal::open(dir, options)?;
        let age = Arc::new(Mutex::new(Age::since(last_written(&journal), Instant::now())));
        retire(&mut journal, &limits, &age);
        let newest = journal.next() - 1;
        let index = Arc::new(Index::open(dir, &journal)?);
        let events = read_newest(dir, newest, RECENT_EVENTS)?.into();
        let recent = Arc::new(Mutex::new(Recent { events, newest }));
        let newest = watch::Sender::new(newest);
        let told = newest.clone();
        let (shared, counts, rows) = (Arc::clone(&recent), Arc::clone(&age), Arc::clone(&index));
        let appender = Appender::start(journal, move |journal, first, written: Vec<Written>| {
            rows.flushed(journal, first, written.iter().map(|written| (&written.event, written.len)));
            remember(&mut locked(&shared), first, written);
            told.send_replace(locked(&shared).newest);
            let oldest = journal.first();
            retire(journal, &limits, &counts);
            if journal.first() != oldest {
                rows.retired(journal.first());
            }
        })?;
        Ok((Self { appender, recent, newest, index, age, dir: dir.to_owned(), _lock: lock }, torn))
    }

    /// Adds an event. Its number comes back when it is on the disk: then a controller may be told to forget it.
    ///
    /// # Errors
    /// Whenever that isn't certain.
    pub async fn append(&self, event: Event) -> Result<u64, AppendError> {
        let (payload, written) = self.encode(event)?;
        self.appender.append(payload, written).await
    }

    /// Adds events in order, with as few flushes as they need. Returns when all are on the disk.
    ///
    /// # Errors
    /// Whenever that isn't certain for all.
    pub async fn append_all(&self, events: Vec<Event>) -> Result<(), AppendError> {
        self.appender.append_all(self.encode_all(events)?).await
    }

    /// The same for events that nobody else keeps: while the disk refuses them they wait in memory, and are written when it
    /// takes them again.
    ///
    /// # Errors
    /// While they are not on the disk.
    pub async fn keep_all(&self, events: Vec<Event>) -> Result<(), AppendError> {
        self.appender.keep_all(self.encode_all(events)?).await
    }

    /// Adds an event without waiting, for what happens where nobody can wait. A crash within the next flush loses it; while
    /// the disk refuses it, it waits in memory.
    ///
    /// # Errors
    /// When the disk is so far behind that it can't be queued, or the event is too long.
    pub fn post(&self, event: Event) -> Result<(), AppendError> {
        let (payload, written) = self.encode(event)?;
        self.appender.post(payload, written)
    }

    /// The number of the newest event, 0 before the first.
    pub fn newest(&self) -> u64 {
        locked(&self.recent).newest
    }

    /// The same, and that of each that comes.
    pub fn watch_newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The newest `count` events, newest first. From memory up to [`RECENT_EVENTS`]; see [`page`](Self::page) for more.
    pub fn recent(&self, count: usize) -> Vec<LoggedEvent> {
        locked(&self.recent).events.iter().take(count).cloned().collect()
    }

    /// Events older than `before` (the newest for `None`), newest first, at most `count` and [`MAX_EVENTS_PER_PAGE`].
    /// Reads the disk: call it where blocking is allowed.
    ///
    /// # Errors
    /// When the disk fails or that part of the log is damaged.
    pub fn page(&self, before: Option<u64>, count: usize) -> Result<Vec<LoggedEvent>, StoreError> {
        let newest = self.newest();
        let last = before.map_or(newest, |before| before.saturating_sub(1).min(newest));
        self.steadily(|| read_newest(&self.dir, last, count.min(MAX_EVENTS_PER_PAGE)))
    }

    /// The newest events before number `before` (the newest of all for `None`) that are wanted, at most `count` and
    /// [`MAX_EVENTS_PER_PAGE`]. In the order of the log: what a controller told late stands where it came in. Reads the disk:
    /// call it where blocking is allowed.
    ///
    /// # Errors
    /// When the disk fails or that part of the log is damaged.
    pub fn find(&self, wanted: &Wanted, before: Option<u64>, count: usize) -> Result<Found, StoreError> {
        let (before, count) = (before.unwrap_or(u64::MAX), count.min(MAX_EVENTS_PER_PAGE));
        self.steadily(|| search::find(&self.dir, &self.index, wanted, before, count))
    }

    /// Events after number `after`, oldest first, at most `count` and [`MAX_EVENTS_PER_PAGE`]: what a forwarder
    /// goes by. Reads the disk: call it where blocking is allowed.
    ///
    /// # Errors
    /// When the disk fails or that part of the log is damaged.
    pub fn since(&self, after: u64, count: usize) -> Result<Vec<LoggedEvent>, StoreError> {
        let newest = self.newest();
        let count = count.min(MAX_EVENTS_PER_PAGE);
        self.steadily(|| {
            let mut events = Vec::new();
            journal::read(&self.dir, KIND, after.saturating_add(1), newest, |sequence, payload| {
                if events.len() < count {
                    events.extend(decode(&self.dir, sequence, payload)?);
                }
                Ok(events.len() < count)
            })?;
            Ok(events)
        })
    }

    /// The journal's numbers.
    pub fn stats(&self) -> JournalStats {
        self.appender.stats()
    }

    /// How it is.
    pub fn condition(&self) -> PartCondition {
        let standing = self.appender.standing();
        let Standing { trouble, waiting } = &*standing.borrow();
        trouble.as_ref().map_or(PartCondition::Well(Part::EventLog), |trouble| {
            PartCondition::EventLogFailing { why: trouble.why(), waiting: *waiting }
        })
    }

    /// Returns with the reason once it can't be told any more whether the last events are on the disk.
    pub async fn fatal(&self) -> String {
        let mut standing = self.appender.standing();
        loop {
            if let Some(Trouble::Fatal(why)) = &standing.borrow_and_update().trouble {
                return why.clone();
            }
            if standing.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// How far the clock is ahead of the time that was seen to pass since the log was last written, or behind it if negative.
    /// While it is not 0, the clock is doubted, and nothing is deleted because of its age by it.
    pub fn clock_apart(&self) -> SignedDuration {
        let mut age = self.age.lock().unwrap_or_else(PoisonError::into_inner);
        age.now(SystemTime::now(), Instant::now());
        age.apart()
    }

    fn encode_all(&self, events: Vec<Event>) -> Result<Vec<(Vec<u8>, Written)>, AppendError> {
        events.into_iter().map(|event| self.encode(event)).collect()
    }

    fn encode(&self, event: Event) -> Result<(Vec<u8>, Written), AppendError> {
        let wrong = |error: serde_json::Error| StoreError::Content {
            path: self.dir.clone(),
            what: format!("an event can't be written: {error}"),
        };
        let versioned = Versioned { version: event.version(), event: &event };
        let payload = serde_json::to_vec(&versioned).map_err(|error| Arc::new(wrong(error)))?;
        let len = payload.len();
        if len > MAX_EVENT_BYTES {
            Err(AppendError::TooLong(len))
        } else {
            Ok((payload, Written { event, len }))
        }
    }

    /// A segment may be retired between being listed and being read; then the second look is right.
    fn steadily<T>(&self, read: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
        match read() {
            Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => read(),
            other => other,
        }
    }
}

fn locked(recent: &Mutex<Recent>) -> MutexGuard<'_, Recent> {
    recent.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remember(recent: &mut Recent, first: u64, written: Vec<Written>) {
    for (sequence, Written { event, .. }) in (first..).zip(written) {
        recent.events.push_front(LoggedEvent { sequence, event });
        recent.newest = sequence;
    }
    recent.events.truncate(RECENT_EVENTS);
}

#[cfg(test)]
mod search_tests;
#[cfg(test)]
mod tests;
