//! A cardholder's cards.

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use serde::{Deserialize, Serialize};

use super::credential_text;

/// A card number in the words of whoever gave it, kept as it came.
pub type CardNumber = String;

/// What kind of card it is to the organisation, such as `Visitor`; never empty.
pub type BadgeType = String;

/// The badge type of cards for which neither their source nor the configuration names one.
pub const DEFAULT_BADGE_TYPE: &str = "Standard";

/// Whether the card itself may open anything; the person must be active too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// Opens what its holder's access levels allow.
    #[default]
    Active,
    /// Its source gives it and says that it opens nothing for now.
    Suspended,
    /// Its source gives it no more: kept for the record, opens nothing.
    Inactive,
}

/// Who gives a card, and manages it. Nobody touches a card that another gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenBy {
    /// The single `cardNumber` attribute of the identity provider.
    #[default]
    IdentityProvider,
    /// The list of cards in the identity provider's extension for several of them.
    IdentityProviderList,
    /// Somebody on site, by page or command line.
    #[serde(rename = "manual")]
    Hand,
}

/// One card of one cardholder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Card {
    /// What the reader sees.
    #[serde(with = "credential_text::bare")]
    pub credential: Credential,
    /// The number as it was given, for display and for reading back unchanged.
    pub number: CardNumber,
    /// Active or not.
    pub state: CardState,
    /// Who manages it.
    #[serde(rename = "source")]
    pub given_by: GivenBy,
    /// What kind of card it is.
    #[serde(default = "default_badge_type")]
    pub badge_type: BadgeType,
    /// The format that was named beside the number, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Opens nothing before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Opens nothing from this instant on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

fn default_badge_type() -> BadgeType {
    DEFAULT_BADGE_TYPE.to_owned()
}

/// A card in the words of its source, before anybody knows whether it can be one.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GivenCard {
    /// As it was given.
    pub number: CardNumber,
    /// The format that was named beside the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Who gave it.
    #[serde(rename = "source")]
    pub given_by: GivenBy,
    /// What it shall be: active or suspended.
    pub state: CardState,
    /// Absent: the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge_type: Option<BadgeType>,
    /// The instant before which it opens nothing, as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// The instant from which on it opens nothing, as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

impl GivenCard {
    /// Whether somebody on site gave it, and no provider.
    pub fn is_by_hand(&self) -> bool {
        self.given_by == GivenBy::Hand
    }
}

impl Card {
    /// Whether its validity has ended: it opens nothing from now on, until its source says otherwise.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.valid_until.is_some_and(|until| until <= now)
    }

    /// What its source says of it.
    pub fn given(&self) -> GivenCard {
        GivenCard {
            number: self.number.clone(),
            format: self.format.clone(),
            given_by: self.given_by,
            state: self.state,
            badge_type: Some(self.badge_type.clone()),
            valid_from: self.valid_from.map(|at| at.to_string()),
            valid_until: self.valid_until.map(|at| at.to_string()),
        }
    }
}

/// Why a card that came with a person was not made a card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum CardRefusal {
    /// It can't be read as a card in the format that applies.
    #[error("card number {number:?} fits no format: {detail}")]
    NotACard {
        /// As it was given.
        number: CardNumber,
        /// What is wrong with it, and what would be right.
        detail: String,
    },
    /// Its validity can't be read, or ends before it begins.
    #[error("card {number:?} has no validity that could be kept: {detail}")]
    Validity {
        /// As it was given.
        number: CardNumber,
        /// What is wrong with it, and what would be right.
        detail: String,
    },
    /// Another active person holds the same credential.
    #[error("card {number:?} is held by {holder_name}; deactivate it there first")]
    HeldByAnother {
        /// As it was given.
        number: CardNumber,
        /// The other person's display name.
        holder_name: String,
    },
    /// The same source gives the person the same card in other words as well.
    #[error("card {number:?} is given to this person twice; leave out one of the two")]
    GivenTwice {
        /// As it was given.
        number: CardNumber,
    },
    /// The person has as many cards as one may have.
    #[error("card {number:?} is one too many: a person has at most {most} cards; remove another first")]
    TooMany {
        /// As it was given.
        number: CardNumber,
        /// How many a person may have.
        most: usize,
    },
}

/// A card that was given and refused; it stays with the person, so that it can be shown and read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefusedCard {
    /// As it was given.
    #[serde(flatten)]
    pub given: GivenCard,
    /// Why, with what would be right.
    pub refusal: CardRefusal,
    /// When it was refused.
    pub at: Timestamp,
    /// Its validity had ended by then, so that nobody misses it: a visitor's badge that the next visitor has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_of_an_earlier_journal_has_the_default_badge_type() {
        let kept = r#"{"credential":"26:2F623AE","number":"4567","state":"active","source":"manual"}"#;
        let card: Card = serde_json::from_str(kept).unwrap();
        assert_eq!((card.badge_type.as_str(), card.format), (DEFAULT_BADGE_TYPE, None));
    }
}
