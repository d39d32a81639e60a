//! The secure-channel key that a panel begins with.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Longest key file that is read, in bytes; a right one has 33.
const MAX_FILE_LEN: u64 = 256;

/// What a panel's secure-channel base key (SCBK) is when it is first switched on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PanelKey {
    /// None: as delivered, the panel accepts the published default key until it is given one of its own.
    Factory,
    /// This one.
    Scbk([u8; 16]),
}

/// Text that is no key. It says nothing of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not 32 hexadecimal digits")]
pub struct NotAKey;

/// Why a file holds no key.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyFileError {
    #[error("it can't be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("its content is {0}")]
    NotAKey(#[from] NotAKey),
}

impl PanelKey {
    /// The key in 32 hexadecimal digits; space around them is ignored.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_hex(text: &str) -> Result<Self, NotAKey> {
        let digits = text.trim().as_bytes();
        let mut key = [0; 16];
        if digits.len() != 2 * key.len() {
            return Err(NotAKey);
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self::Scbk(key))
    }

    /// The key in a file. No such file: the panel was never given a key, as in a gateway's own key files.
    pub(super) fn from_file(path: &Path) -> Result<Self, KeyFileError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Factory),
            opened => opened?,
        };
        let mut text = String::new();
        file.take(MAX_FILE_LEN).read_to_string(&mut text)?;
        Ok(Self::from_hex(&text)?)
    }
}

impl fmt::Debug for PanelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Factory => "Factory",
            Self::Scbk(_) => "Scbk(…)",
        })
    }
}

fn nibble(digit: u8) -> Result<u8, NotAKey> {
    let value = char::from(digit).to_digit(16).ok_or(NotAKey)?;
    u8::try_from(value).map_err(|_| NotAKey)
}
