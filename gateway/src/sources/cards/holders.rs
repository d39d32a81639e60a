//! Who holds a card already, and who will when somebody lets go of it in the same change.

use std::collections::BTreeMap;

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use crate::domain::{Cardholder, CardholderId};
use crate::store::{StoreError, View};

/// Somebody other than `person` for whom the card may open something now or later. One whose validity has ended is in
/// nobody's way: a visitor's badge goes to the next visitor.
///
/// # Errors
/// When the directory can't be read.
pub fn other_holder(
    view: &View<'_>,
    credential: Credential,
    person: CardholderId,
    now: Timestamp,
) -> Result<Option<Cardholder>, StoreError> {
    first_other(view, credential, now, |id| id == person)
}

fn first_other(
    view: &View<'_>,
    credential: Credential,
    now: Timestamp,
    passed_over: impl Fn(CardholderId) -> bool,
) -> Result<Option<Cardholder>, StoreError> {
    for id in view.active_holders_of(credential)?.into_iter().filter(|id| !passed_over(*id)) {
        if let Some(other) = view.cardholder(id)?.filter(|other| holds(other, credential, now)) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// Whether the card may open something for them, now or later.
fn holds(person: &Cardholder, credential: Credential, now: Timestamp) -> bool {
    person.active_cards().any(|card| card.credential == credential && !card.has_ended(now))
}

/// Who gets which of the cards that somebody lets go of.
pub struct Handover<'a> {
    /// Who lets go, if it is somebody's act and not the end of a validity.
    pub(super) from: Option<CardholderId>,
    /// What they are afterwards, if they still are.
    pub(super) after: Option<&'a Cardholder>,
    /// Who gets what.
    pub(super) heirs: BTreeMap<Credential, CardholderId>,
}

impl Handover<'_> {
    /// The name of somebody other than `person` for whom the card may open something after the change.
    pub(super) fn other_holder(
        &self,
        view: &View<'_>,
        credential: Credential,
        person: CardholderId,
        now: Timestamp,
    ) -> Result<Option<Cardholder>, StoreError> {
        if let Some(after) = self.after.filter(|after| holds(after, credential, now)) {
            return Ok(Some(after.clone()).filter(|after| after.id != person));
        }
        match self.heirs.get(&credential) {
            Some(heir) if *heir == person => Ok(None),
            Some(heir) => view.cardholder(*heir),
            None => first_other(view, credential, now, |id| id == person || Some(id) == self.from),
        }
    }
}
