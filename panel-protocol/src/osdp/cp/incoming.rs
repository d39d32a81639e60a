//! What comes back from a PD: is it an answer to what was asked, is it genuine, and what follows from it.
//!
//! The frame has its right check and address already. Nothing of it is acted on before its MAC has been verified,
//! but for what a PD may say in clear inside a session: "not received" (NAK 1), which repeats the command, and BUSY.
//! Everything else in clear ends the session.

use super::config::LineConfig;
use super::counters::count;
use super::event::{Deviation, Event};
use super::inbox::{Delivery, Heard, Inbox};
use super::loss::LossCause;
use super::outstanding::{Purpose, Sent};
use super::peer::Peer;
use super::phase::Phase;
use super::unsolicited::is_stale;
use crate::osdp::deframe::Refused;
use crate::osdp::frame::{Frame, FrameMut, scs};
use crate::osdp::reply::{NakReason, Reply};
use crate::time::Micros;

impl<const N: usize> Peer<N> {
    /// Takes a reply frame with this PD's address.
    pub(super) fn hear(
        &mut self,
        now: Micros,
        line: &LineConfig,
        frame: FrameMut<'_>,
        inbox: &mut Inbox<N>,
    ) -> Heard {
        let Some(sent) = self.outstanding.sent() else { return Heard::Ignored };
        let view = frame.view();
        let said = clear_reply(&view);
        match said {
            Some(Reply::Busy) => return self.busy(now, line),
            Some(Reply::Nak(nak)) if nak.reason == NakReason::Check => return self.not_received(now, line),
            _ => {}
        }
        let (sequence, kind) = (view.header().sequence, view.scb().map(|scb| scb.kind));
        let in_use = matches!(self.phase, Phase::Secure { .. } | Phase::Clear);
        if sequence == 0 && sent.sequence != 0 && in_use {
            count(&mut self.counters.violations);
            self.lose_session(now, line, LossCause::Reset);
            return Heard::Answered;
        }
        if sequence != sent.sequence {
            count(&mut self.counters.stale);
            if self.outstanding.repeated(sequence) {
                self.replies_late(line);
            }
            return Heard::Ignored;
        }
        match (&mut self.phase, said) {
            (Phase::Secure { .. }, Some(said)) => self.clear_in_session(now, line, sent.purpose, &said),
            (Phase::Secure { session, .. }, None) => match session.open(frame) {
                Ok(message) => {
                    if kind == Some(scs::REPLY_ENCRYPTED) && message.data.is_empty() {
                        self.deviates(Deviation::EmptyEncrypted);
                    }
                    self.answered(now, line, &sent, message.code, message.data, inbox)
                }
                Err(_) => self.bad_mac(now, line),
            },
            (_, None) => self.violation(now, line),
            (Phase::Probe | Phase::Identify | Phase::Capabilities { .. } | Phase::Clear, Some(_))
                if kind.is_some() =>
            {
                self.violation(now, line)
            }
            (Phase::Clear, Some(_)) => self.answered(now, line, &sent, view.code(), view.data(), inbox),
            (_, Some(said)) => self.step_answered(now, line, &view, &said),
        }
    }

    /// The PD can't answer yet: the same frame again, later. In session that is not proof of life, being in clear.
    fn busy(&mut self, now: Micros, line: &LineConfig) -> Heard {
        count(&mut self.counters.busy);
        self.outstanding.put_off(now + line.busy_pause);
        if !matches!(self.phase, Phase::Secure { .. } | Phase::Probe | Phase::Identify) {
            self.timetable.heard(now);
        }
        self.check_silence(now, line);
        Heard::Answered
    }

    /// The PD got a damaged frame: the same again. The session has not moved on either side. One that finds the first
    /// question damaged twice may not know its check.
    fn not_received(&mut self, now: Micros, line: &LineConfig) -> Heard {
        count(&mut self.counters.naks);
        let sent_in_vain = self.outstanding.failed(now).is_some_and(|before| before.failures > 0);
        match self.phase {
            Phase::Probe | Phase::Identify if sent_in_vain => {
                self.check.unanswered(&mut self.counters.check_changes);
                self.leave(now, line);
            }
            Phase::Probe | Phase::Identify => {}
            _ if sent_in_vain && self.check.disprove() => self.go_back_to_checksum(now),
            _ => self.check_silence(now, line),
        }
        Heard::Answered
    }

    fn bad_mac(&mut self, now: Micros, line: &LineConfig) -> Heard {
        count(&mut self.counters.bad_mac);
        self.lose_session(now, line, LossCause::BadMac);
        Heard::Answered
    }

    /// A reply that the protocol doesn't allow at this point.
    fn violation(&mut self, now: Micros, line: &LineConfig) -> Heard {
        count(&mut self.counters.violations);
        self.lose_session(now, line, LossCause::ClearReply(None));
        Heard::Answered
    }

    /// Something came that is no frame. The line damages what it carries; a reply that is malformed and arrived
    /// undamaged was made so, and nothing more is believed of its session.
    pub(super) fn hear_refused(&mut self, now: Micros, line: &LineConfig, refused: Refused) -> Heard {
        let Refused { address, reply, sequence, error, .. } = refused;
        let is_awaited = self.outstanding.sent().is_some_and(|sent| sent.sequence == sequence);
        let is_ours = reply && address == self.place.address() && is_awaited;
        if !(is_ours && error.is_malformed() && matches!(self.phase, Phase::Secure { .. })) {
            return Heard::Damaged;
        }
        count(&mut self.counters.violations);
        self.lose_session(now, line, LossCause::Malformed(error));
        Heard::Answered
    }

    /// A clear reply inside a session: only to a KEYSET may it be good news, since some PDs acknowledge that so.
    fn clear_in_session(
        &mut self,
        now: Micros,
        line: &LineConfig,
        purpose: Purpose,
        said: &Reply<'_>,
    ) -> Heard {
        if purpose == Purpose::KeySet && matches!(said, Reply::Ack) {
            self.key_was_set(now);
            return Heard::Answered;
        }
        let reason = nak_reason(said);
        count(if reason.is_some() { &mut self.counters.naks } else { &mut self.counters.violations });
        self.lose_session(now, line, LossCause::ClearReply(reason));
        Heard::Answered
    }

    /// The genuine answer to a poll, to the new key or to the caller's command.
    fn answered(
        &mut self,
        now: Micros,
        line: &LineConfig,
        sent: &Sent,
        code: u8,
        data: &[u8],
        inbox: &mut Inbox<N>,
    ) -> Heard {
        self.take_answer(now);
        let reply = Reply::parse(code, data).ok();
        let refusal = reply.as_ref().and_then(nak_reason);
        if refusal.is_some() {
            count(&mut self.counters.naks);
        }
        match sent.purpose {
            Purpose::Command(_) => {
                inbox.put(code, data);
                Heard::Delivered(Delivery::Answer)
            }
            Purpose::KeySet => {
                match refusal {
                    Some(reason) => self.key_refused(now, line, reason),
                    None => self.key_was_set(now),
                }
                Heard::Answered
            }
            Purpose::Question => {
                self.question_answered(now, line, reply.as_ref());
                Heard::Answered
            }
            Purpose::ComSet => {
                self.settings_answered(now, line, reply.as_ref());
                Heard::Answered
            }
            Purpose::Fragment { len } => {
                self.fragment_answered(now, len, reply.as_ref());
                Heard::Answered
            }
            Purpose::Step => {
                self.timetable.make_due(now); // whether it was heeded or not, a poll is next
                Heard::Answered
            }
            Purpose::Poll => self.poll_answered(now, line, sent, (code, data), inbox),
        }
    }

    /// The genuine answer to a poll.
    fn poll_answered(
        &mut self,
        now: Micros,
        line: &LineConfig,
        sent: &Sent,
        message: (u8, &[u8]),
        inbox: &mut Inbox<N>,
    ) -> Heard {
        let (code, data) = message;
        match Reply::parse(code, data) {
            Ok(Reply::Ack) => self.freshness.quiet(sent.at),
            Ok(Reply::Nak(_)) => {}
            _ => return self.take_news(now, line, code, data, inbox),
        }
        Heard::Answered
    }

    fn take_news(
        &mut self,
        now: Micros,
        line: &LineConfig,
        code: u8,
        data: &[u8],
        inbox: &mut Inbox<N>,
    ) -> Heard {
        self.timetable.make_due(now); // there may be more where that came from
        let max_age = self.freshness.max_age(now);
        if is_stale(code, max_age, line.stale_after) {
            count(&mut self.counters.stale_reads);
            return Heard::Answered;
        }
        inbox.put(code, data);
        Heard::Delivered(Delivery::News { max_age })
    }

    /// The conversation moves on: the frame needs no repetition, the PD is there.
    pub(super) fn take_answer(&mut self, now: Micros) {
        count(&mut self.counters.replies);
        self.timetable.heard(now);
        self.check.answered();
        self.outstanding.answered();
    }

    /// A reply to a frame came that was not awaited any more.
    pub(super) fn replies_late(&mut self, line: &LineConfig) {
        count(&mut self.counters.late);
        if self.timetable.replies_late(line) {
            self.deviates(Deviation::Late);
        }
    }

    /// The PD has taken the new key. It has to prove it: everything begins anew, with that key.
    fn key_was_set(&mut self, now: Micros) {
        self.take_answer(now);
        self.end_session(LossCause::KeyChange);
        self.rest(now);
    }

    /// The answer to what comes before a key. A device that doesn't know the question keeps the key that it has.
    fn question_answered(&mut self, now: Micros, line: &LineConfig, reply: Option<&Reply<'_>>) {
        self.timetable.make_due(now);
        if !self.keys.answered(reply) {
            self.notices.add(Event::KeyWithheld { reason: reply.and_then(nak_reason) });
            self.notices.add(Event::KeyKept);
            self.lose_session(now, line, LossCause::KeyChange);
        }
    }

    fn key_refused(&mut self, now: Micros, line: &LineConfig, reason: NakReason) {
        self.notices.add(Event::KeyRefused { reason });
        self.lose_session(now, line, LossCause::KeyChange);
    }
}

/// The reply, if the frame is in clear. One with the wrong data for its code counts as unknown.
fn clear_reply<'a>(frame: &Frame<'a>) -> Option<Reply<'a>> {
    let (code, data) = (frame.code(), frame.data());
    (!frame.is_sealed()).then(|| Reply::parse(code, data).unwrap_or(Reply::Other { code, data }))
}

pub(super) fn nak_reason(reply: &Reply<'_>) -> Option<NakReason> {
    match reply {
        Reply::Nak(nak) => Some(nak.reason),
        _ => None,
    }
}
