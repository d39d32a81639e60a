//! The certificate and key that the gateway shows to its clients: the operator's own, or one made at the first start.
//!
//! Private keys never leave this module except inside rustls, and are never part of an error.

use std::fmt::{self, Write as _};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use sha2::{Digest, Sha256};

use super::expiry;

/// How long a self-signed certificate lasts: a box in a cabinet should not fall silent because of it.
const SELF_SIGNED_YEARS: i64 = 10;

/// A self-signed certificate with less than this left is replaced at the start.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Longest certificate or key file that is read, in bytes.
const MAX_FILE_LEN: u64 = 256 * 1024;

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

/// A certificate chain with its private key, ready to be served.
pub struct Certificate {
    certified: CertifiedKey,
    expires: Timestamp,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("expires", &self.expires).finish_non_exhaustive()
    }
}

impl Certificate {
    /// The operator's certificate, followed by its intermediates, and its key, both PEM.
    ///
    /// # Errors
    /// When a file can't be read, holds something else, the key is open to everybody, or the two don't belong together.
    pub fn from_files(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let not_pem = |path: &Path, what| TlsError::NotPem { path: path.to_owned(), what };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(cert)?).collect();
        let chain = chain.map_err(|_| not_pem(cert, "certificate"))?;
        let expires = chain.first().and_then(|first| expiry::not_after(first));
        let expires = expires.ok_or_else(|| not_pem(cert, "certificate"))?;
        check_private(key)?;
        let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| not_pem(key, "private key"))?;
        let certified = CertifiedKey::from_der(chain, private, &ring::default_provider())
            .map_err(|error| TlsError::Mismatch { path: key.to_owned(), error })?;
        Ok(Self { certified, expires })
    }

    /// The certificate in `folder`, made there for `names` if it is missing or about to end at `now`.
    ///
    /// # Errors
    /// When what is there can't be used, or a new one can't be written.
    pub fn self_signed(folder: &Path, names: Vec<String>, now: Timestamp) -> Result<Self, TlsError> {
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        if cert.exists() && key.exists() {
            let kept = Self::from_files(&cert, &key)?;
            if kept.expires.duration_since(now) > RENEW_BEFORE {
                return Ok(kept);
            }
        }
        generate(folder, &cert, &key, names, now)?;
        Self::from_files(&cert, &key)
    }

    /// When the certificate ends.
    pub fn expires(&self) -> Timestamp {
        self.expires
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

    /// Server settings with this certificate: TLS 1.2 and 1.3 by ring, HTTP/1.1, no client certificates.
    pub fn server_config(self) -> ServerConfig {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring's own cipher suites serve the default versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(self.certified)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }
}

/// Names and addresses by which this box is likely to be called: its host name, loopback, and the address that it
/// listens on or, where that is all of them, the one it would reach the internet from.
pub fn local_names(listen: SocketAddr) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(Into::into).into();
    if let Some(host) = host_name() {
        if !host.contains('.') {
            names.push(format!("{host}.local"));
        }
        names.push(host);
    }
    let address = if listen.ip().is_unspecified() { outgoing_address() } else { Some(listen.ip()) };
    names.extend(address.map(|address| address.to_string()));
    names.sort();
    names.dedup();
    names
}

fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    let usable = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    (usable && !name.is_empty()).then(|| name.to_owned())
}

/// Connecting a datagram socket sends nothing: it only asks the routing table. 192.0.2.1 is nobody's (RFC 5737).
fn outgoing_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn generate(
    folder: &Path,
    cert: &Path,
    key: &Path,
    names: Vec<String>,
    now: Timestamp,
) -> Result<(), TlsError> {
    let failed = |error| TlsError::Generation { path: cert.to_owned(), error };
    let pair = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, "Gatehouse");
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let midnight = |date: Date| {
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    // A day of margin for clients whose clock is behind.
    let today = now.to_zoned(TimeZone::UTC).date();
    params.not_before = midnight(today.saturating_sub(1.days()));
    params.not_after = midnight(today.saturating_add(SELF_SIGNED_YEARS.years()));
    let made = params.self_signed(&pair).map_err(failed)?;
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |error| TlsError::Unwritable { path, error }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unwritable(folder))?;
    replace(key, pair.serialize_pem().as_bytes(), 0o600).map_err(unwritable(key))?;
    replace(cert, made.pem().as_bytes(), 0o644).map_err(unwritable(cert))
}

/// A power cut leaves the old file or the new one.
fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    if new.exists() {
        fs::remove_file(&new)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let unreadable = |error| TlsError::Unreadable { path: path.to_owned(), error };
    let mut content = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    io::Read::read_to_end(&mut io::Read::take(file, MAX_FILE_LEN), &mut content).map_err(unreadable)?;
    Ok(content)
}

/// A group may share the key with another server on the box; the rest of the world may not.
fn check_private(path: &Path) -> Result<(), TlsError> {
    let data = fs::metadata(path).map_err(|error| TlsError::Unreadable { path: path.to_owned(), error })?;
    let mode = data.permissions().mode() & 0o7777;
    if mode & 0o007 != 0 {
        return Err(TlsError::TooOpen { path: path.to_owned(), mode });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
