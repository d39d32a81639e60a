//! Who holds a card already, and who will when somebody lets go of it in the same change.

use std::collections::BTreeMap;

use panel_protocol::credential::Credential;

use crate::domain::{Cardholder, CardholderId};
use crate::store::{StoreError, View};

/// Who gets which of the cards that somebody lets go of.
pub struct Handover<'a> {
    /// Who lets go.
    pub(super) from: CardholderId,
    /// What they are afterwards, if they still are.
    pub(super) after: Option<&'a Cardholder>,
    /// Who gets what.
    pub(super) heirs: BTreeMap<Credential, CardholderId>,
}

impl Handover<'_> {
    /// Everybody for whom a card may open something after the change.
    pub(super) fn holders(
        &self,
        view: &View<'_>,
        credential: Credential,
    ) -> Result<Vec<CardholderId>, StoreError> {
        let kept = self.after.filter(|after| after.opens_with(credential)).map(|after| after.id);
        if let Some(holder) = kept.or_else(|| self.heirs.get(&credential).copied()) {
            return Ok(vec![holder]);
        }
        let mut holders = view.active_holders_of(credential)?;
        holders.retain(|id| *id != self.from);
        Ok(holders)
    }
}

/// The name of somebody other than `person` for whom the card may open something.
///
/// # Errors
/// When the directory can't be read.
pub fn other_holder(
    view: &View<'_>,
    credential: Credential,
    person: CardholderId,
) -> Result<Option<String>, StoreError> {
    name_of_other(view, view.active_holders_of(credential)?, person)
}

/// The name of the first of `holders` who is not `person`.
pub(super) fn name_of_other(
    view: &View<'_>,
    holders: Vec<CardholderId>,
    person: CardholderId,
) -> Result<Option<String>, StoreError> {
    for id in holders.into_iter().filter(|id| *id != person) {
        if let Some(other) = view.cardholder(id)? {
            return Ok(Some(other.display_name));
        }
    }
    Ok(None)
}
