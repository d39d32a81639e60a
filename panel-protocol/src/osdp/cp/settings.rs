//! COMSET: where a PD listens from now on, and finding it again when nobody knows whether it has moved.
//!
//! The PD answers COM at its old settings and then switches. If that answer is lost it may be at either address, so it
//! is tried at both in turn until it answers at one and proves who it is: it is never lost. Whether it has gone to
//! another speed can't be found out on a line that has one speed; [`Cp::set_baud`] says what to do.

use core::fmt;

use super::Cp;
use super::config::LineConfig;
use super::counters::count;
use super::event::{Event, Identity, LossCause};
use super::line::Line;
use super::output::{Input, PdIndex, Random};
use super::peer::Peer;
use super::phase::Purpose;
use crate::osdp::command::Command;
use crate::osdp::frame::BROADCAST;
use crate::osdp::payload::ComSettings;
use crate::osdp::reply::Reply;
use crate::time::Micros;

/// Speeds that a line can have, in bits a second (OSDP 2.2, 5.2).
pub const BAUD_RATES: [u32; 6] = [9600, 19_200, 38_400, 57_600, 115_200, 230_400];

/// Times that COMSET may be left without a reply before the PD is taken to have moved, and looked for.
pub(super) const COMSET_TRIES: u8 = 3;

/// Why a PD was not asked to change its settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingsError {
    /// The PD doesn't take commands now.
    NotReady,
    /// An earlier change has not ended.
    UnderWay,
    /// The address is not 0x00 to 0x7E.
    Address,
    /// Another PD has the address, or may have it.
    Taken,
    /// The speed is none of [`BAUD_RATES`].
    Baud,
}

/// A change of settings on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relocation {
    old: ComSettings,
    new: ComSettings,
    state: RelocationState,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RelocationState {
    /// To be asked of the PD, or being asked.
    Wanted,
    /// The PD may have either settings; whether only one of its addresses has been tried since the last pause.
    Unclear { half_tried: bool },
}

impl<const PDS: usize, const N: usize, R: Random> Cp<PDS, N, R> {
    /// Asks a PD to listen at another address or speed. It is asked at its next turn, inside its session, which ends
    /// with the change; [`Event::Moved`] or [`Event::NotMoved`] tells how it went. The PD's word counts: it may settle
    /// for other values than these.
    ///
    /// # Errors
    /// When it can't be asked; then nothing has changed.
    pub fn set_communication(
        &mut self,
        now: Micros,
        pd: PdIndex,
        settings: ComSettings,
    ) -> Result<(), SettingsError> {
        let baud = self.config.baud;
        let others = || self.peers.iter().enumerate().filter(|(other, _)| *other != pd.0);
        if settings.address >= BROADCAST {
            return Err(SettingsError::Address);
        }
        if !BAUD_RATES.contains(&settings.baud) {
            return Err(SettingsError::Baud);
        }
        if others().any(|(_, peer)| peer.claims(settings.address)) {
            return Err(SettingsError::Taken);
        }
        self.peers.get_mut(pd.0).ok_or(SettingsError::NotReady)?.begin_relocation(now, baud, settings)
    }

    /// The line has another speed from now on: the caller has set its port to it. All PDs are looked for anew, as if
    /// the line had been down.
    ///
    /// To move a whole line, ask each PD for the new speed with [`set_communication`](Self::set_communication) and wait
    /// for the [`Event::Moved`] of each; those that have moved can't be heard meanwhile. Then change the port's speed
    /// and call this. A PD that has not moved, or of which nobody knows, is found by setting port and line back to the
    /// old speed.
    pub fn set_baud(&mut self, now: Micros, baud: u32) {
        let was_down = matches!(self.line, Line::Down);
        if !was_down {
            self.handle(now, Input::LineDown);
        }
        self.config.baud = baud;
        if !was_down {
            self.handle(now, Input::LineUp);
        }
    }
}

impl<const N: usize> Peer<N> {
    /// Whether the PD has this address, or may have it or get it.
    pub(super) fn claims(&self, address: u8) -> bool {
        let on_its_way = self.relocation.is_some_and(|r| [r.old.address, r.new.address].contains(&address));
        self.address == address || on_its_way
    }

    fn begin_relocation(&mut self, now: Micros, baud: u32, new: ComSettings) -> Result<(), SettingsError> {
        if !self.is_open() {
            return Err(SettingsError::NotReady);
        }
        if self.relocation.is_some() {
            return Err(SettingsError::UnderWay);
        }
        let old = ComSettings { address: self.address, baud };
        self.relocation = Some(Relocation { old, new, state: RelocationState::Wanted });
        self.due = now;
        Ok(())
    }

    /// COMSET, if it is wanted.
    pub(super) fn compose_settings(&mut self) -> Option<Purpose> {
        let wanted = self.relocation.filter(|r| r.state == RelocationState::Wanted)?;
        self.compose(&Command::ComSet(wanted.new), N).ok().map(|()| Purpose::ComSet)
    }

    /// The genuine answer to COMSET.
    pub(super) fn settings_answered(&mut self, now: Micros, line: &LineConfig, reply: Option<&Reply<'_>>) {
        match reply {
            Some(Reply::Com(settings)) => {
                self.relocation = None;
                self.end_session(LossCause::Moved);
                self.note(Event::Moved { settings: *settings });
                self.rest(now);
                self.address = settings.address;
            }
            Some(Reply::Nak(nak)) => {
                self.relocation = None;
                self.note(Event::NotMoved { reason: Some(nak.reason) });
            }
            _ => {
                count(&mut self.counters.violations);
                self.lose_track();
                self.lose_session(now, line, LossCause::Moved);
            }
        }
    }

    /// The session is over. A change that was asked for may have been made; one that was not will not be.
    pub(super) fn unsettle(&mut self) {
        if self.sent.is_some_and(|sent| sent.purpose == Purpose::ComSet) {
            self.lose_track();
        } else if self.relocation.is_some() && !self.is_sought() {
            self.relocation = None;
            self.note(Event::NotMoved { reason: None });
        }
        if let Some(Relocation { old, new, state: RelocationState::Unclear { .. } }) = self.relocation {
            self.address = if self.address == old.address { new.address } else { old.address };
        }
    }

    fn lose_track(&mut self) {
        if let Some(relocation) = &mut self.relocation {
            relocation.state = RelocationState::Unclear { half_tried: false };
        }
    }

    /// Whether the PD may be at another address too, and that one has not been tried since the last pause.
    pub(super) fn tries_other_address(&mut self) -> bool {
        match &mut self.relocation {
            Some(Relocation { state: RelocationState::Unclear { half_tried }, .. }) => {
                *half_tried = !*half_tried;
                *half_tried
            }
            _ => false,
        }
    }

    /// Whether it is not known where the PD is.
    pub(super) fn is_sought(&self) -> bool {
        self.relocation.is_some_and(|r| r.state != RelocationState::Wanted)
    }

    /// The device that should answer. Where a PD is sought, the one that was there before is.
    pub(super) fn awaited_identity(&self) -> Option<Identity> {
        let last = self.about.filter(|_| self.is_sought()).map(|(pdid, _)| Identity::from(&pdid));
        self.expected.or(last)
    }

    /// The PD answers at this address, and is the right one: a search is over.
    pub(super) fn found(&mut self, line: &LineConfig) {
        if !self.is_sought() {
            return;
        }
        if let Some(Relocation { old, .. }) = self.relocation.take() {
            let settings = ComSettings { address: self.address, baud: line.baud };
            let is_old = settings == old;
            self.note(if is_old { Event::NotMoved { reason: None } } else { Event::Moved { settings } });
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotReady => "the device takes no commands now",
            Self::UnderWay => "an earlier change of its address or speed has not ended",
            Self::Address => "a device's address is 0 to 126",
            Self::Taken => "another device of the line has this address, or may have it",
            Self::Baud => "the speed is none of 9600, 19200, 38400, 57600, 115200, 230400",
        })
    }
}

impl core::error::Error for SettingsError {}
