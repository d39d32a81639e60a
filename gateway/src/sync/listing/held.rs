//! What a panel has listed: its cards, each with its row or with something else that nobody here has written.

use std::collections::{BTreeMap, BTreeSet};

use panel_protocol::credential::Credential;
use panel_protocol::table::Row;

use crate::sync::room::ListedRow;

/// What a panel holds, as far as is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Held {
    /// `None`: it holds the card, and what of it is not known or not ours.
    rows: BTreeMap<Credential, Option<Row>>,
    strays: BTreeSet<String>,
}

impl Held {
    /// From the lines of a list. A card with two lines that differ is not known.
    pub(super) fn of(lines: &[ListedRow], strays: &[String]) -> Self {
        let mut rows: BTreeMap<Credential, Option<Row>> = BTreeMap::new();
        for ListedRow { credential, row } in lines {
            rows.entry(*credential)
                .and_modify(|known| *known = known.filter(|_| known == row))
                .or_insert(*row);
        }
        Self { rows, strays: strays.iter().cloned().collect() }
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.rows.len() + self.strays.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn cards(&self) -> impl Iterator<Item = Credential> {
        self.rows.keys().copied()
    }

    pub(super) fn has(&self, card: Credential) -> bool {
        self.rows.contains_key(&card)
    }

    /// The row of a card, if that is known.
    pub(super) fn row(&self, card: Credential) -> Option<Row> {
        self.rows.get(&card).copied().flatten()
    }

    /// Whether it holds exactly this of a card.
    pub(super) fn is(&self, card: Credential, row: Option<Row>) -> bool {
        match self.rows.get(&card) {
            None => row.is_none(),
            Some(held) => row.is_some() && *held == row,
        }
    }

    /// This was acknowledged.
    pub(super) fn set(&mut self, card: Credential, row: Option<Row>) {
        match row {
            Some(_) => drop(self.rows.insert(card, row)),
            None => drop(self.rows.remove(&card)),
        }
    }

    /// It may hold anything of this card.
    pub(super) fn doubt(&mut self, card: Credential) {
        self.rows.insert(card, None);
    }

    /// Whether this list has every card of which another is sure.
    pub(super) fn shows_all_of(&self, other: &Self) -> bool {
        other.rows.iter().all(|(card, row)| row.is_none() || self.has(*card))
    }
}
