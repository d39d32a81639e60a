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
