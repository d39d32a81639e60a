//! What a panel answers: operation code, status, body.

use core::fmt;

use super::bytes::{Reader, Writer};
use super::code::{
    ACK_EVENTS, ADOPT, COMMIT_PROFILES, DELETE_KEYS, EVENTS_WAITING, INFO, PUT_ROWS, READ_BUCKETS,
    READ_EVENTS, READ_ROWS, SET_CLOCK, STAGE_PROFILES,
};
use super::event::PanelEvent;
use super::items::split;
use crate::table::Row;
use crate::time::UtcSeconds;

/// How an operation ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Status {
    /// Done.
    Done = 0,
    /// The operation's code is not known; nothing changed.
    UnknownOperation = 1,
    /// The operation's body is malformed; nothing changed.
    Malformed = 2,
    /// The table is full; the items before the one that had no room are in.
    TableFull = 3,
    /// The digest that came out is not the one that was expected; nothing changed.
    DigestMismatch = 4,
    /// Profiles were staged out of order, or too many; nothing changed.
    Staging = 5,
}

impl Status {
    const ALL: [Self; 6] = [
        Self::Done,
        Self::UnknownOperation,
        Self::Malformed,
        Self::TableFull,
        Self::DigestMismatch,
        Self::Staging,
    ];

    /// Its byte on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::UnknownOperation => "operation not known to the controller",
            Self::Malformed => "operation malformed",
            Self::TableFull => "card table full",
            Self::DigestMismatch => "digest not as expected",
            Self::Staging => "profiles staged out of order or too many",
        })
    }
}

/// What a panel is and holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Info {
    /// The newest version of this command set that the panel speaks.
    pub version: u8,
    /// How many readers it has.
    pub readers: u8,
    /// How many times it has started, wrapping; a change tells of a restart.
    pub boot: u16,
    /// Most rows it takes.
    pub row_capacity: u32,
    /// Rows it holds.
    pub rows: u32,
    /// Most profiles it takes.
    pub profile_capacity: u16,
    /// Profiles it holds.
    pub profiles: u16,
    /// The digest of its whole table.
    pub digest: u64,
    /// The [check value](crate::table::DigestKey::check) of its digest key.
    pub key_check: u64,
    /// Under which its events are numbered; 0 until it is adopted.
    pub epoch: u32,
    /// Its clock; `None` until it is set.
    pub clock: Option<UtcSeconds>,
    /// The oldest event that it keeps.
    pub first_event: u32,
    /// The number that its next event will have.
    pub next_event: u32,
}

/// One answer of a panel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer<'a> {
    /// To `Info`.
    Info(Info),
    /// To every operation that may change the table.
    Change {
        /// The operation's code.
        code: u8,
        /// How it ended.
        status: Status,
        /// The digest of the whole table, now.
        digest: u64,
        /// How many of the operation's items are in effect.
        applied: u16,
    },
    /// To `ReadBuckets`.
    Buckets {
        /// The first bucket.
        first: u8,
        /// Its digest and those of the buckets after it.
        digests: BucketList<'a>,
    },
    /// To `ReadRows`.
    Rows {
        /// The bucket.
        bucket: u8,
        /// Whether there are more rows after these.
        more: bool,
        /// In credential order.
        rows: RowList<'a>,
    },
    /// To `ReadEvents`.
    Events {
        /// The number that the panel's next event will have.
        next_event: u32,
        /// In order, from the first kept event that was asked for.
        events: EventList<'a>,
    },
    /// To `SetClock` and `AckEvents`.
    Acknowledged {
        /// The operation's code.
        code: u8,
    },
    /// To whatever was not done and has no table to speak of.
    Refused {
        /// The operation's code.
        code: u8,
        /// Why.
        status: Status,
    },
    /// Unasked, to a poll: there are events that the gateway has not acknowledged.
    EventsWaiting {
        /// The oldest.
        first_event: u32,
        /// The number that the next event will have.
        next_event: u32,
    },
}

impl<'a> Answer<'a> {
    /// Reads an answer; `None` if it is malformed in any place, or this version doesn't know it.
    pub fn decode(from: &'a [u8]) -> Option<Self> {
        let mut body = Reader(from);
        let code = body.u8()?;
        let status = Status::from_code(body.u8()?)?;
        match (code, status) {
            (ADOPT | PUT_ROWS | DELETE_KEYS | STAGE_PROFILES | COMMIT_PROFILES, _)
                if body.rest().len() == 10 =>
            {
                let (digest, applied) = (body.u64()?, body.u16()?);
                Some(Self::Change { code, status, digest, applied })
            }
            (INFO, Status::Done) => Info::decode(body).map(Self::Info),
            (READ_BUCKETS, Status::Done) => Self::buckets(body),
            (READ_ROWS, Status::Done) => Self::rows(body),
            (READ_EVENTS, Status::Done) => Self::events(body),
            (SET_CLOCK | ACK_EVENTS, Status::Done) => body.end(Self::Acknowledged { code }),
            (EVENTS_WAITING, Status::Done) => {
                let (first_event, next_event) = (body.u32()?, body.u32()?);
                body.end(Self::EventsWaiting { first_event, next_event })
            }
            (_, Status::Done) => None,
            (code, status) => body.end(Self::Refused { code, status }),
        }
    }

    fn buckets(mut body: Reader<'a>) -> Option<Self> {
        let first = body.u8()?;
        let count = body.rest().len() / 8;
        let whole = body.rest().len().is_multiple_of(8) && count > 0 && usize::from(first) + count <= 256;
        whole.then_some(Self::Buckets { first, digests: BucketList(body.rest()) })
    }

    fn rows(mut body: Reader<'a>) -> Option<Self> {
        let [bucket, more] = body.take()?;
        let mut rest = body.rest();
        while !rest.is_empty() {
            let (_, len) = Row::decode(rest).ok().filter(|(row, _)| row.is_of_version_1())?;
            rest = &rest[len..];
        }
        (more <= 1).then_some(Self::Rows { bucket, more: more == 1, rows: RowList(body.rest()) })
    }

    fn events(mut body: Reader<'a>) -> Option<Self> {
        let next_event = body.u32()?;
        let events = EventList(body.rest());
        while !body.rest().is_empty() {
            PanelEvent::decode(&mut body)?;
        }
        Some(Self::Events { next_event, events })
    }
}

impl Info {
    fn decode(mut body: Reader<'_>) -> Option<Self> {
        let info = Self {
            version: body.u8()?,
            readers: body.u8()?,
            boot: body.u16()?,
            row_capacity: body.u32()?,
            rows: body.u32()?,
            profile_capacity: body.u16()?,
            profiles: body.u16()?,
            digest: body.u64()?,
            key_check: body.u64()?,
            epoch: body.u32()?,
            clock: body.u32().map(|clock| (clock != 0).then_some(UtcSeconds(clock)))?,
            first_event: body.u32()?,
            next_event: body.u32()?,
        };
        // A newer panel may say more; what it says here keeps its place.
        Some(info)
    }

    pub(super) fn encode(&self, to: &mut Writer<'_>) -> Option<()> {
        to.put(&[INFO, Status::Done.code(), self.version, self.readers])?;
        to.put(&self.boot.to_le_bytes())?;
        to.put(&self.row_capacity.to_le_bytes())?;
        to.put(&self.rows.to_le_bytes())?;
        to.put(&self.profile_capacity.to_le_bytes())?;
        to.put(&self.profiles.to_le_bytes())?;
        to.put(&self.digest.to_le_bytes())?;
        to.put(&self.key_check.to_le_bytes())?;
        to.put(&self.epoch.to_le_bytes())?;
        to.put(&self.clock.map_or(0, |clock| clock.0).to_le_bytes())?;
        to.put(&self.first_event.to_le_bytes())?;
        to.put(&self.next_event.to_le_bytes())
    }
}

/// One or more bucket digests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BucketList<'a>(&'a [u8]);

impl<'a> BucketList<'a> {
    /// The digests.
    pub fn iter(self) -> impl Iterator<Item = u64> + 'a {
        split(self.0, |bytes| bytes.split_first_chunk::<8>().map(|(head, _)| (u64::from_le_bytes(*head), 8)))
    }
}

/// Rows that a panel holds, each checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowList<'a>(&'a [u8]);

impl<'a> RowList<'a> {
    /// The rows.
    pub fn iter(self) -> impl Iterator<Item = Row> + 'a {
        split(self.0, |bytes| Row::decode(bytes).ok())
    }
}

/// Events of a panel, each checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventList<'a>(&'a [u8]);

impl<'a> EventList<'a> {
    /// The events.
    pub fn iter(self) -> impl Iterator<Item = PanelEvent> + 'a {
        split(self.0, |bytes| {
            let mut reader = Reader(bytes);
            let event = PanelEvent::decode(&mut reader)?;
            Some((event, bytes.len() - reader.rest().len()))
        })
    }
}
