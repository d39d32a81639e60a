//! How the broker is reached: its files read anew for each connection, and the version of MQTT that it understands.

use std::fs;
use std::path::{Path, PathBuf};

use super::connection::{Fault, Target, Version};
use super::limits::CONNECT_TIMEOUT;
use super::setup::{ClientTls, Elsewhere};
use super::{tls, topic};

/// Longest file with user and password, in bytes.
const MAX_CREDENTIALS_LEN: u64 = 1024;

/// Why there is nothing to connect with.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReachError {
    #[error("{error}; check `ca` and `client_cert`")]
    Tls {
        #[from]
        error: tls::TlsError,
    },
    #[error("{} can't be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("{} must have one line, USER:PASSWORD", path.display())]
    NoCredentials { path: PathBuf },
}

/// What a connection to a broker elsewhere needs. Waits for the disk.
pub(super) fn target(site: &str, filters: Vec<String>, elsewhere: &Elsewhere) -> Result<Target, ReachError> {
    let login = elsewhere.credentials_file.as_deref().map(credentials).transpose()?;
    let client_id = login.as_ref().map_or_else(|| topic::GATEWAY.to_owned(), |(user, _)| user.clone());
    Ok(Target {
        host: elsewhere.host.clone(),
        port: elsewhere.port,
        tls: elsewhere.tls.as_ref().map(|setup: &ClientTls| tls::config(setup)).transpose()?,
        login,
        client_id,
        filters,
        own_state: topic::from(site, topic::GATEWAY, "state"),
        timeout: CONNECT_TIMEOUT,
    })
}

/// User and password; never part of an error.
fn credentials(path: &Path) -> Result<(String, String), ReachError> {
    let unreadable = |error| ReachError::Unreadable { path: path.to_owned(), error };
    let no_credentials = || ReachError::NoCredentials { path: path.to_owned() };
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_CREDENTIALS_LEN {
        return Err(no_credentials());
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let (user, password) = line.split_once(':').ok_or_else(no_credentials)?;
    let sound = !user.is_empty() && !password.is_empty() && !line.contains(char::is_control);
    sound.then(|| (user.to_owned(), password.to_owned())).ok_or_else(no_credentials)
}

/// The version to try next. A broker that has understood one is not asked in the other until it no longer does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Versions {
    next: Version,
}

impl Default for Versions {
    fn default() -> Self {
        Self { next: Version::V5 }
    }
}

impl Versions {
    pub(super) const fn next(self) -> Version {
        self.next
    }

    /// A connection was lost for that reason; whether the other version is to be tried without a pause.
    pub(super) fn lost(&mut self, fault: Fault) -> bool {
        if !fault.may_be_the_version() {
            return false;
        }
        let was = self.next;
        self.next = if was == Version::V5 { Version::V311 } else { Version::V5 };
        was == Version::V5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_tried_in_turn_while_neither_is_understood() {
        let mut versions = Versions::default();
        assert!(!versions.lost(Fault::Unreachable) && versions.next() == Version::V5);
        assert!(versions.lost(Fault::Silent) && versions.next() == Version::V311);
        assert!(!versions.lost(Fault::Broken) && versions.next() == Version::V311, "it was understood");
        assert!(!versions.lost(Fault::Version) && versions.next() == Version::V5);
    }

    #[test]
    fn a_credentials_file_has_one_line_and_is_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mqtt");
        let read = |text: &str| {
            fs::write(&path, text).unwrap();
            credentials(&path)
        };
        let sound = read("gateway:s3cret:with colon\n").unwrap();
        assert_eq!(sound, ("gateway".to_owned(), "s3cret:with colon".to_owned()));
        for bad in ["", "gateway", "gateway:\n", ":x", "gateway:s3cret\ntwo:lines\n", &"x:y".repeat(1000)] {
            let error = read(bad).unwrap_err().to_string();
            assert!(
                error.ends_with("must have one line, USER:PASSWORD") && !error.contains("s3cret"),
                "{error}"
            );
        }
    }
}
