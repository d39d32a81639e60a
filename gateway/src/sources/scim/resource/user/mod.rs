//! A cardholder as a SCIM User.

use serde_json::{Value, json};

use super::super::cards;
use super::super::document::Document;
use super::super::error::ScimError;
use super::super::patch::Patch;
use super::super::schema::{GROUP, USER};
use super::attributes::{add_common, location, put_text, rest, take_required, take_text, text_at};
use super::version::Condition;
use crate::domain::{Attributes, Cardholder, CardholderId, Change, Origin, Reactivation};
use crate::sources::Moment;
use crate::sources::cards::{CardPolicy, Settlement, WantedCards, hand_over};
use crate::store::View;

/// A plan's result: what to change, and the person afterwards.
type Plan = Result<(Vec<Change>, Cardholder), ScimError>;

/// What a client wants a person to be.
struct Draft {
    user_name: String,
    external_id: Option<String>,
    display_name: String,
    active: Option<bool>,
    cards: WantedCards,
    attributes: Attributes,
}

/// A person as clients see them, apart from their groups.
pub(in super::super) fn present(person: &Cardholder, base: &str) -> Document {
    let mut document = document_of(person);
    let times = (person.created, person.modified, person.revision);
    add_common(&USER, &mut document, &person.id.to_string(), base, times);
    document
}

/// A person's groups, as clients see them. Costs a look at each.
pub(in super::super) fn groups(
    view: &View<'_>,
    id: CardholderId,
    base: &str,
) -> Result<Vec<Value>, ScimError> {
    let mut groups = Vec::new();
    for id in view.groups_of(id)? {
        if let Some(group) = view.group(id)? {
            let id = id.to_string();
            groups.push(json!({
                "value": id, "$ref": location(&GROUP, &id, base), "display": group.display_name, "type": "direct",
            }));
        }
    }
    Ok(groups)
}

/// What clients may change of a person.
fn document_of(person: &Cardholder) -> Document {
    let mut document = person.attributes.clone();
    document.insert("userName".into(), person.user_name.as_str().into());
    put_text(&mut document, "externalId", person.external_id.as_deref());
    let derived = derived_name(&document, &person.user_name);
    // An empty one reads back as it came, and stands for the name that is derived.
    let is_given = document.get("displayName").is_some_and(|name| name != "");
    if is_given || person.display_name != derived {
        document.insert("displayName".into(), person.display_name.as_str().into());
    }
    document.insert("active".into(), person.active.into());
    cards::put_into(&mut document, person);
    document
}

/// What to call a person for whom there is no `displayName`.
fn derived_name(document: &Document, user_name: &str) -> String {
    let full = text_at(document, ["name", "formatted"]).map(str::to_owned);
    full.or_else(|| {
        let parts = ["givenName", "familyName"].map(|part| text_at(document, ["name", part]));
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then_some(name)
    })
    .unwrap_or_else(|| user_name.to_owned())
}

fn draft(mut document: Document) -> Result<Draft, ScimError> {
    let user_name = take_required(&mut document, "userName")?;
    let external_id = take_text(&mut document, "externalId")?;
    let active = document.remove("active").and_then(|value| value.as_bool());
    let cards = cards::take_from(&mut document)?;
    let shown = take_text(&mut document, "displayName")?;
    let display_name = match shown.as_deref() {
        Some(name) if !name.trim().is_empty() => name.to_owned(),
        _ => derived_name(&document, &user_name),
    };
    put_text(&mut document, "displayName", shown.as_deref());
    Ok(Draft { user_name, external_id, display_name, active, cards, attributes: rest(document)? })
}

/// Plans a new person. A person is active unless the client says otherwise.
pub(in super::super) fn create(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    id: CardholderId,
    sent: Document,
) -> Plan {
    let draft = draft(sent)?;
    write(view, now, policy, None, person_from(draft, id, now, None))
}

/// Plans a person's replacement. Without `active`, they stay as active as they were: silence never opens a door.
pub(in super::super) fn replace(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    (id, condition): (CardholderId, &Condition),
    sent: Document,
) -> Plan {
    let before = find(view, id, condition)?;
    let desired = person_from(draft(sent)?, id, now, Some(&before));
    write(view, now, policy, Some(&before), desired)
}

/// Plans a person's PATCH: all of its operations or none. `active` can't be taken away: they stay as active as they were.
pub(in super::super) fn patch(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    (id, condition): (CardholderId, &Condition),
    patch: Patch,
) -> Plan {
    let before = find(view, id, condition)?;
    let mut document = document_of(&before);
    patch.apply(&USER, &mut document)?;
    let desired = person_from(draft(document)?, id, now, Some(&before));
    write(view, now, policy, Some(&before), desired)
}

/// Plans a person's end, and gives their cards to whoever waits for them.
pub(in super::super) fn delete(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    (id, condition): (CardholderId, &Condition),
) -> Result<Vec<Change>, ScimError> {
    let before = find(view, id, condition)?;
    let mut changes = vec![Change::DeleteCardholder { id }];
    changes.extend(hand_over(view, policy, now, Some(&before), None)?);
    Ok(changes)
}

/// The person, if the client's version is theirs.
fn find(view: &View<'_>, id: CardholderId, condition: &Condition) -> Result<Cardholder, ScimError> {
    let person = view.cardholder(id)?.ok_or_else(|| ScimError::NotFound(format!("User {id} not found")))?;
    condition.check(person.revision)?;
    Ok(person)
}

/// The person that a draft describes, still with the cards of before, and the cards they shall have.
fn person_from(
    draft: Draft,
    id: CardholderId,
    now: Moment<'_>,
    before: Option<&Cardholder>,
) -> (Cardholder, WantedCards) {
    let active = draft.active.unwrap_or_else(|| before.is_none_or(|before| before.active));
    let person = Cardholder {
        id,
        user_name: draft.user_name,
        external_id: draft.external_id,
        display_name: draft.display_name,
        active,
        cards: before.map(|before| before.cards.clone()).unwrap_or_default(),
        refused_cards: before.map(|before| before.refused_cards.clone()).unwrap_or_default(),
        reactivation: before.and_then(|before| reactivation(before, active, now)),
        attributes: draft.attributes,
        created: before.map_or(now.at, |before| before.created),
        modified: now.at,
        revision: now.revision,
    };
    (person, draft.cards)
}

/// How the person was last made active again, once `active` is what they are.
fn reactivation(before: &Cardholder, active: bool, now: Moment<'_>) -> Option<Reactivation> {
    let earlier = before.reactivation.clone();
    let Origin::Scim { token } = now.by else { return earlier };
    match (before.active, active) {
        (false, true) => Some(Reactivation { at: now.at, token: token.clone(), undone: None }),
        (true, false) => earlier
            .filter(|earlier| {
                let since = now.at.duration_since(earlier.at);
                earlier.token == *token && since <= Reactivation::STALE_SUSPENSION
            })
            .map(|earlier| Reactivation { undone: Some(now.at), ..earlier }),
        _ => earlier,
    }
}

fn write(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    before: Option<&Cardholder>,
    (mut person, cards): (Cardholder, WantedCards),
) -> Plan {
    if let Some(other) = view.cardholder_by_user_name(&person.user_name)?
        && other.id != person.id
    {
        return Err(ScimError::Uniqueness(format!("userName {:?} is taken", person.user_name)));
    }
    let settlement = Settlement { view, policy, at: now.at, before, handover: None };
    settlement.settle(&mut person, cards)?;
    if let Some(before) = before {
        let (modified, revision) = (before.modified, before.revision);
        if (Cardholder { modified, revision, ..person.clone() }) == *before {
            return Ok((Vec::new(), before.clone()));
        }
    }
    let mut changes = vec![Change::PutCardholder { cardholder: Box::new(person.clone()) }];
    changes.extend(hand_over(view, policy, now, before, Some(&person))?);
    Ok((changes, person))
}

#[cfg(test)]
mod tests;
