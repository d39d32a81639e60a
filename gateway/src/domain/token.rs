//! Tokens of SCIM clients: what is known of one, and what a text is that was presented as one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::client::ClientKind;

/// What a token opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// The SCIM endpoint, and nothing else.
    #[default]
    Scim,
}

impl TokenScope {
    /// `scim`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scim => "scim",
        }
    }
}

/// What is known of a token, apart from itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TokenInfo {
    /// What the operator calls it.
    pub name: String,
    /// Who is to speak through it; absent: what a request says of itself decides.
    pub client: Option<ClientKind>,
    /// What it opens.
    pub scope: TokenScope,
    /// When its present secret was made.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Option<Timestamp>,
    /// When its present secret was last shown to the service, to the hour.
    pub last_used: Option<Timestamp>,
    /// Until when the secret before the present one is taken as well.
    pub previous_until: Option<Timestamp>,
}

/// What a text is that was presented as a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Presented {
    /// A token that opens its scope.
    Valid(TokenInfo),
    /// A token that has expired; its bearer may be told.
    Expired(TokenInfo),
    /// Nothing that is known.
    Unknown,
}

impl Presented {
    /// The token, if it opens anything.
    pub fn valid(self) -> Option<TokenInfo> {
        match self {
            Self::Valid(token) => Some(token),
            Self::Expired(_) | Self::Unknown => None,
        }
    }
}
