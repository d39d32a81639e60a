//! The only door to sled. Its errors and its panics both come out as errors: sled 0.34 panics on some damage.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::rows::{Key, Value};
use crate::store::error::StoreError;
use crate::store::limits::{SLED_CACHE_BYTES, SLED_FLUSH_MS};

/// An open sled database with its directory tree. Cheap to clone.
#[derive(Clone)]
pub(super) struct Tree {
    path: Arc<PathBuf>,
    db: sled::Db,
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
        Ok(Self { path: Arc::new(path.to_owned()), db })
    }

    /// sled's folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The tree itself, for [`guarded`] calls.
    pub(super) fn sled(&self) -> &sled::Tree {
        &self.db
    }

    /// Another tree of the same database, outside the directory's sum.
    pub(super) fn side_tree(&self, name: &str) -> Result<sled::Tree, StoreError> {
        guarded(&self.path, || self.db.open_tree(name))
    }

    /// A row's value.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        guarded(&self.path, || self.db.get(key))
    }

    /// Rows from `from` on that begin with `prefix`.
    pub(super) fn range(
        &self,
        from: Key,
        prefix: Key,
    ) -> impl Iterator<Item = Result<(Value, Value), StoreError>> + use<> {
        let path = Arc::clone(&self.path);
        let mut rows = self.db.range(from..);
        std::iter::from_fn(move || guarded(&path, || rows.next().transpose()).transpose())
            .take_while(move |row| row.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix)))
    }

    /// Writes everything out.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        guarded(&self.path, || self.db.flush()).map(|_| ())
    }

    /// The error for a value that is not what was written.
    pub(super) fn content(&self, what: String) -> StoreError {
        StoreError::Directory { path: self.path.as_ref().clone(), what }
    }
}

/// Calls sled.
pub(super) fn guarded<T>(path: &Path, call: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
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
