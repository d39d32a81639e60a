//! A person.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::card::{Card, CardState, RefusedCard};
use super::change::Revision;

/// Attributes of a person or group that mean nothing to doors, kept as the identity provider sent them.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

/// The gateway's own identifier of a person; the SCIM `id`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CardholderId(pub Uuid);

impl fmt::Display for CardholderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CardholderId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self)
    }
}

/// A person who may carry cards.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Cardholder {
    /// Stable for life.
    pub id: CardholderId,
    /// Unique without regard to case among all cardholders (RFC 7643, 4.1).
    pub user_name: String,
    /// The identity provider's own identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// What people call them; never empty (the user name where nothing else was given).
    pub display_name: String,
    /// An inactive person's cards open nothing, and come back when the person does.
    pub active: bool,
    /// At most [`Self::MAX_CARDS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
    /// A card number that was given and could not be made a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_card: Option<RefusedCard>,
    /// All else, as the identity provider sent it.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// When first seen.
    pub created: Timestamp,
    /// When last changed.
    pub modified: Timestamp,
    /// The revision that changed this person last; the version in the ETag.
    pub revision: Revision,
}

impl Cardholder {
    /// Most cards of one person.
    pub const MAX_CARDS: usize = 16;

    /// The cards that may open something: those active, of an active person.
    pub fn active_cards(&self) -> impl Iterator<Item = &Card> {
        self.cards.iter().filter(|card| self.active && card.state == CardState::Active)
    }

    /// Whether `credential` is among the cards that may open something.
    pub fn opens_with(&self, credential: Credential) -> bool {
        self.active_cards().any(|card| card.credential == credential)
    }
}

/// A name as it is compared where case doesn't matter (user names and group names, RFC 7643, 4.1 and 4.2).
pub fn fold_case(name: &str) -> String {
    name.to_lowercase()
}
