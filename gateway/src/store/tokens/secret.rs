//! The secret itself: random, shown once, known again by its SHA-256.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::TokenError;

/// What every token begins with, so that scanners for leaked secrets know one.
pub const TOKEN_PREFIX: &str = "ghs_";

/// A new token, to be shown once. Its `Debug` doesn't show it.
pub struct PlainToken(Zeroizing<String>);

impl PlainToken {
    /// 256 bits of the system's own randomness.
    pub(super) fn random() -> Result<Self, TokenError> {
        let mut bits = Zeroizing::new([0u8; 32]);
        getrandom::fill(bits.as_mut_slice()).map_err(|error| TokenError::Random(error.to_string()))?;
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(bits.as_slice()));
        Ok(Self(Zeroizing::new(format!("{TOKEN_PREFIX}{}", text.as_str()))))
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// As the file keeps it.
    pub(super) fn sha256(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(self.expose()))
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(…)")
    }
}

/// SHA-256 of a whole token, prefix included.
pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// What the file keeps of a token, as [`digest`] gives it; of a spoilt file, nothing that matches.
pub(super) fn stored(sha256: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(sha256).unwrap_or_default()
}
