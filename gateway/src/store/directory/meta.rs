//! The one row that says what the rest of the tree should be.

use serde::{Deserialize, Serialize};

use super::rows::{self, Value, kind};
use crate::domain::Revision;

/// Where it is.
pub(super) const META_KEY: &[u8] = &[kind::META];

/// Version of the way in which rows are laid out, where there are no access levels.
const LAYOUT: u32 = 1;

/// The same with access levels and rules, which a program that knows only layout 1 would not keep up.
const LAYOUT_WITH_ACCESS: u32 = 2;

/// The same with schedules, places, rules for everyone and for one person, the access mode and holds.
const LAYOUT_WITH_SCHEDULES: u32 = 3;

/// The same with what sources of events say.
const LAYOUT_WITH_SOURCES: u32 = 4;

/// Version of the rows by which entities are found. A tree with others is given these when it is opened; who knows no
/// versions of them leaves the field out.
pub(super) const INDEXES: u32 = 1;

/// How much there is of what.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Counts {
    /// People.
    pub cardholders: u64,
    /// People who are active.
    pub active: u64,
    /// Cards, active or not.
    pub cards: u64,
    /// Cards that may open something: active, of active people.
    pub active_cards: u64,
    /// Groups.
    pub groups: u64,
    /// People with a card that was refused.
    pub refused_cards: u64,
    /// Access levels.
    #[serde(default)]
    pub access_levels: u64,
    /// Rules.
    #[serde(default)]
    pub rules: u64,
    /// Records of any kind that layout 2 has no words for.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(super) newer: u64,
    /// Records of what sources of events say, which layout 3 has no words for.
    #[serde(default, skip_serializing_if = "is_none")]
    pub said: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

/// What the tree should be, written in the same batch as every change of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Meta {
    pub(super) layout: u32,
    /// Version of the rows by which entities are found.
    #[serde(default)]
    pub(super) indexes: u32,
    /// Only a part of a snapshot is in the tree yet.
    #[serde(default)]
    pub(super) loading: bool,
    /// The journal's record up to which everything is in the tree.
    pub(super) revision: Revision,
    pub(super) counts: Counts,
    /// Revocations that are remembered.
    pub(super) revocations: u64,
    /// Rows, this one apart.
    pub(super) rows: u64,
    /// The wrapping sum of their hashes.
    pub(super) sum: u64,
}

impl Meta {
    /// An empty directory.
    pub(super) const EMPTY: Self = Self {
        layout: LAYOUT,
        indexes: INDEXES,
        loading: false,
        revision: Revision(0),
        counts: Counts::NONE,
        revocations: 0,
        rows: 0,
        sum: 0,
    };

    /// As the row's value.
    pub(super) fn encode(&self) -> Result<Value, String> {
        let layout = match (self.counts.said, self.counts.newer, self.counts.access_levels) {
            (0, 0, 0) => LAYOUT,
            (0, 0, _) => LAYOUT_WITH_ACCESS,
            (0, ..) => LAYOUT_WITH_SCHEDULES,
            _ => LAYOUT_WITH_SOURCES,
        };
        rows::encode(&Self { layout, ..*self })
    }

    /// From the row's value.
    pub(super) fn decode(value: &[u8]) -> Result<Self, String> {
        let meta: Self = rows::decode(value)?;
        if !(LAYOUT..=LAYOUT_WITH_SOURCES).contains(&meta.layout) {
            return Err(format!("its layout is {}, and {LAYOUT_WITH_SOURCES} is known", meta.layout));
        }
        Ok(meta)
    }

    /// Counts a row in.
    pub(super) fn add_row(&mut self, key: &[u8], value: &[u8]) {
        self.rows = self.rows.wrapping_add(1);
        self.sum = self.sum.wrapping_add(rows::row_hash(key, value));
    }

    /// Counts a row out.
    pub(super) fn remove_row(&mut self, key: &[u8], value: &[u8]) {
        self.rows = self.rows.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(rows::row_hash(key, value));
    }
}

impl Counts {
    /// An empty directory's.
    pub(super) const NONE: Self = Self {
        cardholders: 0,
        active: 0,
        cards: 0,
        active_cards: 0,
        groups: 0,
        refused_cards: 0,
        access_levels: 0,
        rules: 0,
        newer: 0,
        said: 0,
    };

    /// Counts an entity in.
    pub(super) fn add(&mut self, own: &Self) {
        self.each(own, u64::saturating_add);
    }

    /// Counts an entity out that was counted in.
    pub(super) fn remove(&mut self, own: &Self) {
        self.each(own, u64::saturating_sub);
    }

    fn each(&mut self, own: &Self, reckon: fn(u64, u64) -> u64) {
        *self = Self {
            cardholders: reckon(self.cardholders, own.cardholders),
            active: reckon(self.active, own.active),
            cards: reckon(self.cards, own.cards),
            active_cards: reckon(self.active_cards, own.active_cards),
            groups: reckon(self.groups, own.groups),
            refused_cards: reckon(self.refused_cards, own.refused_cards),
            access_levels: reckon(self.access_levels, own.access_levels),
            rules: reckon(self.rules, own.rules),
            newer: reckon(self.newer, own.newer),
            said: reckon(self.said, own.said),
        };
    }
}
