//! Reading for those who must not wait on their own thread. sled may wait for the disk at any read, so async code hands
//! its question over and awaits the answer; a fixed number of threads reads.
//!
//! A question that nobody waits for any more keeps its place until it has been read: the place goes with the work.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::view::View;
use super::{Directory, locked};
use crate::store::error::StoreError;
use crate::store::limits::{QUEUED_QUESTIONS, READERS};

impl Directory {
    /// Has `read` look at the committed state, where waiting for the disk harms nobody.
    ///
    /// # Errors
    /// With what `read` says, or when it panics.
    pub async fn query<T, E>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let readers = &self.inner.readers;
        let place = Arc::clone(&readers.places).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let directory = self.clone();
        let (answer, answered) = oneshot::channel();
        // Whoever asked may have gone away.
        readers.hand(place, move || drop(answer.send(read(&directory.read()))));
        answered.await.unwrap_or_else(|_| Err(StoreError::Fault.into()))
    }
}

/// The threads that read, and the questions that wait for them.
pub(super) struct Readers {
    places: Arc<Semaphore>,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    questions: Mutex<Questions>,
    come: Condvar,
}

#[derive(Default)]
struct Questions {
    waiting: VecDeque<(OwnedSemaphorePermit, Box<dyn FnOnce() + Send>)>,
    closed: bool,
}

impl Readers {
    /// Starts the threads.
    pub(super) fn start() -> std::io::Result<Self> {
        let readers =
            Self { places: Arc::new(Semaphore::new(READERS + QUEUED_QUESTIONS)), waiting: Arc::default() };
        for _ in 0..READERS {
            let waiting = Arc::clone(&readers.waiting);
            thread::Builder::new().name("reader".to_owned()).spawn(move || waiting.read())?;
        }
        Ok(readers)
    }

    fn hand(&self, place: OwnedSemaphorePermit, question: impl FnOnce() + Send + 'static) {
        locked(&self.waiting.questions).waiting.push_back((place, Box::new(question)));
        self.waiting.come.notify_one();
    }
}

impl Drop for Readers {
    /// Each thread ends once it has nothing to read. One of them may be the thread that drops this, so none is waited for.
    fn drop(&mut self) {
        locked(&self.waiting.questions).closed = true;
        self.waiting.come.notify_all();
    }
}

impl Waiting {
    fn read(&self) {
        while let Some((place, question)) = self.next() {
            if catch_unwind(AssertUnwindSafe(question)).is_err() {
                tracing::error!("a reader of the directory panicked");
            }
            drop(place);
        }
    }

    fn next(&self) -> Option<(OwnedSemaphorePermit, Box<dyn FnOnce() + Send>)> {
        let nothing_to_do = |questions: &mut Questions| questions.waiting.is_empty() && !questions.closed;
        let questions = locked(&self.questions);
        let questions = self.come.wait_while(questions, nothing_to_do);
        questions.unwrap_or_else(PoisonError::into_inner).waiting.pop_front()
    }
}
