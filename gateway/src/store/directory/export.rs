//! Snapshots: the directory as it was at one revision, in one file, written while changes go on.
//!
//! A thread walks the primary rows of the tree. The writer leaves it what a row was before changing one that the
//! walk has not reached yet, so the file shows exactly the revision at which the walk began.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

use super::entity::PRIMARY;
use super::message::Message;
use super::meta::Meta;
use super::rows::{self, Key, Value};
use super::snapshot::{self, SnapshotWriter};
use super::tree::Tree;
use crate::domain::Revision;
use crate::store::disk;
use crate::store::error::StoreError;
use crate::store::limits::{ROWS_PER_SNAPSHOT_CHUNK, SNAPSHOT_EVERY_BYTES, SNAPSHOTS_KEPT};

/// The folder with the snapshots.
#[derive(Clone, Debug)]
pub(super) struct Snapshots {
    dir: PathBuf,
}

impl Snapshots {
    /// The folder, made if need be, without what an interrupted snapshot left.
    pub(super) fn open(dir: &Path) -> Result<Self, StoreError> {
        disk::make_dir(dir)?;
        for entry in fs::read_dir(dir).map_err(StoreError::io("list", dir))? {
            let path = entry.map_err(StoreError::io("list", dir))?.path();
            if path.extension().is_some_and(|end| end == snapshot::UNFINISHED) {
                fs::remove_file(&path).map_err(StoreError::io("delete", &path))?;
            }
        }
        Ok(Self { dir: dir.to_owned() })
    }

    /// Snapshots by revision, newest first.
    pub(super) fn list(&self) -> Result<Vec<(Revision, PathBuf)>, StoreError> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(StoreError::io("list", &self.dir))? {
            let path = entry.map_err(StoreError::io("list", &self.dir))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some(Ok(revision)) = name.strip_suffix(snapshot::SUFFIX).map(str::parse) {
                all.push((Revision(revision), path));
            }
        }
        all.sort_by_key(|(revision, _)| std::cmp::Reverse(*revision));
        Ok(all)
    }

    /// Writes the snapshot of a tree that nobody changes meanwhile.
    pub(super) fn export(&self, tree: &Tree, meta: &Meta) -> Result<Revision, StoreError> {
        let (images, cancelled) = Default::default();
        Walk { tree: tree.clone(), images, cancelled, revision: meta.revision }.run(&self.dir)
    }

    /// How much the journal may grow before there is another.
    pub(super) fn interval(&self) -> Result<u64, StoreError> {
        let all = self.list()?;
        let Some((_, newest)) = all.first() else { return Ok(SNAPSHOT_EVERY_BYTES) };
        let len = fs::metadata(newest).map_err(StoreError::io("look at", newest))?.len();
        Ok(len.max(SNAPSHOT_EVERY_BYTES))
    }

    /// Deletes all but the newest. Returns the oldest that is kept, once there are as many as are wanted: only then
    /// is what came before it needed no more.
    pub(super) fn prune(&self) -> Result<Option<Revision>, StoreError> {
        let all = self.list()?;
        for (_, path) in all.iter().skip(SNAPSHOTS_KEPT) {
            fs::remove_file(path).map_err(StoreError::io("delete", path))?;
        }
        Ok(all.get(SNAPSHOTS_KEPT - 1).map(|(revision, _)| *revision))
    }
}

/// Rows as they were, for the part of the tree that the walk has not reached.
#[derive(Debug, Default)]
struct Images {
    /// The walk has dealt with every key before this.
    reached: Key,
    rows: BTreeMap<Key, Option<Value>>,
}

/// A snapshot in the making.
pub(super) struct Export {
    images: Arc<Mutex<Images>>,
    cancelled: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Export {
    /// Starts the walk at the tree's present revision, which `meta` tells.
    pub(super) fn start(
        snapshots: &Snapshots,
        tree: &Tree,
        meta: &Meta,
        queue: mpsc::WeakSender<Message>,
    ) -> Result<Self, StoreError> {
        let images = Arc::<Mutex<Images>>::default();
        let cancelled = Arc::<AtomicBool>::default();
        let walk = Walk {
            tree: tree.clone(),
            images: Arc::clone(&images),
            cancelled: Arc::clone(&cancelled),
            revision: meta.revision,
        };
        let dir = snapshots.dir.clone();
        let thread = thread::Builder::new()
            .name("snapshot".to_owned())
            .spawn(move || {
                let result = walk.run(&dir);
                if let Some(queue) = queue.upgrade() {
                    // The writer lives as long as a sender does.
                    let _ = queue.blocking_send(Message::Exported(result));
                }
            })
            .map_err(StoreError::io("start a thread for", &snapshots.dir))?;
        Ok(Self { images, cancelled, thread })
    }

    /// Leaves the walk what rows were before they are changed. Call this before the change.
    pub(super) fn keep<'a>(&self, befores: impl Iterator<Item = (&'a Key, Option<&'a Value>)>) {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, before) in befores {
            let primary = key.first().is_some_and(|kind| PRIMARY.contains(kind));
            if primary && *key >= images.reached && !images.rows.contains_key(key) {
                images.rows.insert(key.clone(), before.cloned());
            }
        }
    }

    /// Waits for the thread, which is done.
    pub(super) fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the thread that wrote a snapshot panicked");
        }
    }

    /// Stops the walk. What it wrote is no snapshot.
    pub(super) fn cancel(self) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.join();
    }
}

struct Walk {
    tree: Tree,
    images: Arc<Mutex<Images>>,
    cancelled: Arc<AtomicBool>,
    revision: Revision,
}

impl Walk {
    fn run(&self, dir: &Path) -> Result<Revision, StoreError> {
        let mut file = SnapshotWriter::create(dir, self.revision)?;
        for kind in PRIMARY.iter().copied() {
            let mut from = vec![kind];
            while !from.is_empty() {
                if self.cancelled.load(Ordering::Relaxed) {
                    return Err(StoreError::Closed);
                }
                let (rows, next) = self.chunk(kind, &from)?;
                file.add(&rows)?;
                from = next;
            }
        }
        file.finish()?;
        Ok(self.revision)
    }

    /// Some rows of `kind` from `from` on as they were, and where to go on; empty when there are no more.
    fn chunk(&self, kind: u8, from: &Key) -> Result<(Vec<(Key, Value)>, Key), StoreError> {
        let mut rows = BTreeMap::new();
        for row in self.tree.range(from.clone(), vec![kind]).take(ROWS_PER_SNAPSHOT_CHUNK) {
            let (key, value) = row?;
            rows.insert(key.to_vec(), value);
        }
        let last = rows.keys().next_back().filter(|_| rows.len() == ROWS_PER_SNAPSHOT_CHUNK);
        let next = last.map(|key| rows::after(key)).unwrap_or_default();
        let end = if next.is_empty() { vec![kind + 1] } else { next.clone() };
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let later = images.rows.split_off(&end);
        let passed = std::mem::replace(&mut images.rows, later);
        images.reached = end;
        drop(images);
        for (key, before) in passed {
            match before {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok((rows.into_iter().collect(), next))
    }
}
