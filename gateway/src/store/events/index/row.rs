//! One event in the index: where it lies, and hashes of what it is searched by.
//!
//! A hash may be that of something else as well, so a row only says which events are worth reading. 30 bytes, little endian:
//! `seconds i64 | offset u32 | door u32 | holder u32 | name u32 | card u32 | reason u8 | listed u8`.

use panel_protocol::credential::Credential;

use crate::domain::{CardholderId, DoorId, Event};
use crate::store::events::facts::Facts;
use crate::store::events::wanted::folded;

/// Bytes of a row.
pub(super) const ROW_LEN: usize = 30;

/// One event in the index.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Row {
    /// When, in seconds since 1970, rounded.
    pub(super) second: i64,
    /// Where its record begins in the segment.
    pub(super) offset: u32,
    pub(super) door: u32,
    pub(super) holder: u32,
    pub(super) name: u32,
    pub(super) card: u32,
    /// The reason's code.
    pub(super) reason: u8,
    /// Whether it is of a kind that is listed for people; all but the offset is 0 if it isn't.
    pub(super) listed: bool,
}

impl Row {
    /// Of the event whose record begins at `offset`; `None` stands for one that this program can't read.
    pub(super) fn of(offset: u32, event: Option<&Event>) -> Self {
        let nothing = Self { offset, ..Self::default() };
        event.and_then(|event| Some((event.at, Facts::of(event)?))).map_or(nothing, |(at, facts)| Self {
            second: at.as_second(),
            offset,
            door: facts.door.map_or(0, door_hash),
            holder: facts.holder.map_or(0, holder_hash),
            name: facts.holder_name.map_or(0, name_hash),
            card: card_hash(facts.card),
            reason: facts.reason as u8,
            listed: true,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.second.to_le_bytes());
        for word in [self.offset, self.door, self.holder, self.name, self.card] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&[self.reason, u8::from(self.listed)]);
    }

    pub(super) fn read(bytes: &[u8; ROW_LEN]) -> Self {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let second = u64::from(word(0)) | u64::from(word(4)) << 32;
        Self {
            second: second.cast_signed(),
            offset: word(8),
            door: word(12),
            holder: word(16),
            name: word(20),
            card: word(24),
            reason: bytes[28],
            listed: bytes[29] != 0,
        }
    }
}

pub(super) fn door_hash(door: &DoorId) -> u32 {
    crc32c::crc32c(door.as_str().as_bytes())
}

pub(super) fn holder_hash(holder: CardholderId) -> u32 {
    crc32c::crc32c(holder.0.as_bytes())
}

pub(super) fn name_hash(name: &str) -> u32 {
    crc32c::crc32c(folded(name).as_bytes())
}

pub(super) fn card_hash(card: Credential) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&card.raw().to_le_bytes()), &[card.bits()])
}
