//! What a controller is believed to hold, and where that differs from what it should.
//!
//! Rows that are as desired are not remembered: only differences are. A bucket is *known* unless it is still to be
//! read; of a known bucket every row is as desired, or among the differences, or not loaded yet.

use std::collections::BTreeMap;

use panel_protocol::credential::Credential;
use panel_protocol::panel::RunPlace;
use panel_protocol::table::{BucketDigests, DigestKey, Profile, Row, Setting, SettingKey, bucket_of};

use super::buckets::BucketSet;

/// What a controller holds of one card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Held {
    /// This row, or none.
    Row(Option<Row>),
    /// Its bucket was not read yet.
    Unknown,
}

/// One row of a change on its way: what the controller holds before, and after if it does it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Item {
    pub(super) credential: Credential,
    pub(super) before: Held,
    pub(super) after: Option<Row>,
}

/// The belief.
#[derive(Debug)]
pub(super) struct HeldTable {
    /// Of known buckets as believed, of unread ones as last reported.
    pub(super) digests: BucketDigests,
    /// How many rows it holds, from its last INFO on.
    pub(super) rows: u32,
    /// `None` while it is not known what profiles the controller has.
    pub(super) profiles: Option<Vec<Profile>>,
    /// `None` while it is not known what settings the controller has.
    settings: Option<BTreeMap<SettingKey, Setting>>,
    /// Buckets that differ and whose rows have not been read.
    pub(super) unread: BucketSet,
    /// Buckets that were found empty and should not be; loaded in order, up to `loaded`.
    absent: BucketSet,
    loaded: Option<Credential>,
    /// The whole table was found empty, and is loaded in the order of runs, up to here.
    sweep: Option<Option<RunPlace>>,
    deletes: BTreeMap<Credential, Held>,
    puts: BTreeMap<Credential, Held>,
}

impl HeldTable {
    pub(super) fn unknown(key: DigestKey) -> Self {
        Self {
            digests: BucketDigests::new(key),
            rows: 0,
            profiles: None,
            settings: None,
            unread: BucketSet::default(),
            absent: BucketSet::default(),
            loaded: None,
            sweep: None,
            deletes: BTreeMap::new(),
            puts: BTreeMap::new(),
        }
    }

    /// Forgets all but the deletions, which are worth sending whatever is held.
    pub(super) fn forget(&mut self) {
        let mut forgotten = Self::unknown(self.digests.key().clone());
        forgotten.rows = self.rows;
        forgotten.deletes = std::mem::take(&mut self.deletes);
        for held in forgotten.deletes.values_mut() {
            *held = Held::Unknown;
        }
        *self = forgotten;
    }

    /// Takes in the reported bucket digests, now complete: finds out which buckets to read and which to load.
    pub(super) fn compare(&mut self, desired: &BucketDigests, by_runs: bool) {
        let is_empty = (0..=u8::MAX).all(|bucket| self.digests.bucket(bucket) == 0);
        let is_wanted = (0..=u8::MAX).any(|bucket| desired.bucket(bucket) != 0);
        if by_runs && is_empty {
            self.sweep = is_wanted.then_some(None);
            self.deletes.clear();
            return;
        }
        for bucket in 0..=u8::MAX {
            let held = self.digests.bucket(bucket);
            if held != desired.bucket(bucket) {
                if held == 0 { self.absent.insert(bucket) } else { self.unread.insert(bucket) }
            }
        }
        let unread = self.unread.clone();
        self.deletes.retain(|credential, _| unread.contains(bucket_of(*credential)));
    }

    /// The table digest that the belief amounts to, if profiles and settings are known.
    pub(super) fn digest(&self) -> Option<u64> {
        let profiles = self.profiles.as_ref().filter(|_| self.settings.is_some())?;
        Some(self.digests.table(profiles))
    }

    /// All that is as it should be.
    pub(super) fn all(
        digests: BucketDigests,
        rows: u32,
        profiles: Vec<Profile>,
        settings: BTreeMap<SettingKey, Setting>,
    ) -> Self {
        let key = digests.key().clone();
        Self { digests, rows, profiles: Some(profiles), settings: Some(settings), ..Self::unknown(key) }
    }

    /// What settings it has, as far as that is known.
    pub(super) fn settings(&self) -> Option<&BTreeMap<SettingKey, Setting>> {
        self.settings.as_ref()
    }

    /// These are the settings that it has.
    pub(super) fn set_settings(&mut self, settings: BTreeMap<SettingKey, Setting>) {
        self.digests.clear_settings();
        settings.values().for_each(|setting| self.digests.add_setting(setting));
        self.settings = Some(settings);
    }

    /// What settings it has is not known.
    pub(super) fn forget_settings(&mut self) {
        self.digests.clear_settings();
        self.settings = None;
    }

    /// A setting was put, or deleted for `None`.
    pub(super) fn applied_setting(&mut self, key: SettingKey, after: Option<Setting>) {
        let Some(settings) = &mut self.settings else { return };
        if let Some(before) = settings.remove(&key) {
            self.digests.remove_setting(&before);
        }
        if let Some(after) = after {
            self.digests.add_setting(&after);
            settings.insert(key, after);
        }
    }

    /// Whether every bucket is known.
    pub(super) fn is_known(&self) -> bool {
        self.unread.is_empty()
    }

    /// How many rows are known to differ one by one.
    pub(super) fn dirty(&self) -> usize {
        self.deletes.len() + self.puts.len()
    }

    pub(super) fn has_deletes(&self) -> bool {
        !self.deletes.is_empty()
    }

    pub(super) fn has_puts(&self) -> bool {
        !self.puts.is_empty()
    }

    pub(super) fn is_loading(&self) -> bool {
        !self.absent.is_empty() || self.sweep.is_some()
    }

    pub(super) fn absent_buckets(&self) -> u32 {
        if self.sweep.is_some() { u32::from(u8::MAX) + 1 } else { self.absent.len() }
    }

    /// Whether the card's row (it should have one: `desired`) is as it should be, as far as is known.
    pub(super) fn is_settled(&self, credential: Credential, desired: bool) -> bool {
        let differs = self.deletes.contains_key(&credential) || self.puts.contains_key(&credential);
        let missing = desired && self.is_unloaded(credential);
        !(differs || missing || self.unread.contains(bucket_of(credential)))
    }

    /// The desired row of a card changes from `before` to `after`, and none of it is on its way to the controller.
    pub(super) fn desire(&mut self, credential: Credential, before: Option<Row>, after: Option<Row>) {
        let held = self.held(credential, before);
        self.differ(credential, held, after);
    }

    /// Remembers or forgets that what is held of a card differs from what is desired.
    pub(super) fn differ(&mut self, credential: Credential, held: Held, desired: Option<Row>) {
        self.deletes.remove(&credential);
        self.puts.remove(&credential);
        match (held, desired) {
            (Held::Unknown, None) => drop(self.deletes.insert(credential, held)),
            // Its bucket is yet to be read, or to be loaded: the row will be found missing then.
            (Held::Unknown, Some(_)) => {}
            (Held::Row(None), Some(_)) if self.is_unloaded(credential) => {}
            (Held::Row(held_row), desired) if held_row == desired => {}
            (_, None) => drop(self.deletes.insert(credential, held)),
            (_, Some(_)) => drop(self.puts.insert(credential, held)),
        }
    }

    /// A card that must go, taken out.
    pub(super) fn take_delete(&mut self) -> Option<Item> {
        let (credential, before) = self.deletes.pop_first()?;
        Some(Item { credential, before, after: None })
    }

    /// A card whose row must be put, taken out; its desired row is for the caller to add.
    pub(super) fn take_put(&mut self) -> Option<(Credential, Held)> {
        self.puts.pop_first()
    }

    /// A card whose row is to be put in the place of one that is held, and that one.
    pub(super) fn put_over_row(&self) -> Option<(Credential, Row)> {
        self.puts_over_rows().next()
    }

    /// Cards whose rows are to be put in the place of those that are held, and these.
    pub(super) fn puts_over_rows(&self) -> impl Iterator<Item = (Credential, Row)> {
        self.puts.iter().filter_map(|(credential, held)| match held {
            Held::Row(Some(row)) => Some((*credential, *row)),
            Held::Row(None) | Held::Unknown => None,
        })
    }

    /// A card, taken out.
    pub(super) fn take(&mut self, credential: Credential) {
        self.puts.remove(&credential);
    }

    /// How far the whole table is loaded, if it is.
    pub(super) const fn sweep(&self) -> Option<Option<RunPlace>> {
        self.sweep
    }

    /// The whole table is loaded up to this place, or wholly for `None`. These cards are still to be put, by themselves.
    pub(super) fn swept(&mut self, to: Option<RunPlace>, left: impl IntoIterator<Item = Credential>) {
        self.sweep = to.map(Some);
        self.puts.extend(left.into_iter().map(|credential| (credential, Held::Row(None))));
    }

    /// Where loading goes on: a bucket, and the last card of it that was sent.
    pub(super) fn load_position(&self) -> Option<(u8, Option<Credential>)> {
        self.absent.first().map(|bucket| (bucket, self.loaded))
    }

    /// Loading has come to this card.
    pub(super) fn loaded_to(&mut self, credential: Credential) {
        self.loaded = Some(credential);
    }

    /// All of a bucket has been sent.
    pub(super) fn loaded_bucket(&mut self, bucket: u8) {
        self.absent.remove(bucket);
        self.loaded = None;
    }

    /// A bucket's rows have all been read. Gives each card of it that is held or desired, with both.
    pub(super) fn bucket_read(
        &mut self,
        bucket: u8,
        held: &[Row],
        desired: impl Iterator<Item = (Credential, Row)>,
    ) {
        let key = self.digests.key().clone();
        let sum = held.iter().fold(0u64, |sum, row| sum.wrapping_add(key.row(row)));
        self.digests.set_bucket(bucket, sum);
        self.unread.remove(bucket);
        self.deletes.retain(|credential, _| bucket_of(*credential) != bucket);
        let mut rows: BTreeMap<Credential, (Option<Row>, Option<Row>)> =
            held.iter().map(|row| (row.credential, (Some(*row), None))).collect();
        for (credential, row) in desired {
            rows.entry(credential).or_default().1 = Some(row);
        }
        for (credential, (held, desired)) in rows {
            self.differ(credential, Held::Row(held), desired);
        }
    }

    /// A change was carried out.
    pub(super) fn applied(&mut self, item: &Item) {
        let Held::Row(before) = item.before else { return };
        if let Some(before) = before {
            self.digests.remove(&before);
        }
        if let Some(after) = item.after {
            self.digests.add(&after);
        }
    }

    /// So many of these items took effect: all deletions, or all puts.
    pub(super) fn count(&mut self, items: &[Item], applied: usize) {
        let is_new = |item: &&Item| item.after.is_some() && item.before == Held::Row(None);
        let added = items.iter().take(applied).filter(is_new).count();
        let removed = if items.iter().all(|item| item.after.is_none()) { applied } else { 0 };
        let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.rows = self.rows.saturating_add(small(added)).saturating_sub(small(removed));
    }

    /// What is believed to be held of a card, of which `desired_before` was desired until now.
    pub(super) fn held(&self, credential: Credential, desired_before: Option<Row>) -> Held {
        if let Some(held) = self.deletes.get(&credential).or_else(|| self.puts.get(&credential)) {
            return *held;
        }
        if self.unread.contains(bucket_of(credential)) {
            return Held::Unknown;
        }
        Held::Row(if self.is_unloaded(credential) { None } else { desired_before })
    }

    fn is_unloaded(&self, credential: Credential) -> bool {
        if let Some(to) = self.sweep {
            return to.is_none_or(|to| to < RunPlace::of(credential));
        }
        let bucket = bucket_of(credential);
        let reached = |loaded: Credential| bucket_of(loaded) == bucket && credential <= loaded;
        self.absent.contains(bucket) && !self.loaded.is_some_and(reached)
    }
}
