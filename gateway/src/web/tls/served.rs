//! The certificate that connections are shown: renewed while the service runs, without one of them noticing.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::certificate::Certificate;
use super::error::TlsError;

/// Where the certificate comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The operator's own files, read anew when they change.
    Files {
        /// The chain, PEM.
        cert: PathBuf,
        /// The key, PEM.
        key: PathBuf,
    },
    /// Made by the gateway, and made anew before it ends.
    Made {
        /// Where the pair is kept.
        folder: PathBuf,
        /// What clients call the box.
        names: Vec<String>,
    },
}

/// The certificate in use. Shared by all connections.
#[derive(Debug)]
pub struct Served {
    origin: Origin,
    now: RwLock<InUse>,
}

#[derive(Debug)]
struct InUse {
    certificate: Certificate,
    /// The files as they were when last tried.
    stamp: Option<Stamp>,
}

/// When the files of a pair were last written, and how long they are.
type Stamp = [(SystemTime, u64); 2];

impl Served {
    /// With the certificate as it is now.
    ///
    /// # Errors
    /// When there is none that could be used.
    pub fn new(origin: Origin, now: Timestamp) -> Result<Self, TlsError> {
        let stamp = origin.stamp();
        let certificate = origin.certificate(now)?;
        Ok(Self { origin, now: RwLock::new(InUse { certificate, stamp }) })
    }

    /// The certificate in use.
    pub fn certificate(&self) -> Certificate {
        self.now.read().unwrap_or_else(PoisonError::into_inner).certificate.clone()
    }

    /// Looks whether another is to be used from now on; true if so. Reads files, and may write some.
    ///
    /// # Errors
    /// When there is a new one that can't be used; the old one goes on. The same new files are told of once.
    pub fn look(&self, now: Timestamp) -> Result<bool, TlsError> {
        let stamp = self.origin.stamp();
        if !self.is_due(stamp, now) {
            return Ok(false);
        }
        let certificate = self.origin.certificate(now);
        let mut in_use = self.now.write().unwrap_or_else(PoisonError::into_inner);
        in_use.stamp = stamp;
        in_use.certificate = certificate?;
        Ok(true)
    }

    fn is_due(&self, stamp: Option<Stamp>, now: Timestamp) -> bool {
        let in_use = self.now.read().unwrap_or_else(PoisonError::into_inner);
        match &self.origin {
            Origin::Files { .. } => in_use.stamp != stamp,
            Origin::Made { .. } => !in_use.certificate.lasts(now),
        }
    }

    /// Server settings that show this certificate: TLS 1.2 and 1.3 by ring, HTTP/1.1, no client certificates.
    pub fn server_config(self: &Arc<Self>) -> ServerConfig {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring's own cipher suites serve the default versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.certificate().certified)
    }
}

impl Origin {
    fn certificate(&self, now: Timestamp) -> Result<Certificate, TlsError> {
        match self {
            Self::Files { cert, key } => Certificate::from_files(cert, key),
            Self::Made { folder, names } => Certificate::self_signed(folder, names.clone(), now),
        }
    }

    /// `None` for what nobody else writes, and while a file is missing.
    fn stamp(&self) -> Option<Stamp> {
        let Self::Files { cert, key } = self else { return None };
        let of = |path| {
            let found = fs::metadata(path).ok()?;
            Some((found.modified().ok()?, found.len()))
        };
        Some([of(cert)?, of(key)?])
    }
}
