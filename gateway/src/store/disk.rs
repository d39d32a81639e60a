//! Files that must survive a power cut: folders are fsync'd after their entries change, and whole files appear by
//! rename or not at all.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::limits::PROBE_BYTES;

/// Makes `dir` with its parents, durably, readable by the service's user alone.
pub(super) fn make_dir(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(StoreError::io("create", dir))?;
    dir.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_dir)
}

/// Makes the entries of `dir` durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|file| file.sync_all()).map_err(StoreError::io("sync", dir))
}

/// Replaces the file at `path` by one with `content` and mode 0600, whole or not at all.
pub(super) fn replace_file(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    let write = || {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&fresh)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    write().map_err(StoreError::io("replace", path))?;
    path.parent().map_or(Ok(()), sync_dir)
}

type SyncData = dyn FnMut(&File) -> io::Result<()> + Send;

/// How data gets from the system to the disk. Tests have it fail.
pub(super) struct FileSync(Box<SyncData>);

impl FileSync {
    /// Does it this way.
    #[cfg(test)]
    pub(super) fn by(sync: impl FnMut(&File) -> io::Result<()> + Send + 'static) -> Self {
        Self(Box::new(sync))
    }

    /// Makes what was written to `file` durable.
    pub(super) fn data_of(&mut self, file: &File) -> io::Result<()> {
        (self.0)(file)
    }
}

impl Default for FileSync {
    fn default() -> Self {
        Self(Box::new(File::sync_data))
    }
}

impl fmt::Debug for FileSync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileSync")
    }
}

/// Makes sure that the disk of `dir` takes a file, and that it can be flushed.
pub(super) fn probe(dir: &Path) -> Result<(), StoreError> {
    let path = dir.join("probe");
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&path)?;
        file.write_all(&vec![0; PROBE_BYTES])?;
        file.sync_all()
    };
    let written = write().map_err(StoreError::io("write", &path));
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            written.and(Err(StoreError::io("delete", &path)(error)))
        }
        _ => written,
    }
}

/// A lock file held by this process until dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes `dir/lock`, at once or not at all.
    pub(super) fn try_take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join("lock");
        let file = open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: dir.to_owned() }),
            Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &path)(error)),
        }
    }

    /// Takes the lock file at `path`, waiting for whoever has it.
    pub(super) fn wait_for(path: &Path) -> Result<Self, StoreError> {
        let file = open_lock(path)?;
        file.lock().map_err(StoreError::io("lock", path))?;
        Ok(Self { _file: file })
    }
}

fn open_lock(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(StoreError::io("open", path))
}

/// Moves `from` into the folder `to` under a name that nothing there has, and returns its new place.
pub(super) fn move_aside(from: &Path, to: &Path) -> Result<PathBuf, StoreError> {
    make_dir(to)?;
    let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let place = (1..).map(|number: u32| to.join(format!("{name}.{number}"))).find(|place| !place.exists());
    let place = place.unwrap_or_else(|| to.join(name));
    fs::rename(from, &place).map_err(StoreError::io("move aside", from))?;
    sync_dir(to)?;
    from.parent().map_or(Ok(()), sync_dir)?;
    Ok(place)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_of_the_store_is_closed_to_others_and_so_are_its_parents() {
        let dir = tempfile::TempDir::new().unwrap();
        let inner = dir.path().join("outer/inner");
        make_dir(&inner).unwrap();
        for folder in [inner.parent().unwrap(), &inner] {
            let mode = fs::metadata(folder).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", folder.display());
        }
        make_dir(&inner).unwrap();
    }
}
