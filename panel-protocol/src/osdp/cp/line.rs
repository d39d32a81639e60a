//! The line itself: free, offered to the caller, or with a frame in flight; and who has it next.

use core::time::Duration;

use heapless::Vec;

use super::counters::count;
use super::incoming::{Heard, Inbox};
use super::output::{Next, Random};
use super::peer::Peer;
use super::schedule::{Choice, Standing, Use, Wants};
use super::timing::{bytes_within, idle_time, line_time};
use super::transfer::FileFault;
use super::{Cp, Demand, LineConfig, LineCounters};
use crate::osdp::deframe::Deframed;
use crate::osdp::frame::FrameMut;
use crate::time::Micros;

/// Bytes of a vendor command's OUI, which come before the vendor's own.
const OUI_LEN: usize = 3;

/// What the line is doing.
#[derive(Debug)]
pub(super) enum Line {
    /// The caller says that there is none.
    Down,
    /// Nothing in flight; quiet enough for the next frame from `ready_at`, which noise puts off to `latest` at most.
    Free { ready_at: Micros, latest: Micros },
    /// The caller has been asked for a frame of at most `room` bytes.
    Offered { turn: Turn, room: usize, offer: Offer },
    /// A frame is in flight, or its reply is.
    Awaiting(Exchange),
}

/// What the caller has been asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Offer {
    Command,
    /// A file's next bytes, so many at most.
    Fragment {
        max_len: usize,
    },
}

/// One use of the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub pd: usize,
    pub choice: Choice,
    pub standing: Standing,
    /// Whether bulk waited while this is due, or the reverse.
    pub rival_waits: bool,
}

/// A frame in flight and the wait for its reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    turn: Turn,
    sent_at: Micros,
    /// When the wait ends if nothing more comes.
    deadline: Micros,
    /// When the wait ends even if bytes keep coming.
    limit: Micros,
    /// Whether something came that was to be a frame and is none.
    damaged: bool,
}

impl Line {
    /// A line that may be used from `ready_at`.
    pub(super) fn free(ready_at: Micros, patience: Duration) -> Self {
        Self::Free { ready_at, latest: ready_at + patience }
    }
}

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
    fn expire(&mut self, now: Micros) {
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

    /// The exchange is over.
    fn release(&mut self, now: Micros, ready_at: Micros, answered: bool) {
        if let Line::Awaiting(Exchange { turn, sent_at, .. }) = self.line {
            let Turn { choice, standing, rival_waits: rival_waited, .. } = turn;
            self.schedule.used(
                now,
                choice,
                Use { span: now.since(sent_at), standing, rival_waited, answered },
            );
        }
        self.line = Line::free(ready_at, self.config.character_gap);
    }

    /// The PD's frame is ready to go. Everything that was heard before belongs to something else.
    pub(super) fn launch(&mut self, now: Micros, turn: Turn) {
        let len = self.peers[turn.pd].outstanding.frame().len();
        let longest_reply = line_time(N, self.config.baud) * 2;
        let patience = self.peers[turn.pd].timetable.reply_timeout(&self.config);
        let deadline = now + line_time(len, self.config.baud) + patience;
        let limit = deadline + longest_reply + self.config.character_gap;
        self.deframer.clear();
        self.looked_at = now;
        self.transmit = Some(turn.pd);
        self.line = Line::Awaiting(Exchange { turn, sent_at: now, deadline, limit, damaged: false });
    }

    /// What the caller shall do next.
    pub(super) fn advance(&mut self, now: Micros) -> Next {
        self.expire(now);
        self.end_turn(now);
        if let Some(next) = self.pending() {
            return next;
        }
        match &self.line {
            Line::Down => Next::Wait(None),
            Line::Awaiting(exchange) => {
                Next::Wait(Some(self.deframer.deadline().unwrap_or(exchange.deadline).min(exchange.limit)))
            }
            Line::Free { ready_at, .. } if now < *ready_at => Next::Wait(Some(*ready_at)),
            Line::Free { .. } | Line::Offered { .. } => self.give_line(now),
        }
    }

    /// What has been done and not been handed out.
    fn pending(&mut self) -> Option<Next> {
        if let Some(pd) = self.transmit.take() {
            return Some(Next::Transmit(pd));
        }
        if let Some((pd, delivery)) = self.delivery.take() {
            return Some(Next::Deliver(pd, delivery));
        }
        let mut notes = self.peers.iter_mut().enumerate();
        notes.find_map(|(pd, peer)| peer.notices.take().map(|note| Next::Note(pd, note)))
    }

    /// Gives the free line to whose turn it is. A PD that turns out to have nothing to send makes room for the next.
    fn give_line(&mut self, now: Micros) -> Next {
        loop {
            let wants: Vec<Wants, PDS> =
                self.peers.iter().map(|peer| peer.wants(now, &self.config)).collect();
            let choice = self.schedule.choose(now, &wants);
            let (pd, rival_waits) = match choice {
                Choice::Nobody(until) => return Next::Wait(until),
                Choice::Bulk(pd) => (pd, wants.iter().any(|w| w.due.is_some_and(|due| due <= now))),
                Choice::Urgent(pd) | Choice::Due(pd) => (pd, wants.iter().any(|w| w.bulk)),
            };
            let turn = Turn { pd, choice, standing: wants[pd].standing, rival_waits };
            if self.peers[pd].takes_commands() && !matches!(choice, Choice::Due(_)) {
                if let Some(next) = self.offer(now, turn) {
                    return next;
                }
            } else if self.peers[pd].prepare_due(now, &self.config, &mut self.random) {
                self.launch(now, turn);
            }
            if let Some(next) = self.pending() {
                return next;
            }
        }
    }

    /// Asks the caller for what the turn is for. `None`: nothing of it fits into a frame.
    fn offer(&mut self, now: Micros, turn: Turn) -> Option<Next> {
        let (pd, room) = (turn.pd, self.frame_room(turn.pd));
        let peer = &mut self.peers[pd];
        if !matches!(turn.choice, Choice::Bulk(_))
            || !peer.upload.fragment_is_next(now, peer.demand == Demand::Bulk)
        {
            self.line = Line::Offered { turn, room, offer: Offer::Command };
            let max_data = peer.data_room(room).saturating_sub(OUI_LEN);
            return Some(Next::Turn { pd, max_data, urgent: matches!(turn.choice, Choice::Urgent(_)) });
        }
        match peer.upload.next_fragment(peer.data_room(room)).filter(|(_, max_len)| *max_len > 0) {
            Some((offset, max_len)) => {
                self.line = Line::Offered { turn, room, offer: Offer::Fragment { max_len } };
                Some(Next::Fragment { pd, offset, max_len })
            }
            None => {
                peer.give_file_up(FileFault::NoRoom);
                self.pending()
            }
        }
    }

    /// The turn, if there is one, was not used: a command's demand is over, a fragment is asked for later.
    pub(super) fn end_turn(&mut self, now: Micros) {
        let Line::Offered { turn, offer, .. } = self.line else { return };
        let peer = &mut self.peers[turn.pd];
        match offer {
            Offer::Command => peer.demand = Demand::None,
            Offer::Fragment { .. } => peer.upload.postpone(now, &self.config),
        }
        self.line = Line::free(now, self.config.character_gap);
    }

    /// Longest frame for a PD, mark not counted: what both buffers hold, and what may be on the line in one piece
    /// while others wait for it.
    fn frame_room(&self, pd: usize) -> usize {
        let others =
            self.peers.iter().enumerate().any(|(other, peer)| other != pd && peer.device.is_online());
        let by_time = bytes_within(self.config.frame_time, self.config.baud);
        let by_time = if others { by_time } else { usize::MAX };
        self.peers[pd].device.receive_buffer().min(by_time).min(N - 1)
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
