//! What goes out to a PD: its bring-up step by step, polls, the new key, the caller's commands, and repetitions.

use super::config::LineConfig;
use super::counters::count;
use super::event::{Event, KeyFault, LossCause};
use super::fragments::Transfer;
use super::keys::Which;
use super::output::{Random, SendError};
use super::peer::Peer;
use super::phase::{Phase, Purpose, Sent};
use super::timing::poll_interval;
use crate::limits::MIN_FRAME_LEN;
use crate::osdp::command::{Command, KeySet};
use crate::osdp::draft::max_data;
use crate::osdp::frame::{self, Header, Scb, scs};
use crate::osdp::secure::SealError;
use crate::time::Micros;

impl<const N: usize> Peer<N> {
    /// Puts into `frame` what is due: a repetition as it was, or the next step, poll or key. False: nothing, after all.
    pub(super) fn prepare_due(&mut self, now: Micros, line: &LineConfig, random: &mut impl Random) -> bool {
        if self.sent.is_some() {
            self.count_frame(true);
            return true;
        }
        if self.keys.expire(now) {
            self.note(Event::KeyKept);
        }
        let question = self.compose_file_question(now);
        let Some(purpose) = question.or_else(|| self.compose_due(now, line, random)) else {
            if !matches!(self.phase, Phase::Resting { .. }) {
                self.pause(now, line); // the buffer holds every frame of ours, so this is for completeness
            }
            return false;
        };
        self.due = now + poll_interval(line);
        self.mark_sent(now, purpose);
        true
    }

    /// Puts the caller's command into `frame`.
    pub(super) fn prepare_command(
        &mut self,
        now: Micros,
        command: &Command<'_>,
        room: usize,
        urgent: bool,
    ) -> Result<(), SendError> {
        if !self.is_open() || self.sent.is_some() {
            return Err(SendError::NotNow);
        }
        self.compose(command, room)?;
        self.mark_sent(now, Purpose::Command { urgent });
        self.transfer.iter_mut().for_each(Transfer::let_command_go);
        Ok(())
    }

    /// Composes the frame that the phase asks for, and moves on from the phases that wait for nothing else.
    fn compose_due(&mut self, now: Micros, line: &LineConfig, random: &mut impl Random) -> Option<Purpose> {
        match &self.phase {
            Phase::Resting { .. } => {
                self.sequence = 0;
                self.phase = Phase::Identify;
                self.compose_step(&Command::Id)
            }
            Phase::Identify => self.compose_step(&Command::Id),
            Phase::Capabilities { .. } => self.compose_step(&Command::Capabilities),
            Phase::Known | Phase::Challenge { .. } => self.compose_challenge(now, line, random),
            Phase::Cryptogram { which, proof, .. } => {
                let (which, command) = (*which, Command::ServerCryptogram(*proof));
                self.compose_handshake(which, scs::SERVER_CRYPTOGRAM, &command)
            }
            Phase::Secure { open, .. } => {
                let open = *open;
                self.compose_in_session(now, line, open)
            }
            Phase::Clear => self.compose_poll(),
        }
    }

    fn compose_challenge(
        &mut self,
        now: Micros,
        line: &LineConfig,
        source: &mut impl Random,
    ) -> Option<Purpose> {
        let Some(which) = self.keys.candidate(now) else {
            self.no_session(now, line, KeyFault::NoKey);
            return None;
        };
        let random = source.random();
        self.phase = Phase::Challenge { which, random };
        self.compose_handshake(which, scs::CHALLENGE, &Command::Challenge(random))
    }

    /// In session: the new key if there is one to set, else a poll. A session that is not open is for the key alone.
    fn compose_in_session(&mut self, now: Micros, line: &LineConfig, open: bool) -> Option<Purpose> {
        if let Some(key) = self.keys.to_set(now).cloned() {
            self.compose(&Command::KeySet(KeySet::new(&key)), N).ok()?;
            self.keys.set_sent();
            return Some(Purpose::KeySet);
        }
        if !open {
            self.lose_session(now, line, LossCause::KeyChange);
            return None;
        }
        self.compose_poll()
    }

    /// A poll; before it, other settings, or that a file was given up; before the first one, how long a frame the CP
    /// takes, if the PD can make use of it.
    fn compose_poll(&mut self) -> Option<Purpose> {
        if let Some(purpose) = self.compose_settings() {
            return Some(purpose);
        }
        if core::mem::take(&mut self.abort_due) {
            return self.compose(&Command::Abort, N).ok().map(|()| Purpose::Step);
        }
        if self.size_told || self.receive_buffer() <= MIN_FRAME_LEN {
            return self.compose(&Command::Poll, N).ok().map(|()| Purpose::Poll);
        }
        self.size_told = true;
        let size = u16::try_from(N).unwrap_or(u16::MAX);
        self.compose(&Command::ReceiveSize(size), N).ok().map(|()| Purpose::Step)
    }

    /// A frame of the bring-up, in clear.
    fn compose_step(&mut self, command: &Command<'_>) -> Option<Purpose> {
        self.compose_clear(None, command, N).ok().map(|()| Purpose::Step)
    }

    /// A frame of the handshake; its security block says which key it is about.
    fn compose_handshake(&mut self, which: Which, kind: u8, command: &Command<'_>) -> Option<Purpose> {
        let data = [which.kind().to_scb()];
        self.compose_clear(Some(Scb { kind, data: &data }), command, N).ok().map(|()| Purpose::Step)
    }

    /// A frame of at most `room` bytes, sealed if there is a session.
    pub(super) fn compose(&mut self, command: &Command<'_>, room: usize) -> Result<(), SendError> {
        let header = self.header();
        let Phase::Secure { session, .. } = &mut self.phase else {
            return self.compose_clear(None, command, room);
        };
        let buf = with_room(&mut self.frame, room);
        let sealed = session.seal(buf, header, command).map(<[u8]>::len).map_err(|error| match error {
            SealError::Ended => SendError::NotNow,
            SealError::Full => SendError::TooLong,
        });
        self.frame.truncate(*sealed.as_ref().unwrap_or(&0));
        sealed.map(|_| ())
    }

    fn compose_clear(
        &mut self,
        scb: Option<Scb<'_>>,
        command: &Command<'_>,
        room: usize,
    ) -> Result<(), SendError> {
        let header = self.header();
        let buf = with_room(&mut self.frame, room);
        let len = frame::emit(buf, header, scb, command).map(<[u8]>::len);
        self.frame.truncate(*len.as_ref().unwrap_or(&0));
        len.map(|_| ()).map_err(|_| SendError::TooLong)
    }

    fn header(&self) -> Header {
        Header { check: self.check.kind(), ..Header::command(self.address, self.sequence) }
    }

    pub(super) fn mark_sent(&mut self, now: Micros, purpose: Purpose) {
        self.sent = Some(Sent { purpose, sequence: self.sequence, at: now, failures: 0, retry_at: now });
        self.count_frame(false);
    }

    /// Most bytes of data that a frame of `room` bytes to it can carry.
    pub(super) fn data_room(&self, room: usize) -> usize {
        max_data(room, !self.keys.is_clear(), self.check.kind()).unwrap_or(0)
    }

    fn count_frame(&mut self, again: bool) {
        count(&mut self.counters.frames_sent);
        if again {
            count(&mut self.counters.retries);
        }
    }
}

/// The whole buffer as far as a frame of `room` bytes and its mark reach.
fn with_room<const N: usize>(buffer: &mut heapless::Vec<u8, N>, room: usize) -> &mut [u8] {
    buffer.clear();
    let len = room.saturating_add(1).min(N);
    let _ = buffer.resize_default(len); // `len` is within the capacity
    buffer
}
