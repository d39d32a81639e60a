//! A cardholder's cards.

use jiff::Timestamp;
use panel_protocol::credential::{Credential, CredentialError};
use serde::{Deserialize, Serialize};

/// A card number in the words of whoever gave it, kept as it came.
pub type CardNumber = String;

/// Whether the card itself may open anything; the person must be active too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// Opens what its holder's access levels allow.
    Active,
    /// Kept for the record, opens nothing.
    Inactive,
}

/// Who manages a card. A source never touches another's cards.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardSource {
    /// The single `cardNumber` attribute of the identity provider.
    IdentityProvider,
    /// Somebody on site, by page or command line.
    Manual,
}

/// One card of one cardholder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Card {
    /// What the reader sees.
    #[serde(with = "credential_text")]
    pub credential: Credential,
    /// The number as it was given, for display and for reading back unchanged.
    pub number: CardNumber,
    /// Active or not.
    pub state: CardState,
    /// Who manages it.
    pub source: CardSource,
    /// Opens nothing before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Opens nothing from this instant on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// Why a card number that came with a person was not made a card.
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
    /// Another active person holds the same credential.
    #[error("card {number:?} is held by {holder_name}; deactivate it there first")]
    HeldByAnother {
        /// As it was given.
        number: CardNumber,
        /// The other person's display name.
        holder_name: String,
    },
}

/// A card number that was given and refused; it stays with the person, so that it can be shown and read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefusedCard {
    /// As it was given.
    pub number: CardNumber,
    /// Why, with what would be right.
    pub refusal: CardRefusal,
    /// When it was refused.
    pub at: Timestamp,
}

/// Credentials in JSON: `"26:2F623AE"`, bit count and hexadecimal value.
pub(super) mod credential_text {
    use super::{Credential, parse};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::domain) fn serialize<S: Serializer>(
        credential: &Credential,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}:{:X}", credential.bits(), credential.raw()))
    }

    pub(in crate::domain) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Credential, D::Error> {
        let text = String::deserialize(from)?;
        parse(&text).map_err(D::Error::custom)
    }
}

fn parse(text: &str) -> Result<Credential, String> {
    let (bits, raw) = text.split_once(':').ok_or("a credential is written BITS:HEX")?;
    let bits = bits.parse().map_err(|_| format!("{bits:?} is not a bit count"))?;
    let raw = u64::from_str_radix(raw, 16).map_err(|_| format!("{raw:?} is not hexadecimal"))?;
    Credential::new(bits, raw).map_err(|error: CredentialError| error.to_string())
}
