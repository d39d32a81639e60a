//! What a source of events has said of one person, and as which revision of the sender's. What is older changes nothing,
//! in whatever order it arrives; so the latest of each kind is all that has to be known.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::card::{CardNumber, GivenCard};
use super::cardholder::CardholderId;
use super::identifier::identifier;

identifier! {
    /// The gateway's own identifier of what a source has said of a person.
    SourcePersonId
}

impl SourcePersonId {
    /// The one of this source and this person, by the names that they go by.
    pub fn of(source: &str, person: &str) -> Self {
        // No name of a source has a zero in it.
        let hash = Sha256::new().chain_update(source).chain_update([0]).chain_update(person).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// By which event something was said, and how new that is among all that its sender says of the person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// The sender's revision.
    pub revision: u64,
    /// The event's identifier.
    pub event: String,
}

/// Who somebody is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourceProfile {
    /// Since when.
    pub mark: Mark,
    /// Unique among all people.
    pub user_name: String,
    /// What people call them; absent: by their user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Whether their cards may open anything.
    pub active: bool,
    /// Their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where they work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
}

/// Which groups somebody is in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourceGroups {
    /// Since when.
    pub mark: Mark,
    /// By their names.
    pub names: Vec<String>,
}

/// One card of somebody, or that it is theirs no more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourceCard {
    /// Since when.
    pub mark: Mark,
    /// As the sender writes it.
    pub number: CardNumber,
    /// The format that the sender names beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// What it shall be; absent: nothing, it was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<GivenCard>,
}

/// The latest that a source has said of one person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourcePerson {
    /// Follows from the two names below.
    pub id: SourcePersonId,
    /// The source, as the configuration calls it.
    pub source: String,
    /// The person, as the sender calls them.
    pub person: String,
    /// Who that is in the directory; absent while the source gives nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cardholder: Option<CardholderId>,
    /// Who they are; absent before it was said, and after they were removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<SourceProfile>,
    /// When they were last removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Mark>,
    /// Their groups; absent where nothing was said of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<SourceGroups>,
    /// What an event up to this revision says of a card that is not below is out of date.
    #[serde(default)]
    pub cards_since: u64,
    /// Their cards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<SourceCard>,
}

impl SourcePerson {
    /// Nothing has been said yet.
    pub fn new(source: &str, person: &str) -> Self {
        Self {
            id: SourcePersonId::of(source, person),
            source: source.to_owned(),
            person: person.to_owned(),
            cardholder: None,
            profile: None,
            removed: None,
            groups: None,
            cards_since: 0,
            cards: Vec::new(),
        }
    }

    /// The cards that the source gives.
    pub fn given_cards(&self) -> impl Iterator<Item = &GivenCard> {
        self.cards.iter().filter_map(|card| card.given.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_of_a_source_has_one_identifier_for_ever_and_shares_it_with_nobody() {
        let id = SourcePersonId::of("hr", "4711");
        assert_eq!(id.to_string(), GOLDEN);
        assert_ne!(id, SourcePersonId::of("hr4", "711"));
    }

    const GOLDEN: &str = "24c46abf-e115-856a-80bc-3f7086f548f1";
}
