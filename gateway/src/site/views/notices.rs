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

fn undone_reactivation(person: &Cardholder) -> Option<Notice> {
    let reactivation = person.reactivation.as_ref()?;
    let text = reactivation.undone_sentence(&person.display_name)?;
    Some(Notice { at: reactivation.undone?, level: Level::Attention, text })
}
