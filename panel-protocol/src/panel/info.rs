//! What a panel is and holds, as INFO tells it.

use super::code::INFO;
use super::status::Status;
use crate::bytes::{Reader, Writer};
use crate::time::UtcSeconds;

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

impl Info {
    pub(super) fn decode(mut body: Reader<'_>) -> Option<Self> {
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
