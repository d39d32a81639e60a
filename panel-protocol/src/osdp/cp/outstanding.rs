//! The frame that a PD was sent last: its sequence number, its repetitions, and whether its answer is still awaited.

use heapless::Vec;

use super::output::SendError;
use super::timing::retry_delay;
use crate::osdp::command::Command;
use crate::osdp::frame::{self, Check, Header, Scb};
use crate::osdp::secure::{SealError, Session};
use crate::time::Micros;

/// What a frame was sent for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// A step of the bring-up.
    Step,
    /// A poll.
    Poll,
    /// What has to be answered before a key is given.
    Question,
    /// The new key.
    KeySet,
    /// Another address or speed.
    ComSet,
    /// A fragment of so many bytes of a file, or with none the question how the PD gets on with it.
    Fragment { len: u32 },
    /// The caller's command.
    Command(Kind),
}

/// What kind of command the caller has sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Urgent,
    Bulk,
    /// As bulk, and it changes nothing at the PD.
    Read,
}

/// A frame that has been sent and not been answered for good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub purpose: Purpose,
    pub sequence: u8,
    /// When it was sent for the first time.
    pub at: Micros,
    /// Times that it was left without a good reply.
    pub failures: u8,
    /// When it may be sent again.
    pub retry_at: Micros,
}

/// The last frame of one conversation.
#[derive(Debug)]
pub(super) struct Outstanding<const N: usize> {
    /// The next new frame's sequence number.
    sequence: u8,
    sent: Option<Sent>,
    /// The frame, mark byte included, for its repetition.
    frame: Vec<u8, N>,
    /// The sequence number of the last answered frame, if that had been repeated: its PD may answer it once more.
    repeated: Option<u8>,
    /// Whether the PD has been told in this conversation how long a frame the CP takes.
    size_told: bool,
}

impl<const N: usize> Outstanding<N> {
    pub(super) const fn new() -> Self {
        Self { sequence: 0, sent: None, frame: Vec::new(), repeated: None, size_told: false }
    }

    /// What is on its way or waits to be repeated.
    pub(super) fn sent(&self) -> Option<Sent> {
        self.sent
    }

    pub(super) fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// The header of the next new frame.
    pub(super) fn header(&self, address: u8, check: Check) -> Header {
        Header { check, ..Header::command(address, self.sequence) }
    }

    /// Puts a frame of at most `room` bytes there, in clear.
    pub(super) fn compose_clear(
        &mut self,
        header: Header,
        scb: Option<Scb<'_>>,
        command: &Command<'_>,
        room: usize,
    ) -> Result<(), SendError> {
        let len = frame::emit(self.buffer(room), header, scb, command).map(<[u8]>::len);
        self.frame.truncate(*len.as_ref().unwrap_or(&0));
        len.map(|_| ()).map_err(|_| SendError::TooLong)
    }

    /// Puts a frame of at most `room` bytes there, sealed.
    pub(super) fn compose_sealed(
        &mut self,
        session: &mut Session,
        header: Header,
        command: &Command<'_>,
        room: usize,
    ) -> Result<(), SendError> {
        let sealed = session.seal(self.buffer(room), header, command).map(<[u8]>::len);
        self.frame.truncate(*sealed.as_ref().unwrap_or(&0));
        sealed.map(|_| ()).map_err(|error| match error {
            SealError::Ended => SendError::NotNow,
            SealError::Full => SendError::TooLong,
        })
    }

    /// The whole buffer as far as a frame of `room` bytes and its mark reach.
    fn buffer(&mut self, room: usize) -> &mut [u8] {
        self.frame.clear();
        let len = room.saturating_add(1).min(N);
        let _ = self.frame.resize_default(len); // `len` is within the capacity
        &mut self.frame
    }

    /// What was put there is on its way.
    pub(super) fn mark_sent(&mut self, now: Micros, purpose: Purpose) {
        self.sent = Some(Sent { purpose, sequence: self.sequence, at: now, failures: 0, retry_at: now });
    }

    /// It was answered: the next frame is a new one.
    pub(super) fn answered(&mut self) {
        if let Some(sent) = self.sent.take() {
            self.sequence = sent.sequence % 3 + 1;
            self.repeated = (sent.failures > 0).then_some(sent.sequence);
        }
    }

    /// Whether the frame before this one had that sequence number and was sent more than once.
    pub(super) fn repeated(&self, sequence: u8) -> bool {
        self.repeated == Some(sequence)
    }

    /// Whether a frame with that sequence number has been given up on, for now, and its answer may come late.
    pub(super) fn is_overdue(&self, sequence: u8) -> bool {
        self.sent.is_some_and(|sent| sent.failures > 0 && sent.sequence == sequence)
    }

    /// It was left without a good reply, and will be repeated. Gives how it stood before.
    pub(super) fn failed(&mut self, now: Micros) -> Option<Sent> {
        let sent = self.sent.as_mut()?;
        let before = *sent;
        sent.failures = sent.failures.saturating_add(1);
        sent.retry_at = now + retry_delay(before.failures);
        Some(before)
    }

    /// The PD is busy: the same again, not before then.
    pub(super) fn put_off(&mut self, until: Micros) {
        if let Some(sent) = &mut self.sent {
            sent.retry_at = until;
        }
    }

    /// Whether the PD is still to be told how long a frame the CP takes; from now on it has been.
    pub(super) fn tells_size(&mut self) -> bool {
        !core::mem::replace(&mut self.size_told, true)
    }

    /// Another conversation begins, with sequence number 0.
    pub(super) fn begin_anew(&mut self) {
        (self.sequence, self.sent, self.size_told) = (0, None, false);
    }
}
