//! A file on its way to one PD: fragments in order, each answered by FTSTAT, which says when and how to go on.
//!
//! Nothing is ever sent beyond the file's end or twice but as the repetition of a frame, and the secure channel is never
//! left for a file's sake. A PD that allows nothing between the fragments gets nothing else; silences in it are broken by
//! empty fragments, so that its session lives, and something urgent ends the file.

use core::time::Duration;

use super::config::LineConfig;
use super::counters::count;
use super::event::Event;
use super::output::{Demand, SendError};
use super::peer::Peer;
use super::phase::{Phase, Purpose};
use super::schedule::Wants;
use super::timing::poll_interval;
use super::transfer::{
    FILE_PATIENCE, FINISH_ASK_INTERVAL, FileFault, FileOffer, FileOutcome, FileState, OfferError,
};
use crate::osdp::command::Command;
use crate::osdp::file::{FileFragment, FileProgress, FileStatus};
use crate::osdp::reply::Reply;
use crate::time::Micros;

/// A transfer under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    state: FileState,
    /// When the next fragment, or question, may be sent.
    ready_at: Micros,
    /// Longest fragment that the PD takes.
    max_fragment: usize,
    /// When the PD last took bytes, or the caller last had none.
    moved_at: Micros,
    /// Whether the last bulk frame to the PD was a fragment, so that a bulk command is next if there is one.
    had_turn: bool,
}

impl<const N: usize> Peer<N> {
    pub(super) fn begin_file(&mut self, now: Micros, offer: FileOffer) -> Result<(), OfferError> {
        let answer_awaited = self.sent.is_some_and(|sent| matches!(sent.purpose, Purpose::Fragment { .. }));
        match offer {
            _ if !self.is_open() => Err(OfferError::NotReady),
            _ if self.transfer.is_some() || self.abort_due || answer_awaited => Err(OfferError::UnderWay),
            FileOffer { total: 0, .. } => Err(OfferError::Empty),
            offer => {
                self.transfer = Some(Transfer::new(now, offer));
                Ok(())
            }
        }
    }

    /// Whether a bulk turn is for a fragment: it takes turns with the caller's bulk commands.
    pub(super) fn fragment_is_next(&self, now: Micros) -> bool {
        let command_is_next = |t: &Transfer| self.demand == Demand::Bulk && t.had_turn && !t.state.exclusive;
        self.transfer.as_ref().is_some_and(|t| t.wants_bytes(now) && !command_is_next(t))
    }

    /// Where the next fragment begins and how long it may be in a frame of `room` bytes.
    pub(super) fn next_fragment(&self, room: usize) -> Option<(u32, usize)> {
        let transfer = self.transfer.as_ref()?;
        let in_frame = self.data_room(room).saturating_sub(FileFragment::HEAD_LEN);
        let left = usize::try_from(transfer.left()).unwrap_or(usize::MAX);
        Some((transfer.state.sent, in_frame.min(transfer.max_fragment).min(left)))
    }

    /// Puts a fragment into `frame`.
    pub(super) fn prepare_fragment(
        &mut self,
        now: Micros,
        bytes: &[u8],
        room: usize,
    ) -> Result<(), SendError> {
        if self.sent.is_some() || !self.is_open() {
            return Err(SendError::NotNow);
        }
        let purpose = self.compose_fragment(bytes, room).ok_or(SendError::NotNow)?;
        self.mark_sent(now, purpose);
        if let Some(transfer) = &mut self.transfer {
            transfer.had_turn = true;
        }
        Ok(())
    }

    /// Puts the question into `frame` that a transfer has for its PD now, if it has one: whether it has finished, or,
    /// after a long silence in which it wants no polls, only whether it is there.
    pub(super) fn compose_file_question(&mut self, now: Micros) -> Option<Purpose> {
        let open = self.is_open();
        let transfer = self.transfer.as_ref().filter(|_| open)?;
        if transfer.state.exclusive || transfer.is_complete() && transfer.ready_at <= now {
            return self.compose_fragment(&[], N);
        }
        None
    }

    fn compose_fragment(&mut self, data: &[u8], room: usize) -> Option<Purpose> {
        let FileState { offer: FileOffer { kind, total }, sent: offset, .. } = self.transfer?.state;
        let len = u32::try_from(data.len()).ok()?;
        let command = Command::FileTransfer(FileFragment { kind, total, offset, data });
        self.compose(&command, room).ok().map(|()| Purpose::Fragment { len })
    }

    /// The caller has no bytes at hand.
    pub(super) fn postpone_fragment(&mut self, now: Micros, line: &LineConfig) {
        if let Some(transfer) = &mut self.transfer {
            transfer.ready_at = now + poll_interval(line);
            (transfer.moved_at, transfer.had_turn) = (now, true);
        }
    }

    /// The genuine answer to a fragment of `len` bytes.
    pub(super) fn fragment_answered(&mut self, now: Micros, len: u32, reply: Option<&Reply<'_>>) {
        let sealed = matches!(self.phase, Phase::Secure { .. });
        let Some(transfer) = &mut self.transfer else { return };
        let ended = match reply {
            Some(Reply::FileStatus(status)) => {
                let ended = transfer.take(now, len, status, sealed);
                if status.has_news && !transfer.state.exclusive {
                    self.due = now;
                }
                ended
            }
            Some(Reply::Nak(nak)) => Err(FileFault::Refused(nak.reason)),
            _ => {
                count(&mut self.counters.violations);
                Err(FileFault::Unexpected)
            }
        };
        match ended {
            Ok(None) => self.let_urgent_pass(),
            Ok(Some(outcome)) => {
                self.transfer = None;
                self.note(Event::FileSent { outcome });
            }
            Err(fault @ (FileFault::Refused(_) | FileFault::Failed(_))) => self.fail_file(fault),
            Err(fault) => self.give_file_up(fault),
        }
    }

    /// A transfer, if there is one, has failed by the PD's word or with its session.
    pub(super) fn fail_file(&mut self, fault: FileFault) {
        if self.transfer.take().is_some() {
            self.note(Event::FileFailed { fault });
        }
    }

    /// A transfer, if there is one, is failed by us: the PD has to be told.
    pub(super) fn give_file_up(&mut self, fault: FileFault) {
        self.abort_due |= self.transfer.is_some();
        self.fail_file(fault);
    }

    /// Something urgent does not wait for the end of a file beside which the PD takes nothing.
    pub(super) fn let_urgent_pass(&mut self) {
        let is_in_the_way = self.transfer.as_ref().is_some_and(|transfer| transfer.state.exclusive);
        if is_in_the_way && self.demand == Demand::Urgent {
            self.give_file_up(FileFault::Overtaken);
        }
    }

    pub(super) fn file_state(&self) -> Option<FileState> {
        self.transfer.as_ref().map(|transfer| transfer.state)
    }
}

impl Transfer {
    fn new(now: Micros, offer: FileOffer) -> Self {
        let state = FileState { offer, sent: 0, exclusive: false };
        Self { state, ready_at: now, max_fragment: usize::MAX, moved_at: now, had_turn: false }
    }

    fn left(&self) -> u32 {
        self.state.offer.total - self.state.sent
    }

    fn is_complete(&self) -> bool {
        self.left() == 0
    }

    fn wants_bytes(&self, now: Micros) -> bool {
        !self.is_complete() && self.ready_at <= now
    }

    /// What its PD wants of the line with this transfer, beside what it `otherwise` wants; with a transfer that wants
    /// the PD for itself, a frame is due only to break the silence at `silent_at`.
    pub(super) fn wants(&self, now: Micros, otherwise: Wants, silent_at: Micros) -> Wants {
        let due = if self.state.exclusive { Some(silent_at) } else { otherwise.due };
        let question = self.is_complete().then_some(self.ready_at);
        Wants {
            due: [due, question].into_iter().flatten().min(),
            bulk: self.wants_bytes(now) || otherwise.bulk && !self.state.exclusive,
            later: (!self.is_complete()).then_some(self.ready_at),
            ..otherwise
        }
    }

    /// A bulk command has had its turn.
    pub(super) fn let_command_go(&mut self) {
        self.had_turn = false;
    }

    /// What FTSTAT says of a fragment of `len` bytes: go on (`None`), or the end.
    fn take(
        &mut self,
        now: Micros,
        len: u32,
        status: &FileStatus,
        sealed: bool,
    ) -> Result<Option<FileOutcome>, FileFault> {
        if len > 0 {
            self.state.sent = self.state.sent.saturating_add(len).min(self.state.offer.total);
            self.moved_at = now;
        }
        self.state.exclusive = !status.may_interleave;
        let outcome = match status.progress {
            FileProgress::Failed(error) => return Err(FileFault::Failed(error)),
            FileProgress::Other(_) => return Err(FileFault::Unexpected),
            FileProgress::Proceed | FileProgress::Finishing => None,
            FileProgress::Processed => Some(FileOutcome::Processed),
            FileProgress::Rebooting => Some(FileOutcome::Rebooting),
        };
        match outcome {
            Some(_) if !self.is_complete() => Err(FileFault::Early),
            Some(outcome) => Ok(Some(outcome)),
            None if status.leave_secure && sealed => Err(FileFault::LeaveSecure),
            None if now.since(self.moved_at) >= FILE_PATIENCE => Err(FileFault::Stalled),
            None => {
                self.go_on(now, len, status);
                Ok(None)
            }
        }
    }

    /// The delay counts from a fragment's answer, or from the answer to whether it has finished. To an empty fragment
    /// that only broke a silence, it would put the next one off for ever.
    fn go_on(&mut self, now: Micros, len: u32, status: &FileStatus) {
        let delay = Duration::from_millis(status.delay_ms.into());
        if self.is_complete() {
            self.ready_at = now + delay.max(FINISH_ASK_INTERVAL);
        } else if len > 0 {
            self.ready_at = now + delay;
        }
        if status.max_fragment > 0 {
            self.max_fragment = status.max_fragment.into();
        }
    }
}
