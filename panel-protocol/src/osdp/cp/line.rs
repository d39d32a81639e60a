//! The line itself: free, offered to the caller, or with a frame in flight; and who has it next.

use core::time::Duration;

use heapless::Vec;

use super::offer::FileFault;
use super::output::{Next, Random};
use super::schedule::{Choice, Standing, Use, Wants};
use super::timing::{bytes_within, line_time};
use super::{Cp, Demand};
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
    pub turn: Turn,
    sent_at: Micros,
    /// When the wait ends if nothing more comes.
    pub deadline: Micros,
    /// When the wait ends even if bytes keep coming.
    pub limit: Micros,
    /// Whether something came that was to be a frame and is none.
    pub damaged: bool,
}

impl Line {
    /// A line that may be used from `ready_at`.
    pub(super) fn free(ready_at: Micros, patience: Duration) -> Self {
        Self::Free { ready_at, latest: ready_at + patience }
    }
}

impl<const PDS: usize, const N: usize, R: Random> Cp<PDS, N, R> {
    /// The exchange is over.
    pub(super) fn release(&mut self, now: Micros, ready_at: Micros, answered: bool) {
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
