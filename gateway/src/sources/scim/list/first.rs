//! The first of many, found without keeping the many.

use std::collections::BinaryHeap;

/// The first `keep` of all that are offered, in their order.
#[derive(Debug)]
pub(super) struct First<T> {
    kept: BinaryHeap<T>,
    keep: usize,
    bound: usize,
}

/// More are to be kept than may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BeyondBound;

impl<T: Ord> First<T> {
    /// Of nothing yet. However large `keep`, never more than `bound` are kept.
    pub(super) fn new(keep: usize, bound: usize) -> Self {
        Self { kept: BinaryHeap::new(), keep, bound }
    }

    /// Considers one more.
    ///
    /// # Errors
    /// When it would have to be kept beyond the bound.
    pub(super) fn offer(&mut self, one: T) -> Result<(), BeyondBound> {
        self.kept.push(one);
        if self.kept.len() > self.keep {
            self.kept.pop();
        }
        if self.kept.len() > self.bound { Err(BeyondBound) } else { Ok(()) }
    }

    /// Those kept, the first first.
    pub(super) fn into_sorted(self) -> Vec<T> {
        self.kept.into_sorted_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_more_are_kept_than_the_bound() {
        let mut first = First::new(usize::MAX, 2);
        assert_eq!((first.offer(3), first.offer(1)), (Ok(()), Ok(())));
        assert_eq!(first.offer(2), Err(BeyondBound));
        let mut few = First::new(2, 2);
        assert!((0..100).all(|one| few.offer(one).is_ok()));
    }

    proptest! {
        #[test]
        fn the_first_are_those_that_sorting_puts_first(mut all: Vec<u8>, keep in 0_usize..20) {
            let mut first = First::new(keep, usize::MAX);
            prop_assert!(all.iter().all(|one| first.offer(*one).is_ok()));
            all.sort_unstable();
            all.truncate(keep);
            prop_assert_eq!(first.into_sorted(), all);
        }
    }
}
