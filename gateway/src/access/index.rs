//! Every active card, in the order in which tables are compared: by bucket, then by credential.

use std::collections::BTreeMap;
use std::ops::Bound;

use panel_protocol::credential::Credential;
use panel_protocol::table::bucket_of;

use super::card::CardAccess;

/// What every active card may do. The rows of all controllers are computed from this and never stored.
#[derive(Debug, Default)]
pub struct CardIndex {
    cards: BTreeMap<(u8, Credential), CardAccess>,
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
            Some(access) => self.cards.insert(key, access),
            None => self.cards.remove(&key),
        }
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
