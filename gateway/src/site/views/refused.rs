//! Cards that were refused, with the reason as it is at present.

use crate::domain::{CardRefusal, Cardholder, CardholderId, RefusedCard};
use crate::sources::cards::{CardDefaults, number};
use crate::store::View;
use crate::views::RefusedCardView;

/// Most on the page.
const MAX: usize = 100;

/// The first of them, in the order of their people.
pub(super) fn cards(view: &View<'_>, defaults: &CardDefaults) -> Vec<RefusedCardView> {
    let mut shown = Vec::new();
    for person in view.refused().take(MAX).filter_map(Result::ok) {
        let Cardholder { id, display_name, refused_cards, .. } = person;
        for card in refused_cards.into_iter().filter(|card| !card.ended) {
            let card = held_by_now(view, defaults, id, card);
            shown.push(RefusedCardView::of(id, &display_name, &card));
        }
    }
    shown.truncate(MAX);
    shown
}

/// The card with the name of who holds it now: since the refusal it may have gone from one to another.
fn held_by_now(
    view: &View<'_>,
    defaults: &CardDefaults,
    person: CardholderId,
    mut card: RefusedCard,
) -> RefusedCard {
    let RefusedCard { given, refusal: CardRefusal::HeldByAnother { holder_name, .. }, .. } = &mut card else {
        return card;
    };
    let credential = number::parse_in(given.format.as_deref(), &given.number, defaults).ok();
    let holders =
        credential.and_then(|credential| view.active_holders_of(credential).ok()).unwrap_or_default();
    let holder = holders.into_iter().find(|id| *id != person);
    if let Some(Ok(Some(holder))) = holder.map(|id| view.cardholder(id)) {
        *holder_name = holder.display_name;
    }
    card
}
