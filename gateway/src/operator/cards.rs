//! Changing one card by hand.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::Actor;
use crate::domain::{BadgeType, CardNumber, Revision};

/// Takes orders for cards.
pub trait ChangeCard: Send + Sync {
    /// Adds a person's card by hand, or deactivates one that was. When it is done, it is durable.
    ///
    /// # Errors
    /// When it can't be done; nothing was changed then.
    fn change_card(
        &self,
        order: CardOrder,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<CardOrderDone, CardOrderError>>;
}

/// What shall become of a person's card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardOrder {
    /// The person's user name, in any case.
    pub user_name: String,
    /// The card's number, in any way that one may be written.
    pub number: CardNumber,
    /// What to do.
    pub action: CardAction,
}

/// What to do with a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CardAction {
    /// The person shall have it.
    Add {
        /// What kind of card; absent: the site's default.
        badge_type: Option<BadgeType>,
        /// Opens nothing before this instant.
        valid_from: Option<Timestamp>,
        /// Opens nothing from this instant on.
        valid_until: Option<Timestamp>,
    },
    /// It shall open nothing any more.
    Deactivate,
}

/// A card is as it was ordered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct CardOrderDone {
    /// Whose card; a display name.
    pub holder_name: String,
    /// The directory's revision since which it is so.
    pub revision: Revision,
}

/// Why a card is not as it was ordered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CardOrderError {
    /// Nobody has the user name.
    #[error("nobody has the user name {0:?}")]
    UnknownPerson(String),
    /// The number is no card.
    #[error("{0}")]
    NotACard(String),
    /// The person, or somebody else, or the identity provider is in the way.
    #[error("{0}")]
    Conflict(String),
    /// The directory takes no changes now.
    #[error("the directory can't take changes now")]
    Unavailable,
}
