//! What the gateway shows to a server elsewhere, and whom it believes: rustls, with the server's name always checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::setup::ClientTls;

/// Why a file that TLS needs can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is unfit.
    #[error("{}: {said}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        said: String,
    },
    /// The system has no authorities, or keeps them elsewhere.
    #[error("the system's certificate authorities can't be read; give one as `ca`")]
    NoSystemRoots,
    /// The certificate and its key don't go together, or the like.
    #[error("{0}")]
    Rustls(#[from] rustls::Error),
}

/// A configuration by these files. Waits for the disk.
///
/// # Errors
/// When a file is missing or unfit.
pub fn config(setup: &ClientTls) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(setup.ca.as_deref())?);
    let Some((cert, key)) = &setup.client else {
        return Ok(Arc::new(builder.with_no_client_auth()));
    };
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unfit(key, &error))?;
    let mut config = builder.with_client_auth_cert(certificates(cert)?, private)?;
    // Servers that ask for a certificate often refuse a session that is resumed (OpenSSL, as it comes).
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    let found = match ca {
        Some(path) => certificates(path)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let (added, _) = store.add_parsable_certificates(found);
    match (added, ca) {
        (0, Some(path)) => Err(TlsError::File {
            path: path.to_owned(),
            said: "it holds no certificate authority".to_owned(),
        }),
        (0, None) => Err(TlsError::NoSystemRoots),
        _ => Ok(store),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    read.map_err(|error| unfit(path, &error))
}

fn unfit(path: &Path, error: &impl ToString) -> TlsError {
    TlsError::File { path: path.to_owned(), said: error.to_string() }
}
