//! Bearer tokens of SCIM clients, in `tokens.json`.
//!
//! A token is 256 random bits, shown once and kept as its SHA-256: no salt and no slow hash, since there is nothing to
//! guess. The command line and the service share the file; a token that is revoked there is refused here at once. A
//! token that is rotated gets a new secret, and the one before it lives on for a while, so that nothing is refused
//! until the new one stands at the identity provider.

mod kept;
mod secret;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::error::StoreError;
use super::limits::{MAX_TOKEN_LEN, MAX_TOKENS};
use super::secret_file::SecretFile;
use crate::domain::{ClientKind, NameError, Presented, TokenInfo, TokenScope, check_name};
use kept::{Found, Secret, Stored, TokenFile, find};

pub use secret::{PlainToken, TOKEN_PREFIX};

/// How long the old secret lives on after a rotation, where nobody says otherwise.
pub const USUAL_OVERLAP: SignedDuration = SignedDuration::from_hours(1);
/// The longest that an old secret may live on: two weeks.
pub const MAX_OVERLAP: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How stale the last use may be in the file.
const LAST_USED_GRAIN: SignedDuration = SignedDuration::from_hours(1);

/// Why a token was not made, rotated or revoked.
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
    /// The old secret would live on for too long.
    #[error("the old token may live on for at most {} days", MAX_OVERLAP.as_hours() / 24)]
    Overlap,
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

/// The tokens of a data folder.
pub struct Tokens {
    file: SecretFile<TokenFile>,
    used: Mutex<HashMap<String, Use>>,
}

/// When a token's secret was last shown to this process.
struct Use {
    sha256: String,
    at: Timestamp,
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
        client: Option<ClientKind>,
        expires: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<PlainToken, TokenError> {
        check_name(name)?;
        if let Some(expired) = expires.filter(|expires| *expires <= now) {
            return Err(TokenError::Expired(expired));
        }
        let token = PlainToken::random()?;
        let stored = Stored {
            name: name.to_owned(),
            client,
            scope: TokenScope::Scim,
            sha256: token.sha256(),
            created: now,
            expires,
            last_used: None,
            previous: None,
        };
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

    /// Gives a token a new secret, valid for as long as the one before it was made for. That one is taken for `overlap`
    /// longer, but never beyond its own end; what was before it is refused from now on.
    ///
    /// # Errors
    /// When there is none of that name, `overlap` is longer than [`MAX_OVERLAP`], or the file can't be written.
    pub fn rotate(
        &self,
        name: &str,
        overlap: SignedDuration,
        now: Timestamp,
    ) -> Result<PlainToken, TokenError> {
        if overlap > MAX_OVERLAP {
            return Err(TokenError::Overlap);
        }
        let new = PlainToken::random()?;
        self.file.change(|file| {
            let token = file.tokens.iter_mut().find(|token| token.name == name);
            let token = token.ok_or_else(|| TokenError::Unknown(name.to_owned()))?;
            token.rotate(new.sha256(), now + overlap, now);
            Ok(new)
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

    /// What `presented` is. When the file can't be read, nothing is a token.
    pub fn check(&self, presented: &str, now: Timestamp) -> Presented {
        if presented.len() > MAX_TOKEN_LEN || !presented.starts_with(TOKEN_PREFIX) {
            return Presented::Unknown;
        }
        let file = match self.file.read() {
            Ok(file) => file,
            Err(error) => {
                tracing::error!(%error, "no token can be checked");
                return Presented::Unknown;
            }
        };
        let Some(Found { token, secret }) = find(&file.tokens, &secret::digest(presented)) else {
            return Presented::Unknown;
        };
        let end = match secret {
            Secret::Present => token.expires,
            Secret::Previous => token.previous.as_ref().map(|previous| previous.until),
        };
        if end.is_some_and(|end| end <= now) {
            return Presented::Expired(self.info(token));
        }
        if secret == Secret::Present {
            self.note_use(token, now);
        }
        Presented::Valid(self.info(token))
    }

    fn info(&self, token: &Stored) -> TokenInfo {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = used.get(&token.name).filter(|seen| seen.sha256 == token.sha256).map(|seen| seen.at);
        let Stored { name, client, scope, created, expires, previous, .. } = token.clone();
        let previous_until = previous.map(|previous| previous.until);
        TokenInfo {
            name,
            client,
            scope,
            created,
            expires,
            last_used: seen.max(token.last_used),
            previous_until,
        }
    }

    /// Remembers the use, and tells the file now and then.
    fn note_use(&self, token: &Stored, now: Timestamp) {
        let stale =
            |then: Option<Timestamp>| then.is_none_or(|then| now.duration_since(then) >= LAST_USED_GRAIN);
        let latest = Use { sha256: token.sha256.clone(), at: now };
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let before = used.insert(token.name.clone(), latest);
        drop(used);
        let before = before.filter(|before| before.sha256 == token.sha256).map(|before| before.at);
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
