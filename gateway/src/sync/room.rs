//! What passes between a panel's machine and its link: operations as values, never as bytes.
//!
//! A link's dialect implements [`Room`]: the frame of a line, the message of a broker. The machine fills it with one
//! operation, as much of it as fits, and is given the panel's [`Answer`] or that there will be none.

use panel_protocol::credential::Credential;
use panel_protocol::panel::{Info, PanelEvent, Status};
use panel_protocol::table::{DigestKey, Profile, Row};
use panel_protocol::time::UtcSeconds;

/// Room for one operation. It is one of: cards to delete, rows to put, profiles to stage, or an [`Operation`].
pub trait Room {
    /// Adds a card whose row is to be deleted; whether there was room for it.
    fn delete(&mut self, card: Credential) -> bool;

    /// Adds a row to be put; whether there was room for it.
    fn put(&mut self, row: &Row) -> bool;

    /// Stages these profiles, numbered from `first` on; how many of them there was room for.
    fn stage_profiles(&mut self, first: u16, profiles: &[Profile]) -> usize;

    /// Takes any other operation; whether there was room for it.
    fn operation(&mut self, operation: &Operation) -> bool;

    /// Takes the deletion of what the panel has listed under this name, which is no card's; whether that can be said.
    fn delete_named(&mut self, _: &str) -> bool {
        false
    }
}

/// What a panel is asked or told besides rows, cards to delete and profiles to stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operation {
    /// What are you, and what do you hold?
    Info,
    /// Make digests under this key from now on, and number events under this epoch.
    Adopt {
        /// Never 0.
        epoch: u32,
        /// The digest key.
        key: DigestKey,
    },
    /// It is this second now.
    SetClock(UtcSeconds),
    /// Put the staged profiles in force, if that leads to this digest.
    CommitProfiles {
        /// How many have been staged.
        count: u16,
        /// The digest of the whole table that must come out.
        digest: u64,
    },
    /// The digests of `count` buckets from `first` on; fewer may be answered.
    ReadBuckets {
        /// The first bucket.
        first: u8,
        /// 1 to 256, and no further than the last bucket.
        count: u16,
    },
    /// The rows of a bucket, from its first or from the one after `after`.
    ReadRows {
        /// Which bucket.
        bucket: u8,
        /// The last row that is already known.
        after: Option<Credential>,
    },
    /// The events from this number on.
    ReadEvents {
        /// The first that is wanted.
        from: u32,
    },
    /// All events before this number may be forgotten.
    AckEvents {
        /// The first that is still to be kept.
        before: u32,
    },
    /// All that you hold, of a panel that has no digest.
    List,
}

/// What a panel answers to the operation under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// To [`Operation::Info`].
    Info(Info),
    /// To whatever may change the table: rows, deletions, profiles, adoption.
    Change {
        /// How it ended.
        status: Status,
        /// The digest of the whole table, now.
        digest: u64,
        /// How many of the operation's items are in effect.
        applied: usize,
    },
    /// To [`Operation::ReadBuckets`].
    Buckets {
        /// The first bucket.
        first: u8,
        /// Its digest and those of the buckets after it.
        digests: Vec<u64>,
    },
    /// To [`Operation::ReadRows`].
    Rows {
        /// The bucket.
        bucket: u8,
        /// Whether there are more rows after these.
        more: bool,
        /// In credential order.
        rows: Vec<Row>,
    },
    /// To [`Operation::ReadEvents`].
    Events {
        /// The number that the panel's next event will have.
        next_event: u32,
        /// In order, from the first kept event that was asked for.
        events: Vec<PanelEvent>,
    },
    /// To [`Operation::List`].
    Listed {
        /// In any order, and a card perhaps twice.
        rows: Vec<ListedRow>,
        /// What it holds under names that are no card's.
        strays: Vec<String>,
    },
    /// To [`Operation::SetClock`] and [`Operation::AckEvents`], and to all that a panel without a digest is told: done.
    Acknowledged,
    /// The panel doesn't do it.
    Refused(Status),
}

/// A card in the list of a panel without a digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListedRow {
    /// Which card.
    pub credential: Credential,
    /// Its row, with profile 0 for "opens"; `None` if what stands there is not what is ever written.
    pub row: Option<Row>,
}

/// Why no answer comes to the operation under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// It or its answer got lost, or the panel has gone: whether it was carried out is unknown.
    Lost,
    /// The panel's link layer refused it.
    Refused,
    /// What came back can't be read, or answers something else.
    Malformed,
}

/// A panel has events that were not acknowledged to it; told without being asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventsWaiting {
    /// The oldest.
    pub first_event: u32,
    /// The number that the next event will have.
    pub next_event: u32,
}
