//! A PD's bring-up, answer by answer: who it is, what it can do, and the proof on both sides that the key is right.
//!
//! A failed step never leads to a weaker one: it leads to a pause, and to the beginning.

use super::config::LineConfig;
use super::counters::count;
use super::event::{Capabilities, Deviation, DeviceIdentity, Event, IdFault, KeyFault};
use super::inbox::Heard;
use super::incoming::nak_reason;
use super::keys::{Which, Worked};
use super::peer::Peer;
use super::phase::Phase;
use crate::osdp::frame::Payload;
use crate::osdp::frame::{Frame, scs};
use crate::osdp::reply::{ClientCryptogram, DeviceId, NakReason, Reply, code};
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
        self.timetable.make_due(now);
        let refusal = nak_reason(said);
        if refusal.is_some() {
            count(&mut self.counters.naks);
        }
        match (core::mem::replace(&mut self.phase, Phase::Known), refusal) {
            (Phase::Probe, _) if !matches!(said, Reply::Id(_)) => self.phase = Phase::Identify,
            (Phase::Probe | Phase::Identify, _) => self.identified(now, line, said),
            (Phase::Capabilities { pdid }, _) => self.described(line, pdid, said),
            (Phase::Challenge { which, random }, None) => match proof_of(frame, said, which) {
                Ok(proof) => self.check_proof(now, line, which, &random, &proof),
                Err(fault) => self.no_session(now, line, fault),
            },
            (Phase::Cryptogram { which, handshake, .. }, None) => match session_of(frame, said, handshake) {
                Ok(session) => {
                    if frame.scb().is_some_and(|scb| scb.kind == scs::CLIENT_CRYPTOGRAM) {
                        self.deviates(Deviation::InitialMacAsCryptogram);
                    }
                    self.session_up(now, line, which, session);
                }
                Err(fault) => self.no_session(now, line, fault),
            },
            (Phase::Challenge { .. } | Phase::Cryptogram { .. }, Some(reason)) => {
                let fault = self.refusal(reason);
                self.no_session(now, line, fault);
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
        let Reply::Id(pdid) = *said else { return self.unidentified(now, line, said) };
        let is_sought = self.place.is_sought();
        match self.device.awaited(is_sought) {
            Some(expected) if expected != DeviceIdentity::from(&pdid) => {
                if !is_sought && let Some(event) = self.device.swapped(expected, pdid) {
                    self.notices.add(event);
                }
                self.pause(now, line);
            }
            _ => self.phase = Phase::Capabilities { pdid },
        }
    }

    /// The answer to the question who it is says it not.
    fn unidentified(&mut self, now: Micros, line: &LineConfig, said: &Reply<'_>) {
        count(&mut self.counters.violations);
        let fault = match said {
            Reply::Nak(nak) => IdFault::Refused(nak.reason),
            Reply::Other { code: code::PDID, data } => {
                IdFault::Length(u16::try_from(data.len()).unwrap_or(u16::MAX))
            }
            other => IdFault::Other(other.code()),
        };
        if let Some(event) = self.device.unidentified(fault) {
            self.notices.add(event);
        }
        self.pause(now, line);
    }

    /// What a refusal of the handshake means: a device that doesn't know it has none.
    fn refusal(&self, reason: NakReason) -> KeyFault {
        match reason {
            NakReason::UnknownCommand | NakReason::SecurityBlock => KeyFault::NoSecureChannel,
            _ if !self.device.claims_secure_channel() => KeyFault::NoSecureChannel,
            reason => KeyFault::Refused(reason),
        }
    }

    /// What it can do; one that doesn't say can do the least.
    fn described(&mut self, line: &LineConfig, pdid: DeviceId, said: &Reply<'_>) {
        let capabilities = match said {
            Reply::Capabilities(list) => list.into(),
            _ => Capabilities::default(),
        };
        self.check.described(capabilities.crc);
        if self.probing.found() {
            self.deviates(Deviation::PolledFirst);
        }
        if self.device.replaces(&pdid) {
            self.freshness.forget();
        }
        if let Some(event) = self.device.described(pdid, capabilities) {
            self.notices.add(event);
        }
        if self.keys.is_clear() {
            self.phase = Phase::Clear;
            self.found(line);
            self.notices.add(Event::SecureUp);
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
            Worked::NewKey => self.notices.add(Event::KeyInstalled),
            Worked::OldKey => self.notices.add(Event::KeyKept),
            Worked::Up => {}
        }
        self.device.proven();
        self.timetable.grant_haste();
        self.found(line);
        self.notices.add(Event::SecureUp);
    }

    /// The PD answers at this address, and is the right one.
    fn found(&mut self, line: &LineConfig) {
        if let Some(event) = self.place.found(line.baud) {
            self.notices.add(event);
        }
    }

    /// No session can be had: tells why once, and tries again later, at once if another key is left to try.
    pub(super) fn no_session(&mut self, now: Micros, line: &LineConfig, fault: KeyFault) {
        if self.keys.failed(now) {
            self.rest(now);
            return;
        }
        if let Some(event) = self.device.refused(fault) {
            self.notices.add(event);
        }
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

/// RMAC_I: the session, if the PD found our proof right and gives the initial MAC that follows from it. Which of the
/// handshake's two blocks bears it is of no matter then.
fn session_of(frame: &Frame<'_>, said: &Reply<'_>, handshake: Handshake) -> Result<Session, KeyFault> {
    match (frame.scb(), said) {
        (Some(scb), Reply::InitialMac(mac))
            if matches!(scb.kind, scs::INITIAL_MAC | scs::CLIENT_CRYPTOGRAM) =>
        {
            match scb.data {
                [INITIAL_MAC_GOOD] => handshake.confirm(mac).map_err(|_| KeyFault::Cryptogram),
                _ => Err(KeyFault::Rejected),
            }
        }
        _ => Err(KeyFault::Malformed),
    }
}
