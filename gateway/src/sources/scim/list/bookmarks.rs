//! Where pages by index ended, so that the page after one begins there and nobody counts from the first result again.
//!
//! A bookmark holds at one revision of the directory: later, other results may stand before its place. Without one, a page
//! is found by counting. What is kept is bounded; the oldest goes first.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::super::limits::MAX_BOOKMARKS;
use super::sort::Position;
use crate::domain::Revision;

/// The bookmarks of all queries.
#[derive(Debug, Default)]
pub(in super::super) struct Bookmarks(Mutex<VecDeque<(Key, Bookmark)>>);

/// Of which query, at which revision, and before which result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Key {
    query: [u8; 32],
    revision: Revision,
    start: usize,
}

/// What was learnt on the page before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Bookmark {
    /// All results.
    pub(super) total: usize,
    /// The last one of the page before.
    pub(super) last: Position,
}

impl Key {
    /// `query` is all that decides which results there are and in which order; `start` counts from 1.
    pub(super) fn of(query: &str, revision: Revision, start: usize) -> Self {
        Self { query: Sha256::digest(query).into(), revision, start }
    }

    /// The same query at the same revision, before another result.
    pub(super) fn starting_at(&self, start: usize) -> Self {
        Self { start, ..self.clone() }
    }
}

impl Bookmarks {
    pub(super) fn find(&self, key: &Key) -> Option<Bookmark> {
        self.lock().iter().rev().find(|(known, _)| known == key).map(|(_, mark)| mark.clone())
    }

    pub(super) fn put(&self, key: Key, mark: Bookmark) {
        let mut marks = self.lock();
        marks.retain(|(known, _)| *known != key);
        while marks.len() >= MAX_BOOKMARKS {
            marks.pop_front();
        }
        marks.push_back((key, mark));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Key, Bookmark)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::sort;
    use super::*;

    fn mark(total: usize) -> Bookmark {
        Bookmark { total, last: Position { key: sort::Key::NONE, kind: 0, id: Uuid::from_u128(7) } }
    }

    #[test]
    fn a_bookmark_is_one_querys_at_one_revision_and_one_place() {
        let marks = Bookmarks::default();
        let key = Key::of("people", Revision(3), 101);
        marks.put(key.clone(), mark(200));
        assert_eq!(marks.find(&key), Some(mark(200)));
        marks.put(key.clone(), mark(201));
        assert_eq!(marks.find(&key), Some(mark(201)));
        let others =
            [Key::of("groups", Revision(3), 101), Key::of("people", Revision(4), 101), key.starting_at(102)];
        assert!(others.iter().all(|other| marks.find(other).is_none()));
    }

    #[test]
    fn bookmarks_are_bounded_and_the_oldest_goes() {
        let marks = Bookmarks::default();
        let key = Key::of("people", Revision(3), 0);
        for start in 0..=MAX_BOOKMARKS {
            marks.put(key.starting_at(start), mark(start));
        }
        assert_eq!(marks.lock().len(), MAX_BOOKMARKS);
        assert!(marks.find(&key).is_none() && marks.find(&key.starting_at(MAX_BOOKMARKS)).is_some());
    }
}
