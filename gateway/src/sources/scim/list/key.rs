//! Which conditions an index answers.

use super::super::filter::{Filter, Operator};
use super::super::path::{Place, Spot};
use super::super::schema::{ENTERPRISE_USER, GATEHOUSE_USER, Held, ResourceType};

/// An equality that an index answers.
pub(super) enum Key {
    Id(String),
    ExternalId(String),
    /// `userName` of a person, `displayName` of a group.
    Name(String),
    /// `cardNumber`, or the `value` of one of `cards`.
    CardNumber(String),
}

/// The index that answers a condition, if there is one.
pub(super) fn key(term: &Filter, resource: &ResourceType) -> Option<Key> {
    let (path, within) = match term {
        Filter::Compare { path, .. } => (path, None),
        Filter::Element { path, filter } => (path, Some(filter)),
        _ => return None,
    };
    let Place::Attribute(spot) = path.locate(resource) else { return None };
    if resource.held_as == Held::Cardholders && is_card_number(&spot, within.is_some()) {
        let number = match within {
            Some(filter) => filter.conjuncts().iter().find_map(|term| {
                let Filter::Compare { path, .. } = term else { return None };
                (path.to_string().eq_ignore_ascii_case("value")).then(|| equal_to(term))?
            }),
            None => equal_to(term),
        };
        return number.map(Key::CardNumber);
    }
    if spot.extension.is_some() || spot.sub.is_some() {
        return None;
    }
    let text = equal_to(term)?;
    match (resource.held_as, spot.name) {
        (_, "id") => Some(Key::Id(text)),
        (_, "externalId") => Some(Key::ExternalId(text)),
        (Held::Cardholders, "userName") | (Held::Groups, "displayName") => Some(Key::Name(text)),
        _ => None,
    }
}

/// The text to which a comparison asks for equality.
fn equal_to(term: &Filter) -> Option<String> {
    match term {
        Filter::Compare { operator: Operator::Equal, literal, .. } => literal.as_text(),
        _ => None,
    }
}

/// Whether an attribute's place is that of card numbers; `chosen`: of those elements that a filter behind it chooses.
fn is_card_number(spot: &Spot<'_>, chosen: bool) -> bool {
    let sub = spot.sub.map(|(name, _)| name);
    match (spot.extension, spot.name) {
        (Some(extension), "cardNumber") => extension == ENTERPRISE_USER.id && sub.is_none() && !chosen,
        (Some(extension), "cards") => {
            extension == GATEHOUSE_USER.id && matches!((sub, chosen), (None, _) | (Some("value"), false))
        }
        _ => false,
    }
}
