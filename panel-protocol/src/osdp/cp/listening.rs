//! What comes off the line: frames for the PD whose reply is awaited, others, noise, and silence.
//!
//! Whatever arrives late, from another CP or from nobody is counted and acted on by nobody.

use super::Cp;
use super::config::LineConfig;
use super::counters::{LineCounters, count};
use super::inbox::{Heard, Inbox};
use super::line::Line;
use super::output::Random;
use super::peer::Peer;
use super::timing::idle_time;
use crate::osdp::deframe::Deframed;
use crate::osdp::frame::FrameMut;
use crate::time::Micros;

impl<const PDS: usize, const N: usize, R: Random> Cp<PDS, N, R> {
    /// Takes bytes from the line; none at all tells that time has passed. They may have waited for the caller: a gap in
    /// a frame is what lies between two looks, not what lies between two calls.
    pub(super) fn received(&mut self, now: Micros, mut bytes: &[u8]) {
        if matches!(self.line, Line::Down) {
            return;
        }
        let any = !bytes.is_empty();
        while let Some(found) = self.deframer.next_since(self.looked_at, now, &mut bytes) {
            let awaited =
                if let Line::Awaiting(exchange) = &self.line { Some(exchange.turn.pd) } else { None };
            let heard = match (found, awaited) {
                (Deframed::Frame(frame), awaited) => {
                    let (config, counters) = (&self.config, &mut self.counters);
                    take_frame(&mut self.peers, awaited, now, config, frame, &mut self.inbox, counters)
                }
                (Deframed::Refused(refused), Some(pd)) => {
                    self.peers[pd].hear_refused(now, &self.config, refused)
                }
                (Deframed::Refused(_), None) => {
                    count(&mut self.counters.unexpected_frames);
                    Heard::Ignored
                }
            };
            self.conclude(now, heard);
        }
        self.looked_at = now;
        self.noise.read(now, self.deframer.counters().noise_bytes);
        if any {
            self.stay_quiet(now);
        }
    }

    /// Draws the conclusion from a frame: is the exchange over?
    fn conclude(&mut self, now: Micros, heard: Heard) {
        let Line::Awaiting(exchange) = &mut self.line else { return };
        let pd = exchange.turn.pd;
        match heard {
            Heard::Ignored => return,
            Heard::Damaged => {
                exchange.damaged = true;
                return count(&mut self.peers[pd].counters.bad_check);
            }
            Heard::Answered => {}
            Heard::Delivered(delivery) => self.delivery = Some((pd, delivery)),
        }
        self.release(now, now + idle_time(&self.config), true);
    }

    /// Bytes have come: a reply may still be on its way, and nothing may be sent into it. Once something damaged has
    /// come, silence is all that is waited for.
    fn stay_quiet(&mut self, now: Micros) {
        let silence = now + self.config.character_gap;
        match &mut self.line {
            Line::Awaiting(exchange) if exchange.damaged => exchange.deadline = silence.min(exchange.limit),
            Line::Awaiting(exchange) => {
                exchange.deadline = exchange.deadline.max(silence).min(exchange.limit);
            }
            Line::Free { ready_at, latest } => {
                *ready_at = (*ready_at).max(now + idle_time(&self.config)).min(*latest);
            }
            Line::Down | Line::Offered { .. } => {}
        }
    }

    /// Ends a wait whose time is over.
    pub(super) fn expire(&mut self, now: Micros) {
        if !matches!(self.line, Line::Awaiting(_)) {
            return;
        }
        let cut_short = self.deframer.counters().cut_short;
        self.received(now, &[]);
        let Line::Awaiting(exchange) = &mut self.line else { return };
        let (pd, partial) = (exchange.turn.pd, self.deframer.deadline().is_some());
        if self.deframer.counters().cut_short != cut_short {
            count(&mut self.peers[pd].counters.bad_check);
            (exchange.damaged, exchange.deadline) = (true, now);
        }
        let (damaged, over) =
            (exchange.damaged, exchange.deadline <= now && !partial || exchange.limit <= now);
        if over {
            self.peers[pd].no_reply(now, &self.config, damaged);
            self.release(now, now, false);
        }
    }
}

/// A frame, while the reply of the PD `awaited` is, if any is.
fn take_frame<const N: usize>(
    peers: &mut [Peer<N>],
    awaited: Option<usize>,
    now: Micros,
    config: &LineConfig,
    frame: FrameMut<'_>,
    inbox: &mut Inbox<N>,
    counters: &mut LineCounters,
) -> Heard {
    let header = frame.view().header();
    if !header.reply {
        let bytes = frame.view().bytes();
        let is_echo = peers.iter().any(|peer| peer.outstanding.frame().get(1..) == Some(bytes));
        count(if is_echo { &mut counters.echoes } else { &mut counters.foreign_commands });
        return Heard::Ignored;
    }
    let sender = peers.iter().position(|peer| peer.place.address() == header.address);
    match (awaited, sender) {
        (Some(awaited), Some(sender)) if awaited == sender => {
            return peers[awaited].hear(now, config, frame, inbox);
        }
        (_, Some(sender)) if peers[sender].outstanding.is_overdue(header.sequence) => {
            peers[sender].replies_late(config);
        }
        _ => {}
    }
    count(match awaited {
        Some(awaited) => &mut peers[awaited].counters.foreign_address,
        None => &mut counters.unexpected_frames,
    });
    Heard::Ignored
}
