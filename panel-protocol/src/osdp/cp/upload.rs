//! A file on its way to one PD: fragments in order, each answered by FTSTAT, which says when and how to go on.
//!
//! Nothing is ever sent beyond the file's end or twice but as the repetition of a frame, and the secure channel is never
//! left for a file's sake. A PD that allows nothing between the fragments gets nothing else; silences in it are broken by
//! empty fragments, so that its session lives, and something urgent ends the file.

use core::time::Duration;

use super::config::LineConfig;
use super::offer::{
    FILE_PATIENCE, FINISH_ASK_INTERVAL, FileFault, FileOffer, FileOutcome, FileState, OfferError,
};
use super::schedule::Wants;
use super::timing::poll_interval;
use crate::osdp::file::{FileFragment, FileProgress, FileStatus};
use crate::time::Micros;

/// A transfer under way.
#[derive(Clone, Copy, Debug)]
struct Transfer {
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

/// The file of one PD, if there is one.
#[derive(Debug, Default)]
pub(super) struct Upload {
    transfer: Option<Transfer>,
    /// Whether the PD has to be told to stop what it does.
    abort_due: bool,
}

impl Upload {
    pub(super) fn begin(&mut self, now: Micros, offer: FileOffer) -> Result<(), OfferError> {
        match offer {
            _ if self.transfer.is_some() || self.abort_due => Err(OfferError::UnderWay),
            FileOffer { total: 0, .. } => Err(OfferError::Empty),
            offer => {
                self.transfer = Some(Transfer::new(now, offer));
                Ok(())
            }
        }
    }

    pub(super) fn state(&self) -> Option<FileState> {
        self.transfer.as_ref().map(|transfer| transfer.state)
    }

    /// Whether the PD wants nothing else until the end.
    pub(super) fn is_exclusive(&self) -> bool {
        self.transfer.as_ref().is_some_and(|transfer| transfer.state.exclusive)
    }

    /// Whether a bulk turn is for a fragment: it takes turns with the caller's bulk commands, if there are any.
    pub(super) fn fragment_is_next(&self, now: Micros, has_command: bool) -> bool {
        let command_is_next = |t: &Transfer| has_command && t.had_turn && !t.state.exclusive;
        self.transfer.as_ref().is_some_and(|t| t.wants_bytes(now) && !command_is_next(t))
    }

    /// Where the next fragment begins and how long it may be, in a frame that carries so much data.
    pub(super) fn next_fragment(&self, data_room: usize) -> Option<(u32, usize)> {
        let transfer = self.transfer.as_ref()?;
        let in_frame = data_room.saturating_sub(FileFragment::HEAD_LEN);
        let left = usize::try_from(transfer.left()).unwrap_or(usize::MAX);
        Some((transfer.state.sent, in_frame.min(transfer.max_fragment).min(left)))
    }

    /// The fragment that carries `data` next.
    pub(super) fn fragment<'a>(&self, data: &'a [u8]) -> Option<FileFragment<'a>> {
        let FileState { offer: FileOffer { kind, total }, sent: offset, .. } = self.transfer?.state;
        Some(FileFragment { kind, total, offset, data })
    }

    /// Whether there is a question for the PD now: whether it has finished, or, after a long silence in which it wants
    /// no polls, only whether it is there.
    pub(super) fn has_question(&self, now: Micros) -> bool {
        let asks = |t: &Transfer| t.state.exclusive || t.is_complete() && t.ready_at <= now;
        self.transfer.as_ref().is_some_and(asks)
    }

    /// A fragment has had its turn.
    pub(super) fn let_fragment_go(&mut self) {
        if let Some(transfer) = &mut self.transfer {
            transfer.had_turn = true;
        }
    }

    /// A bulk command has had its turn.
    pub(super) fn let_command_go(&mut self) {
        if let Some(transfer) = &mut self.transfer {
            transfer.had_turn = false;
        }
    }

    /// The caller has no bytes at hand.
    pub(super) fn postpone(&mut self, now: Micros, line: &LineConfig) {
        if let Some(transfer) = &mut self.transfer {
            transfer.ready_at = now + poll_interval(line);
            (transfer.moved_at, transfer.had_turn) = (now, true);
        }
    }

    /// What FTSTAT says of a fragment of `len` bytes: go on (`None`), or the end.
    pub(super) fn take_status(
        &mut self,
        now: Micros,
        len: u32,
        status: &FileStatus,
        sealed: bool,
    ) -> Result<Option<FileOutcome>, FileFault> {
        match &mut self.transfer {
            Some(transfer) => transfer.take(now, len, status, sealed),
            None => Ok(None),
        }
    }

    /// The PD has the file.
    pub(super) fn finish(&mut self) {
        self.transfer = None;
    }

    /// The transfer, if there is one, has failed by the PD's word or with its session. True: there was one.
    pub(super) fn fail(&mut self) -> bool {
        self.transfer.take().is_some()
    }

    /// The transfer, if there is one, is failed by us: the PD has to be told. True: there was one.
    pub(super) fn give_up(&mut self) -> bool {
        self.abort_due |= self.transfer.is_some();
        self.fail()
    }

    /// Whether the PD has to be told to stop.
    pub(super) fn is_abort_due(&self) -> bool {
        self.abort_due
    }

    /// The PD is told to stop, if it has to be.
    pub(super) fn take_abort(&mut self) -> bool {
        core::mem::take(&mut self.abort_due)
    }

    /// What the PD wants of the line with its transfer, beside what it `otherwise` wants; with a transfer that wants
    /// the PD for itself, a frame is due only to break the silence at `silent_at`.
    pub(super) fn wants(&self, now: Micros, otherwise: Wants, silent_at: Option<Micros>) -> Wants {
        match (&self.transfer, silent_at) {
            (Some(transfer), Some(silent_at)) => transfer.wants(now, otherwise, silent_at),
            _ => otherwise,
        }
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
    fn wants(&self, now: Micros, otherwise: Wants, silent_at: Micros) -> Wants {
        let due = if self.state.exclusive { Some(silent_at) } else { otherwise.due };
        let question = self.is_complete().then_some(self.ready_at);
        Wants {
            due: [due, question].into_iter().flatten().min(),
            bulk: self.wants_bytes(now) || otherwise.bulk && !self.state.exclusive,
            later: (!self.is_complete()).then_some(self.ready_at),
            ..otherwise
        }
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
