//! The directory's only writer: a thread that turns waiting plans into records, makes them durable with one flush, tells
//! the observer, answers, and puts them into sled.
//!
//! Each plan sees what the plans before it in the same flush did. Nobody is answered before the flush, not even a
//! plan that changed nothing: it may have seen what is not on the disk yet. Nobody waits for sled but who reads next.

mod heal;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use tokio::sync::mpsc;

use super::apply::{Effect, apply};
use super::commit::{Job, Outcome, TooLarge};
use super::export::{Export, Snapshots};
use super::message::{Message, SnapshotAnswer};
use super::meta::Meta;
use super::overlay::Overlay;
use super::tree::{Tree, panic_text};
use super::view::View;
use super::{Applied, Observer, State, locked};
use crate::domain::{Cardholder, Change, Record, Revision};
use crate::store::error::StoreError;
use crate::store::journal::Journal;
use crate::store::limits::{
    MAX_BYTES_PER_FLUSH, MAX_CHANGES_PER_RECORD, MAX_JOBS_PER_FLUSH, MAX_RECORD_BYTES,
};

/// What the thread owns.
pub(super) struct Writer {
    pub(super) dir: PathBuf,
    pub(super) journal: Journal,
    pub(super) tree: Tree,
    pub(super) meta: Meta,
    pub(super) state: Arc<State>,
    pub(super) observer: Observer,
    pub(super) snapshots: Snapshots,
    /// To ourselves, for the thread that writes a snapshot.
    pub(super) queue: mpsc::WeakSender<Message>,
    /// The snapshot in the making, and who wants to know of it.
    pub(super) export: Option<(Export, Vec<SnapshotAnswer>)>,
    /// Who waits for the next snapshot to begin.
    pub(super) wanted: Vec<SnapshotAnswer>,
    /// Bytes in the journal that no snapshot covers.
    pub(super) uncovered: u64,
    /// As many of them call for a snapshot.
    pub(super) interval: u64,
    /// sled failed, and is to be opened anew.
    pub(super) broken: Option<Arc<StoreError>>,
    /// Not before then.
    pub(super) heal_at: Option<Instant>,
    /// Whether [`Message::LookAgain`] is under way.
    pub(super) looking: bool,
}

/// One flush in the making.
struct Flush {
    overlay: Overlay,
    payloads: Vec<Vec<u8>>,
    bytes: usize,
    records: Vec<(Record, Effect)>,
    jobs: Vec<(Box<dyn Job>, Outcome)>,
    failed: Option<Arc<StoreError>>,
}

impl Flush {
    fn is_full(&self) -> bool {
        self.jobs.len() >= MAX_JOBS_PER_FLUSH || self.bytes >= MAX_BYTES_PER_FLUSH
    }
}

impl Writer {
    /// Works until every handle is gone and all that was asked is done.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        while let Some(message) = queue.blocking_recv() {
            let mut message = Some(message);
            while let Some(current) = message.take() {
                match current {
                    Message::Commit(job) => message = self.flush(job, &mut queue),
                    Message::Snapshot(answer) => self.wanted.push(answer),
                    Message::Exported(result) => self.exported(result),
                    Message::LookAgain => self.look_again(),
                }
            }
            self.start_snapshot();
        }
        if let Some((export, _)) = self.export.take() {
            export.cancel();
        }
        if let Err(error) = self.tree.flush() {
            tracing::warn!(%error, "the directory was not written out; it will be caught up from the journal");
        }
    }

    /// Takes `first` and whatever else waits. Returns a message that was taken from the queue and is no commit.
    fn flush(&mut self, first: Box<dyn Job>, queue: &mut mpsc::Receiver<Message>) -> Option<Message> {
        let mut flush = Flush {
            overlay: Overlay::new(self.meta),
            payloads: Vec::new(),
            bytes: 0,
            records: Vec::new(),
            jobs: Vec::new(),
            failed: self.obstacle(),
        };
        let mut next = Some(Message::Commit(first));
        while let Some(Message::Commit(job)) = next {
            self.take(&mut flush, job);
            next = if flush.is_full() { None } else { queue.try_recv().ok() };
        }
        self.finish(flush);
        next
    }

    /// Runs one plan and lays its change over those before it.
    fn take(&self, flush: &mut Flush, mut job: Box<dyn Job>) {
        let outcome = match &flush.failed {
            Some(error) => Outcome::Failed(Arc::clone(error)),
            None => self.plan(flush, job.as_mut()).unwrap_or_else(|error| {
                let error = Arc::new(error);
                flush.failed = Some(Arc::clone(&error));
                Outcome::Failed(error)
            }),
        };
        flush.jobs.push((job, outcome));
    }

    fn plan(&self, flush: &mut Flush, job: &mut dyn Job) -> Result<Outcome, StoreError> {
        let revision = flush.overlay.meta.revision.next();
        let view = View::of_overlay(&self.tree, &flush.overlay);
        let changes = match catch_unwind(AssertUnwindSafe(|| job.plan(&view, revision))) {
            Ok(changes) => changes.unwrap_or_default(),
            Err(panic) => {
                tracing::error!(panic = panic_text(panic.as_ref()), "a change's plan panicked");
                return Ok(Outcome::Panicked);
            }
        };
        if changes.is_empty() {
            return Ok(Outcome::Done(flush.overlay.meta.revision));
        }
        let (origin, at) = job.origin();
        let version = Record::version_of(&origin, &changes);
        let record = Record { version, revision, at, origin, changes };
        let payload = match encode(&record, &self.tree)? {
            Ok(payload) => payload,
            Err(why) => return Ok(Outcome::TooLarge(why)),
        };
        let effect = apply(&self.tree, &mut flush.overlay, &record)?;
        flush.bytes += payload.len();
        flush.payloads.push(payload);
        flush.records.push((record, effect));
        Ok(Outcome::Done(revision))
    }

    /// Makes a flush durable, tells the observer, answers, and puts it into sled; who reads waits for the last.
    fn finish(&mut self, mut flush: Flush) {
        let durable = match flush.failed.take() {
            Some(error) => Err(error),
            None => self.make_durable(&flush).map_err(Arc::new),
        };
        if let Err(error) = durable {
            tracing::error!(%error, changes = flush.records.len(), "changes were not made");
            if self.is_sleds(&error) {
                self.broken.get_or_insert_with(|| Arc::clone(&error));
            }
            self.state.fail(&error);
            self.look_again_soon();
            for (job, _) in flush.jobs {
                job.finish(Outcome::Failed(Arc::clone(&error)));
            }
            return;
        }
        self.observe(&flush);
        let state = Arc::clone(&self.state);
        let mut visible = locked(&state.meta);
        for (job, outcome) in flush.jobs {
            job.finish(outcome);
        }
        if !flush.records.is_empty() {
            self.make_visible(flush.overlay, &mut visible);
        }
    }

    fn make_durable(&mut self, flush: &Flush) -> Result<(), StoreError> {
        if flush.payloads.is_empty() {
            return Ok(());
        }
        self.journal.write(&flush.payloads)?;
        self.journal.sync()?;
        self.uncovered += flush.bytes as u64;
        Ok(())
    }

    /// Whether it was sled that failed.
    fn is_sleds(&self, error: &StoreError) -> bool {
        match error {
            StoreError::Directory { .. } => true,
            StoreError::Io { path, .. } => path == self.tree.path(),
            _ => false,
        }
    }

    /// Puts what is durable into sled. Should sled refuse, it is opened anew and caught up from the journal; until that can
    /// be done it is behind.
    fn make_visible(&mut self, mut overlay: Overlay, visible: &mut MutexGuard<'_, Meta>) {
        if let Some((export, _)) = &self.export {
            export.keep(overlay.befores());
        }
        match overlay.apply(&self.tree) {
            Ok(()) => {
                self.meta = overlay.meta;
                **visible = self.meta;
                self.state.succeed();
            }
            Err(error) => {
                tracing::error!(%error, "what was answered is in the journal, and not in sled yet");
                self.state.fall_behind(&error);
                self.broken = Some(Arc::new(error));
                self.heal(visible);
            }
        }
    }

    fn observe(&mut self, flush: &Flush) {
        let view = View::of_overlay(&self.tree, &flush.overlay);
        for (record, Effect { before, dropped }) in &flush.records {
            let applied = Applied { record, before, dropped, view: &view };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (self.observer)(&applied))) {
                let panic = panic_text(panic.as_ref());
                tracing::error!(panic, revision = %record.revision, "the observer of changes panicked");
            }
        }
    }

    /// Begins a snapshot when one is wanted or due, and none is being made.
    fn start_snapshot(&mut self) {
        if self.export.is_some() || (self.wanted.is_empty() && self.uncovered < self.interval) {
            return;
        }
        self.uncovered = 0;
        let answers = std::mem::take(&mut self.wanted);
        if let Some(error) = &self.broken {
            return answer_all(answers, &Err(Arc::clone(error)));
        }
        match Export::start(&self.snapshots, &self.tree, &self.meta, self.queue.clone()) {
            Ok(export) => self.export = Some((export, answers)),
            Err(error) => {
                tracing::error!(%error, "no snapshot of the directory could be begun");
                answer_all(answers, &Err(Arc::new(error)));
            }
        }
    }

    /// A snapshot is finished: the journal need not reach back further than the oldest that is kept.
    fn exported(&mut self, result: Result<Revision, StoreError>) {
        let Some((export, answers)) = self.export.take() else { return };
        export.join();
        let result = result.and_then(|revision| {
            self.interval = self.snapshots.interval()?;
            if let Some(oldest) = self.snapshots.prune()? {
                self.journal.drop_before(oldest.next().0)?;
            }
            Ok(revision)
        });
        match &result {
            Ok(revision) => self.state.snapshot_made(*revision),
            Err(error) => tracing::error!(%error, "a snapshot of the directory failed"),
        }
        answer_all(answers, &result.map_err(Arc::new));
    }
}

fn answer_all(answers: Vec<SnapshotAnswer>, result: &Result<Revision, Arc<StoreError>>) {
    for answer in answers {
        // Whoever asked may have gone away.
        let _ = answer.send(result.clone());
    }
}

/// The record as the journal keeps it, if it is within bounds.
fn encode(record: &Record, tree: &Tree) -> Result<Result<Vec<u8>, TooLarge>, StoreError> {
    if record.changes.len() > MAX_CHANGES_PER_RECORD {
        return Ok(Err(TooLarge::Changes(record.changes.len())));
    }
    let cards = record.changes.iter().filter_map(|change| match change {
        Change::PutCardholder { cardholder } => Some(cardholder.cards.len()),
        _ => None,
    });
    if let Some(cards) = cards.max().filter(|cards| *cards > Cardholder::MAX_CARDS) {
        return Ok(Err(TooLarge::Cards(cards)));
    }
    let payload = serde_json::to_vec(record).map_err(|error| tree.content(error.to_string()))?;
    if payload.len() > MAX_RECORD_BYTES {
        return Ok(Err(TooLarge::Bytes(payload.len())));
    }
    Ok(Ok(payload))
}
