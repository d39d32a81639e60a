//! A certificate and its key as two files: made, and read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};

use super::error::TlsError;

/// How long a self-signed certificate lasts: a box in a cabinet should not fall silent because of it.
const SELF_SIGNED_YEARS: i64 = 10;

/// Longest certificate or key file that is read, in bytes.
const MAX_FILE_LEN: u64 = 256 * 1024;

/// Makes a pair in `folder` for `names`.
///
/// # Errors
/// When it can't be made or written; whatever was there before may be half replaced, and is made anew the next time.
pub(super) fn generate(
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

/// A file's bytes, bounded.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let unreadable = |error| TlsError::Unreadable { path: path.to_owned(), error };
    let mut content = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    io::Read::read_to_end(&mut io::Read::take(file, MAX_FILE_LEN), &mut content).map_err(unreadable)?;
    Ok(content)
}

/// A group may share the key with another server on the box; the rest of the world may not.
pub(super) fn check_private(path: &Path) -> Result<(), TlsError> {
    let data = fs::metadata(path).map_err(|error| TlsError::Unreadable { path: path.to_owned(), error })?;
    let mode = data.permissions().mode() & 0o7777;
    if mode & 0o007 != 0 {
        return Err(TlsError::TooOpen { path: path.to_owned(), mode });
    }
    Ok(())
}
