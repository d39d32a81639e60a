//! The secrets of one source, in a file of one line for each: `whsec_` and base64. They are never part of an error.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use zeroize::Zeroizing;

use super::limits::{MAX_SECRET_FILE_LEN, MAX_SECRETS, SECRET_LEN};

/// What every secret begins with.
const PREFIX: &str = "whsec_";

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The system said no.
    #[error("the secret file {} can't be read: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Somebody else may read it.
    #[error("the secret file {} has mode {mode:04o}: others than its owner may use it", path.display())]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It doesn't hold secrets.
    #[error("the secret file {} does not hold a secret of Standard Webhooks", path.display())]
    NoSecret {
        /// Which file.
        path: PathBuf,
    },
}

impl SecretError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Unreadable { .. } => {
                "put the sender's secret there, and give the user that runs the gateway the right to read it"
                    .into()
            }
            Self::TooOpen { path, .. } => format!("chmod 600 {}", path.display()),
            Self::NoSecret { .. } => format!(
                "write 1 or {MAX_SECRETS} lines, each whsec_ and the base64 of {} to {} bytes",
                SECRET_LEN.start(),
                SECRET_LEN.end()
            ),
        }
    }
}

/// Who knows one of these may send.
pub struct Secrets(Vec<hmac::Key>);

impl Secrets {
    /// Reads them. Waits for the disk.
    ///
    /// # Errors
    /// When the file can't be read, is open to others, or holds none.
    pub fn read(path: &Path) -> Result<Self, SecretError> {
        let unreadable = |error| SecretError::Unreadable { path: path.to_owned(), error };
        let file = File::open(path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(SecretError::TooOpen { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(MAX_SECRET_FILE_LEN).read_to_string(&mut text).map_err(unreadable)?;
        Self::parse(&text).ok_or_else(|| SecretError::NoSecret { path: path.to_owned() })
    }

    fn parse(text: &str) -> Option<Self> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys: Option<Vec<hmac::Key>> = lines.map(key).collect();
        keys.filter(|keys| (1..=MAX_SECRETS).contains(&keys.len())).map(Self)
    }

    /// Whether one of them has made this signature of `content`. Takes as long for a wrong one as for a right one.
    pub(super) fn have_signed(&self, content: &[u8], signature: &[u8]) -> bool {
        // All are tried, so that the time tells nothing.
        self.0.iter().fold(false, |signed, key| hmac::verify(key, content, signature).is_ok() | signed)
    }
}

fn key(line: &str) -> Option<hmac::Key> {
    let secret = Zeroizing::new(STANDARD.decode(line.strip_prefix(PREFIX)?).ok()?);
    SECRET_LEN.contains(&secret.len()).then(|| hmac::Key::new(hmac::HMAC_SHA256, &secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(text: &str, mode: u32) -> Result<Secrets, SecretError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        Secrets::read(&path)
    }

    #[test]
    fn a_file_has_one_secret_or_two_and_is_its_owner_s_alone() {
        for good in [SECRET.to_owned(), format!("{SECRET}\n"), format!("\n{SECRET}\n {SECRET} \n")] {
            assert!(read(&good, 0o600).is_ok(), "{good}");
        }
        let short = "whsec_c2hvcnQ=";
        let three = [SECRET; 3].join("\n");
        for bad in ["", "secret", &SECRET[6..], short, &three, "whsec_%%%"] {
            let error = read(bad, 0o600).err().unwrap();
            assert!(matches!(error, SecretError::NoSecret { .. }), "{bad}: {error}");
            assert!(!format!("{error} {}", error.remedy()).contains(&SECRET[6..]));
        }
        assert!(read(SECRET, 0o644).err().unwrap().remedy().starts_with("chmod 600"));
    }
}
