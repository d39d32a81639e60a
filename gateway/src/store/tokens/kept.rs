//! The form of `tokens.json`. What later versions added may be missing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::secret;
use crate::domain::{ClientKind, TokenScope};

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenFile {
    pub(super) tokens: Vec<Stored>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) client: Option<ClientKind>,
    #[serde(default)]
    pub(super) scope: TokenScope,
    /// Of the whole token, prefix included; base64url.
    pub(super) sha256: String,
    pub(super) created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_used: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<Previous>,
}

/// The secret before the present one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Previous {
    pub(super) sha256: String,
    pub(super) until: Timestamp,
}

impl Stored {
    /// Takes a new secret; the old one is taken until `until`, but never beyond its own end.
    pub(super) fn rotate(&mut self, sha256: String, until: Timestamp, now: Timestamp) {
        let until = self.expires.map_or(until, |expires| expires.min(until));
        let old = std::mem::replace(&mut self.sha256, sha256);
        self.previous = (until > now).then_some(Previous { sha256: old, until });
        self.expires = self.expires.map(|expires| {
            let lifetime = expires.duration_since(self.created);
            now.checked_add(lifetime).unwrap_or(Timestamp::MAX)
        });
        self.created = now;
        self.last_used = None;
    }
}

/// Which of a token's secrets was shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Secret {
    Present,
    Previous,
}

/// A token, and how it was known.
pub(super) struct Found<'a> {
    pub(super) token: &'a Stored,
    pub(super) secret: Secret,
}

/// The token with this digest. Takes as long wherever it stands in the list and however much of a digest agrees.
pub(super) fn find<'a>(tokens: &'a [Stored], wanted: &[u8; 32]) -> Option<Found<'a>> {
    let mut place = u64::MAX;
    let both = tokens.iter().flat_map(|token| {
        let previous = token.previous.as_ref().map_or("", |previous| previous.sha256.as_str());
        [token.sha256.as_str(), previous]
    });
    for (number, sha256) in (0u64..).zip(both) {
        let same: Choice = secret::stored(sha256).as_slice().ct_eq(wanted);
        place.conditional_assign(&number, same);
    }
    let place = usize::try_from(place).ok()?;
    let secret = if place % 2 == 0 { Secret::Present } else { Secret::Previous };
    tokens.get(place / 2).map(|token| Found { token, secret })
}
