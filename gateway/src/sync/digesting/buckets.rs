//! A set of table buckets.

/// Some of the 256 buckets.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct BucketSet([u64; 4]);

impl BucketSet {
    pub(super) fn insert(&mut self, bucket: u8) {
        self.0[usize::from(bucket / 64)] |= 1 << (bucket % 64);
    }

    pub(super) fn remove(&mut self, bucket: u8) {
        self.0[usize::from(bucket / 64)] &= !(1 << (bucket % 64));
    }

    pub(super) fn contains(&self, bucket: u8) -> bool {
        self.0[usize::from(bucket / 64)] & 1 << (bucket % 64) != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    pub(super) fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    pub(super) fn first(&self) -> Option<u8> {
        (0..=u8::MAX).find(|bucket| self.contains(*bucket))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_is_a_set() {
        let (mut ours, mut theirs) = (BucketSet::default(), BTreeSet::new());
        for (at, bucket) in [200, 3, 64, 63, 255, 0, 3, 128, 63, 0, 255].into_iter().enumerate() {
            if at % 3 == 2 {
                ours.remove(bucket);
                theirs.remove(&bucket);
            } else {
                ours.insert(bucket);
                theirs.insert(bucket);
            }
            assert!((0..=u8::MAX).all(|bucket| ours.contains(bucket) == theirs.contains(&bucket)));
            assert_eq!((ours.len() as usize, ours.first()), (theirs.len(), theirs.first().copied()));
            assert_eq!(ours.is_empty(), theirs.is_empty());
        }
    }
}
