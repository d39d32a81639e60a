//! What a panel answers: operation code, status, body.

use super::code::{
    ACK_EVENTS, ADOPT, COMMIT_PROFILES, DELETE_KEYS, DELETE_SETTINGS, EVENTS_WAITING, HELLO, INFO, PUT_ROWS,
    PUT_RUNS, PUT_SETTINGS, READ_ALL_EVENTS, READ_BUCKETS, READ_EVENTS, READ_ROWS, READ_SETTINGS, SET_CLOCK,
    SET_MODE, STAGE_PROFILES, UNLOCK,
};
use super::event::PanelEvent;
use super::info::Info;
use super::items::{SettingList, split};
use super::status::Status;
use crate::bytes::Reader;
use crate::table::Row;

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
    /// To `ReadEvents` and `ReadAllEvents`.
    Events {
        /// The number that the panel's next event will have.
        next_event: u32,
        /// In order, from the first kept event that was asked for.
        events: EventList<'a>,
    },
    /// To `Hello`: the version that the session has.
    Hello {
        /// The lower of both sides' newest.
        version: u8,
        /// Most schedules that the panel takes, and as many calendars.
        schedules: u8,
        /// How many cards it remembers where they went, and their wrong PINs.
        memory: u16,
    },
    /// To `ReadSettings`.
    Settings {
        /// Whether there are more after these.
        more: bool,
        /// Sorted by key.
        settings: SettingList<'a>,
    },
    /// To `SetClock`, `AckEvents`, `SetMode` and `Unlock`.
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
            (SET_MODE | UNLOCK, Status::TooLate) => body.end(Self::Refused { code, status }),
            (_, Status::TooLate) => None,
            (ADOPT | PUT_ROWS | DELETE_KEYS | STAGE_PROFILES | COMMIT_PROFILES, _)
            | (PUT_SETTINGS | DELETE_SETTINGS | PUT_RUNS, _)
                if body.rest().len() == 10 =>
            {
                let (digest, applied) = (body.u64()?, body.u16()?);
                Some(Self::Change { code, status, digest, applied })
            }
            (INFO, Status::Done) => Info::decode(body).map(Self::Info),
            (READ_BUCKETS, Status::Done) => Self::buckets(body),
            (READ_ROWS, Status::Done) => Self::rows(body),
            (HELLO, Status::Done) => {
                let [version, schedules] = body.take()?;
                let memory = body.u16().filter(|_| version >= 2)?;
                body.end(Self::Hello { version, schedules, memory })
            }
            (READ_SETTINGS, Status::Done) => Self::settings(body),
            (READ_EVENTS, Status::Done) => Self::events(body, 1),
            (READ_ALL_EVENTS, Status::Done) => Self::events(body, 2),
            (SET_CLOCK | ACK_EVENTS | SET_MODE | UNLOCK, Status::Done) => {
                body.end(Self::Acknowledged { code })
            }
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
            rest = &rest[Row::decode(rest).ok()?.1..];
        }
        (more <= 1).then_some(Self::Rows { bucket, more: more == 1, rows: RowList(body.rest()) })
    }

    fn settings(mut body: Reader<'a>) -> Option<Self> {
        let more = body.u8().filter(|more| *more <= 1)? == 1;
        let settings = SettingList::checked_or_empty(body.rest())?;
        Some(Self::Settings { more, settings })
    }

    fn events(mut body: Reader<'a>, version: u8) -> Option<Self> {
        let next_event = body.u32()?;
        let events = EventList(body.rest());
        while !body.rest().is_empty() {
            PanelEvent::decode(&mut body).filter(|event| event.body.version() <= version)?;
        }
        Some(Self::Events { next_event, events })
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
