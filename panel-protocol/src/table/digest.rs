//! The digest of a table, from rows up.
//!
//! A row's hash is SipHash-2-4 of its [encoding](super::Row::encode) under the controller's digest key. A bucket's
//! digest is the wrapping sum of its rows' hashes, so a change costs two hashes whatever the table's size. The table's
//! digest is SipHash-2-4, under the same key, of the 256 bucket digests (u64 each), the number of profiles (u16) and
//! the profiles' bytes; and, if there are settings, their number (u16) and the wrapping sum of their hashes, which are
//! those of 0xFE and their [encoding](super::Setting::encode); all little-endian. The key is secret and differs between
//! controllers, so nobody who may choose card numbers can choose two tables with one digest.

use core::hash::Hasher;

use super::digest_key::{DigestKey, finish};
use super::profile::Profile;
use super::row::{MAX_ROW_LEN, Row};
use super::setting::{MAX_SETTING_LEN, Setting};
use crate::credential::Credential;
use crate::limits::BUCKETS;

/// Stands before what is hashed of a setting, where rows have a bit count.
const SETTING: u8 = 0xFE;

impl DigestKey {
    /// The hash of one row.
    pub fn row(&self, row: &Row) -> u64 {
        let mut bytes = [0; MAX_ROW_LEN];
        let len = row.encode(&mut bytes).expect("MAX_ROW_LEN holds any row");
        let mut hasher = self.hasher();
        hasher.write(&bytes[..len]);
        finish(hasher)
    }

    /// The hash of one setting.
    pub fn setting(&self, setting: &Setting) -> u64 {
        let mut bytes = [SETTING; 1 + MAX_SETTING_LEN];
        // One whose number is none is in no table.
        let len = setting.encode(&mut bytes[1..]).unwrap_or(0);
        let mut hasher = self.hasher();
        hasher.write(&bytes[..=len]);
        finish(hasher)
    }
}

/// The bucket that a card's row belongs to, the same at every controller: the top byte of
/// `(raw + bits × 2³²) × 0x9E3779B97F4A7C15` (wrapping), which spreads runs of card numbers evenly.
pub const fn bucket_of(credential: Credential) -> u8 {
    let mixed = credential.raw().wrapping_add((credential.bits() as u64) << 32);
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
}

/// The digests of a table's 256 buckets, and of its settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketDigests {
    key: DigestKey,
    buckets: [u64; BUCKETS],
    settings: u64,
    setting_count: u16,
}

impl BucketDigests {
    /// Those of a table without rows.
    pub const fn new(key: DigestKey) -> Self {
        Self { key, buckets: [0; BUCKETS], settings: 0, setting_count: 0 }
    }

    /// The key they are made under.
    pub const fn key(&self) -> &DigestKey {
        &self.key
    }

    /// Back to those of a table without rows, under another key.
    pub fn clear(&mut self, key: DigestKey) {
        self.key = key;
        self.buckets.fill(0);
        self.clear_settings();
    }

    /// Takes all settings out.
    pub fn clear_settings(&mut self) {
        (self.settings, self.setting_count) = (0, 0);
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

    /// Takes a setting in.
    pub fn add_setting(&mut self, setting: &Setting) {
        self.settings = self.settings.wrapping_add(self.key.setting(setting));
        self.setting_count = self.setting_count.wrapping_add(1);
    }

    /// Takes a setting out that was in.
    pub fn remove_setting(&mut self, setting: &Setting) {
        self.settings = self.settings.wrapping_sub(self.key.setting(setting));
        self.setting_count = self.setting_count.wrapping_sub(1);
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
        if self.setting_count > 0 {
            hasher.write(&self.setting_count.to_le_bytes());
            hasher.write(&self.settings.to_le_bytes());
        }
        finish(hasher)
    }

    fn bucket_mut(&mut self, credential: Credential) -> &mut u64 {
        &mut self.buckets[usize::from(bucket_of(credential))]
    }
}
