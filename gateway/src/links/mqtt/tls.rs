//! What the gateway shows to a broker elsewhere, and whom it believes: rustls, with the broker's name always checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::setup::ClientTls;

/// Why a file that TLS needs can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    #[error("{}: {said}", path.display())]
    File { path: PathBuf, said: String },
    #[error("the system's certificate authorities can't be read; give one as `ca`")]
    NoSystemRoots,
    #[error("{0}")]
    Rustls(#[from] rustls::Error),
}

/// A configuration by these files. Waits for the disk.
pub(super) fn config(setup: &ClientTls) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(setup.ca.as_deref())?);
    Ok(Arc::new(match &setup.client {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unfit(key, &error))?;
            builder.with_client_auth_cert(certificates(cert)?, private)?
        }
    }))
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
