//! A certificate chain and its key, out of files.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};

use super::error::TlsError;
use super::pair;
use super::validity::{self, Validity};

/// A self-signed certificate with less than this left is replaced.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A certificate chain with its private key, ready to be served.
#[derive(Clone)]
pub struct Certificate {
    pub(super) certified: Arc<CertifiedKey>,
    validity: Validity,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("validity", &self.validity).finish_non_exhaustive()
    }
}

impl Certificate {
    /// The operator's certificate, followed by its intermediates, and its key, both PEM.
    ///
    /// # Errors
    /// When a file can't be read, holds something else, the key is open to everybody, or the two don't belong together.
    pub fn from_files(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let not_pem = |path: &Path, what| TlsError::NotPem { path: path.to_owned(), what };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pair::read(cert)?).collect();
        let chain = chain.map_err(|_| not_pem(cert, "certificate"))?;
        let validity = chain.first().and_then(|first| validity::of(first));
        let validity = validity.ok_or_else(|| not_pem(cert, "certificate"))?;
        pair::check_private(key)?;
        let private =
            PrivateKeyDer::from_pem_slice(&pair::read(key)?).map_err(|_| not_pem(key, "private key"))?;
        let certified = CertifiedKey::from_der(chain, private, &ring::default_provider())
            .map_err(|error| TlsError::Mismatch { path: key.to_owned(), error })?;
        Ok(Self { certified: Arc::new(certified), validity })
    }

    /// The certificate in `folder`, made there for `names` if none is there that clients would take now and for the month
    /// to come. One of a clock that was wrong goes, and so does half a pair, which a loss of power may leave.
    ///
    /// # Errors
    /// When what is there can't be used for another reason, or a new one can't be written.
    pub fn self_signed(folder: &Path, names: Vec<String>, now: Timestamp) -> Result<Self, TlsError> {
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        if cert.exists() && key.exists() {
            match Self::from_files(&cert, &key) {
                Ok(kept) if kept.lasts(now) => return Ok(kept),
                Ok(_) | Err(TlsError::Mismatch { .. } | TlsError::NotPem { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        pair::generate(folder, &cert, &key, names, now)?;
        Self::from_files(&cert, &key)
    }

    /// From when until when clients take it.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// Whether clients take it now and for the month to come.
    pub(super) fn lasts(&self, now: Timestamp) -> bool {
        self.validity.from <= now && self.validity.until.duration_since(now) > RENEW_BEFORE
    }

    /// SHA-256 of the certificate as browsers show it: pairs of capital hexadecimal digits with colons.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.certified.cert.first().map_or(&[][..], |cert| cert.as_ref()));
        let mut text = String::with_capacity(3 * digest.len());
        for byte in digest {
            let colon = if text.is_empty() { "" } else { ":" };
            write!(text, "{colon}{byte:02X}").expect("a String takes what is written");
        }
        text
    }
}
