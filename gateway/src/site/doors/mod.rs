//! The shell around the doors for which the gateway decides.
//!
//! What a device tells is decided on the link's own thread, with two short locks one after the other and no disk: the fleet
//! says whether a card opens its door, the door's machine what that comes to, and the lock's link is given the order before
//! this returns. All that is written goes through a queue to a task of its own ([`tell`]).

mod act;
mod orders;
pub(super) mod state;
mod tell;

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use panel_protocol::decide::Reason;
use panel_protocol::door::{Answer, HeldBack};
use panel_protocol::time::UtcSeconds;

use super::clock;
use super::running::Site;
use crate::access::Decision;
use crate::access::doors::Input;
use crate::config::ControllerKind;
use crate::domain::ReaderPlace;
use crate::links::{Decided, Heard};
pub use orders::restore_modes;
use state::{Card, Told};
pub use tell::tell;

/// A panel's clock may be ahead by so many seconds, and what it tells so old; else its clock is wrong.
const AHEAD_S: i64 = 60;
const BEHIND_S: i64 = 24 * 3600;

impl Site {
    /// A device told something that may concern a door.
    pub(super) fn door_heard(&self, device: usize, heard: &Heard) {
        let now = self.running.micros();
        match heard {
            Heard::Card { reader, card, max_age } => {
                let reader = ReaderPlace { device, reader: *reader };
                let of = self.doors.lock().reader(reader);
                let decision = of.map_or(Decision { reason: Reason::UnknownReader, holder: None }, |of| {
                    self.fleet().decide(of.controller, of.reader, *card, utc_now())
                });
                let granted = decision.reason.granted();
                let answer = self.doors_handle(now, Input::Card { reader, granted, max_age: *max_age });
                let held_back = held_back(answer);
                self.doors.tell(Told::Card(Card {
                    at: clock::now(),
                    reader,
                    door: of.map(|of| of.door),
                    credential: *card,
                    reason: reason(decision.reason, held_back),
                    held_back,
                    sequence: self.doors.cards.fetch_add(1, Ordering::Relaxed),
                }));
            }
            Heard::Keys { reader, keys, .. } => {
                let reader = ReaderPlace { device, reader: *reader };
                self.doors_handle(now, Input::Keys { reader, keys: keys.expose() });
            }
            Heard::Inputs(states) => {
                self.doors_handle(now, Input::Inputs { device, states });
            }
            Heard::Itself { tampered, power_failed } => {
                let (tampered, power_failed) = (*tampered, *power_failed);
                self.doors_handle(now, Input::Itself { device, tampered, power_failed });
            }
            Heard::Outputs(_) | Heard::EventsWaiting(_) | Heard::Decided(_) => {}
        }
    }

    /// A panel that keeps no events tells of a card that it has decided on.
    pub(super) fn panel_decided(&self, device: usize, decided: Decided) {
        let Decided { reader, card, reason, at_s } = decided;
        self.doors.tell(Told::Card(Card {
            at: at_s.map_or_else(clock::now, |at| believable(at, clock::now())),
            reader: ReaderPlace { device, reader },
            door: None,
            credential: card,
            reason,
            held_back: None,
            sequence: self.doors.cards.fetch_add(1, Ordering::Relaxed),
        }));
    }

    /// A device can be used, or can't any more.
    pub(super) fn door_device(&self, device: usize, online: bool) {
        self.doors_handle(self.running.micros(), Input::Device { device, online });
    }

    /// How many doors stop when the box stops.
    pub fn doors_decided_here(&self) -> usize {
        self.doors.known.len()
    }

    /// Whether the gateway decides for this controller: a reader, or a board that doors have parts at.
    pub(super) fn decides_for(&self, device: usize) -> bool {
        self.config.controllers.get(device).is_some_and(|it| it.kind != ControllerKind::Panel)
    }
}

fn held_back(answer: Option<Answer>) -> Option<HeldBack> {
    match answer {
        Some(Answer::HeldBack(why)) => Some(why),
        _ => None,
    }
}

/// A door's mode is a reason of its own.
const fn reason(decided: Reason, held_back: Option<HeldBack>) -> Reason {
    match held_back {
        Some(HeldBack::Locked) => Reason::DoorLocked,
        Some(HeldBack::Lockdown) => Reason::Lockdown,
        Some(HeldBack::LockLost | HeldBack::TooLate) | None => decided,
    }
}

/// The time that a panel tells, unless its clock is evidently wrong.
fn believable(at_s: i64, now: Timestamp) -> Timestamp {
    let apart = now.as_second().saturating_sub(at_s);
    let told = Timestamp::from_second(at_s).ok().filter(|_| (-AHEAD_S..=BEHIND_S).contains(&apart));
    told.unwrap_or(now)
}

fn utc_now() -> UtcSeconds {
    UtcSeconds(u32::try_from(clock::now().as_second()).unwrap_or(u32::MAX))
}
