//! Holds, put and lifted by people on site.

use uuid::Uuid;

use super::check::{Refused, invalid, named_person};
use super::edit_error::EditError;
use super::limits::MAX_HOLDS;
use super::surroundings::Surroundings;
use crate::domain::instant::{self, Edge};
use crate::domain::{AccessEdited, AccessRefusal, Change, Hold, HoldDraft, HoldId, HoldOn, RefusalKind};
use crate::sources::Moment;
use crate::sources::cards;
use crate::store::{StoreError, View};

type Plan = Result<(Vec<Change>, AccessEdited), EditError>;

/// Plans a new hold.
///
/// # Errors
/// With all that is wrong with it.
pub(super) fn put(view: &View<'_>, now: Moment<'_>, around: &Surroundings, draft: &HoldDraft) -> Plan {
    let mut refused = Refused::default();
    let holds = view.all::<Hold>(None).collect::<Result<Vec<_>, _>>()?;
    if holds.len() >= MAX_HOLDS {
        let message = format!("there are {MAX_HOLDS} holds, and no more are kept");
        let refusal = invalid(message, "", "", "Lift some that are over.");
        return Err(AccessRefusal { kind: RefusalKind::Conflict, ..refusal }.into());
    }
    let on = held(view, around, draft, &mut refused)?;
    let reason = draft.reason.trim();
    let length = reason.chars().count();
    if length == 0 || length > Hold::MAX_REASON_LEN || reason.contains(char::is_control) {
        let message = format!("a hold's reason is one line of 1 to {} characters", Hold::MAX_REASON_LEN);
        refused.push(invalid(message, "reason", &draft.reason, "Say in a few words why it is blocked."));
    }
    let until = until(now, around, draft, &mut refused);
    let (Some(on), true) = (on, refused.is_empty()) else { return Err(EditError::Refused(refused.told())) };
    let hold = Hold {
        id: HoldId(Uuid::new_v4()),
        on,
        reason: reason.to_owned(),
        until,
        by: now.by.clone(),
        created: now.at,
        revision: now.revision,
    };
    let edited = AccessEdited::Hold(hold.id);
    Ok((vec![Change::PutHold { hold }], edited))
}

/// Plans that a hold is lifted.
///
/// # Errors
/// When it is not there.
pub(super) fn lift(view: &View<'_>, id: HoldId) -> Plan {
    if view.one::<Hold>(id)?.is_none() {
        let refusal = invalid(
            format!("there is no hold {id}"),
            "id",
            &id.to_string(),
            "GET /api/v1/holds lists those that there are.",
        );
        return Err(AccessRefusal { kind: RefusalKind::NotFound, ..refusal }.into());
    }
    Ok((vec![Change::DeleteHold { id }], AccessEdited::Gone))
}

fn held(
    view: &View<'_>,
    around: &Surroundings,
    draft: &HoldDraft,
    refused: &mut Refused,
) -> Result<Option<HoldOn>, StoreError> {
    match (&draft.card, &draft.person) {
        (Some(number), None) => match cards::parse(number, &around.cards) {
            Ok(credential) => Ok(Some(HoldOn::Card(credential))),
            Err(error) => {
                refused.push(invalid(
                    format!("this is no card number: {error}"),
                    "card",
                    number,
                    "Write it as the card has it.",
                ));
                Ok(None)
            }
        },
        (None, Some(text)) => {
            let found = named_person(view, text, "person", refused)?;
            Ok(found.map(|person| HoldOn::Person(person.id)))
        }
        _ => {
            refused.push(invalid(
                "a hold is on a card or on a person",
                "card",
                "",
                "Write one of card and person.",
            ));
            Ok(None)
        }
    }
}

fn until(
    now: Moment<'_>,
    around: &Surroundings,
    draft: &HoldDraft,
    refused: &mut Refused,
) -> Option<jiff::Timestamp> {
    let text = draft.until.as_deref()?;
    match instant::read(text, &around.zone, Edge::End) {
        Ok(until) if until <= now.at => {
            refused.push(invalid(
                "the hold would be over already",
                "until",
                text,
                "Give an end that is still to come.",
            ));
            None
        }
        Ok(until) => Some(until),
        Err(remedy) => {
            refused.push(invalid(format!("{text:?} is no instant"), "until", text, remedy));
            None
        }
    }
}
