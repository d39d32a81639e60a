//! Every active card, in the order in which tables are compared: by bucket, then by credential; and in that of runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use panel_protocol::credential::Credential;
use panel_protocol::panel::RunPlace;
use panel_protocol::table::bucket_of;

use super::card::CardAccess;

/// What every active card may do. The rows of all controllers are computed from this and never stored.
#[derive(Debug, Default)]
pub struct CardIndex {
    cards: BTreeMap<(u8, Credential), CardAccess>,
    /// The same cards as runs have them.
    places: BTreeSet<RunPlace>,
}

impl CardIndex {
    /// How many active cards there are.
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// What a card may do.
    pub fn get(&self, credential: Credential) -> Option<CardAccess> {
        self.cards.get(&(bucket_of(credential), credential)).copied()
    }

    /// Sets or, by `None`, ends what a card may do; gives what it could do before.
    pub fn set(&mut self, credential: Credential, access: Option<CardAccess>) -> Option<CardAccess> {
        let key = (bucket_of(credential), credential);
        match access {
            Some(access) => {
                self.places.insert(RunPlace::of(credential));
                self.cards.insert(key, access)
            }
            None => {
                self.places.remove(&RunPlace::of(credential));
                self.cards.remove(&key)
            }
        }
    }

    /// The cards behind a place, or from the first on, in the order in which runs have them.
    pub fn behind(
        &self,
        place: Option<RunPlace>,
    ) -> impl Iterator<Item = (RunPlace, Credential, CardAccess)> {
        let begin = place.map_or(Bound::Unbounded, Bound::Excluded);
        let places = self.places.range((begin, Bound::Unbounded));
        places.filter_map(|place| {
            let card = place.card();
            Some((*place, card, self.get(card)?))
        })
    }

    /// The cards after `after`, or from the first on, bucket by bucket.
    pub fn after(&self, after: Option<Credential>) -> impl Iterator<Item = (Credential, CardAccess)> {
        let begin = after.map_or(Bound::Unbounded, |after| Bound::Excluded((bucket_of(after), after)));
        let cards = self.cards.range((begin, Bound::Unbounded));
        cards.map(|((_, credential), access)| (*credential, *access))
    }

    /// Every card, bucket by bucket.
    pub fn iter(&self) -> impl Iterator<Item = (Credential, CardAccess)> {
        self.cards.iter().map(|((_, credential), access)| (*credential, *access))
    }

    /// The cards of one bucket in credential order, from its first or from the one after `after`.
    pub fn bucket(
        &self,
        bucket: u8,
        after: Option<Credential>,
    ) -> impl Iterator<Item = (Credential, CardAccess)> {
        let begin = match after {
            Some(after) => Bound::Excluded((bucket, after)),
            None => Bound::Included((bucket, LEAST)),
        };
        self.cards
            .range((begin, Bound::Unbounded))
            .take_while(move |((of, _), _)| *of == bucket)
            .map(|((_, credential), access)| (*credential, *access))
    }
}

/// The least of all credentials: one bit, zero.
const LEAST: Credential = match Credential::new(1, 0) {
    Ok(least) => least,
    Err(_) => unreachable!(),
};
