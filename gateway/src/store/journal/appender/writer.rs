//! The thread of a journal: writes what waits, flushes once, answers; and holds what a failing disk refuses and is to be kept.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;

use tokio::sync::{mpsc, watch};

use super::{Message, Standing, Write};
use crate::store::condition::Trouble;
use crate::store::disk;
use crate::store::error::StoreError;
use crate::store::journal::Journal;
use crate::store::limits::{
    HEAL_EVERY, MAX_BYTES_PER_FLUSH, MAX_HELD_BYTES, MAX_HELD_RECORDS, MAX_JOBS_PER_FLUSH,
};

/// What the thread owns.
pub(super) struct Writer<T, F> {
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
    /// For this journal; `flushed` hears of what is durable.
    pub(super) const fn new(
        journal: Journal,
        flushed: F,
        queue: mpsc::WeakSender<Message<T>>,
        told: watch::Sender<Standing>,
    ) -> Self {
        Self { journal, flushed, held: VecDeque::new(), queue, looking: false, told }
    }

    /// Works until nobody can ask any more and all that was asked is done.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Message<T>>) {
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
