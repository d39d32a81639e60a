//! Who causes a change.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of provider a source brings people and cards from. SCIM has tokens in place of sources.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Microsoft Entra ID, asked by the gateway.
    Graph,
    /// Okta, asked by the gateway.
    Okta,
    /// Security signals that a provider pushes.
    Signals,
    /// JSON that somebody posts.
    Webhook,
    /// Messages of a broker.
    Mqtt,
    /// A file of people.
    Csv,
}

impl Provider {
    /// The word for it in configurations and journals.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Okta => "okta",
            Self::Signals => "signals",
            Self::Webhook => "webhook",
            Self::Mqtt => "mqtt",
            Self::Csv => "csv",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Who caused a change: by which way in it came, and under which name.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// A SCIM client, by the name of its token.
    Scim {
        /// The token's name.
        token: String,
    },
    /// Somebody at the page, by account name.
    Page {
        /// The account's name.
        user: String,
    },
    /// The command line on the box itself.
    CommandLine,
    /// The gateway itself, because time has passed: the validity of somebody's card has ended.
    Gateway,
    /// A source of the configuration.
    Source {
        /// Where it has its people from.
        provider: Provider,
        /// Its name in the configuration.
        id: String,
    },
}

impl Origin {
    /// What people call it: the name of a token, an account or a source.
    pub fn name(&self) -> &str {
        match self {
            Self::Scim { token } => token,
            Self::Page { user } => user,
            Self::CommandLine => "the command line",
            Self::Gateway => "the gateway",
            Self::Source { id, .. } => id,
        }
    }

    /// The same with what it is, for the middle of a sentence: `the token entra`.
    pub fn words(&self) -> String {
        match self {
            Self::Scim { token } => format!("the token {token}"),
            Self::Page { user } => format!("the account {user}"),
            Self::CommandLine | Self::Gateway => self.name().to_owned(),
            Self::Source { id, .. } => format!("the source {id}"),
        }
    }

    /// The first version of a [`Record`](super::Record) that could name it.
    pub(super) const fn since(&self) -> u8 {
        match self {
            Self::Scim { .. } | Self::Page { .. } | Self::CommandLine => 1,
            Self::Gateway | Self::Source { .. } => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_journals_hold_of_origins_never_changes() {
        let source = |provider| Origin::Source { provider, id: "entra".to_owned() };
        let golden = [
            (Origin::Scim { token: "entra".to_owned() }, r#"{"kind":"scim","token":"entra"}"#),
            (Origin::Page { user: "ada".to_owned() }, r#"{"kind":"page","user":"ada"}"#),
            (Origin::CommandLine, r#"{"kind":"command_line"}"#),
            (Origin::Gateway, r#"{"kind":"gateway"}"#),
            (source(Provider::Graph), r#"{"kind":"source","provider":"graph","id":"entra"}"#),
            (source(Provider::Okta), r#"{"kind":"source","provider":"okta","id":"entra"}"#),
            (source(Provider::Signals), r#"{"kind":"source","provider":"signals","id":"entra"}"#),
            (source(Provider::Webhook), r#"{"kind":"source","provider":"webhook","id":"entra"}"#),
            (source(Provider::Mqtt), r#"{"kind":"source","provider":"mqtt","id":"entra"}"#),
            (source(Provider::Csv), r#"{"kind":"source","provider":"csv","id":"entra"}"#),
        ];
        for (origin, json) in golden {
            assert_eq!(serde_json::to_string(&origin).unwrap(), json);
            assert_eq!(serde_json::from_str::<Origin>(json).unwrap(), origin);
            if let Origin::Source { provider, .. } = origin {
                assert!(json.contains(&format!("\"{provider}\"")));
            }
        }
    }
}
