//! A person's cards as attributes: `cardNumber` of the enterprise extension, `cards` of the project's own.

use serde_json::{Value, json};

use super::brief::cut;
use super::document::{Document, object_in, slot};
use super::error::ScimError;
use super::limits::MAX_CARD_TEXT_LEN;
use super::schema::{ENTERPRISE_USER, GATEHOUSE_USER};
use crate::domain::{CardRefusal, CardState, Cardholder, GivenBy, GivenCard};
use crate::sources::cards::{SettleError, WantedCards, is_given};

/// Shows the cards that the provider gives a person, in its own words, with the reason where one was refused.
pub(super) fn put_into(document: &mut Document, person: &Cardholder) {
    let refused = person.refused_cards.iter().filter(|refused| !refused.given.is_by_hand());
    let refused = refused.map(|refused| (refused.given.clone(), Some(reason(&refused.refusal))));
    let cards = person.cards.iter().filter(|card| is_given(card)).map(|card| (card.given(), None));
    let mut list = Vec::new();
    let mut number = None;
    for (given, refusal) in cards.chain(refused) {
        match given.given_by {
            GivenBy::IdentityProvider => number = number.or(Some(given.number)),
            _ => list.push(element(given, refusal)),
        }
    }
    if let Some(number) = number {
        object_in(slot(document, ENTERPRISE_USER.id)).insert("cardNumber".into(), number.into());
    }
    if !list.is_empty() {
        object_in(slot(document, GATEHOUSE_USER.id)).insert("cards".into(), list.into());
    }
}

impl From<SettleError> for ScimError {
    fn from(error: SettleError) -> Self {
        let (given, refusal) = match error {
            SettleError::Refused { given, refusal } => (given, refusal),
            SettleError::Store(error) => return error.into(),
        };
        match (&refusal, given.given_by) {
            (CardRefusal::HeldByAnother { .. }, _) => Self::Uniqueness(refusal.to_string()),
            (_, GivenBy::IdentityProvider) => Self::value("cardNumber", refusal.to_string()),
            _ => Self::value("cards", refusal.to_string()),
        }
    }
}

/// Who holds a card may change without a word here, and is shown on the page.
fn reason(refusal: &CardRefusal) -> String {
    match refusal {
        CardRefusal::HeldByAnother { number, .. } => {
            format!("card {number:?} is held by another active person; deactivate it there first")
        }
        other => other.to_string(),
    }
}

fn element(given: GivenCard, refusal: Option<String>) -> Value {
    let mut element = json!({ "value": given.number, "active": given.state == CardState::Active });
    let texts = [
        ("badgeType", given.badge_type),
        ("format", given.format),
        ("validFrom", given.valid_from),
        ("validUntil", given.valid_until),
        ("refusal", refusal),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            element[name] = text.into();
        }
    }
    element
}

/// Takes the cards that a client wants out of a document.
///
/// # Errors
/// When there are more than a person may have, one has no number, or a text other than a number is too long.
pub(super) fn take_from(document: &mut Document) -> Result<WantedCards, ScimError> {
    let number = take(document, ENTERPRISE_USER.id, "cardNumber");
    let number = number.and_then(card_number);
    let list = match take(document, GATEHOUSE_USER.id, "cards") {
        Some(Value::Array(elements)) => elements,
        _ => Vec::new(),
    };
    let most = Cardholder::MAX_CARDS;
    if list.len() > most {
        let detail = format!("has {} values; a person has at most {most} cards", list.len());
        return Err(ScimError::value("cards", detail));
    }
    let list = list.into_iter().map(given).collect::<Result<_, _>>()?;
    Ok(WantedCards { number, list })
}

fn take(document: &mut Document, extension: &str, name: &str) -> Option<Value> {
    let part = document.get_mut(extension)?.as_object_mut()?;
    let value = part.remove(name);
    if part.is_empty() {
        document.remove(extension);
    }
    value
}

fn given(mut element: Value) -> Result<GivenCard, ScimError> {
    let Some(number) = card_number(element["value"].take()) else {
        return Err(ScimError::value("cards.value", "is missing; it is the card's number"));
    };
    let mut take = |name: &str| text(&format!("cards.{name}"), element[name].take());
    let badge_type = take("badgeType")?.filter(|badge_type| !badge_type.trim().is_empty());
    let format = take("format")?.filter(|format| !format.trim().is_empty());
    let valid_from = take("validFrom")?.filter(|text| !text.trim().is_empty());
    let valid_until = take("validUntil")?.filter(|text| !text.trim().is_empty());
    let state = match element["active"].as_bool() {
        Some(false) => CardState::Suspended,
        _ => CardState::Active,
    };
    let given_by = GivenBy::IdentityProviderList;
    Ok(GivenCard { number, format, given_by, state, badge_type, valid_from, valid_until })
}

/// A number that is too long for one is cut, and marked so that it can't be taken for another: it costs the card and not
/// the person, as any number that fits no format.
fn card_number(value: Value) -> Option<String> {
    match value {
        Value::String(number) => Some(cut(&number, MAX_CARD_TEXT_LEN - 1)),
        _ => None,
    }
}

fn text(attribute: &str, value: Value) -> Result<Option<String>, ScimError> {
    match value {
        Value::String(text) if text.len() > MAX_CARD_TEXT_LEN => {
            Err(ScimError::value(attribute, format!("is longer than {MAX_CARD_TEXT_LEN} bytes")))
        }
        Value::String(text) => Ok(Some(text)),
        _ => Ok(None),
    }
}
