//! Who may connect to the broker: a user and the hash of a secret on each line, as Mosquitto's password files have them,
//! so that one file serves the broker inside the gateway and one beside it. Mode 0600; a secret is shown once.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, ErrorKind};
use std::num::NonZeroU32;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::pbkdf2::{self, PBKDF2_HMAC_SHA512};
use zeroize::Zeroizing;

use crate::links::private_file;

/// Longest file that is read, in bytes.
const MAX_FILE_LEN: u64 = 64 * 1024;

/// As Mosquitto's own tool has it. Secrets are 256 random bits, so no number of rounds makes guessing them harder.
const ROUNDS: NonZeroU32 = NonZeroU32::new(101).expect("not zero");

const MAX_ROUNDS: u32 = 100_000;
const SALT_LEN: usize = 12;
const HASH_LEN: usize = 64;

/// A new secret, to be shown once.
pub fn new_secret() -> io::Result<Zeroizing<String>> {
    let mut bits = Zeroizing::new([0u8; 32]);
    fill(bits.as_mut_slice())?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bits.as_slice())))
}

/// Gives a user this secret, in place of the one before. Waits for the disk.
///
/// # Errors
/// When the file can't be read or written.
pub fn set(path: &Path, user: &str, secret: &str) -> io::Result<()> {
    let kept = read(path)?;
    let others = kept.lines().filter(|line| name_of(line) != Some(user));
    let mut text = String::new();
    for line in others.chain([line(user, secret)?.as_str()]) {
        writeln!(text, "{line}").expect("a String takes what is written");
    }
    private_file::put(path, text.as_bytes())
}

/// Whether a user has a secret. Waits for the disk.
///
/// # Errors
/// When the file can't be read.
pub fn has(path: &Path, user: &str) -> io::Result<bool> {
    Ok(read(path)?.lines().any(|line| name_of(line) == Some(user)))
}

/// Whether this is the user's secret; compared in constant time. Waits for the disk.
///
/// # Errors
/// When the file can't be read.
pub(super) fn check(path: &Path, user: &str, secret: &[u8]) -> io::Result<bool> {
    let text = read(path)?;
    let line = text.lines().find(|line| name_of(line) == Some(user));
    Ok(line.and_then(|line| line.split_once(':')).is_some_and(|(_, hash)| is_of(hash, secret)))
}

/// The file's text; nothing for one that isn't there.
fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Zeroizing::default()),
        Err(error) => return Err(error),
        Ok(data) if data.len() > MAX_FILE_LEN => {
            return Err(io::Error::new(ErrorKind::FileTooLarge, "no password file is that large"));
        }
        Ok(_) => {}
    }
    fs::read_to_string(path).map(Zeroizing::new)
}

fn name_of(line: &str) -> Option<&str> {
    line.split_once(':').map(|(name, _)| name)
}

/// A user's line in such a file.
///
/// # Errors
/// When the system has no random numbers.
pub fn line(user: &str, secret: &str) -> io::Result<String> {
    let (mut salt, mut hash) = ([0; SALT_LEN], [0; HASH_LEN]);
    fill(&mut salt)?;
    pbkdf2::derive(PBKDF2_HMAC_SHA512, ROUNDS, &salt, secret.as_bytes(), &mut hash);
    Ok(format!("{user}:$7${ROUNDS}${}${}", STANDARD.encode(salt), STANDARD.encode(hash)))
}

fn is_of(hash: &str, secret: &[u8]) -> bool {
    let mut parts = hash.split('$');
    let (Some(""), Some("7"), Some(rounds), Some(salt), Some(hash), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let rounds = rounds.parse().ok().filter(|rounds| *rounds <= MAX_ROUNDS).and_then(NonZeroU32::new);
    let (Some(rounds), Ok(salt), Ok(hash)) = (rounds, STANDARD.decode(salt), STANDARD.decode(hash)) else {
        return false;
    };
    hash.len() == HASH_LEN && pbkdf2::verify(PBKDF2_HMAC_SHA512, rounds, &salt, secret, &hash).is_ok()
}

fn fill(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(|error| io::Error::other(format!("no random numbers: {error}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_opens_for_its_user_alone_until_the_next_one_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mqtt/passwords");
        assert!(!check(&path, "shed", b"").unwrap() && !has(&path, "shed").unwrap());
        let (first, other, second) = (new_secret().unwrap(), new_secret().unwrap(), new_secret().unwrap());
        set(&path, "shed", &first).unwrap();
        set(&path, "gate", &other).unwrap();
        assert!(check(&path, "shed", first.as_bytes()).unwrap() && has(&path, "shed").unwrap());
        assert!(!check(&path, "shed", other.as_bytes()).unwrap());
        assert!(!check(&path, "she", first.as_bytes()).unwrap());
        set(&path, "shed", &second).unwrap();
        assert!(!check(&path, "shed", first.as_bytes()).unwrap());
        assert!(check(&path, "shed", second.as_bytes()).unwrap());
        assert!(check(&path, "gate", other.as_bytes()).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.lines().count() == 2 && !text.contains(second.as_str()), "{text}");
    }

    #[test]
    fn what_mosquitto_s_own_tool_has_written_is_understood_and_nonsense_opens_nothing() {
        // mosquitto_passwd -b FILE shed s3cret, version 2.0.11
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwords");
        for bad in [
            "shed",
            "shed:",
            "shed:$7$101$",
            "shed:$7$0$AAAA$AAAA",
            "shed:$6$AAAA$AAAA",
            "shed:$7$101$AAAA$",
            "shed:$7$4000000000$AAAA$AAAA",
        ] {
            fs::write(&path, bad).unwrap();
            assert!(!check(&path, "shed", b"").unwrap(), "{bad}");
            assert!(!check(&path, "shed", b"s3cret").unwrap(), "{bad}");
        }
    }
}
