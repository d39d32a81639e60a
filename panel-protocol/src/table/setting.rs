//! What a controller knows beside rows and profiles, one thing at a time, and its bytes on the wire.
//!
//! ```text
//! kind u8, number u8, and
//! 1 schedule (1–254):   count u8, intervals 5 each
//! 2 calendar (0–127):   count u8, holidays 4 each
//! 3 clock changes (0):  count u8, each: at u32, minutes ahead of UTC i16
//! 4 door (reader 0–15): mode 3, pin u8, tries u8, wait u16, second person u8, anti-passback u8, forget u16,
//!                       from u8, to u8, interlock u16
//! ```
//! There is one encoding of each, so its bytes can be hashed. None is longer than [`MAX_SETTING_LEN`].

use heapless::Vec;

use crate::bytes::{Reader, Writer};
use crate::decide::{AntiPassback, DoorSettings, FirstPerson, Mode};
use crate::limits::{MAX_CLOCK_CHANGES, MAX_HOLIDAYS, MAX_INTERVALS, MAX_READERS};
use crate::schedule::{Calendar, ClockChange, ClockChanges, Holiday, Interval, Schedule, When};
use crate::time::UtcSeconds;

/// Most bytes that a setting takes: three, and what the longest list has.
pub const MAX_SETTING_LEN: usize = 3 + MAX_CLOCK_CHANGES * 6;

const _: () = assert!(MAX_INTERVALS * 5 < MAX_SETTING_LEN - 2 && MAX_HOLIDAYS * 4 < MAX_SETTING_LEN - 2);

/// Bytes of a mode.
pub const MODE_LEN: usize = 3;

/// Greatest rank that a lockdown can ask for.
const MAX_RANK: u8 = 7;

/// Which setting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SettingKey {
    pub(super) kind: Kind,
    pub(super) number: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    Schedule = 1,
    Calendar = 2,
    ClockChanges = 3,
    Door = 4,
}

/// One thing that a controller knows. It takes the place of the one with the same key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Setting {
    /// The schedule that profiles and doors name by this number.
    Schedule(u8, Schedule),
    /// The holidays that schedules name by this number.
    Calendar(u8, Calendar),
    /// What the wall clock shows.
    ClockChanges(ClockChanges),
    /// How the door of this reader decides.
    Door(u8, DoorSettings),
}

impl SettingKey {
    /// The key of a schedule, 1 to 254.
    pub const fn schedule(number: u8) -> Option<Self> {
        Self::new(Kind::Schedule, number)
    }

    /// The key of a calendar, 0 to 127.
    pub const fn calendar(number: u8) -> Option<Self> {
        Self::new(Kind::Calendar, number)
    }

    /// The key of the clock changes.
    pub const CLOCK_CHANGES: Self = Self { kind: Kind::ClockChanges, number: 0 };

    /// The key of a door's settings, by its reader.
    pub const fn door(reader: u8) -> Option<Self> {
        Self::new(Kind::Door, reader)
    }

    /// Its bytes.
    pub const fn to_bytes(self) -> [u8; 2] {
        [self.kind as u8, self.number]
    }

    /// The key in those bytes.
    pub const fn from_bytes([kind, number]: [u8; 2]) -> Option<Self> {
        let kind = match kind {
            1 => Kind::Schedule,
            2 => Kind::Calendar,
            3 => Kind::ClockChanges,
            4 => Kind::Door,
            _ => return None,
        };
        Self::new(kind, number)
    }

    const fn new(kind: Kind, number: u8) -> Option<Self> {
        let sound = match kind {
            Kind::Schedule => number != 0 && number != u8::MAX,
            Kind::Calendar => number < 0x80,
            Kind::ClockChanges => number == 0,
            Kind::Door => (number as usize) < MAX_READERS,
        };
        if sound { Some(Self { kind, number }) } else { None }
    }
}

impl Setting {
    /// Its key; `None` if its number is none that it can have.
    pub const fn key(&self) -> Option<SettingKey> {
        match self {
            Self::Schedule(number, _) => SettingKey::schedule(*number),
            Self::Calendar(number, _) => SettingKey::calendar(*number),
            Self::ClockChanges(_) => Some(SettingKey::CLOCK_CHANGES),
            Self::Door(reader, _) => SettingKey::door(*reader),
        }
    }

    /// Writes it to the front of `to`; how many bytes, or `None` if they don't fit or its number is none.
    pub fn encode(&self, to: &mut [u8]) -> Option<usize> {
        let mut to = Writer::new(to);
        to.put(&self.key()?.to_bytes())?;
        match self {
            Self::Schedule(_, schedule) => list(&mut to, schedule.intervals().map(Interval::to_bytes))?,
            Self::Calendar(_, calendar) => list(&mut to, calendar.holidays().map(Holiday::to_bytes))?,
            Self::ClockChanges(changes) => list(&mut to, changes.iter().map(change_bytes))?,
            Self::Door(_, door) => put_door(&mut to, door)?,
        }
        Some(to.len())
    }

    /// Reads one from the front of `from`; the setting and how many bytes it took.
    pub fn decode(from: &[u8]) -> Option<(Self, usize)> {
        let mut body = Reader(from);
        let key = SettingKey::from_bytes(body.take()?)?;
        let number = key.number;
        let setting = match key.kind {
            Kind::Schedule => {
                let intervals: Vec<_, MAX_INTERVALS> =
                    items(&mut body, |bytes| Interval::from_bytes(bytes).ok())?;
                Self::Schedule(number, Schedule::new(intervals)?)
            }
            Kind::Calendar => {
                let holidays: Vec<_, MAX_HOLIDAYS> =
                    items(&mut body, |bytes| Holiday::from_bytes(bytes).ok())?;
                Self::Calendar(number, Calendar::new(holidays).ok()?)
            }
            Kind::ClockChanges => Self::ClockChanges(clock_changes(&mut body)?),
            Kind::Door => Self::Door(number, door(&mut body)?),
        };
        Some((setting, from.len() - body.rest().len()))
    }
}

/// A count, and each item.
fn list<const N: usize>(to: &mut Writer<'_>, items: impl Iterator<Item = [u8; N]> + Clone) -> Option<()> {
    let count = u8::try_from(items.clone().count()).ok().filter(|count| *count > 0)?;
    to.put(&[count])?;
    for item in items {
        to.put(&item)?;
    }
    Some(())
}

/// The items behind a count that is not 0.
fn items<const N: usize, const MAX: usize, T>(
    from: &mut Reader<'_>,
    read: impl Fn([u8; N]) -> Option<T>,
) -> Option<Vec<T, MAX>> {
    let count = from.u8().filter(|count| *count > 0)?;
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(read(from.take()?)?).ok()?;
    }
    Some(items)
}

fn change_bytes(change: &ClockChange) -> [u8; 6] {
    let ([a, b, c, d], [e, f]) = (change.at.0.to_le_bytes(), change.ahead.to_le_bytes());
    [a, b, c, d, e, f]
}

/// In order, and none farther from UTC than a zone can be.
fn clock_changes(from: &mut Reader<'_>) -> Option<ClockChanges> {
    let changes: ClockChanges = items(from, |[a, b, c, d, e, f]| {
        let change = ClockChange {
            at: UtcSeconds(u32::from_le_bytes([a, b, c, d])),
            ahead: i16::from_le_bytes([e, f]),
        };
        (change.ahead.unsigned_abs() <= ClockChange::MAX_AHEAD.unsigned_abs()).then_some(change)
    })?;
    changes.is_sorted_by(|one, next| one.at < next.at).then_some(changes)
}

fn put_door(to: &mut Writer<'_>, door: &DoorSettings) -> Option<()> {
    to.put(&mode_bytes(door.mode))?;
    to.put(&[door.pin.code(), door.tries])?;
    to.put(&door.wait_seconds.to_le_bytes())?;
    to.put(&[door.second_person_seconds, door.anti_passback as u8])?;
    to.put(&door.forget_minutes.to_le_bytes())?;
    to.put(&[door.from, door.to])?;
    to.put(&door.interlock.to_le_bytes())
}

fn door(from: &mut Reader<'_>) -> Option<DoorSettings> {
    Some(DoorSettings {
        mode: mode_of(from.take()?)?,
        pin: When::from_code(from.u8()?),
        tries: from.u8()?,
        wait_seconds: from.u16()?,
        second_person_seconds: from.u8()?,
        anti_passback: match from.u8()? {
            0 => AntiPassback::Off,
            1 => AntiPassback::Soft,
            2 => AntiPassback::Hard,
            _ => return None,
        },
        forget_minutes: from.u16()?,
        from: from.u8()?,
        to: from.u8()?,
        interlock: from.u16()?,
    })
}

/// A mode's bytes: which, what it is about, and the first person.
pub const fn mode_bytes(mode: Mode) -> [u8; MODE_LEN] {
    match mode {
        Mode::Card => [0, 0, 0],
        Mode::CardAndPin => [1, 0, 0],
        Mode::Locked => [2, 0, 0],
        Mode::Unlocked => [3, 0, 0],
        Mode::UnlockedBy { when, first_person } => [4, when.code(), first_person as u8],
        Mode::Lockdown { rank } => [5, rank, 0],
    }
}

/// The mode in those bytes.
pub const fn mode_of(bytes: [u8; MODE_LEN]) -> Option<Mode> {
    Some(match bytes {
        [0, 0, 0] => Mode::Card,
        [1, 0, 0] => Mode::CardAndPin,
        [2, 0, 0] => Mode::Locked,
        [3, 0, 0] => Mode::Unlocked,
        [4, when, first] => {
            let first_person = match first {
                0 => FirstPerson::Nobody,
                1 => FirstPerson::Anybody,
                2 => FirstPerson::WithRight,
                _ => return None,
            };
            Mode::UnlockedBy { when: When::from_code(when), first_person }
        }
        [5, rank @ 1..=MAX_RANK, 0] => Mode::Lockdown { rank },
        _ => return None,
    })
}
