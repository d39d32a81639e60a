//! Who may carry which card, and which rules apply: the journal is the truth, sled beside it the copy that is read.
//!
//! A change is a *plan*: a function that looks at the directory as it is and says what should become of it. Plans run
//! one after the other on one thread; the caller gets the answer when the change is in the journal and fdatasync'd, and
//! whoever reads after that finds it in sled.
//! Everything is keyed by identifiers; uniqueness of names is a plan's business. Nothing here knows doors.

mod apply;
mod commit;
mod entity;
mod export;
mod incomplete;
mod load;
mod message;
mod meta;
mod numbering;
mod open;
mod overlay;
mod proven;
mod query;
mod reindex;
mod rows;
mod snapshot;
#[cfg(test)]
mod tests;
mod tree;
mod view;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

pub use commit::{CommitError, Committed, TooLarge};
pub use entity::{Entity, IndexRow};
pub use incomplete::Incomplete;
pub use meta::Counts;
pub use open::{Mended, OpenReport, RebuildCause, Rebuilt};
pub use view::{BeforeRead, View};

use super::condition::{DiskCondition, Trouble};
use super::disk::{self, Lock};
use super::error::StoreError;
use super::journal::JournalStats;
use super::limits::QUEUED_JOBS;
use crate::domain::{Cardholder, Change, Origin, Record, Revision, RuleDropped};
use commit::{Answer, Request};
use message::Message;
use meta::Meta;
use query::Readers;
use tree::Tree;
use writer::Writer;

/// A change that has just become durable.
pub struct Applied<'a> {
    /// The change.
    pub record: &'a Record,
    /// Parallel to the record's changes: the person as they were before that step, where the step is about a person
    /// who was there.
    pub before: &'a [Option<Cardholder>],
    /// Rules that went because the change deleted their group.
    pub dropped: &'a [RuleDropped],
    /// The directory after the whole flush: this record, those before it, and perhaps some after it.
    pub view: &'a View<'a>,
}

/// Told of every change, on the writer's thread, in order, after it is durable and before its caller is answered. It holds
/// up all further changes while it runs.
pub type Observer = Box<dyn FnMut(&Applied<'_>) + Send>;

/// Numbers for the metrics page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryStats {
    /// The journal's.
    pub journal: JournalStats,
    /// The newest revision.
    pub revision: Revision,
    /// How much there is of what.
    pub counts: Counts,
    /// The newest snapshot's revision.
    pub snapshot: Option<Revision>,
    /// Changes that wait for the writer.
    pub queued: usize,
    /// Why the last flush was refused, if it was.
    pub failed: Option<String>,
}

/// The directory. A handle: clones are the same directory, which is open until the last is dropped.
#[derive(Clone)]
pub struct Directory {
    inner: Arc<Inner>,
}

/// What handles and the writer share.
struct State {
    /// What sled shows. The writer holds it while sled is behind what was answered.
    meta: Mutex<Meta>,
    journal: Arc<Mutex<JournalStats>>,
    snapshot: Mutex<Option<Revision>>,
    trouble: watch::Sender<Option<Trouble>>,
    failed: Mutex<Option<String>>,
}

impl State {
    /// Changes are refused. What is worse already stays.
    fn fail(&self, error: &StoreError) {
        *locked(&self.failed) = Some(error.to_string());
        let trouble = Trouble::of(error);
        self.trouble.send_if_modified(|known| {
            let stays = known.as_ref().is_some_and(|known| known.outweighs(&trouble));
            if !stays {
                *known = Some(trouble);
            }
            !stays
        });
    }

    /// Changes were answered that can't be read.
    fn fall_behind(&self, error: &StoreError) {
        *locked(&self.failed) = Some(error.to_string());
        let behind = if error.is_full() { Trouble::Full } else { Trouble::Behind(error.to_string()) };
        self.trouble.send_replace(Some(behind));
    }

    fn succeed(&self) {
        *locked(&self.failed) = None;
        self.trouble.send_if_modified(|known| known.take().is_some());
    }

    fn snapshot_made(&self, revision: Revision) {
        *locked(&self.snapshot) = Some(revision);
    }
}

struct Inner {
    dir: PathBuf,
    queue: Mutex<Option<mpsc::Sender<Message>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    state: Arc<State>,
    tree: Tree,
    readers: Readers,
    before_read: Option<BeforeRead>,
    // Last, so that sled has let go of its files when somebody else may open them.
    _lock: Lock,
}

impl Directory {
    /// Opens the directory in the data folder `dir`, or makes an empty one there. Verifies sled, and builds it anew from snapshot and
    /// journal when it is missing, damaged or doesn't follow the journal. Starts the writer's thread.
    ///
    /// # Errors
    /// When another process has the folder, the disk refuses, or the journal is damaged or incomplete; then nothing was changed.
    pub fn open(dir: &Path, observer: Observer) -> Result<(Self, OpenReport), StoreError> {
        Self::open_with(dir, observer, None)
    }

    /// The same, with something to be done before every read that is not the writer's own: this is how tests have a disk
    /// as slow as they like.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(
        dir: &Path,
        observer: Observer,
        before_read: Option<BeforeRead>,
    ) -> Result<(Self, OpenReport), StoreError> {
        disk::make_dir(dir)?;
        let lock = Lock::try_take(dir)?;
        let opened = open::open(dir)?;
        let (queue, waiting) = mpsc::channel(QUEUED_JOBS);
        let state = Arc::new(State {
            meta: Mutex::new(opened.meta),
            journal: opened.journal.stats(),
            snapshot: Mutex::new(opened.newest_snapshot),
            trouble: watch::Sender::default(),
            failed: Mutex::default(),
        });
        let covered = opened.newest_snapshot.unwrap_or_default().next().0;
        let writer = Writer {
            dir: dir.to_owned(),
            uncovered: opened.journal.bytes_from(covered),
            interval: opened.snapshots.interval()?,
            journal: opened.journal,
            tree: opened.tree.clone(),
            meta: opened.meta,
            state: Arc::clone(&state),
            observer,
            snapshots: opened.snapshots,
            queue: queue.downgrade(),
            export: None,
            wanted: Vec::new(),
            broken: None,
            heal_at: None,
            looking: false,
        };
        let thread = thread::Builder::new()
            .name("directory".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(StoreError::io("start a thread for", dir))?;
        let (queue, thread) = (Mutex::new(Some(queue)), Mutex::new(Some(thread)));
        let readers = Readers::start().map_err(StoreError::io("start a thread for", dir))?;
        let inner = Inner {
            dir: dir.to_owned(),
            queue,
            thread,
            state,
            tree: opened.tree,
            readers,
            before_read,
            _lock: lock,
        };
        Ok((Self { inner: Arc::new(inner) }, opened.report))
    }

    /// The committed state, for threads that may wait: it waits until all that was answered is in sled, and every call
    /// of the view may wait for the disk. Async code asks by [`query`](Self::query).
    pub fn read(&self) -> View<'_> {
        let Inner { tree, before_read, state, .. } = &*self.inner;
        View::of_tree(tree, *locked(&state.meta), before_read.as_ref())
    }

    /// Runs `plan` on the writer's thread and makes the changes it returns, all or none, as one record.
    ///
    /// The plan gets the directory with all earlier changes in it, and the revision that its change will have. What it refuses
    /// changes nothing, and no changes write nothing. The answer comes when the change is on the disk and readable.
    /// A caller that stops waiting doesn't stop the change.
    ///
    /// # Errors
    /// With what the plan says, or when the change can't be made durable.
    pub async fn commit<T, E, F>(&self, origin: Origin, at: Timestamp, plan: F) -> Answer<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnOnce(&View<'_>, Revision) -> Result<(Vec<Change>, T), E> + Send + 'static,
    {
        let closed = || CommitError::Store(Arc::new(StoreError::Closed));
        let (answer, answered) = oneshot::channel();
        let request = Request { origin, at, plan: Some(plan), result: None, answer };
        let queue = self.queue().ok_or_else(closed)?;
        queue.send(Message::Commit(Box::new(request))).await.map_err(|_| closed())?;
        drop(queue);
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Makes a snapshot, from which a rebuild starts, and returns its revision once it is on the disk.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn snapshot(&self) -> Result<Revision, Arc<StoreError>> {
        let closed = || Arc::new(StoreError::Closed);
        let (answer, answered) = oneshot::channel();
        let queue = self.queue().ok_or_else(closed)?;
        queue.send(Message::Snapshot(answer)).await.map_err(|_| closed())?;
        drop(queue);
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Numbers for the metrics page.
    pub fn stats(&self) -> DirectoryStats {
        let state = &self.inner.state;
        let meta = *locked(&state.meta);
        DirectoryStats {
            journal: *locked(&state.journal),
            revision: meta.revision,
            counts: meta.counts,
            snapshot: *locked(&state.snapshot),
            queued: self.queue().map_or(0, |queue| queue.max_capacity() - queue.capacity()),
            failed: locked(&state.failed).clone(),
        }
    }

    /// How the disk is. Asks the system how much room there is.
    pub fn disk(&self) -> DiskCondition {
        DiskCondition::of(&self.inner.dir, self.inner.state.trouble.borrow().clone())
    }

    /// Returns with the reason once it can't be told any more whether the last changes are on the disk: then the process must
    /// end, and a new start finds out.
    pub async fn fatal(&self) -> String {
        let mut trouble = self.inner.state.trouble.subscribe();
        loop {
            if let Some(Trouble::Fatal(why)) = &*trouble.borrow_and_update() {
                return why.clone();
            }
            if trouble.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// What the directory lacks, unless somebody has accepted that meanwhile. Looks for a file.
    pub fn incomplete(&self) -> Option<Incomplete> {
        Incomplete::read(&self.inner.dir).unwrap_or_else(|error| {
            tracing::error!(%error, "what the directory lacks can't be read");
            None
        })
    }

    /// Finishes what waits, writes everything out and stops the writer. Blocks until that is done; other handles can
    /// still read, and no longer commit.
    pub fn close(self) {
        self.inner.stop();
    }

    fn queue(&self) -> Option<mpsc::Sender<Message>> {
        locked(&self.inner.queue).clone()
    }
}

impl Inner {
    fn stop(&self) {
        drop(locked(&self.queue).take());
        let thread = locked(&self.thread).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the directory's thread ended by a panic");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
