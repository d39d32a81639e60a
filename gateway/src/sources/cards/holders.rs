//! Who holds a card already.

use panel_protocol::credential::Credential;

use crate::domain::CardholderId;
use crate::store::{StoreError, View};

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
