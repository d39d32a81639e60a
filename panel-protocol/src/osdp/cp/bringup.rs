//! A PD's bring-up, answer by answer: who it is, what it can do, and the proof on both sides that the key is right.
//!
//! A failed step never leads to a weaker one: it leads to a pause, and to the beginning.

use super::config::LineConfig;
use super::counters::count;
use super::event::{Capabilities, Event, Identity, KeyFault};
use super::hearing::{Heard, nak_reason};
use super::keys::{Which, Worked};
use super::peer::Peer;
use super::phase::{Phase, Presence, Trouble};
use crate::osdp::frame::{Frame, scs};
use crate::osdp::reply::{ClientCryptogram, DeviceId, Reply};
use crate::osdp::secure::{Handshake, KeyKind, Session};
use crate::time::Micros;

/// What RMAC_I's security block says when the PD found the CP's proof right (Annex D.4.5).
const INITIAL_MAC_GOOD: u8 = 1;

impl<const N: usize> Peer<N> {
    /// The answer to a step of the bring-up.
    pub(super) fn step_answered(
        &mut self,
        now: Micros,
        line: &LineConfig,
        frame: &Frame<'_>,
        said: &Reply<'_>,
    ) -> Heard {
        self.take_answer(now);
        self.due = now;
        let refusal = nak_reason(said);
        if refusal.is_some() {
            count(&mut self.counters.naks);
        }
        match (core::mem::replace(&mut self.phase, Phase::Known), refusal) {
            (Phase::Identify, None) => self.identified(now, line, said),
            (Phase::Capabilities { pdid }, _) => self.described(line, pdid, said),
            (Phase::Challenge { which, random }, None) => match proof_of(frame, said, which) {
                Ok(proof) => self.check_proof(now, line, which, &random, &proof),
                Err(fault) => self.no_session(now, line, fault),
            },
            (Phase::Cryptogram { which, handshake, .. }, None) => match session_of(frame, said, handshake) {
                Ok(session) => self.session_up(now, line, which, session),
                Err(fault) => self.no_session(now, line, fault),
            },
            (Phase::Challenge { .. } | Phase::Cryptogram { .. }, Some(reason)) => {
                self.no_session(now, line, KeyFault::Refused(reason));
            }
            _ => self.no_step(now, line),
        }
        Heard::Answered
    }

    /// The answer is none to what was asked.
    fn no_step(&mut self, now: Micros, line: &LineConfig) {
        count(&mut self.counters.violations);
        self.pause(now, line);
    }

    fn identified(&mut self, now: Micros, line: &LineConfig, said: &Reply<'_>) {
        let Reply::Id(pdid) = *said else { return self.no_step(now, line) };
        let found = Identity::from(&pdid);
        match self.awaited_identity() {
            Some(expected) if expected != found && self.is_sought() => self.pause(now, line),
            Some(expected) if expected != found => {
                self.presence = Presence::Offline;
                self.note_trouble(Trouble::Swapped(found), Event::Swapped { expected, found: pdid });
                self.pause(now, line);
            }
            _ => self.phase = Phase::Capabilities { pdid },
        }
    }

    /// What it can do; one that doesn't say can do the least.
    fn described(&mut self, line: &LineConfig, pdid: DeviceId, said: &Reply<'_>) {
        let capabilities = match said {
            Reply::Capabilities(list) => list.into(),
            _ => Capabilities::default(),
        };
        self.check.answered(capabilities.crc);
        let about = Some((pdid, capabilities));
        if self.presence != Presence::Online || self.about != about {
            self.note(Event::Online { pdid, capabilities });
        }
        if matches!(self.trouble, Some(Trouble::Swapped(_))) {
            self.trouble = None;
        }
        if self.about.is_some_and(|(last, _)| Identity::from(&last) != Identity::from(&pdid)) {
            self.quiet_since = None;
        }
        self.presence = Presence::Online;
        self.about = about;
        if self.keys.is_clear() {
            self.phase = Phase::Clear;
            self.found(line);
            self.note(Event::SecureUp);
        }
    }

    fn check_proof(
        &mut self,
        now: Micros,
        line: &LineConfig,
        which: Which,
        random: &[u8; 8],
        proof: &ClientCryptogram,
    ) {
        let Some(key) = self.keys.scbk(which) else { return self.pause(now, line) };
        let handshake = Handshake::new(key, random, &proof.random);
        match handshake.check_client(&proof.cryptogram) {
            Ok(server) => {
                let proof = *server;
                self.phase = Phase::Cryptogram { which, handshake, proof };
            }
            Err(_) => self.no_session(now, line, KeyFault::Cryptogram),
        }
    }

    fn session_up(&mut self, now: Micros, line: &LineConfig, which: Which, session: Session) {
        count(&mut self.counters.sessions);
        let worked = self.keys.worked(which, now);
        self.phase = Phase::Secure { session, since: now, open: worked != Worked::SetKey };
        match worked {
            Worked::SetKey => return,
            Worked::NewKey => self.note(Event::KeyInstalled),
            Worked::OldKey => self.note(Event::KeyKept),
            Worked::Up => {}
        }
        self.trouble = None;
        self.found(line);
        self.expected = self.expected.or_else(|| self.about.map(|(pdid, _)| Identity::from(&pdid)));
        self.note(Event::SecureUp);
    }

    /// No session can be had: tells why once, and tries again later, at once if another key is left to try.
    pub(super) fn no_session(&mut self, now: Micros, line: &LineConfig, fault: KeyFault) {
        if self.keys.failed(now) {
            self.rest(now);
            return;
        }
        self.note_trouble(Trouble::NoSession(fault), Event::NoSession { fault });
        self.pause(now, line);
    }
}

/// CCRYPT: the PD's proof that it has the key, if that is what the frame is.
fn proof_of(frame: &Frame<'_>, said: &Reply<'_>, which: Which) -> Result<ClientCryptogram, KeyFault> {
    match (frame.scb(), said) {
        (Some(scb), Reply::ClientCryptogram(proof)) if scb.kind == scs::CLIENT_CRYPTOGRAM => {
            let same_key = KeyKind::from_scb(scb.data) == Some(which.kind());
            if same_key { Ok(*proof) } else { Err(KeyFault::KeyFlag) }
        }
        _ => Err(KeyFault::Malformed),
    }
}

/// RMAC_I: the session, if the PD found our proof right and gives the initial MAC that follows from it.
fn session_of(frame: &Frame<'_>, said: &Reply<'_>, handshake: Handshake) -> Result<Session, KeyFault> {
    match (frame.scb(), said) {
        (Some(scb), Reply::InitialMac(mac)) if scb.kind == scs::INITIAL_MAC => match scb.data {
            [INITIAL_MAC_GOOD] => handshake.confirm(mac).map_err(|_| KeyFault::Cryptogram),
            _ => Err(KeyFault::Rejected),
        },
        _ => Err(KeyFault::Malformed),
    }
}
