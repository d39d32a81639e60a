//! What the gateway asks of a panel.

use super::bytes::{Reader, Writer};
use super::code::{
    ACK_EVENTS, ADOPT, COMMIT_PROFILES, DELETE_KEYS, INFO, PUT_ROWS, READ_BUCKETS, READ_EVENTS, READ_ROWS,
    SET_CLOCK, STAGE_PROFILES,
};
use super::items::{Keys, ProfileList, Rows};
use crate::credential::Credential;
use crate::table::{DigestKey, decode_credential, encode_credential};
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
        }
    }

    /// Reads an operation; `None` if its body is malformed in any place, rows and keys included.
    ///
    /// # Errors
    /// The code, if this version doesn't know it.
    pub fn decode(from: &'a [u8]) -> Result<Option<Self>, u8> {
        let Some((code, body)) = from.split_first() else { return Ok(None) };
        let body = Reader(body);
        Ok(match *code {
            INFO => body.end(Self::Info),
            ADOPT => Self::adopt(body),
            SET_CLOCK => Self::set_clock(body),
            PUT_ROWS => Rows::checked(body.rest()).map(Self::PutRows),
            DELETE_KEYS => Keys::checked(body.rest()).map(Self::DeleteKeys),
            STAGE_PROFILES => Self::stage(body),
            COMMIT_PROFILES => Self::commit(body),
            READ_BUCKETS => Self::read_buckets(body),
            READ_ROWS => Self::read_rows(body),
            READ_EVENTS => Self::number(body, |from| Self::ReadEvents { from }),
            ACK_EVENTS => Self::number(body, |before| Self::AckEvents { before }),
            unknown => return Err(unknown),
        })
    }

    /// Writes the operation to the front of `to`; how many bytes, or `None` if they don't fit.
    pub fn encode(&self, to: &mut [u8]) -> Option<usize> {
        let mut to = Writer::new(to);
        to.put(&[self.code()])?;
        match self {
            Self::Info => {}
            Self::Adopt { epoch, key } => {
                to.put(&epoch.to_le_bytes())?;
                to.put(key.as_bytes())?;
            }
            Self::SetClock(now) => to.put(&now.0.to_le_bytes())?,
            Self::PutRows(Rows(bytes)) | Self::DeleteKeys(Keys(bytes)) => to.put(bytes)?,
            Self::StageProfiles { first, profiles } => {
                to.put(&first.to_le_bytes())?;
                to.put(profiles.as_bytes())?;
            }
            Self::CommitProfiles { count, digest } => {
                to.put(&count.to_le_bytes())?;
                to.put(&digest.to_le_bytes())?;
            }
            Self::ReadBuckets { first, count } => {
                to.put(&[*first])?;
                to.put(&count.to_le_bytes())?;
            }
            Self::ReadRows { bucket, after } => {
                to.put(&[*bucket])?;
                if let Some(after) = after {
                    to.put_with(|to| encode_credential(*after, to))?;
                }
            }
            Self::ReadEvents { from: number } | Self::AckEvents { before: number } => {
                to.put(&number.to_le_bytes())?;
            }
        }
        Some(to.len())
    }

    fn adopt(mut body: Reader<'a>) -> Option<Self> {
        let epoch = body.u32().filter(|epoch| *epoch != 0)?;
        let key = DigestKey::new(body.take()?);
        body.end(Self::Adopt { epoch, key })
    }

    fn set_clock(mut body: Reader<'a>) -> Option<Self> {
        let now = body.u32().filter(|now| *now != 0)?;
        body.end(Self::SetClock(UtcSeconds(now)))
    }

    fn stage(mut body: Reader<'a>) -> Option<Self> {
        let first = body.u16()?;
        let profiles = ProfileList::checked(body.rest())?;
        Some(Self::StageProfiles { first, profiles })
    }

    fn commit(mut body: Reader<'a>) -> Option<Self> {
        let count = body.u16()?;
        let digest = body.u64()?;
        body.end(Self::CommitProfiles { count, digest })
    }

    fn read_buckets(mut body: Reader<'a>) -> Option<Self> {
        let first = body.u8()?;
        let count = body.u16().filter(|count| *count > 0 && *count <= 256 - u16::from(first))?;
        body.end(Self::ReadBuckets { first, count })
    }

    fn read_rows(mut body: Reader<'a>) -> Option<Self> {
        let bucket = body.u8()?;
        let after = match body.rest() {
            [] => None,
            key => {
                let (credential, len) = decode_credential(key).ok()?;
                (len == key.len()).then_some(())?;
                Some(credential)
            }
        };
        Some(Self::ReadRows { bucket, after })
    }

    fn number(mut body: Reader<'a>, operation: impl FnOnce(u32) -> Self) -> Option<Self> {
        let number = body.u32()?;
        body.end(operation(number))
    }
}
