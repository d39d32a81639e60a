//! Operations as bytes.

use super::code::{
    ACK_EVENTS, ADOPT, COMMIT_PROFILES, DELETE_KEYS, DELETE_SETTINGS, HELLO, INFO, PUT_ROWS, PUT_RUNS,
    PUT_SETTINGS, READ_ALL_EVENTS, READ_BUCKETS, READ_EVENTS, READ_ROWS, READ_SETTINGS, SET_CLOCK, SET_MODE,
    STAGE_PROFILES, UNLOCK,
};
use super::items::{Keys, ProfileList, Rows, SettingKeys, SettingList};
use super::operation::Operation;
use super::run::Runs;
use crate::bytes::{Reader, Writer};
use crate::decide::Mode;
use crate::limits::MAX_READERS;
use crate::table::{DigestKey, SettingKey, decode_credential, encode_credential, mode_bytes, mode_of};
use crate::time::UtcSeconds;

impl<'a> Operation<'a> {
    /// Reads an operation; `None` if its body is malformed in any place, rows and keys included.
    ///
    /// # Errors
    /// The code, if this version doesn't know it.
    pub fn decode(from: &'a [u8]) -> Result<Option<Self>, u8> {
        let Some((code, body)) = from.split_first() else { return Ok(None) };
        let body = Reader(body);
        Ok(match *code {
            HELLO => Self::hello(body),
            PUT_SETTINGS => SettingList::checked(body.rest()).map(Self::PutSettings),
            DELETE_SETTINGS => SettingKeys::checked(body.rest()).map(Self::DeleteSettings),
            PUT_RUNS => Runs::checked(body.rest()).map(Self::PutRuns),
            READ_SETTINGS => Self::read_settings(body),
            READ_ALL_EVENTS => Self::number(body, |from| Self::ReadAllEvents { from }),
            SET_MODE => Self::set_mode(body),
            UNLOCK => Self::unlock(body),
            _ => return Self::decode_1(from),
        })
    }

    /// As [`decode`](Self::decode), of the operations that came with version 1.
    pub(super) fn decode_1(from: &'a [u8]) -> Result<Option<Self>, u8> {
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
            Self::PutRows(Rows(bytes))
            | Self::DeleteKeys(Keys(bytes))
            | Self::PutSettings(SettingList(bytes))
            | Self::DeleteSettings(SettingKeys(bytes))
            | Self::PutRuns(Runs(bytes)) => to.put(bytes)?,
            Self::Hello { version } => to.put(&[*version])?,
            Self::ReadSettings { after } => {
                if let Some(after) = after {
                    to.put(&after.to_bytes())?;
                }
            }
            Self::SetMode { reader, not_after, mode } => {
                put_deadline(&mut to, *reader, *not_after)?;
                let (mode, seconds) = mode.unwrap_or((Mode::Card, 0));
                to.put(&seconds.to_le_bytes())?;
                to.put(&mode_bytes(mode))?;
            }
            Self::Unlock { reader, not_after, tenths } => {
                put_deadline(&mut to, *reader, *not_after)?;
                to.put(&tenths.to_le_bytes())?;
            }
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
            Self::ReadEvents { from: number }
            | Self::ReadAllEvents { from: number }
            | Self::AckEvents { before: number } => {
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

    fn hello(mut body: Reader<'a>) -> Option<Self> {
        let version = body.u8().filter(|version| *version >= 2)?;
        body.end(Self::Hello { version })
    }

    fn read_settings(mut body: Reader<'a>) -> Option<Self> {
        if body.rest().is_empty() {
            return Some(Self::ReadSettings { after: None });
        }
        let after = SettingKey::from_bytes(body.take()?)?;
        body.end(Self::ReadSettings { after: Some(after) })
    }

    fn set_mode(mut body: Reader<'a>) -> Option<Self> {
        let (reader, not_after) = deadline(&mut body)?;
        let seconds = body.u32()?;
        let mode = mode_of(body.take()?)?;
        let mode = match (mode, seconds) {
            (Mode::Card, 0) => None,
            (_, 0) => return None,
            timed => Some(timed),
        };
        body.end(Self::SetMode { reader, not_after, mode })
    }

    fn unlock(mut body: Reader<'a>) -> Option<Self> {
        let (reader, not_after) = deadline(&mut body)?;
        let tenths = body.u16().filter(|tenths| *tenths != 0)?;
        body.end(Self::Unlock { reader, not_after, tenths })
    }
}

fn put_deadline(to: &mut Writer<'_>, reader: u8, not_after: Option<UtcSeconds>) -> Option<()> {
    to.put(&[reader])?;
    to.put(&not_after.map_or(0, |second| second.0).to_le_bytes())
}

/// A reader, and the second after which something is not to be done there.
fn deadline(from: &mut Reader<'_>) -> Option<(u8, Option<UtcSeconds>)> {
    let reader = from.u8().filter(|reader| usize::from(*reader) < MAX_READERS)?;
    let second = from.u32()?;
    Some((reader, (second != 0).then_some(UtcSeconds(second))))
}
