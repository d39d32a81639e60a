//! COMSET: the caller's wish that a PD listens elsewhere, and what the PD says to it.
//!
//! `place` finds a PD again of which nobody knows whether it has moved. Whether it has gone to another speed can't be
//! found out on a line that has one speed; [`Cp::set_baud`] says what to do.

use super::Cp;
use super::config::LineConfig;
use super::counters::count;
use super::event::Event;
use super::line::Line;
use super::loss::LossCause;
use super::output::{Input, PdIndex, Random};
use super::peer::Peer;
use super::settings_error::{BAUD_RATES, SettingsError};
use crate::osdp::frame::BROADCAST;
use crate::osdp::payload::ComSettings;
use crate::osdp::reply::Reply;
use crate::time::Micros;

/// Times that COMSET may be left without a reply before the PD is taken to have moved, and looked for.
pub(super) const COMSET_TRIES: u8 = 3;

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
        if others().any(|(_, peer)| peer.place.claims(settings.address)) {
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
    fn begin_relocation(&mut self, now: Micros, baud: u32, new: ComSettings) -> Result<(), SettingsError> {
        if !self.phase.is_open() {
            return Err(SettingsError::NotReady);
        }
        self.place.begin(baud, new)?;
        self.timetable.make_due(now);
        Ok(())
    }

    /// The genuine answer to COMSET.
    pub(super) fn settings_answered(&mut self, now: Micros, line: &LineConfig, reply: Option<&Reply<'_>>) {
        match reply {
            Some(Reply::Com(settings)) => {
                self.place.stays();
                self.end_session(LossCause::Moved);
                self.notices.add(Event::Moved { settings: *settings });
                self.rest(now);
                self.place.moved(*settings);
            }
            Some(Reply::Nak(nak)) => {
                self.place.stays();
                self.notices.add(Event::NotMoved { reason: Some(nak.reason) });
            }
            _ => {
                count(&mut self.counters.violations);
                self.place.lose_track();
                self.lose_session(now, line, LossCause::Moved);
            }
        }
    }
}
