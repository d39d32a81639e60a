//! The items that operations carry: rows, keys, profiles and settings, checked as a whole before any is used.

use super::code::{DELETE_KEYS, PUT_ROWS, PUT_RUNS, PUT_SETTINGS};
use super::run::RunEncoder;
use crate::bytes::Writer;
use crate::credential::Credential;
use crate::limits::MAX_READERS;
use crate::table::{Profile, Row, Setting, SettingKey, decode_credential, encode_credential};

/// One or more rows, each checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rows<'a>(pub(super) &'a [u8]);

impl<'a> Rows<'a> {
    pub(super) fn checked(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = &rest[Row::decode(rest).ok()?.1..];
        }
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    /// The rows.
    pub fn iter(self) -> impl Iterator<Item = Row> + Clone + 'a {
        split(self.0, |bytes| Row::decode(bytes).ok())
    }
}

/// One or more cards' keys, each checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keys<'a>(pub(super) &'a [u8]);

impl<'a> Keys<'a> {
    pub(super) fn checked(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = &rest[decode_credential(rest).ok()?.1..];
        }
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    /// The cards.
    pub fn iter(self) -> impl Iterator<Item = Credential> + 'a {
        split(self.0, |bytes| decode_credential(bytes).ok())
    }
}

/// One or more profiles, each checked; [`MAX_READERS`] bytes each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProfileList<'a>(&'a [u8]);

impl<'a> ProfileList<'a> {
    /// The list in those bytes; `None` if there is none, or a part of one.
    pub fn checked(bytes: &'a [u8]) -> Option<Self> {
        let whole = !bytes.is_empty() && bytes.len().is_multiple_of(MAX_READERS);
        whole.then_some(Self(bytes))
    }

    pub(super) const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The profiles.
    pub fn iter(self) -> impl Iterator<Item = Profile> + 'a {
        split(self.0, |bytes| {
            let (head, _) = bytes.split_first_chunk::<MAX_READERS>()?;
            Some((Profile::from_bytes(*head), MAX_READERS))
        })
    }
}

/// Settings, each checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SettingList<'a>(pub(super) &'a [u8]);

impl<'a> SettingList<'a> {
    /// One or more.
    pub(super) fn checked(bytes: &'a [u8]) -> Option<Self> {
        Self::checked_or_empty(bytes).filter(|_| !bytes.is_empty())
    }

    pub(super) fn checked_or_empty(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = &rest[Setting::decode(rest)?.1..];
        }
        Some(Self(bytes))
    }

    /// The settings.
    pub fn iter(self) -> impl Iterator<Item = Setting> + Clone + 'a {
        split(self.0, Setting::decode)
    }
}

/// One or more keys of settings, two bytes each, each checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SettingKeys<'a>(pub(super) &'a [u8]);

impl<'a> SettingKeys<'a> {
    /// The keys in those bytes; `None` if there is none, or one that is no setting's.
    pub fn checked(bytes: &'a [u8]) -> Option<Self> {
        let keys = Self(bytes);
        (!bytes.is_empty() && keys.iter().count() * 2 == bytes.len()).then_some(keys)
    }

    /// The keys.
    pub fn iter(self) -> impl Iterator<Item = SettingKey> + 'a {
        split(self.0, |bytes| Some((SettingKey::from_bytes(*bytes.first_chunk()?)?, 2)))
    }
}

pub(super) fn split<'a, T>(
    mut bytes: &'a [u8],
    next: impl Fn(&'a [u8]) -> Option<(T, usize)> + Clone + 'a,
) -> impl Iterator<Item = T> + Clone + 'a
where
    T: 'a,
{
    core::iter::from_fn(move || {
        let (item, len) = next(bytes)?;
        bytes = bytes.get(len..)?;
        Some(item)
    })
}

/// Builds the operations that change rows, one item after another until the buffer is full.
#[derive(Debug)]
pub struct ChangeBuilder<'a> {
    to: Writer<'a>,
}

impl<'a> ChangeBuilder<'a> {
    /// Begins a [`Operation::PutRows`](super::Operation::PutRows); `None` if not even its code fits.
    pub fn put_rows(to: &'a mut [u8]) -> Option<Self> {
        Self::begin(PUT_ROWS, to)
    }

    /// Begins a [`Operation::DeleteKeys`](super::Operation::DeleteKeys); `None` if not even its code fits.
    pub fn delete_keys(to: &'a mut [u8]) -> Option<Self> {
        Self::begin(DELETE_KEYS, to)
    }

    /// Begins a [`Operation::PutSettings`](super::Operation::PutSettings); `None` if not even its code fits.
    pub fn put_settings(to: &'a mut [u8]) -> Option<Self> {
        Self::begin(PUT_SETTINGS, to)
    }

    /// Adds a setting; whether it fitted.
    pub fn setting(&mut self, setting: &Setting) -> bool {
        self.to.put_with(|to| setting.encode(to)).is_some()
    }

    /// Adds a row; whether it fitted.
    pub fn row(&mut self, row: &Row) -> bool {
        self.to.put_with(|to| row.encode(to)).is_some()
    }

    /// Adds a key; whether it fitted.
    pub fn key(&mut self, credential: Credential) -> bool {
        self.to.put_with(|to| encode_credential(credential, to)).is_some()
    }

    /// Begins a [`Operation::PutRuns`](super::Operation::PutRuns); `None` if not even its code fits.
    pub fn put_runs(to: &'a mut [u8]) -> Option<Self> {
        Self::begin(PUT_RUNS, to)
    }

    /// Adds cards of one profile, in the encoder's order, as one run; how many of them fitted.
    pub fn run(&mut self, encoder: RunEncoder, profile: u16, cards: &[Credential]) -> usize {
        let mut fitted = 0;
        let added = self.to.put_with(|to| {
            let (len, count) = encoder.encode(to, profile, cards)?;
            fitted = count;
            Some(len)
        });
        added.map_or(0, |()| fitted)
    }

    /// How many bytes the operation takes.
    pub const fn len(&self) -> usize {
        self.to.len()
    }

    /// Whether it has no item yet.
    pub const fn is_empty(&self) -> bool {
        self.to.len() <= 1
    }

    fn begin(code: u8, to: &'a mut [u8]) -> Option<Self> {
        let mut to = Writer::new(to);
        to.put(&[code])?;
        Some(Self { to })
    }
}
