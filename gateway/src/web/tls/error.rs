//! Why there is no usable certificate, and what to do about it. Never a part of a private key.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no usable certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The system said no.
    #[error("{} can't be read: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The system said no.
    #[error("{} can't be written: {error}", path.display())]
    Unwritable {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It holds something else.
    #[error("{} holds no {what} in PEM form", path.display())]
    NotPem {
        /// Which file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
    },
    /// Everybody on the box may read the private key.
    #[error("the private key {} has mode {mode:04o}: every user of this machine may use it", path.display())]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Certificate and key are of no use together.
    #[error("the private key {} can't be used with the certificate: {error}", path.display())]
    Mismatch {
        /// The key's file.
        path: PathBuf,
        /// What rustls said.
        error: rustls::Error,
    },
    /// No certificate could be made.
    #[error("no self-signed certificate could be made for {}: {error}", path.display())]
    Generation {
        /// Where it should have gone.
        path: PathBuf,
        /// What rcgen said.
        error: rcgen::Error,
    },
}

impl TlsError {
    /// The file or folder that it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Unreadable { path, .. }
            | Self::Unwritable { path, .. }
            | Self::NotPem { path, .. }
            | Self::TooOpen { path, .. }
            | Self::Mismatch { path, .. }
            | Self::Generation { path, .. } => path,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check that it exists and that the gateway's user may read it".into(),
            Self::Unwritable { .. } => {
                "check the free space and that the gateway's user may write there".into()
            }
            Self::NotPem { what, .. } => format!("give a file with a {what} between BEGIN and END lines"),
            Self::TooOpen { path, .. } => format!("chmod 600 {}", path.display()),
            Self::Mismatch { .. } => "give the key that the certificate was made for; the first certificate \
                                      in the file must be the server's own"
                .into(),
            Self::Generation { .. } => {
                "give a certificate of your own: tls = { cert = \"…\", key = \"…\" }".into()
            }
        }
    }
}
