//! What a PD's silence, and everything that ends its session, leads to: repetitions, a pause, and the beginning.
//!
//! Each pause is longer than the one before, up to a cap. Nothing of a lost conversation is taken into the next but the
//! keys, the identity, and what is known of its address.

use core::time::Duration;

use super::config::LineConfig;
use super::counters::count;
use super::event::{Deviation, Event, KeyFault, OfflineCause};
use super::loss::LossCause;
use super::offer::FileFault;
use super::output::Demand;
use super::outstanding::{Kind, Purpose, Sent};
use super::peer::Peer;
use super::phase::Phase;
use super::settings::COMSET_TRIES;
use crate::time::Micros;

/// Repetitions of a step of the handshake after which a PD that has just answered is taken not to know it.
const HANDSHAKE_REPETITIONS: u8 = 4;

impl<const N: usize> Peer<N> {
    /// The reply to the last frame did not come in time, or (`damaged`) came and could not be read.
    pub(super) fn no_reply(&mut self, now: Micros, line: &LineConfig, damaged: bool) {
        if !damaged {
            count(&mut self.counters.timeouts);
        }
        let Some(Sent { failures, purpose, .. }) = self.outstanding.failed(now) else { return };
        let may_be_there = damaged || !self.device.is_offline();
        match self.phase {
            Phase::Probe | Phase::Identify if failures > 0 || !may_be_there => self.unreachable(now, line),
            Phase::Probe | Phase::Identify => {}
            _ if failures > 0 && self.check.disprove() => self.go_back_to_checksum(now),
            Phase::Challenge { .. } | Phase::Cryptogram { .. } if failures >= HANDSHAKE_REPETITIONS => {
                let fault = match self.device.claims_secure_channel() {
                    true => KeyFault::Unanswered,
                    false => KeyFault::NoSecureChannel,
                };
                self.no_session(now, line, fault);
            }
            _ if purpose == Purpose::ComSet && failures >= COMSET_TRIES => {
                self.lose_session(now, line, LossCause::Moved);
            }
            _ => self.check_silence(now, line),
        }
    }

    /// It claims to know the CRC, and doesn't answer it: from the beginning, as it was found.
    pub(super) fn go_back_to_checksum(&mut self, now: Micros) {
        self.deviates(Deviation::ChecksumAlone);
        self.rest(now);
    }

    /// A read that was left without an answer makes room for something urgent. Nobody knows where the chain of MACs stands
    /// behind it, so a new session is the way, and shorter than a long answer that may get lost again. False: nothing is
    /// in the way, or it has not failed.
    pub(super) fn overtake(&mut self, now: Micros) -> bool {
        let failed = self.outstanding.sent().filter(|sent| sent.failures > 0);
        let is_in_the_way = failed.is_some_and(|sent| sent.purpose == Purpose::Command(Kind::Read));
        let overtaken = is_in_the_way && self.demand == Demand::Urgent;
        if overtaken {
            self.end_session(LossCause::Overtaken);
            self.rest(now);
        }
        overtaken
    }

    /// The caller gives up its command: it is not repeated. Where the chain of MACs stands behind it, nobody knows.
    pub(super) fn withdraw(&mut self, now: Micros) {
        if self.outstanding.sent().is_some_and(|sent| matches!(sent.purpose, Purpose::Command(_))) {
            self.end_session(LossCause::Withdrawn);
            self.rest(now);
        }
    }

    /// Takes it offline if it has been silent for too long.
    pub(super) fn check_silence(&mut self, now: Micros, line: &LineConfig) {
        if self.timetable.is_silent(now, line) {
            self.take_offline(now, line, LossCause::Silent, OfflineCause::Silent);
        }
    }

    /// The first question of a bring-up was not answered. One that was just there may be starting up.
    pub(super) fn unreachable(&mut self, now: Micros, line: &LineConfig) {
        if self.probing.unanswered() {
            self.check.unanswered(&mut self.counters.check_changes);
        }
        self.leave(now, line);
    }

    /// The attempt to bring it up has led nowhere.
    pub(super) fn leave(&mut self, now: Micros, line: &LineConfig) {
        if self.device.is_online() && !self.timetable.is_silent(now, line) {
            let pause = if self.place.is_sought() { self.next_pause(line) } else { line.backoff_first };
            self.rest(now + pause);
        } else {
            self.take_offline(now, line, LossCause::Silent, OfflineCause::Silent);
        }
    }

    /// The caller lost the line.
    pub(super) fn line_down(&mut self, now: Micros, line: &LineConfig) {
        self.take_offline(now, line, LossCause::LineDown, OfflineCause::LineDown);
    }

    fn take_offline(&mut self, now: Micros, line: &LineConfig, loss: LossCause, cause: OfflineCause) {
        self.end_session(loss);
        if self.device.gone() {
            self.notices.add(Event::Offline { cause });
        }
        self.pause(now, line);
    }

    /// Ends the session, if there is one, and begins anew: at once after one that had lasted, else after a pause.
    pub(super) fn lose_session(&mut self, now: Micros, line: &LineConfig, cause: LossCause) {
        self.end_session(cause);
        let lasted = match self.phase {
            Phase::Secure { since, .. } => now.since(since) >= line.backoff_first,
            _ => false,
        };
        if lasted {
            self.timetable.forgive(line);
            self.rest(now);
        } else {
            self.pause(now, line);
        }
    }

    /// Tells that the session is over, if there is one, and with it the transfer.
    pub(super) fn end_session(&mut self, cause: LossCause) {
        self.fail_file(FileFault::Lost(cause));
        if self.phase.is_open() {
            self.notices.add(Event::SecureLost { cause });
        }
    }

    /// Rests for the next, longer, pause.
    pub(super) fn pause(&mut self, now: Micros, line: &LineConfig) {
        let pause = self.next_pause(line);
        self.rest(now + pause);
        self.timetable.let_urgent_hurry(now);
    }

    /// The pause before the next attempt: none, if the PD may be at another address that is to be tried first.
    fn next_pause(&mut self, line: &LineConfig) -> Duration {
        if self.place.tries_other_address() { Duration::ZERO } else { self.timetable.next_pause(line) }
    }

    /// Forgets session and conversation. A command of the caller that was on its way is told to have failed.
    pub(super) fn rest(&mut self, until: Micros) {
        let purpose = self.outstanding.sent().map(|sent| sent.purpose);
        if matches!(purpose, Some(Purpose::Command(_))) {
            self.notices.command_failed();
        }
        if let Some(event) = self.place.unsettle(purpose == Some(Purpose::ComSet)) {
            self.notices.add(event);
        }
        self.outstanding.begin_anew();
        self.timetable.forbid_haste();
        self.upload.take_abort();
        self.phase = Phase::Resting { until };
    }
}
