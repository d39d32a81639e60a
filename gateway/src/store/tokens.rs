//! Bearer tokens of SCIM clients, in `tokens.json`.
//!
//! A token is 256 random bits, shown once and kept as its SHA-256: no salt and no slow hash, since there is nothing to
//! guess. The command line and the service share the file; a token that is revoked there is refused here at once.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::error::StoreError;
use super::limits::{MAX_TOKEN_LEN, MAX_TOKENS};
use super::secret_file::SecretFile;
use crate::domain::{NameError, check_name};

/// What every token begins with, so that scanners for leaked secrets know one.
pub const TOKEN_PREFIX: &str = "ghs_";
/// How stale the last use may be in the file.
const LAST_USED_GRAIN: SignedDuration = SignedDuration::from_hours(1);

/// A new token, to be shown once. Its `Debug` doesn't show it.
pub struct PlainToken(Zeroizing<String>);

impl PlainToken {
    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(…)")
    }
}

/// What is known of a token, apart from itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TokenInfo {
    /// What the operator calls it.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Option<Timestamp>,
    /// When it was last shown to the service, to the hour.
    pub last_used: Option<Timestamp>,
}

/// Why a token was not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name can't be one.
    #[error("the token's name {0}")]
    Name(#[from] NameError),
    /// There is a token of that name.
    #[error("there is a token named {0:?} already; revoke it first, or choose another name")]
    Taken(String),
    /// There is none of that name.
    #[error("there is no token named {0:?}")]
    Unknown(String),
    /// It would never be valid.
    #[error("it would have expired at {0} already")]
    Expired(Timestamp),
    /// As many as there may be.
    #[error("there are {MAX_TOKENS} tokens already; revoke some")]
    TooMany,
    /// The system gives no random bits.
    #[error("the system gives no random bits: {0}")]
    Random(String),
    /// The file can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenFile {
    tokens: Vec<Stored>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    name: String,
    /// Of the whole token, prefix included; base64url.
    sha256: String,
    created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used: Option<Timestamp>,
}

/// The tokens of a data folder.
pub struct Tokens {
    file: SecretFile<TokenFile>,
    used: Mutex<HashMap<String, Timestamp>>,
}

impl Tokens {
    /// The tokens in the data folder `dir`. Reads nothing yet.
    pub fn open(dir: &Path) -> Self {
        Self { file: SecretFile::new(dir.join("tokens.json")), used: Mutex::default() }
    }

    /// Makes a token. This is the only time that it can be seen.
    ///
    /// # Errors
    /// When the name is taken or none, `expires` is not after `now`, or the file can't be written.
    pub fn create(
        &self,
        name: &str,
        expires: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<PlainToken, TokenError> {
        check_name(name)?;
        if let Some(expired) = expires.filter(|expires| *expires <= now) {
            return Err(TokenError::Expired(expired));
        }
        let token = random_token()?;
        let sha256 = URL_SAFE_NO_PAD.encode(digest(token.expose()));
        let stored = Stored { name: name.to_owned(), sha256, created: now, expires, last_used: None };
        self.file.change(|file| {
            if file.tokens.iter().any(|token| token.name == name) {
                return Err(TokenError::Taken(name.to_owned()));
            }
            if file.tokens.len() >= MAX_TOKENS {
                return Err(TokenError::TooMany);
            }
            file.tokens.push(stored);
            Ok(token)
        })
    }

    /// All tokens, the oldest first, expired ones included.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn list(&self) -> Result<Vec<TokenInfo>, StoreError> {
        Ok(self.file.read()?.tokens.iter().map(|token| self.info(token)).collect())
    }

    /// Forgets a token; from now on it is refused, by a running service too.
    ///
    /// # Errors
    /// When there is none of that name, or the file can't be written.
    pub fn revoke(&self, name: &str) -> Result<(), TokenError> {
        self.file.change(|file| {
            let place = file.tokens.iter().position(|token| token.name == name);
            let place = place.ok_or_else(|| TokenError::Unknown(name.to_owned()))?;
            file.tokens.remove(place);
            Ok(())
        })
    }

    /// The token that `presented` is, if it is a valid one. When the file can't be read, no token is.
    pub fn verify(&self, presented: &str, now: Timestamp) -> Option<TokenInfo> {
        if presented.len() > MAX_TOKEN_LEN || !presented.starts_with(TOKEN_PREFIX) {
            return None;
        }
        let file = match self.file.read() {
            Ok(file) => file,
            Err(error) => {
                tracing::error!(%error, "no token can be checked");
                return None;
            }
        };
        let found = find(&file.tokens, &digest(presented))?;
        if found.expires.is_some_and(|expires| expires <= now) {
            return None;
        }
        self.note_use(found, now);
        Some(self.info(found))
    }

    fn info(&self, token: &Stored) -> TokenInfo {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let last_used = used.get(&token.name).copied().max(token.last_used);
        let Stored { name, created, expires, .. } = token.clone();
        TokenInfo { name, created, expires, last_used }
    }

    /// Remembers the use, and tells the file now and then.
    fn note_use(&self, token: &Stored, now: Timestamp) {
        let stale =
            |then: Option<Timestamp>| then.is_none_or(|then| now.duration_since(then) >= LAST_USED_GRAIN);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let before = used.insert(token.name.clone(), now);
        drop(used);
        if stale(token.last_used) && stale(before) {
            let noted = self.file.change(|file| {
                let same = |other: &&mut Stored| other.name == token.name && other.sha256 == token.sha256;
                if let Some(token) = file.tokens.iter_mut().find(same) {
                    token.last_used = Some(now);
                }
                Ok::<_, StoreError>(())
            });
            if let Err(error) = noted {
                tracing::warn!(%error, "the last use of a token was not noted");
            }
        }
    }
}

/// The token with this digest. Takes as long wherever it stands in the list and however much of a digest agrees.
fn find<'a>(tokens: &'a [Stored], wanted: &[u8; 32]) -> Option<&'a Stored> {
    let mut place = u64::MAX;
    for (number, token) in (0u64..).zip(tokens) {
        let stored = URL_SAFE_NO_PAD.decode(&token.sha256).unwrap_or_default();
        let same: Choice = stored.as_slice().ct_eq(wanted);
        place.conditional_assign(&number, same);
    }
    tokens.get(usize::try_from(place).ok()?)
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn random_token() -> Result<PlainToken, TokenError> {
    let mut bits = Zeroizing::new([0u8; 32]);
    getrandom::fill(bits.as_mut_slice()).map_err(|error| TokenError::Random(error.to_string()))?;
    let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(bits.as_slice()));
    Ok(PlainToken(Zeroizing::new(format!("{TOKEN_PREFIX}{}", text.as_str()))))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_token_is_known_again_and_nothing_like_it_is() {
        let dir = TempDir::new().unwrap();
        let tokens = Tokens::open(dir.path());
        let token = tokens.create("entra", None, at(1)).unwrap();
        tokens.create("okta", None, at(1)).unwrap();
        assert!(token.expose().starts_with("ghs_") && token.expose().len() == 47);
        assert_eq!(tokens.verify(token.expose(), at(2)).unwrap().name, "entra");
        let altered = token.expose().replace(token.expose().chars().last().unwrap(), "~");
        for wrong in ["", "ghs_", &altered, &token.expose()[..46], &format!("{} ", token.expose())] {
            assert_eq!(tokens.verify(wrong, at(2)), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_token_revoked_by_another_process_is_refused_at_once() {
        let dir = TempDir::new().unwrap();
        let (service, command_line) = (Tokens::open(dir.path()), Tokens::open(dir.path()));
        let token = command_line.create("entra", None, at(1)).unwrap();
        assert!(service.verify(token.expose(), at(2)).is_some());
        command_line.revoke("entra").unwrap();
        assert_eq!(service.verify(token.expose(), at(2)), None);
        assert!(matches!(command_line.revoke("entra"), Err(TokenError::Unknown(_))));
        let renewed = command_line.create("entra", None, at(3)).unwrap();
        assert_eq!(service.verify(token.expose(), at(4)), None);
        assert!(service.verify(renewed.expose(), at(4)).is_some());
    }

    #[test]
    fn an_expired_token_is_refused() {
        let dir = TempDir::new().unwrap();
        let tokens = Tokens::open(dir.path());
        let token = tokens.create("entra", Some(at(100)), at(1)).unwrap();
        assert!(tokens.verify(token.expose(), at(99)).is_some());
        assert_eq!(tokens.verify(token.expose(), at(100)), None);
        assert!(matches!(tokens.create("late", Some(at(1)), at(1)), Err(TokenError::Expired(_))));
    }

    #[test]
    fn the_file_is_private_and_has_no_token_in_it() {
        let dir = TempDir::new().unwrap();
        let tokens = Tokens::open(dir.path());
        let token = tokens.create("entra", None, at(1)).unwrap();
        let path = dir.path().join("tokens.json");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&token.expose()[4..]), "the token stands in its file");
        assert!(!format!("{token:?}").contains(token.expose()));
    }

    #[test]
    fn names_are_unique_and_sane() {
        let dir = TempDir::new().unwrap();
        let tokens = Tokens::open(dir.path());
        tokens.create("entra", None, at(1)).unwrap();
        assert!(matches!(tokens.create("entra", None, at(1)), Err(TokenError::Taken(_))));
        assert!(matches!(tokens.create("", None, at(1)), Err(TokenError::Name(_))));
        assert!(matches!(tokens.create("a b", None, at(1)), Err(TokenError::Name(_))));
        assert_eq!(tokens.list().unwrap().len(), 1);
    }

    #[test]
    fn last_use_is_seen_by_others_within_the_hour() {
        let dir = TempDir::new().unwrap();
        let (service, command_line) = (Tokens::open(dir.path()), Tokens::open(dir.path()));
        let token = command_line.create("entra", None, at(0)).unwrap();
        assert_eq!(command_line.list().unwrap()[0].last_used, None);
        for second in [10, 20, 3_700] {
            service.verify(token.expose(), at(second));
            assert_eq!(service.list().unwrap()[0].last_used, Some(at(second)));
        }
        assert_eq!(command_line.list().unwrap()[0].last_used, Some(at(3_700)));
    }

    #[test]
    fn a_spoilt_file_lets_nobody_in_and_is_named_without_its_content() {
        let dir = TempDir::new().unwrap();
        let tokens = Tokens::open(dir.path());
        let token = tokens.create("entra", None, at(1)).unwrap();
        fs::write(dir.path().join("tokens.json"), r#"{"tokens": [{"name": "sesame"}]}"#).unwrap();
        assert_eq!(tokens.verify(token.expose(), at(2)), None);
        let error = tokens.list().unwrap_err().to_string();
        assert!(error.contains("tokens.json") && !error.contains("sesame"), "{error}");
        assert!(tokens.create("okta", None, at(2)).is_err(), "a spoilt file is not overwritten");
    }
}
