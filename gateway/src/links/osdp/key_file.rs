//! One controller's secure-channel key (SCBK) in a file: 32 hexadecimal digits, readable by its owner alone.
//!
//! No key is ever part of an error or of `Debug`.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

pub(super) use crate::links::private_file::put;

/// A secure-channel base key; wiped when dropped.
pub type Key = Zeroizing<[u8; 16]>;

/// Longest key file that is read, in bytes; a right one has 33.
const MAX_FILE_LEN: u64 = 256;

/// The key that every OSDP device is delivered with (OSDP 2.2, D.7): 30 31 … 3F.
const PUBLISHED_KEY: [u8; 16] = *b"0123456789:;<=>?";

/// Why a key file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The system said no.
    #[error("the key file {} can't be read: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Somebody else may read it.
    #[error("the key file {} has mode {mode:04o}: others than its owner may use it", path.display())]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It doesn't hold a key.
    #[error("the key file {} does not hold 32 hexadecimal digits", path.display())]
    NotAKey {
        /// Which file.
        path: PathBuf,
    },
    /// It holds the key that everybody knows.
    #[error("the key file {} holds OSDP's published default key, which protects nothing", path.display())]
    PublishedKey {
        /// Which file.
        path: PathBuf,
    },
}

impl KeyFileError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Unreadable { .. } => "give the user that runs the gateway the right to read it".into(),
            Self::TooOpen { path, .. } => format!("chmod 600 {}", path.display()),
            Self::NotAKey { .. } | Self::PublishedKey { .. } => {
                "restore it from a backup, or remove it and enrol the controller again with `gateway enrol`"
                    .into()
            }
        }
    }
}

/// The key in a file; `None` when there is no such file, because the controller isn't enrolled yet.
///
/// # Errors
/// When the file can't be read, is open to others, or holds no usable key.
pub fn read(path: &Path) -> Result<Option<Key>, KeyFileError> {
    let unreadable = |error| KeyFileError::Unreadable { path: path.to_owned(), error };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::TooOpen { path: path.to_owned(), mode });
    }
    let mut content = Zeroizing::new(Vec::with_capacity(MAX_FILE_LEN as usize));
    file.take(MAX_FILE_LEN).read_to_end(&mut content).map_err(unreadable)?;
    let key = parse(&content).ok_or_else(|| KeyFileError::NotAKey { path: path.to_owned() })?;
    if *key == PUBLISHED_KEY {
        return Err(KeyFileError::PublishedKey { path: path.to_owned() });
    }
    Ok(Some(key))
}

/// Puts a key into a file in place of what was there. Missing folders are made with mode 0700.
///
/// # Errors
/// What the system says.
pub fn write(path: &Path, key: &Key) -> io::Result<()> {
    let mut text = Zeroizing::new(String::with_capacity(33));
    for byte in key.iter() {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text.push('\n');
    put(path, text.as_bytes())
}

fn digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).expect("a nibble is below 16")
}

fn parse(content: &[u8]) -> Option<Key> {
    let digits = content.trim_ascii();
    let mut key = Key::default();
    if digits.len() != 2 * key.len() {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(key)
}

fn value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const KEY: [u8; 16] = [0xA5; 16];

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_key_comes_back_as_it_was_written_and_replaces_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/lobby.scbk");
        write(&path, &Key::new([1; 16])).unwrap();
        write(&path, &Key::new(KEY)).unwrap();
        assert_eq!(read(&path).unwrap(), Some(Key::new(KEY)));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(folder.path().join("keys")).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_controller_that_is_not_enrolled_has_no_key() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(&folder.path().join("none.scbk")).unwrap(), None);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lobby.scbk");
        write(&path, &Key::new(KEY)).unwrap();
        for open in [0o640, 0o604, 0o660] {
            mode(&path, open);
            assert!(matches!(read(&path), Err(KeyFileError::TooOpen { mode, .. }) if mode == open));
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lobby.scbk");
        let default = "303132333435363738393a3b3c3d3e3f";
        for content in ["", "secret", "a5a5a5", &"a5".repeat(17), &"g5".repeat(16), &"é".repeat(16), default]
        {
            fs::write(&path, content).unwrap();
            mode(&path, 0o600);
            let error = read(&path).unwrap_err();
            assert!(content.is_empty() || !format!("{error} {error:?}").contains(content), "{error:?}");
        }
    }
}
