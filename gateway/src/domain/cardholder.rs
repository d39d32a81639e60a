//! A person.

use jiff::{SignedDuration, Timestamp};
use panel_protocol::credential::Credential;
use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::card::{Card, CardState, RefusedCard};
use super::identifier::identifier;
use super::revision::Revision;

/// Attributes of a person or group that mean nothing to doors, kept as the identity provider sent them.
pub type Attributes = serde_json::Map<String, serde_json::Value>;

identifier! {
    /// The gateway's own identifier of a person; the SCIM `id`.
    CardholderId
}

/// An identity provider made a person active again who had been inactive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reactivation {
    /// When.
    pub at: Timestamp,
    /// By whom: the SCIM token's name.
    pub token: String,
    /// When the same token took it back within [`Self::STALE_SUSPENSION`]; the person is inactive since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Timestamp>,
}

impl Reactivation {
    /// A suspension so soon after a reactivation is probably an older one that arrives late, as Okta is known to send.
    pub const STALE_SUSPENSION: SignedDuration = SignedDuration::from_secs(60);

    /// Why `name`, who was just made active, is inactive, and what to do if they should not be; `None` while they are not.
    pub fn undone_sentence(&self, name: &str) -> Option<String> {
        let seconds = self.undone?.duration_since(self.at).as_secs();
        Some(format!(
            "{name} was made inactive {seconds} s after being made active again, both by the SCIM token {}. It may be \
             an outdated active=false that arrived late, as Okta is known to send. It was obeyed, as every suspension is. \
             If {name} should be active, have the identity provider say so again: in Okta, take {name}'s assignment to \
             this application away and give it again, or push the profile; in Entra ID, provision {name} on demand.",
            self.token
        ))
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
    /// Cards that were given and could not be made cards.
    #[serde(
        default,
        alias = "refused_card",
        deserialize_with = "one_or_many",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub refused_cards: Vec<RefusedCard>,
    /// How the person was last made active again, if the identity provider did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactivation: Option<Reactivation>,
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

    /// Whether this is one of their e-mail addresses, whatever its case.
    pub fn has_email(&self, address: &str) -> bool {
        let emails = self.attributes.get("emails").and_then(serde_json::Value::as_array);
        let values = emails.into_iter().flatten().filter_map(|email| email.get("value")?.as_str());
        values.map(fold_case).any(|email| email == fold_case(address))
    }

    /// Whether they lack a card that was given them. One that has ended is not missed.
    pub fn misses_a_card(&self) -> bool {
        self.refused_cards.iter().any(|refused| !refused.ended)
    }

    /// The numbers of all cards, in the words of those who gave them, whether they became cards or were refused.
    pub fn card_numbers(&self) -> impl Iterator<Item = &str> {
        let refused = self.refused_cards.iter().map(|refused| refused.given.number.as_str());
        self.cards.iter().map(|card| card.number.as_str()).chain(refused)
    }

    /// Whether `credential` is among the cards that may open something.
    pub fn opens_with(&self, credential: Credential) -> bool {
        self.active_cards().any(|card| card.credential == credential)
    }
}

/// Journals from before a person could be given several cards have one refused card, not a list.
fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<RefusedCard>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Many(Vec<RefusedCard>),
        One(Box<RefusedCard>),
    }
    Ok(match Kept::deserialize(from)? {
        Kept::Many(cards) => cards,
        Kept::One(card) => vec![*card],
    })
}

/// A name as it is compared where case doesn't matter (user names and group names, RFC 7643, 4.1 and 4.2): neither do the
/// width of its letters and how its accents are put together, as in the profile `UsernameCaseMapped` (RFC 8265, 3.3). What
/// that profile forbids in a name stays in it.
pub fn fold_case(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let narrow: String = name.chars().flat_map(of_usual_width).collect();
    narrow.to_lowercase().as_str().nfc().collect()
}

/// The letter of the usual width for one from the block of half-width and full-width forms, or the ideographic space.
fn of_usual_width(letter: char) -> impl Iterator<Item = char> {
    let is_wide = matches!(letter, '\u{3000}' | '\u{FF01}'..='\u{FFEE}');
    let (mapped, own) = if is_wide { (Some(letter), None) } else { (None, Some(letter)) };
    mapped.into_iter().nfkd().chain(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_only_look_different_are_one_name() {
        for (one, other) in [
            ("Ada", "aDA"),
            ("caf\u{E9}", "CAFE\u{301}"),
            ("ada", "\u{FF21}\u{FF24}\u{FF21}"),
            ("\u{30AC}", "\u{FF76}\u{FF9E}"),
            ("\u{1E69}", "s\u{307}\u{323}"),
            ("\u{39F}\u{394}\u{39F}\u{3A3}", "\u{3BF}\u{3B4}\u{3BF}\u{3C2}"),
        ] {
            assert_eq!(fold_case(one), fold_case(other), "{one} {other}");
            assert_eq!(fold_case(&fold_case(one)), fold_case(one), "folding twice is folding once");
        }
        for (one, other) in [("cafe", "caf\u{E9}"), ("a b", "ab"), ("\u{FB01}", "fi"), ("x\u{B2}", "x2")] {
            assert_ne!(fold_case(one), fold_case(other), "{one} {other}");
        }
    }

    #[test]
    fn the_one_refused_card_of_an_earlier_journal_is_still_read() {
        let kept = r#"{"id":"00000000-0000-0000-0000-000000000001","user_name":"ada","display_name":"Ada","active":true,
            "refused_card":{"number":"7","refusal":{"why":"held_by_another","number":"7","holder_name":"B"},
            "at":"2026-01-01T00:00:00Z"},"created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","revision":1}"#;
        let person: Cardholder = serde_json::from_str(kept).unwrap();
        assert_eq!(person.refused_cards[0].given.number, "7");
        let again: Cardholder = serde_json::from_str(&serde_json::to_string(&person).unwrap()).unwrap();
        assert_eq!(again, person);
    }
}
