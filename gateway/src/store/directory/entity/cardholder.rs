//! People, found by name, external identifier, card and card number; and listed where something about them needs a look.

use super::{Entity, IndexRow};
use crate::domain::{Cardholder, CardholderId, fold_case};
use crate::store::directory::meta::Counts;
use crate::store::directory::rows::{self, kind};

impl Entity for Cardholder {
    type Id = CardholderId;
    const KIND: u8 = kind::CARDHOLDER;
    const COUNTED: Option<fn(&Counts) -> u64> = Some(|counts| counts.cardholders);

    fn id(&self) -> CardholderId {
        self.id
    }

    fn index(&self) -> Vec<IndexRow> {
        let text = |kind, text: &str| IndexRow::plain(rows::text_key(kind, text, self.id.0));
        let mut index = vec![text(kind::USER_NAME, &fold_case(&self.user_name))];
        index.extend(self.external_id.as_deref().map(|external| text(kind::EXTERNAL_ID, external)));
        for card in &self.cards {
            let active = self.opens_with(card.credential);
            let value = if active { rows::CARD_ACTIVE } else { rows::CARD_INACTIVE };
            let key = [rows::credential_prefix(card.credential).as_slice(), self.id.0.as_bytes()].concat();
            index.push(IndexRow { key, value });
        }
        index.extend(self.card_numbers().map(|number| text(kind::CARD_NUMBER, number)));
        if self.misses_a_card() {
            index.push(IndexRow::plain(rows::refused_key(self.id)));
        }
        if self.reactivation.as_ref().is_some_and(|reactivation| reactivation.undone.is_some()) {
            index.push(IndexRow::plain(rows::undone_key(self.id)));
        }
        index
    }

    fn counts(&self) -> Counts {
        Counts {
            cardholders: 1,
            active: u64::from(self.active),
            cards: self.cards.len() as u64,
            active_cards: self.active_cards().count() as u64,
            refused_cards: u64::from(self.misses_a_card()),
            ..Counts::NONE
        }
    }
}
