//! Files to PDs, as the caller sees them: what is offered, what is asked for, and how it ends.
//!
//! The bytes stay with the caller, who is asked for them fragment by fragment. A transfer lives and dies with the
//! session it began in: a PD that has begun anew knows nothing of it, so it has failed and may be begun again, from
//! the first byte. `upload` has the rules by which it goes on.

use super::Cp;
use super::counters::count;
use super::event::Event;
use super::line::{Line, Offer};
use super::offer::{FileFault, FileOffer, OfferError};
use super::output::{Demand, PdIndex, Random, SendError};
use super::outstanding::Purpose;
use super::peer::Peer;
use super::phase::Phase;
use crate::osdp::command::Command;
use crate::osdp::reply::Reply;
use crate::time::Micros;

impl<const PDS: usize, const N: usize, R: Random> Cp<PDS, N, R> {
    /// Begins to send a file. Its bytes are asked for by [`Output::Fragment`](super::Output::Fragment); it ends with
    /// [`Event::FileSent`] or [`Event::FileFailed`]. It goes as bulk
    /// does: after what is urgent or due, in frames as short as other PDs on the line need them.
    ///
    /// While the PD says that nothing may go between the fragments, it gets no poll and no bulk command until the file's
    /// end; other PDs are served. [`Demand::Urgent`] ends such a transfer: it has failed as
    /// [`Overtaken`](FileFault::Overtaken), the PD is told to stop, and the urgent command follows.
    ///
    /// # Errors
    /// When it can't begin now.
    pub fn send_file(&mut self, now: Micros, pd: PdIndex, offer: FileOffer) -> Result<(), OfferError> {
        self.peers.get_mut(pd.0).ok_or(OfferError::NotReady)?.begin_file(now, offer)
    }

    /// Answers a [`Fragment`](super::Output::Fragment) with bytes of the file, none if there are none at hand yet:
    /// then it is asked for again after a poll's interval.
    ///
    /// # Errors
    /// When no fragment was asked for, or these are more bytes than were. After the latter the question still stands.
    pub fn send_fragment(&mut self, now: Micros, pd: PdIndex, bytes: &[u8]) -> Result<(), SendError> {
        let Line::Offered { turn, room, offer: Offer::Fragment { max_len } } = self.line else {
            return Err(SendError::NotNow);
        };
        if turn.pd != pd.0 {
            return Err(SendError::NotNow);
        }
        if bytes.is_empty() {
            self.end_turn(now);
            return Ok(());
        }
        if bytes.len() > max_len {
            return Err(SendError::TooLong);
        }
        self.peers[pd.0].prepare_fragment(now, bytes, room)?;
        self.launch(now, turn);
        Ok(())
    }

    /// Gives a transfer up; the PD is told to stop.
    pub fn abort_file(&mut self, pd: PdIndex) {
        if let Some(peer) = self.peers.get_mut(pd.0) {
            peer.give_file_up(FileFault::Aborted);
        }
    }
}

impl<const N: usize> Peer<N> {
    fn begin_file(&mut self, now: Micros, offer: FileOffer) -> Result<(), OfferError> {
        let sent = self.outstanding.sent();
        match offer {
            _ if !self.phase.is_open() => Err(OfferError::NotReady),
            _ if sent.is_some_and(|sent| matches!(sent.purpose, Purpose::Fragment { .. })) => {
                Err(OfferError::UnderWay)
            }
            offer => self.upload.begin(now, offer),
        }
    }

    fn prepare_fragment(&mut self, now: Micros, bytes: &[u8], room: usize) -> Result<(), SendError> {
        if self.outstanding.sent().is_some() || !self.phase.is_open() {
            return Err(SendError::NotNow);
        }
        let purpose = self.compose_fragment(bytes, room).ok_or(SendError::NotNow)?;
        self.mark_sent(now, purpose);
        self.upload.let_fragment_go();
        Ok(())
    }

    /// Composes the question that a transfer has for its PD now, if it has one.
    pub(super) fn compose_file_question(&mut self, now: Micros) -> Option<Purpose> {
        let asks = self.phase.is_open() && self.upload.has_question(now);
        if asks { self.compose_fragment(&[], N) } else { None }
    }

    fn compose_fragment(&mut self, data: &[u8], room: usize) -> Option<Purpose> {
        let command = Command::FileTransfer(self.upload.fragment(data)?);
        let len = u32::try_from(data.len()).ok()?;
        self.compose(&command, room).ok().map(|()| Purpose::Fragment { len })
    }

    /// The genuine answer to a fragment of `len` bytes.
    pub(super) fn fragment_answered(&mut self, now: Micros, len: u32, reply: Option<&Reply<'_>>) {
        if self.upload.state().is_none() {
            return;
        }
        let sealed = matches!(self.phase, Phase::Secure { .. });
        let ended = match reply {
            Some(Reply::FileStatus(status)) => {
                let ended = self.upload.take_status(now, len, status, sealed);
                if status.has_news && !self.upload.is_exclusive() {
                    self.timetable.make_due(now);
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
                self.upload.finish();
                self.notices.add(Event::FileSent { outcome });
            }
            Err(fault @ (FileFault::Refused(_) | FileFault::Failed(_))) => self.fail_file(fault),
            Err(fault) => self.give_file_up(fault),
        }
    }

    /// A transfer, if there is one, has failed by the PD's word or with its session.
    pub(super) fn fail_file(&mut self, fault: FileFault) {
        if self.upload.fail() {
            self.notices.add(Event::FileFailed { fault });
        }
    }

    /// A transfer, if there is one, is failed by us.
    pub(super) fn give_file_up(&mut self, fault: FileFault) {
        if self.upload.give_up() {
            self.notices.add(Event::FileFailed { fault });
        }
    }

    /// Something urgent does not wait for the end of a file beside which the PD takes nothing.
    pub(super) fn let_urgent_pass(&mut self) {
        if self.upload.is_exclusive() && self.demand == Demand::Urgent {
            self.give_file_up(FileFault::Overtaken);
        }
    }
}
