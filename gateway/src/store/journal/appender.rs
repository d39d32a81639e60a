//! Many writers, one journal, shared flushes: a thread of its own takes whatever waits, writes it and flushes once.
//!
//! While a flush is under way the next writers gather, so that a slow disk makes flushes larger, not queues longer.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use super::{Journal, JournalStats};
use crate::store::error::StoreError;
use crate::store::limits::{MAX_BYTES_PER_FLUSH, MAX_JOBS_PER_FLUSH, MAX_RECORD_BYTES, QUEUED_JOBS};

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
    answer: Option<oneshot::Sender<Answer>>,
}

/// A journal with its own thread. `T` is what a record means; it comes back to `flushed` once it is durable.
pub struct Appender<T> {
    queue: Option<mpsc::Sender<Write<T>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    stats: Arc<Mutex<JournalStats>>,
}

impl<T: Send + 'static> Appender<T> {
    /// Starts the thread. `flushed` runs on it after each flush, before the answers, with the first sequence of the flush.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        mut journal: Journal,
        mut flushed: impl FnMut(&mut Journal, u64, Vec<T>) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (queue, mut waiting) = mpsc::channel(QUEUED_JOBS);
        let stats = journal.stats();
        let dir = journal.dir.clone();
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                while let Some(first) = waiting.blocking_recv() {
                    flush(&mut journal, gather(first, &mut waiting), &mut flushed);
                }
            })
            .map_err(StoreError::io("start a thread for", &dir))?;
        Ok(Self { queue: Some(queue), thread: Mutex::new(Some(thread)), stats })
    }

    /// Adds a record; its sequence comes back when it is on the disk.
    ///
    /// # Errors
    /// Whenever that isn't certain.
    pub async fn append(&self, payload: Vec<u8>, item: T) -> Result<u64, AppendError> {
        let (answer, answered) = oneshot::channel();
        let write = Write { payload: fitting(payload)?, item, answer: Some(answer) };
        let queue = self.queue.as_ref().ok_or(AppendError::Closed)?;
        queue.send(write).await.map_err(|_| AppendError::Closed)?;
        Ok(answered.await.map_err(|_| AppendError::Closed)??)
    }

    /// Adds records in order, waiting for room; returns when the last is on the disk, and so are those before it.
    ///
    /// # Errors
    /// Whenever that isn't certain for all.
    pub async fn append_all(&self, records: Vec<(Vec<u8>, T)>) -> Result<(), AppendError> {
        let queue = self.queue.as_ref().ok_or(AppendError::Closed)?;
        let mut last = None;
        for (payload, item) in records {
            let (answer, answered) = oneshot::channel();
            let write = Write { payload: fitting(payload)?, item, answer: Some(answer) };
            queue.send(write).await.map_err(|_| AppendError::Closed)?;
            last = Some(answered);
        }
        match last {
            Some(answered) => Ok(answered.await.map_err(|_| AppendError::Closed)?.map(drop)?),
            None => Ok(()),
        }
    }

    /// Adds a record without waiting: it is on the disk soon, and a crash before then loses it.
    ///
    /// # Errors
    /// When it can't even be queued.
    pub fn post(&self, payload: Vec<u8>, item: T) -> Result<(), AppendError> {
        let write = Write { payload: fitting(payload)?, item, answer: None };
        let queue = self.queue.as_ref().ok_or(AppendError::Closed)?;
        queue.try_send(write).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => AppendError::Full,
            mpsc::error::TrySendError::Closed(_) => AppendError::Closed,
        })
    }

    /// The journal's numbers.
    pub fn stats(&self) -> JournalStats {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner)
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

fn gather<T>(first: Write<T>, waiting: &mut mpsc::Receiver<Write<T>>) -> Vec<Write<T>> {
    let mut bytes = first.payload.len();
    let mut batch = vec![first];
    while batch.len() < MAX_JOBS_PER_FLUSH && bytes < MAX_BYTES_PER_FLUSH {
        let Ok(write) = waiting.try_recv() else { break };
        bytes += write.payload.len();
        batch.push(write);
    }
    batch
}

fn flush<T>(
    journal: &mut Journal,
    batch: Vec<Write<T>>,
    flushed: &mut impl FnMut(&mut Journal, u64, Vec<T>),
) {
    let mut payloads = Vec::with_capacity(batch.len());
    let mut items = Vec::with_capacity(batch.len());
    let mut answers = Vec::with_capacity(batch.len());
    for write in batch {
        payloads.push(write.payload);
        items.push(write.item);
        answers.push(write.answer);
    }
    let outcome = journal.write(&payloads).and_then(|first| journal.sync().map(|()| first));
    let outcome = outcome.map_err(Arc::new);
    match &outcome {
        Ok(first) => flushed(journal, *first, items),
        Err(error) => tracing::error!(%error, records = payloads.len(), "records were not written"),
    }
    for (place, answer) in (0..).zip(answers) {
        // A writer that has gone away needs no answer.
        let _ = answer.map(|answer| answer.send(outcome.clone().map(|first| first + place)));
    }
}
