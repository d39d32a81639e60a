//! The digest of a table, from rows up.
//!
//! A row's hash is SipHash-2-4 of its [encoding](super::Row::encode) under the controller's digest key. A bucket's
//! digest is the wrapping sum of its rows' hashes, so a change costs two hashes whatever the table's size. The table's
//! digest is SipHash-2-4, under the same key, of the 256 bucket digests (u64 each), the number of profiles (u16) and
//! the profiles' bytes; all little-endian. The key is secret and differs between controllers, so nobody who may choose
//! card numbers can choose two tables with one digest.

use core::fmt;
use core::hash::Hasher;

use siphasher::sip::SipHasher24;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{MAX_ROW_LEN, Profile, Row};
use crate::credential::Credential;
use crate::limits::BUCKETS;

/// Bytes of a [`DigestKey`].
pub const DIGEST_KEY_LEN: usize = 16;

/// The secret under which one controller's digests are made. All zero in a controller that was never adopted.
#[derive(Clone, PartialEq, Eq, Default, Zeroize, ZeroizeOnDrop)]
pub struct DigestKey([u8; DIGEST_KEY_LEN]);

impl DigestKey {
    /// The key with those bytes.
    pub const fn new(bytes: [u8; DIGEST_KEY_LEN]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for whoever has to send or keep it.
    pub const fn as_bytes(&self) -> &[u8; DIGEST_KEY_LEN] {
        &self.0
    }

    /// A value that tells keys apart without telling a key: the hash of nothing.
    pub fn check(&self) -> u64 {
        self.hasher().finish()
    }

    /// The hash of one row.
    pub fn row(&self, row: &Row) -> u64 {
        let mut bytes = [0; MAX_ROW_LEN];
        let len = row.encode(&mut bytes).expect("MAX_ROW_LEN holds any row");
        let mut hasher = self.hasher();
        hasher.write(&bytes[..len]);
        hasher.finish()
    }

    pub(super) fn hasher(&self) -> SipHasher24 {
        SipHasher24::new_with_key(&self.0)
    }
}

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestKey(…)")
    }
}

/// The bucket that a card's row belongs to, the same at every controller: the top byte of
/// `(raw + bits × 2³²) × 0x9E3779B97F4A7C15` (wrapping), which spreads runs of card numbers evenly.
pub const fn bucket_of(credential: Credential) -> u8 {
    let mixed = credential.raw().wrapping_add((credential.bits() as u64) << 32);
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
}

/// The digests of a table's 256 buckets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketDigests {
    key: DigestKey,
    buckets: [u64; BUCKETS],
}

impl BucketDigests {
    /// Those of a table without rows.
    pub const fn new(key: DigestKey) -> Self {
        Self { key, buckets: [0; BUCKETS] }
    }

    /// The key they are made under.
    pub const fn key(&self) -> &DigestKey {
        &self.key
    }

    /// Back to those of a table without rows, under another key.
    pub fn clear(&mut self, key: DigestKey) {
        self.key = key;
        self.buckets.fill(0);
    }

    /// Takes a row in.
    pub fn add(&mut self, row: &Row) {
        let hash = self.key.row(row);
        let bucket = self.bucket_mut(row.credential);
        *bucket = bucket.wrapping_add(hash);
    }

    /// Takes a row out that was in.
    pub fn remove(&mut self, row: &Row) {
        let hash = self.key.row(row);
        let bucket = self.bucket_mut(row.credential);
        *bucket = bucket.wrapping_sub(hash);
    }

    /// One bucket's digest; 0 for an empty bucket.
    pub const fn bucket(&self, bucket: u8) -> u64 {
        self.buckets[bucket as usize]
    }

    /// Sets one bucket's digest to what a controller has reported.
    pub fn set_bucket(&mut self, bucket: u8, digest: u64) {
        self.buckets[usize::from(bucket)] = digest;
    }

    /// The digest of a table with these buckets and these profiles.
    pub fn table(&self, profiles: &[Profile]) -> u64 {
        let mut hasher = self.key.hasher();
        for bucket in &self.buckets {
            hasher.write(&bucket.to_le_bytes());
        }
        let count = u16::try_from(profiles.len()).unwrap_or(u16::MAX);
        hasher.write(&count.to_le_bytes());
        for profile in profiles {
            hasher.write(profile.as_bytes());
        }
        hasher.finish()
    }

    fn bucket_mut(&mut self, credential: Credential) -> &mut u64 {
        &mut self.buckets[usize::from(bucket_of(credential))]
    }
}
