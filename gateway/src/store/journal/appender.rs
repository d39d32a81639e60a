//! Many writers, one journal, shared flushes: a thread of its own takes whatever waits, writes it and flushes once.
//!
//! While a flush is under way the next writers gather, so that a slow disk makes flushes larger, not queues longer. What a
//! failing disk refuses is told to whoever waits for it; what is to be kept waits in memory until the disk takes it again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot, watch};

use super::{Journal, JournalStats};
use crate::store::condition::Trouble;
use crate::store::disk;
use crate::store::error::StoreError;
use crate::store::limits::{
    HEAL_EVERY, MAX_BYTES_PER_FLUSH, MAX_HELD_BYTES, MAX_HELD_RECORDS, MAX_JOBS_PER_FLUSH, MAX_RECORD_BYTES,
    QUEUED_JOBS,
};

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
        let writer = Writer {
            journal,
            flushed,
            held: VecDeque::new(),
            queue: queue.downgrade(),
            looking: false,
            told,
        };
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

/// What the thread owns.
struct Writer<T, F> {
    journal: Journal,
    flushed: F,
    /// What the disk refused and is to be kept, oldest first.
    held: VecDeque<Write<T>>,
    /// To ourselves.
    queue: mpsc::WeakSender<Message<T>>,
    /// Whether [`Message::LookAgain`] is under way.
    looking: bool,
    told: watch::Sender<Standing>,
}

impl<T: Send + 'static, F: FnMut(&mut Journal, u64, Vec<T>)> Writer<T, F> {
    /// Works until nobody can ask any more and all that was asked is done.
    fn run(mut self, mut queue: mpsc::Receiver<Message<T>>) {
        while let Some(message) = queue.blocking_recv() {
            match message {
                Message::Write(first) => {
                    let again = self.gather(first, &mut queue);
                    if again {
                        self.looking = false;
                    }
                    self.flush();
                }
                Message::LookAgain => {
                    self.looking = false;
                    self.look_again();
                }
            }
        }
        if !self.held.is_empty() {
            self.flush();
        }
    }

    /// Puts what waits behind what is held. Whether a look at the disk was due among it.
    fn gather(&mut self, first: Write<T>, queue: &mut mpsc::Receiver<Message<T>>) -> bool {
        let (mut bytes, mut records, mut again) = (first.payload.len(), 1, false);
        self.held.push_back(first);
        while records < MAX_JOBS_PER_FLUSH && bytes < MAX_BYTES_PER_FLUSH {
            match queue.try_recv() {
                Ok(Message::Write(write)) => {
                    bytes += write.payload.len();
                    records += 1;
                    self.held.push_back(write);
                }
                Ok(Message::LookAgain) => again = true,
                Err(_) => break,
            }
        }
        again
    }

    /// Writes everything that is held, as many flushes as it takes, and answers.
    fn flush(&mut self) {
        while !self.held.is_empty() {
            let (mut bytes, mut count) = (0, 0);
            for write in &self.held {
                if count == MAX_JOBS_PER_FLUSH || bytes >= MAX_BYTES_PER_FLUSH {
                    break;
                }
                bytes += write.payload.len();
                count += 1;
            }
            let batch: Vec<_> = self.held.iter().take(count).map(|write| write.payload.as_slice()).collect();
            let outcome = self.journal.write(&batch).and_then(|first| self.journal.sync().map(|()| first));
            match outcome {
                Ok(first) => self.written(first, count),
                Err(error) => return self.refused(error),
            }
        }
        self.told.send_if_modified(|standing| {
            let was_wrong = standing.trouble.is_some();
            *standing = Standing::default();
            was_wrong
        });
    }

    fn written(&mut self, first: u64, count: usize) {
        let (mut items, mut answers) = (Vec::with_capacity(count), Vec::new());
        for (sequence, write) in (first..).zip(self.held.drain(..count)) {
            items.push(write.item);
            answers.extend(write.answer.map(|answer| (sequence, answer)));
        }
        (self.flushed)(&mut self.journal, first, items);
        for (sequence, answer) in answers {
            // A writer that has gone away needs no answer.
            let _ = answer.send(Ok(sequence));
        }
    }

    /// Tells whoever waits; what is kept stays, as much as there is room for, and the rest is gone.
    fn refused(&mut self, error: StoreError) {
        tracing::error!(%error, records = self.held.len(), "records were not written");
        let trouble = Trouble::of(&error);
        let error = Arc::new(error);
        for write in &mut self.held {
            // A writer that has gone away needs no answer.
            let _ = write.answer.take().map(|answer| answer.send(Err(Arc::clone(&error))));
        }
        self.held.retain(|write| write.kept);
        let mut bytes: usize = self.held.iter().map(|write| write.payload.len()).sum();
        let mut dropped = 0;
        while self.held.len() > MAX_HELD_RECORDS || bytes > MAX_HELD_BYTES {
            bytes -= self.held.pop_front().map_or(0, |write| write.payload.len());
            dropped += 1;
        }
        if dropped > 0 {
            tracing::error!(
                records = dropped,
                "memory holds no more records that the disk refuses; they are lost"
            );
        }
        self.told.send_replace(Standing { trouble: Some(trouble), waiting: self.held.len() });
        self.look_again_soon();
    }

    /// A moment has passed since something failed: is it over?
    fn look_again(&mut self) {
        if !self.held.is_empty() {
            return self.flush();
        }
        match disk::probe(&self.journal.dir) {
            Ok(()) => drop(self.told.send_replace(Standing::default())),
            Err(error) => {
                self.told.send_replace(Standing { trouble: Some(Trouble::of(&error)), waiting: 0 });
                self.look_again_soon();
            }
        }
    }

    fn look_again_soon(&mut self) {
        if self.looking {
            return;
        }
        let queue = self.queue.clone();
        let wait = move || {
            thread::sleep(HEAL_EVERY);
            if let Some(queue) = queue.upgrade() {
                // The thread lives as long as a sender does.
                let _ = queue.blocking_send(Message::LookAgain);
            }
        };
        self.looking = thread::Builder::new().name("look again".to_owned()).spawn(wait).is_ok();
    }
}
