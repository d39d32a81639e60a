//! The card table that a controller holds, and the digest that proves what is in it.
//!
//! A [`Row`] says which [`Profile`] a credential has; a profile says, for each reader, when it opens. Where rows
//! are kept is a small trait ([`RowStore`]); digest, lookup and [`decide`](crate::decide) don't know which.
//!
//! ```
//! use panel_protocol::decide::Reason;
//! use panel_protocol::table::{CardTable, DigestKey, Profile, Row, SortedRows};
//! use panel_protocol::time::UtcSeconds;
//! use panel_protocol::wiegand::H10301;
//!
//! let mut table = CardTable::<_, 4>::new(SortedRows::<1_000>::new(), DigestKey::new([9; 16]));
//! table.set_profiles([Profile::always([0])].into_iter().collect());
//! let empty = table.digest();
//!
//! // Facility 100, card 1234, until some second in 2027.
//! let card = H10301.encode(100, 1_234)?;
//! table.put(Row { valid_until: Some(UtcSeconds(1_800_000_000)), ..Row::new(card, 0) }).expect("there is room");
//! assert_eq!(table.decide(card, 0, Some(UtcSeconds(1_799_999_999))), Reason::Granted);
//! assert_eq!(table.decide(card, 0, Some(UtcSeconds(1_800_000_000))), Reason::Expired);
//! assert_eq!(table.decide(card, 1, Some(UtcSeconds(1_799_999_999))), Reason::NoAccess);
//!
//! // Two tables have the same digest when they hold the same, and practically never when they don't.
//! assert_ne!(table.digest(), empty);
//! table.remove(card);
//! assert_eq!(table.digest(), empty);
//! # Ok::<(), panel_protocol::wiegand::FormatError>(())
//! ```

mod digest;
mod digest_key;
mod key;
mod pin;
mod profile;
mod rights;
mod row;
mod rows;
mod setting;
mod settings;

pub use digest::{BucketDigests, bucket_of};
pub use digest_key::{DIGEST_KEY_LEN, DigestKey};
pub use key::{MAX_KEY_LEN, encode_credential};
pub use pin::{Pin, PinGiven, PinVerifier};
pub use profile::{Profile, ProfileError};
pub use rights::Rights;
pub use row::{MAX_ROW_LEN, Row, RowError, decode_credential};
pub use rows::{RowStore, SortedRows, TableFull};
pub use setting::{MAX_SETTING_LEN, MODE_LEN, Setting, SettingKey, mode_bytes, mode_of};
pub use settings::{Settings, SettingsFull};

use heapless::Vec;

use crate::credential::Credential;
use crate::decide::{Question, Reason, decide};
use crate::limits::PANEL_SCHEDULES;
use crate::time::UtcSeconds;

/// A controller's rows, profiles and settings, with their digest kept up to date.
///
/// `P` is the most profiles it takes, `S` the most schedules, and the most calendars. Profiles are numbered from 0 in the
/// order in which they were given.
#[derive(Debug)]
pub struct CardTable<R, const P: usize, const S: usize = PANEL_SCHEDULES> {
    rows: R,
    profiles: Vec<Profile, P>,
    settings: Settings<S>,
    digests: BucketDigests,
}

impl<const N: usize, const P: usize, const S: usize> CardTable<SortedRows<N>, P, S> {
    /// An empty table in RAM, for a `static` that the linker places.
    pub const fn in_ram(key: DigestKey) -> Self {
        Self {
            rows: SortedRows::new(),
            profiles: Vec::new(),
            settings: Settings::new(),
            digests: BucketDigests::new(key),
        }
    }
}

impl<R: RowStore, const P: usize> CardTable<R, P> {
    /// A table over what `rows` already holds (a flash image after a reboot, say), without profiles and settings.
    pub fn new(rows: R, key: DigestKey) -> Self {
        let digests = BucketDigests::new(key);
        let mut table = Self { rows, profiles: Vec::new(), settings: Settings::new(), digests };
        table.rehash();
        table
    }
}

impl<R: RowStore, const P: usize, const S: usize> CardTable<R, P, S> {
    /// Number of rows.
    pub fn len(&self) -> u32 {
        self.rows.len()
    }

    /// Whether it holds no row.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// Most rows it takes.
    pub fn capacity(&self) -> u32 {
        self.rows.capacity()
    }

    /// The profiles, by number.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The row of a card.
    pub fn get(&self, credential: Credential) -> Option<Row> {
        self.rows.get(credential)
    }

    /// Adds the row, or puts it in its predecessor's place.
    ///
    /// # Errors
    /// When the table has no room for a new row; nothing has changed then.
    pub fn put(&mut self, row: Row) -> Result<(), TableFull> {
        let before = self.rows.put(row)?;
        if let Some(before) = before {
            self.digests.remove(&before);
        }
        self.digests.add(&row);
        Ok(())
    }

    /// Removes a card's row; whether there was one.
    pub fn remove(&mut self, credential: Credential) -> bool {
        let before = self.rows.remove(credential);
        if let Some(before) = &before {
            self.digests.remove(before);
        }
        before.is_some()
    }

    /// Puts a whole new profile table in place of the old one.
    pub fn set_profiles(&mut self, profiles: Vec<Profile, P>) {
        self.profiles = profiles;
    }

    /// The settings.
    pub fn settings(&self) -> &Settings<S> {
        &self.settings
    }

    /// Adds the setting, or puts it in its predecessor's place.
    ///
    /// # Errors
    /// When there is no room for it; nothing has changed then.
    pub fn put_setting(&mut self, setting: &Setting) -> Result<(), SettingsFull> {
        let before = self.settings.get(setting.key().ok_or(SettingsFull)?);
        self.settings.put(setting.clone())?;
        if let Some(before) = before {
            self.digests.remove_setting(&before);
        }
        self.digests.add_setting(setting);
        Ok(())
    }

    /// Removes a setting; whether there was one.
    pub fn remove_setting(&mut self, key: SettingKey) -> bool {
        let before = self.settings.get(key);
        if let Some(before) = &before {
            self.digests.remove_setting(before);
            self.settings.remove(key);
        }
        before.is_some()
    }

    /// Keeps only what version 1 of the card-table commands can say. In the place of a profile that names a schedule
    /// comes one that opens nothing.
    pub fn keep_version_1(&mut self) {
        self.settings = Settings::new();
        self.digests.clear_settings();
        for profile in self.profiles.iter_mut().filter(|profile| profile.of_version_1().is_err()) {
            *profile = Profile::NEVER;
        }
        for bucket in 0..=u8::MAX {
            let mut at = self.rows.next_in_bucket(bucket, None);
            while let Some(row) = at {
                at = self.rows.next_in_bucket(bucket, Some(row.credential));
                if !row.is_of_version_1() {
                    self.remove(row.credential);
                }
            }
        }
    }

    /// The bucket's row after that of `after` in credential order, or its first.
    pub fn next_in_bucket(&self, bucket: u8, after: Option<Credential>) -> Option<Row> {
        self.rows.next_in_bucket(bucket, after)
    }

    /// The digests of all buckets.
    pub fn digests(&self) -> &BucketDigests {
        &self.digests
    }

    /// The digest of the whole table: every row, every profile and every setting.
    pub fn digest(&self) -> u64 {
        self.digests.table(&self.profiles)
    }

    /// What the digest would be with these profiles instead.
    pub fn digest_with(&self, profiles: &[Profile]) -> u64 {
        self.digests.table(profiles)
    }

    /// Changes the key of the digest; every row is hashed again.
    pub fn rekey(&mut self, key: DigestKey) {
        self.digests.clear(key);
        self.rehash();
    }

    /// Whether this card opens a reader that asks for nothing else, now (`None`: the clock has not been set).
    pub fn decide(&self, credential: Credential, reader: u8, now: Option<UtcSeconds>) -> Reason {
        let row = self.rows.get(credential);
        decide(&Question::plain(row.as_ref(), self.profile_of(row), reader, now)).reason
    }

    /// The profile of a row, if the table has both.
    pub fn profile_of(&self, row: Option<Row>) -> Option<&Profile> {
        row.and_then(|row| self.profiles.get(usize::from(row.profile)))
    }

    fn rehash(&mut self) {
        if S > 0 {
            self.settings.iter().for_each(|setting| self.digests.add_setting(&setting));
        }
        for bucket in 0..=u8::MAX {
            let mut at = self.rows.next_in_bucket(bucket, None);
            while let Some(row) = at {
                self.digests.add(&row);
                at = self.rows.next_in_bucket(bucket, Some(row.credential));
            }
        }
    }
}

#[cfg(test)]
mod tests;
