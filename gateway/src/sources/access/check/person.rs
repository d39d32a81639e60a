//! Whom a name or an identifier means.

use super::{Refused, invalid};
use crate::domain::Cardholder;
use crate::store::{StoreError, View};

/// The person of that identifier or user name; if there is none, that is added to `refused`, at `field`.
pub(in super::super) fn named_person(
    view: &View<'_>,
    text: &str,
    field: impl Into<String>,
    refused: &mut Refused,
) -> Result<Option<Cardholder>, StoreError> {
    let by_id = match text.parse() {
        Ok(id) => view.cardholder(id)?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(person) => Some(person),
        None => view.cardholder_by_user_name(text)?,
    };
    if found.is_none() {
        let message = format!("there is no person {text:?}");
        let remedy = "Write the person's user name, as the identity provider has it.";
        refused.push(invalid(message, field, text, remedy));
    }
    Ok(found)
}
