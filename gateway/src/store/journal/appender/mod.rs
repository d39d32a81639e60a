//! Many writers, one journal, shared flushes: a thread of its own takes whatever waits, writes it and flushes once.
//!
//! While a flush is under way the next writers gather, so that a slow disk makes flushes larger, not queues longer. What a
//! failing disk refuses is told to whoever waits for it; what is to be kept waits in memory until the disk takes it again.

mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot, watch};

use super::{Journal, JournalStats};
use crate::store::condition::Trouble;
use crate::store::error::StoreError;
use crate::store::limits::{MAX_RECORD_BYTES, QUEUED_JOBS};
use writer::Writer;

/// Why a record was not made durable.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// It is longer than a record may be.
    #[error("a record of {0} bytes is longer than {MAX_RECORD_BYTES}")]
    TooLong(usize),
    /// More writers wait than there are places, and this one doesn't wait for a place.
    #[error("the disk is behind: {QUEUED_JOBS} records wait to be written")]
    Full,
    /// The disk refused.
    #[error(transparent)]
    Failed(#[from] Arc<StoreError>),
    /// The journal has been closed.
    #[error("the journal is closed")]
    Closed,
}

type Answer = Result<u64, Arc<StoreError>>;

struct Write<T> {
    payload: Vec<u8>,
    item: T,
    /// Whether it waits in memory when the disk refuses it.
    kept: bool,
    answer: Option<oneshot::Sender<Answer>>,
}

/// What the thread is asked.
enum Message<T> {
    Write(Write<T>),
    /// Something failed a moment ago.
    LookAgain,
}

/// How a journal with a thread is.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Standing {
    pub(in crate::store) trouble: Option<Trouble>,
    /// Records that wait in memory.
    pub(in crate::store) waiting: usize,
}

/// A journal with its own thread. `T` is what a record means; it comes back to `flushed` once it is durable.
pub struct Appender<T> {
    queue: Option<mpsc::Sender<Message<T>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    stats: Arc<Mutex<JournalStats>>,
    standing: watch::Receiver<Standing>,
}

impl<T: Send + 'static> Appender<T> {
    /// Starts the thread. `flushed` runs on it after each flush, before the answers, with the first sequence of the flush.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        journal: Journal,
        flushed: impl FnMut(&mut Journal, u64, Vec<T>) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (queue, waiting) = mpsc::channel(QUEUED_JOBS);
        let (stats, dir) = (journal.stats(), journal.dir.clone());
        let (told, standing) = watch::channel(Standing::default());
        let writer = Writer::new(journal, flushed, queue.downgrade(), told);
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(StoreError::io("start a thread for", &dir))?;
        Ok(Self { queue: Some(queue), thread: Mutex::new(Some(thread)), stats, standing })
    }

    /// Adds a record; its sequence comes back when it is on the disk.
    ///
    /// # Errors
    /// Whenever that isn't certain.
    pub async fn append(&self, payload: Vec<u8>, item: T) -> Result<u64, AppendError> {
        let (answer, answered) = oneshot::channel();
        let write = Write { payload: fitting(payload)?, item, kept: false, answer: Some(answer) };
        let queue = self.queue.as_ref().ok_or(AppendError::Closed)?;
        queue.send(Message::Write(write)).await.map_err(|_| AppendError::Closed)?;
        Ok(answered.await.map_err(|_| AppendError::Closed)??)
    }

    /// Adds records in order, waiting for room; returns when the last is on the disk, and so are those before it.
    ///
    /// # Errors
    /// Whenever that isn't certain for all.
    pub async fn append_all(&self, records: Vec<(Vec<u8>, T)>) -> Result<(), AppendError> {
        self.add_all(records, false).await
    }

    /// The same, and what the disk refuses waits in memory for it, as long as there is room.
    ///
    /// # Errors
    /// While they are not on the disk.
    pub async fn keep_all(&self, records: Vec<(Vec<u8>, T)>) -> Result<(), AppendError> {
        self.add_all(records, true).await
    }

    async fn add_all(&self, records: Vec<(Vec<u8>, T)>, kept: bool) -> Result<(), AppendError> {
        let queue = self.queue.as_ref().ok_or(AppendError::Closed)?;
        let mut last = None;
        for (payload, item) in records {
            let (answer, answered) = oneshot::channel();
            let write = Write { payload: fitting(payload)?, item, kept, answer: Some(answer) };
            queue.send(Message::Write(write)).await.map_err(|_| AppendError::Closed)?;
            last = Some(answered);
        }
        match last {
            Some(answered) => Ok(answered.await.map_err(|_| AppendError::Closed)?.map(drop)?),
            None => Ok(()),
        }
    }

    /// Adds a record without waiting: it is on the disk soon, and a crash before then loses it. What the disk refuses waits in
    /// memory for it, as long as there is room.
    ///
    /// # Errors
    /// When it can't even be queued.
    pub fn post(&self, payload: Vec<u8>, item: T) -> Result<(), AppendError> {
        let write = Write { payload: fitting(payload)?, item, kept: true, answer: None };
        let queue = self.queue.as_ref().ok_or(AppendError::Closed)?;
        queue.try_send(Message::Write(write)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => AppendError::Full,
            mpsc::error::TrySendError::Closed(_) => AppendError::Closed,
        })
    }

    /// The journal's numbers.
    pub fn stats(&self) -> JournalStats {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it is.
    pub(in crate::store) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }
}

impl<T> Drop for Appender<T> {
    /// Waits until all that was queued is on the disk.
    fn drop(&mut self) {
        self.queue = None;
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the journal's thread ended by a panic");
        }
    }
}

fn fitting(payload: Vec<u8>) -> Result<Vec<u8>, AppendError> {
    if payload.len() > MAX_RECORD_BYTES { Err(AppendError::TooLong(payload.len())) } else { Ok(payload) }
}
