//! A controller's change of key, so that a power cut at any instant loses no key.
//!
//! A new key is in the file `….pending` before the controller is told of it, and takes the old one's place only when a
//! session has come up with it. A pending key that is found at the start may or may not be the controller's: both are
//! tried. No key is ever part of an error or of `Debug`.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use panel_protocol::osdp::secure::Scbk;

use super::key_file::{self, Key, KeyFileError};

/// Why a change of key can't begin or end.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The pending key that is there can't be used.
    #[error("{error}; {}", error.remedy())]
    File {
        /// What is wrong with it.
        error: KeyFileError,
    },
    /// The system said no.
    #[error("{}: {error}", path.display())]
    System {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The service is ending.
    #[error("the service is ending")]
    Stopped,
}

/// The keys that a controller may have.
#[derive(Debug, Default)]
pub struct KnownKeys {
    /// The one in its key file.
    pub installed: Option<Scbk>,
    /// One that a change has begun with and that was neither proven nor given up.
    pub pending: Option<Scbk>,
}

/// The keys that a controller may have, by its key file.
///
/// # Errors
/// When a file is there and can't be used.
pub fn load(path: &Path) -> Result<KnownKeys, KeyError> {
    Ok(KnownKeys { installed: read(path)?, pending: read(&pending(path))? })
}

/// A new key for a controller, kept as pending. The one that is pending already, if there is one: the controller may
/// have it.
///
/// # Errors
/// When it can't be kept: then it must not be used.
pub fn begin(path: &Path) -> Result<Scbk, KeyError> {
    let pending = pending(path);
    if let Some(key) = read(&pending)? {
        return Ok(key);
    }
    let mut key = Key::default();
    getrandom::fill(&mut *key).map_err(|error| system(&pending, io::Error::other(error)))?;
    key_file::write(&pending, &key).map_err(|error| system(&pending, error))?;
    Ok(Scbk::new(*key))
}

/// The pending key has worked: it is the controller's.
///
/// # Errors
/// When it can't be put in its place; it stays pending, which loses nothing.
pub fn finish(path: &Path) -> Result<(), KeyError> {
    fs::rename(pending(path), path).map_err(|error| system(path, error))?;
    sync_folder(path)
}

/// The controller does not have the pending key.
///
/// # Errors
/// When it can't be removed.
pub fn give_up(path: &Path) -> Result<(), KeyError> {
    match fs::remove_file(pending(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(system(path, error)),
        _ => sync_folder(path),
    }
}

fn pending(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".pending");
    name.into()
}

fn read(path: &Path) -> Result<Option<Scbk>, KeyError> {
    let key = key_file::read(path).map_err(|error| KeyError::File { error })?;
    Ok(key.map(|key| Scbk::new(*key)))
}

fn sync_folder(path: &Path) -> Result<(), KeyError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| system(folder, error))
}

fn system(path: &Path, error: io::Error) -> KeyError {
    KeyError::System { path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_key_replaces_the_old_one_only_when_it_has_worked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/lobby.scbk");
        key_file::write(&path, &Key::new([7; 16])).unwrap();
        let new = begin(&path).unwrap();
        let known = load(&path).unwrap();
        assert_eq!((known.installed, known.pending.as_ref()), (Some(Scbk::new([7; 16])), Some(&new)));
        finish(&path).unwrap();
        let known = load(&path).unwrap();
        assert_eq!((known.installed, known.pending), (Some(new), None));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_change_that_is_given_up_leaves_the_old_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lobby.scbk");
        key_file::write(&path, &Key::new([7; 16])).unwrap();
        begin(&path).unwrap();
        give_up(&path).unwrap();
        give_up(&path).unwrap();
        let known = load(&path).unwrap();
        assert_eq!((known.installed, known.pending), (Some(Scbk::new([7; 16])), None));
    }

    #[test]
    fn a_key_that_the_controller_may_have_is_never_replaced_by_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lobby.scbk");
        let first = begin(&path).unwrap();
        assert_eq!(begin(&path).unwrap(), first);
    }

    #[test]
    fn new_keys_differ() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a.scbk"), folder.path().join("b.scbk"));
        assert_ne!(begin(&one).unwrap(), begin(&other).unwrap());
    }

    #[test]
    fn a_pending_key_that_others_may_read_is_refused_with_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lobby.scbk");
        begin(&path).unwrap();
        fs::set_permissions(pending(&path), fs::Permissions::from_mode(0o644)).unwrap();
        let error = begin(&path).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}
