//! What somebody should know of the directory.

use crate::domain::{Cardholder, Level, Notice};
use crate::store::View;

/// Most of them on the page.
const MAX_UNDONE: usize = 20;

/// People who were made active and inactive again at once.
pub(super) fn undone_reactivations(view: &View<'_>) -> Vec<Notice> {
    let people = view.undone().take(MAX_UNDONE).filter_map(Result::ok);
    people.filter_map(|person| undone_reactivation(&person)).collect()
}

/// Why somebody who was just made active is inactive, and what to do if they should not be.
fn undone_reactivation(person: &Cardholder) -> Option<Notice> {
    let reactivation = person.reactivation.as_ref()?;
    let at = reactivation.undone?;
    let seconds = at.duration_since(reactivation.at).as_secs();
    let (name, token) = (&person.display_name, &reactivation.token);
    let text = format!(
        "{name} was made inactive {seconds} s after being made active again, both by the SCIM token {token}. It may be \
         an outdated active=false that arrived late, as Okta is known to send. It was obeyed, as every suspension is. \
         If {name} should be active, have the identity provider say so again: in Okta, take {name}'s assignment to this \
         application away and give it again, or push the profile; in Entra ID, provision {name} on demand."
    );
    Some(Notice { at, level: Level::Attention, text })
}
