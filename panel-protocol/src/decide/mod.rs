//! One pure function from a presented card to granted or refused.
//!
//! The firmware calls it for its own table, the gateway for readers without one and for explaining, the tests to know
//! what is right. It reads no clock and keeps nothing: what it has to remember comes in as [`CardState`] and
//! [`DoorState`], and the [`Decision`] says what they become.
//!
//! The first of these that is so decides: no such reader; card, profile unknown; validity; access and its hours; a door
//! that stands unlocked; locked; lockdown; interlock; anti-passback; PIN; second person. Whatever can't be known (a clock
//! that was never set, a schedule that is missing) keeps a door shut, and a PIN asked for.

mod door;
mod reason;
mod state;
#[cfg(test)]
mod tests;

pub use door::{AntiPassback, DoorSettings, FirstPerson, Mode};
pub use reason::{Outcome, Reason};
pub use state::{CardState, DoorState, Passage, Tries, Waiting};

use core::time::Duration;

use crate::limits::MAX_READERS;
use crate::schedule::{Hours, Unknown, When};
use crate::table::{PinGiven, Profile, Rights, Row};
use crate::time::{Micros, UtcSeconds};

/// A card at a reader, and all that counts for it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The card's row, if it has one.
    pub row: Option<&'a Row>,
    /// The row's profile, if the table has it.
    pub profile: Option<&'a Profile>,
    /// The reader, from 0.
    pub reader: u8,
    /// Its door.
    pub door: &'a DoorSettings,
    /// How the door stands: its settings' mode, or what somebody has said for a while.
    pub mode: Mode,
    /// Schedules, holidays and clock changes.
    pub hours: Hours<'a>,
    /// The PIN that was entered with the card.
    pub pin: PinGiven,
    /// The time; `None` while the clock has not been set.
    pub at: Option<UtcSeconds>,
    /// The time on a clock that is never set and never goes back.
    pub now: Micros,
    /// The readers whose doors stand open, a bit each.
    pub open_doors: u16,
    /// What is remembered of the card.
    pub card_state: CardState,
    /// What is remembered of the door.
    pub door_state: DoorState,
}

impl<'a> Question<'a> {
    /// A card at a door that asks for nothing else; profiles may have schedules.
    pub fn plain(
        row: Option<&'a Row>,
        profile: Option<&'a Profile>,
        reader: u8,
        at: Option<UtcSeconds>,
    ) -> Self {
        Self {
            row,
            profile,
            reader,
            door: &DoorSettings::PLAIN,
            mode: Mode::Card,
            hours: Hours::default(),
            pin: PinGiven::None,
            at,
            now: Micros(0),
            open_doors: 0,
            card_state: CardState::default(),
            door_state: DoorState::default(),
        }
    }
}

/// What was decided, and what is to be remembered of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Why.
    pub reason: Reason,
    /// What the card's state is from now on. Who knows whether the door was opened after a grant may wait for that with
    /// its passage.
    pub card: CardState,
    /// What the door's state is from now on.
    pub door: DoorState,
}

/// Whether a card opens a door.
///
/// Valid-from is the first second in which a card opens, valid-until the first in which it no longer does.
#[must_use]
pub fn decide(question: &Question<'_>) -> Decision {
    let mut judge = Judge { q: question, card: question.card_state, door: question.door_state };
    let (Ok(reason) | Err(reason)) = judge.judge();
    Decision { reason, card: judge.card, door: judge.door }
}

/// Whether a door stands unlocked without any card.
#[must_use]
pub fn stands_unlocked(mode: Mode, hours: &Hours<'_>, at: Option<UtcSeconds>, door: &DoorState) -> bool {
    match mode {
        Mode::Unlocked => true,
        Mode::UnlockedBy { when, first_person } => {
            let has_come = || matches!((door.unlocked_until, at), (Some(until), Some(at)) if at < until);
            hours.includes(when, at) == Ok(true) && (first_person == FirstPerson::Nobody || has_come())
        }
        _ => false,
    }
}

/// A question under judgement, with the states as they become.
struct Judge<'a, 'q> {
    q: &'q Question<'a>,
    card: CardState,
    door: DoorState,
}

impl<'a> Judge<'a, '_> {
    /// Each step lets the card pass or says why not.
    fn judge(&mut self) -> Result<Reason, Reason> {
        let (row, profile) = self.known()?;
        self.valid(row)?;
        self.has_access(profile)?;
        if stands_unlocked(self.q.mode, &self.q.hours, self.q.at, &self.door) {
            self.pass(row);
            return Ok(Reason::Granted);
        }
        let by_rank = self.mode_lets_in(row)?;
        self.others_are_shut()?;
        let in_place = self.is_in_place(row)?;
        let forced = self.pin_is_right(row)?;
        let forced = self.second_person(row, forced)?;
        self.pass(row);
        Ok(match (forced, by_rank, in_place) {
            (true, ..) => Reason::GrantedUnderDuress,
            (_, true, _) => Reason::GrantedByRank,
            (.., false) => Reason::GrantedDespiteAntiPassback,
            _ => Reason::Granted,
        })
    }

    fn known(&self) -> Result<(&'a Row, &'a Profile), Reason> {
        if usize::from(self.q.reader) >= MAX_READERS {
            return Err(Reason::UnknownReader);
        }
        let row = self.q.row.ok_or(Reason::UnknownCard)?;
        Ok((row, self.q.profile.ok_or(Reason::UnknownProfile)?))
    }

    fn valid(&self, row: &Row) -> Result<(), Reason> {
        match (row.valid_from, row.valid_until, self.q.at) {
            (None, None, _) => Ok(()),
            (_, _, None) => Err(Reason::ClockNotSet),
            (Some(from), _, Some(at)) if at < from => Err(Reason::NotYetValid),
            (_, Some(until), Some(at)) if at >= until => Err(Reason::Expired),
            _ => Ok(()),
        }
    }

    fn has_access(&self, profile: &Profile) -> Result<(), Reason> {
        let when = profile.access(self.q.reader);
        match self.q.hours.includes(when, self.q.at) {
            Ok(true) => Ok(()),
            Ok(false) if when == When::Never => Err(Reason::NoAccess),
            Ok(false) => Err(Reason::OutsideHours),
            Err(Unknown::Clock) => Err(Reason::ClockNotSet),
            Err(Unknown::Zone) => Err(Reason::ZoneNotSet),
            Err(Unknown::Schedule(_)) => Err(Reason::UnknownSchedule),
        }
    }

    /// Whether it is the card's rank that lets it in.
    fn mode_lets_in(&self, row: &Row) -> Result<bool, Reason> {
        match self.q.mode {
            Mode::Locked => Err(Reason::DoorLocked),
            Mode::Lockdown { rank } if row.rights.rank() < rank => Err(Reason::Lockdown),
            Mode::Lockdown { .. } => Ok(true),
            _ => Ok(false),
        }
    }

    fn others_are_shut(&self) -> Result<(), Reason> {
        let open = self.q.open_doors & self.q.door.interlock;
        if open == 0 { Ok(()) } else { Err(Reason::Interlock) }
    }

    /// Whether the card is where the reader leads out of, as far as anybody knows.
    fn is_in_place(&self, row: &Row) -> Result<bool, Reason> {
        let door = self.q.door;
        let elsewhere = self.card.passage.is_some_and(|passage| {
            passage.area != door.from && !self.is_forgotten(passage) && !row.rights.has(Rights::FREE_OF_AREAS)
        });
        match door.anti_passback {
            AntiPassback::Hard if elsewhere => Err(Reason::AntiPassback),
            AntiPassback::Soft => Ok(!elsewhere),
            _ => Ok(true),
        }
    }

    fn is_forgotten(&self, passage: Passage) -> bool {
        let after = u32::from(self.q.door.forget_minutes) * 60;
        let (Some(then), Some(at)) = (passage.at, self.q.at) else { return false };
        after != 0 && at.0.saturating_sub(then.0) >= after
    }

    /// Whether the PIN, if one is asked for or given, says that somebody is forced.
    fn pin_is_right(&mut self, row: &Row) -> Result<bool, Reason> {
        let is_asked =
            self.q.mode == Mode::CardAndPin || self.q.hours.includes(self.q.door.pin, self.q.at) != Ok(false);
        if !is_asked {
            return Ok(self.q.pin == PinGiven::Duress);
        }
        if self.card.tries.blocked_until.is_some_and(|until| self.q.now < until) {
            return Err(Reason::TooManyTries);
        }
        match self.q.pin {
            _ if row.pin.is_none() => Err(Reason::NoPin),
            PinGiven::None => Err(Reason::PinWanted),
            PinGiven::Wrong => {
                self.count_wrong_pin();
                Err(Reason::WrongPin)
            }
            given @ (PinGiven::Right | PinGiven::Duress) => {
                self.card.tries = Tries::default();
                Ok(given == PinGiven::Duress)
            }
        }
    }

    fn count_wrong_pin(&mut self) {
        let (limit, wrong) = (self.q.door.tries, self.card.tries.wrong.saturating_add(1));
        self.card.tries = if limit != 0 && wrong >= limit {
            let until = self.q.now + Duration::from_secs(self.q.door.wait_seconds.into());
            Tries { wrong: 0, blocked_until: Some(until) }
        } else {
            Tries { wrong, blocked_until: None }
        };
    }

    /// Whether one of the two is forced.
    fn second_person(&mut self, row: &Row, forced: bool) -> Result<bool, Reason> {
        let within = self.q.door.second_person_seconds;
        if within == 0 {
            return Ok(forced);
        }
        let first = self.door.waiting.filter(|first| self.q.now < first.until);
        match first {
            Some(first) if first.credential != row.credential => {
                self.door.waiting = None;
                Ok(forced || first.duress)
            }
            same => {
                let until = self.q.now + Duration::from_secs(within.into());
                let duress = forced || same.is_some_and(|same| same.duress);
                self.door.waiting = Some(Waiting { credential: row.credential, until, duress });
                Err(Reason::SecondPersonWanted)
            }
        }
    }

    /// The card is granted: it goes through the door, and may be the first person.
    fn pass(&mut self, row: &Row) {
        let door = self.q.door;
        if door.from != door.to {
            self.card.passage = Some(Passage { area: door.to, at: self.q.at });
        }
        if let (Mode::UnlockedBy { when, first_person }, Some(at)) = (self.q.mode, self.q.at)
            && is_first_person(first_person, row)
            && self.q.hours.includes(when, Some(at)) == Ok(true)
            && self.door.unlocked_until.is_none_or(|until| until <= at)
        {
            self.door.unlocked_until = Some(self.q.hours.end(when, at));
        }
    }
}

fn is_first_person(wanted: FirstPerson, row: &Row) -> bool {
    match wanted {
        FirstPerson::Nobody => false,
        FirstPerson::Anybody => true,
        FirstPerson::WithRight => row.rights.has(Rights::FIRST_PERSON),
    }
}
