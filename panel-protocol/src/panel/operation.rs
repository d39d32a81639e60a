//! What the gateway asks of a panel.

use super::code::{
    ACK_EVENTS, ADOPT, COMMIT_PROFILES, DELETE_KEYS, DELETE_SETTINGS, HELLO, INFO, PUT_ROWS, PUT_RUNS,
    PUT_SETTINGS, READ_ALL_EVENTS, READ_BUCKETS, READ_EVENTS, READ_ROWS, READ_SETTINGS, SET_CLOCK, SET_MODE,
    STAGE_PROFILES, UNLOCK, version_of,
};
use super::items::{Keys, ProfileList, Rows, SettingKeys, SettingList};
use super::run::Runs;
use crate::credential::Credential;
use crate::decide::Mode;
use crate::table::{DigestKey, SettingKey};
use crate::time::UtcSeconds;

/// One request to a panel: an operation code and its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operation<'a> {
    /// What are you, and what do you hold?
    Info,
    /// Make digests under this key from now on, and number events under this epoch.
    Adopt {
        /// Not 0; a wiped panel has epoch 0.
        epoch: u32,
        /// The digest key.
        key: DigestKey,
    },
    /// It is this second now.
    SetClock(UtcSeconds),
    /// Add these rows, or put them in their predecessors' places.
    PutRows(Rows<'a>),
    /// Remove the rows of these cards.
    DeleteKeys(Keys<'a>),
    /// Keep these profiles aside, from number `first` on. `first` 0 begins anew.
    StageProfiles {
        /// The number of the first of them.
        first: u16,
        /// In order of their numbers.
        profiles: ProfileList<'a>,
    },
    /// Put what was staged in the place of the profile table, if that leads to this digest.
    CommitProfiles {
        /// How many profiles must have been staged.
        count: u16,
        /// The digest of the whole table that must come out.
        digest: u64,
    },
    /// The digests of `count` buckets from `first` on.
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
    /// The events from this number on, as many as fit the answer.
    ReadEvents {
        /// The first that is wanted.
        from: u32,
    },
    /// All events before this number may be forgotten.
    AckEvents {
        /// The first that is still to be kept.
        before: u32,
    },
    /// This session is to be of this version.
    Hello {
        /// The newest that the gateway speaks, 2 at least.
        version: u8,
    },
    /// Add these settings, or put them in their predecessors' places.
    PutSettings(SettingList<'a>),
    /// Remove these settings.
    DeleteSettings(SettingKeys<'a>),
    /// Add the rows of these runs, or put them in their predecessors' places.
    PutRuns(Runs<'a>),
    /// The settings, from the first or from the one after `after`.
    ReadSettings {
        /// The last that is already known.
        after: Option<SettingKey>,
    },
    /// The events from this number on, those that version 1 doesn't have among them.
    ReadAllEvents {
        /// The first that is wanted.
        from: u32,
    },
    /// A door is to stand otherwise for a while. Never kept.
    SetMode {
        /// The door's reader.
        reader: u8,
        /// Not to be done after this second.
        not_after: Option<UtcSeconds>,
        /// How, and for how many seconds (not 0); `None`: as its settings say, from now on.
        mode: Option<(Mode, u32)>,
    },
    /// Unlock a door for a moment. Never kept.
    Unlock {
        /// The door's reader.
        reader: u8,
        /// Not to be done after this second.
        not_after: Option<UtcSeconds>,
        /// For how long, in tenths of a second (not 0).
        tenths: u16,
    },
}

impl<'a> Operation<'a> {
    /// The operation's code.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Info => INFO,
            Self::Adopt { .. } => ADOPT,
            Self::SetClock(_) => SET_CLOCK,
            Self::PutRows(_) => PUT_ROWS,
            Self::DeleteKeys(_) => DELETE_KEYS,
            Self::StageProfiles { .. } => STAGE_PROFILES,
            Self::CommitProfiles { .. } => COMMIT_PROFILES,
            Self::ReadBuckets { .. } => READ_BUCKETS,
            Self::ReadRows { .. } => READ_ROWS,
            Self::ReadEvents { .. } => READ_EVENTS,
            Self::AckEvents { .. } => ACK_EVENTS,
            Self::Hello { .. } => HELLO,
            Self::PutSettings(_) => PUT_SETTINGS,
            Self::DeleteSettings(_) => DELETE_SETTINGS,
            Self::PutRuns(_) => PUT_RUNS,
            Self::ReadSettings { .. } => READ_SETTINGS,
            Self::ReadAllEvents { .. } => READ_ALL_EVENTS,
            Self::SetMode { .. } => SET_MODE,
            Self::Unlock { .. } => UNLOCK,
        }
    }

    /// Whether version 1 can say it: the operation, and all that it carries.
    pub fn is_of_version_1(&self) -> bool {
        match self {
            Self::PutRows(rows) => rows.iter().all(|row| row.is_of_version_1()),
            Self::StageProfiles { profiles, .. } => {
                profiles.iter().all(|profile| profile.of_version_1().is_ok())
            }
            _ => version_of(self.code()) == Some(1),
        }
    }
}
