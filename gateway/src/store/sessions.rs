//! The page's sessions over a restart, in a file with mode 0600. A session's token is never here, only its SHA-256.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::secret_file::SecretFile;

/// A session as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptSession {
    /// SHA-256 of its token.
    pub key: [u8; 32],
    /// Whose it is.
    pub account: String,
    /// The account's seal when it was opened.
    pub seal: [u8; 32],
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was last used, to some minutes.
    pub last_used: Timestamp,
}

/// The file.
pub struct SessionFile(SecretFile<Vec<KeptSession>>);

impl SessionFile {
    /// In the data folder.
    pub fn open(data: &Path) -> Self {
        Self(SecretFile::new(data.join("sessions.json")))
    }

    /// The sessions in it.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn read(&self) -> Result<Arc<Vec<KeptSession>>, StoreError> {
        self.0.read()
    }

    /// Puts `sessions` in place of those. Blocks.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write(&self, sessions: Vec<KeptSession>) -> Result<(), StoreError> {
        self.0.change(|kept| {
            *kept = sessions;
            Ok(())
        })
    }
}
