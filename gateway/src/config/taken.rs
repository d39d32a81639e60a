//! What a value of the file may be given out once, and where it was first.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;

use super::problem::Problem;
use super::section::Section;

/// The first place of each value.
pub(super) struct Once<T>(BTreeMap<T, Range<usize>>);

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord> Once<T> {
    /// Takes the value, or notes that it was taken before.
    pub(super) fn take(
        &mut self,
        section: &Section<'_, '_>,
        value: T,
        place: Range<usize>,
        what: impl Display,
    ) {
        if let Some(first) = self.0.get(&value) {
            let problem = Problem::at(place, format!("{what} is used twice")).label("again here");
            section.review.note(problem.earlier(first.clone(), "first used here"));
        } else {
            self.0.insert(value, place);
        }
    }

    /// The values that have been taken.
    pub(super) fn values(&self) -> impl Iterator<Item = &T> + Clone {
        self.0.keys()
    }
}
