//! Kinds of SCIM client.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which identity provider speaks through a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// Microsoft Entra ID, with or without `aadOptscim062020`.
    Entra,
    /// Okta, PUT and PATCH applications.
    Okta,
    /// One that goes by the RFCs to the letter.
    Generic,
}

impl ClientKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Entra, Self::Okta, Self::Generic];

    /// By what a request says of its sender: the words that Okta has for itself, and the flag that Entra's
    /// administrators append to the tenant URL. Entra has no words of its own that can be relied on.
    pub fn guess(user_agent: &str, query: &str) -> Option<Self> {
        if user_agent.starts_with("Okta SCIM Client") {
            Some(Self::Okta)
        } else if query.split('&').any(|pair| pair.split('=').next() == Some("aadOptscim062020")) {
            Some(Self::Entra)
        } else {
            None
        }
    }

    /// `entra`, `okta` or `generic`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Okta => "okta",
            Self::Generic => "generic",
        }
    }

    /// What its makers call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Entra => "Entra ID",
            Self::Okta => "Okta",
            Self::Generic => "SCIM client",
        }
    }
}

impl fmt::Display for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// There is no such kind of client.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is no kind of client; there are entra, okta and generic")]
pub struct ClientKindError(String);

impl FromStr for ClientKind {
    type Err = ClientKindError;

    fn from_str(text: &str) -> Result<Self, ClientKindError> {
        let known = Self::ALL.into_iter().find(|kind| kind.word().eq_ignore_ascii_case(text));
        known.ok_or_else(|| ClientKindError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_guessed_only_by_what_nobody_else_says() {
        assert_eq!(ClientKind::guess("Okta SCIM Client 1.0.0", ""), Some(ClientKind::Okta));
        assert_eq!(ClientKind::guess("", "filter=a&aadOptscim062020"), Some(ClientKind::Entra));
        assert_eq!(ClientKind::guess("", "aadOptscim062020=&count=1"), Some(ClientKind::Entra));
        for (agent, query) in [("", ""), ("python-httpx/0.28", "filter=userName eq \"aadOptscim062020\"")] {
            assert_eq!(ClientKind::guess(agent, query), None, "{agent} {query}");
        }
    }

    #[test]
    fn every_kind_is_read_from_its_own_word() {
        for kind in ClientKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert!("azure".parse::<ClientKind>().unwrap_err().to_string().contains("entra, okta and generic"));
    }
}
