//! The only door to sled. Its errors and its panics both come out as errors: sled 0.34 panics on some damage.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::rows::{Key, Value};
use crate::store::error::StoreError;
use crate::store::limits::{SLED_CACHE_BYTES, SLED_FLUSH_MS};

/// A sled database with its directory tree. Clones are the same database, also after it was closed and another one adopted
/// in its place.
#[derive(Clone)]
pub(super) struct Tree {
    path: Arc<PathBuf>,
    db: Arc<RwLock<Option<sled::Db>>>,
}

impl Tree {
    /// Opens or creates the database in `path`.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let open = || {
            sled::Config::default()
                .path(path)
                .mode(sled::Mode::HighThroughput)
                .cache_capacity(SLED_CACHE_BYTES)
                .flush_every_ms(Some(SLED_FLUSH_MS))
                .open()
        };
        let db = guarded(path, open)?;
        Ok(Self { path: Arc::new(path.to_owned()), db: Arc::new(RwLock::new(Some(db))) })
    }

    /// Lets go of the database; whoever reads is refused until another is adopted.
    pub(super) fn close(&self) {
        drop(self.db.write().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Goes on with the database of `other`.
    pub(super) fn adopt(&self, other: &Self) {
        let adopted = other.db.write().unwrap_or_else(PoisonError::into_inner).take();
        *self.db.write().unwrap_or_else(PoisonError::into_inner) = adopted;
    }

    /// sled's folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether sled takes changes: once it failed to write anything, it takes none until it is opened anew.
    pub(super) fn healthy(&self) -> Result<(), StoreError> {
        self.with(|db| db.context.global_error())
    }

    /// Writes and deletes rows, all or none.
    pub(super) fn apply(&self, batch: sled::Batch) -> Result<(), StoreError> {
        self.with(|db| db.apply_batch(batch))
    }

    /// Has `call` use another tree of the same database, outside the directory's sum.
    pub(super) fn with_side_tree<T>(
        &self,
        name: &str,
        call: impl FnOnce(&sled::Tree) -> sled::Result<T>,
    ) -> Result<T, StoreError> {
        self.with(|db| call(&db.open_tree(name)?))
    }

    /// A row's value.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        self.with(|db| db.get(key))
    }

    /// Rows from `from` on that begin with `prefix`.
    pub(super) fn range(
        &self,
        from: Key,
        prefix: Key,
    ) -> impl Iterator<Item = Result<(Value, Value), StoreError>> + use<> {
        let path = Arc::clone(&self.path);
        let (mut rows, mut refused) = match self.with(|db| Ok(db.range(from..))) {
            Ok(rows) => (Some(rows), None),
            Err(error) => (None, Some(Err(error))),
        };
        let rows = std::iter::from_fn(move || {
            let rows = rows.as_mut()?;
            guarded(&path, || rows.next().transpose()).transpose()
        });
        std::iter::from_fn(move || refused.take())
            .chain(rows)
            .take_while(move |row| row.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix)))
    }

    /// Writes everything out.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.with(|db| db.flush()).map(|_| ())
    }

    fn with<T>(&self, call: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, StoreError> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let closed = || self.content("it is being opened anew".to_owned());
        db.as_ref().ok_or_else(closed).and_then(|db| guarded(&self.path, || call(db)))
    }

    /// The error for a value that is not what was written.
    pub(super) fn content(&self, what: String) -> StoreError {
        StoreError::Directory { path: self.path.as_ref().clone(), what }
    }
}

/// Calls sled.
fn guarded<T>(path: &Path, call: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    let what = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(sled::Error::Io(source))) if is_about_the_system(source.kind()) => {
            return Err(StoreError::io("use", path)(source));
        }
        Ok(Err(error)) => error.to_string(),
        Err(panic) => format!("sled panicked: {}", panic_text(panic.as_ref())),
    };
    Err(StoreError::Directory { path: path.to_owned(), what })
}

/// Whether an error says something about the system and nothing about what is in the files: rebuilding wouldn't help.
fn is_about_the_system(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{OutOfMemory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(kind, OutOfMemory | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull)
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}
