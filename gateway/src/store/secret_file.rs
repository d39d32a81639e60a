//! A small JSON file with secrets in it: mode 0600, replaced whole by rename, changed under a lock by whoever wants to,
//! and re-read when somebody else has changed it. Its content never appears in an error. While it can't be read, what was
//! read before goes on, so that a moment's fault of the disk locks nobody out.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::disk::{self, Lock};
use super::error::StoreError;
use super::limits::MAX_SECRET_FILE_BYTES;

/// The file. Several processes may have it open.
pub(super) struct SecretFile<T> {
    path: PathBuf,
    cache: Mutex<Cache<T>>,
    /// Why it could not be read anew, while it can't.
    trouble: Mutex<Option<String>>,
}

struct Cache<T> {
    stamp: Option<Stamp>,
    content: Arc<T>,
}

/// What changes whenever the file is replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    len: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(data: &Metadata) -> Self {
        Self { inode: data.ino(), len: data.len(), changed: (data.ctime(), data.ctime_nsec()) }
    }
}

impl<T: Serialize + DeserializeOwned + Default + Clone> SecretFile<T> {
    /// The file at `path`; one that isn't there is an empty one.
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            cache: Mutex::new(Cache { stamp: None, content: Arc::default() }),
            trouble: Mutex::default(),
        }
    }

    /// What the file says now, or said when it could last be read. One `stat` when it hasn't changed. What is in it and makes no
    /// sense is an error.
    pub(super) fn read(&self) -> Result<Arc<T>, StoreError> {
        self.read_or_last(|error| matches!(error, StoreError::Io { .. }))
    }

    /// The same, also where what is in it makes no sense.
    pub(super) fn read_whatever_it_holds(&self) -> Result<Arc<T>, StoreError> {
        self.read_or_last(|_| true)
    }

    /// Why it could not be read anew, while it can't.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn read_or_last(&self, passes: impl FnOnce(&StoreError) -> bool) -> Result<Arc<T>, StoreError> {
        let read = self.read_now();
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let Err(error) = read else {
            *trouble = None;
            return read;
        };
        let text = error.to_string();
        if trouble.as_ref() != Some(&text) {
            tracing::error!(%error, "a file can't be read anew; what it said before goes on, if it was read");
            *trouble = Some(text);
        }
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.stamp.is_some() && passes(&error) { Ok(Arc::clone(&cache.content)) } else { Err(error) }
    }

    fn read_now(&self) -> Result<Arc<T>, StoreError> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let now = match std::fs::metadata(&self.path) {
            Ok(data) => Some(Stamp::of(&data)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(StoreError::io("read", &self.path)(error)),
        };
        if now != cache.stamp {
            let (stamp, content) = self.load()?;
            *cache = Cache { stamp, content: Arc::new(content) };
        }
        Ok(Arc::clone(&cache.content))
    }

    /// Changes the file; nobody else changes it meanwhile, and nothing happens to it when `change` fails.
    pub(super) fn change<R, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&mut T) -> Result<R, E>,
    ) -> Result<R, E> {
        self.path.parent().map_or(Ok(()), disk::make_dir)?;
        let _lock = Lock::wait_for(&self.lock_path())?;
        let (_, mut content) = self.load()?;
        let result = change(&mut content)?;
        let mut json = serde_json::to_vec_pretty(&content).map_err(|error| self.wrong(&error))?;
        json.push(b'\n');
        disk::replace_file(&self.path, &json)?;
        Ok(result)
    }

    fn lock_path(&self) -> PathBuf {
        self.path.with_extension("lock")
    }

    fn load(&self) -> Result<(Option<Stamp>, T), StoreError> {
        let open = |path: &Path| match File::open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let read = || {
            let Some(file) = open(&self.path)? else { return Ok(None) };
            let stamp = Stamp::of(&file.metadata()?);
            let mut text = Vec::new();
            file.take(MAX_SECRET_FILE_BYTES + 1).read_to_end(&mut text)?;
            Ok(Some((stamp, text)))
        };
        let Some((stamp, text)) = read().map_err(StoreError::io("read", &self.path))? else {
            return Ok((None, T::default()));
        };
        if text.len() as u64 > MAX_SECRET_FILE_BYTES {
            let what = format!("it is larger than {MAX_SECRET_FILE_BYTES} bytes");
            return Err(StoreError::Content { path: self.path.clone(), what });
        }
        let content = serde_json::from_slice(&text).map_err(|error| self.wrong(&error))?;
        Ok((Some(stamp), content))
    }

    /// Where the fault is, without what stands there.
    fn wrong(&self, error: &serde_json::Error) -> StoreError {
        let what = format!("line {}, column {} is not what it should be", error.line(), error.column());
        StoreError::Content { path: self.path.clone(), what }
    }
}
