//! Giving an identity provider a new token.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::Actor;

/// Makes new tokens.
pub trait ReAuthenticate: Send + Sync {
    /// Gives a source a new token; the one before it lives on for an hour. Whoever implements this also records
    /// `actor`.
    ///
    /// # Errors
    /// When there is no such source, or it can't be done now.
    fn re_authenticate(
        &self,
        source: &str,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<ReAuthenticated, ReAuthenticateError>>;
}

/// A new token of a source. It is shown once.
#[derive(Debug)]
pub struct ReAuthenticated {
    /// Whose.
    pub name: String,
    /// The token.
    pub token: ShownOnce,
    /// Until when the one before it is taken as well.
    pub previous_until: Option<Timestamp>,
}

/// A secret on its way to the one who asked for it. Its `Debug` doesn't show it.
pub struct ShownOnce(pub Zeroizing<String>);

impl std::fmt::Debug for ShownOnce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShownOnce(…)")
    }
}

/// Why a source got no new token.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReAuthenticateError {
    /// There is none of that name.
    #[error("there is no token named {0:?}")]
    Unknown(String),
    /// It can't be done now; the log says why.
    #[error("the token can't be changed now")]
    Unavailable,
}
