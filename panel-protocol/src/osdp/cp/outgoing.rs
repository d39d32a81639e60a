//! What goes out to a PD: its bring-up step by step, polls, the new key, the caller's commands, and repetitions.

use super::config::LineConfig;
use super::counters::count;
use super::event::{Event, KeyFault};
use super::keys::Which;
use super::loss::LossCause;
use super::output::{Random, SendError};
use super::outstanding::{Kind, Purpose};
use super::peer::Peer;
use super::phase::Phase;
use super::probing::Probe;
use super::timing::bytes_within;
use crate::limits::MIN_FRAME_LEN;
use crate::osdp::command::{Command, KeySet};
use crate::osdp::frame::draft::max_data;
use crate::osdp::frame::{Header, Scb, scs};
use crate::time::Micros;

impl<const N: usize> Peer<N> {
    /// Puts into `frame` what is due: a repetition as it was, or the next step, poll or key. False: nothing, after all.
    pub(super) fn prepare_due(&mut self, now: Micros, line: &LineConfig, random: &mut impl Random) -> bool {
        if self.overtake(now) {
            return false;
        }
        if self.outstanding.sent().is_some() {
            self.count_frame(true);
            return true;
        }
        if self.keys.expire(now) {
            self.notices.add(Event::KeyKept);
        }
        let question = self.compose_file_question(now);
        let Some(purpose) = question.or_else(|| self.compose_due(now, line, random)) else {
            if !matches!(self.phase, Phase::Resting { .. }) {
                self.pause(now, line); // the buffer holds every frame of ours, so this is for completeness
            }
            return false;
        };
        self.timetable.polled(now, line);
        self.mark_sent(now, purpose);
        true
    }

    /// Puts the caller's command into `frame`.
    pub(super) fn prepare_command(
        &mut self,
        now: Micros,
        command: &Command<'_>,
        room: usize,
        kind: Kind,
    ) -> Result<(), SendError> {
        if !self.takes_commands() {
            return Err(SendError::NotNow);
        }
        self.compose(command, room)?;
        self.mark_sent(now, Purpose::Command(kind));
        self.upload.let_command_go();
        Ok(())
    }

    /// Composes the frame that the phase asks for, and moves on from the phases that wait for nothing else.
    fn compose_due(&mut self, now: Micros, line: &LineConfig, random: &mut impl Random) -> Option<Purpose> {
        match &self.phase {
            Phase::Resting { .. } => match self.probing.next() {
                Probe::Id => {
                    self.phase = Phase::Identify;
                    self.compose_step(&Command::Id)
                }
                Probe::Poll => {
                    self.phase = Phase::Probe;
                    self.compose_step(&Command::Poll)
                }
            },
            Phase::Probe => self.compose_step(&Command::Poll),
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
            Phase::Clear => self.compose_poll(line),
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
        if let Some(question) = self.keys.question(now) {
            let asked = self.compose(&Command::Manufacturer(question), N);
            return asked.ok().map(|()| Purpose::Question);
        }
        if let Some(key) = self.keys.to_set(now).cloned() {
            self.compose(&Command::KeySet(KeySet::new(&key)), N).ok()?;
            self.keys.set_sent();
            return Some(Purpose::KeySet);
        }
        if !open {
            self.lose_session(now, line, LossCause::KeyChange);
            return None;
        }
        self.compose_poll(line)
    }

    /// A poll; before it, other settings, or that a file was given up; before the first one, how long a frame the CP
    /// takes, if the PD can make use of it: no longer than the line may be held up in one piece.
    fn compose_poll(&mut self, line: &LineConfig) -> Option<Purpose> {
        if let Some(settings) = self.place.wanted() {
            return self.compose(&Command::ComSet(settings), N).ok().map(|()| Purpose::ComSet);
        }
        if self.upload.take_abort() {
            return self.compose(&Command::Abort, N).ok().map(|()| Purpose::Step);
        }
        if self.device.receive_buffer() <= MIN_FRAME_LEN || !self.outstanding.tells_size() {
            return self.compose(&Command::Poll, N).ok().map(|()| Purpose::Poll);
        }
        let by_time = bytes_within(line.frame_time, line.baud).max(MIN_FRAME_LEN);
        let size = u16::try_from(N.min(by_time)).unwrap_or(u16::MAX);
        self.compose(&Command::ReceiveSize(size), N).ok().map(|()| Purpose::Step)
    }

    /// A frame of the bring-up, in clear.
    fn compose_step(&mut self, command: &Command<'_>) -> Option<Purpose> {
        self.outstanding.compose_clear(self.header(), None, command, N).ok().map(|()| Purpose::Step)
    }

    /// A frame of the handshake; its security block says which key it is about.
    fn compose_handshake(&mut self, which: Which, kind: u8, command: &Command<'_>) -> Option<Purpose> {
        let data = [which.kind().to_scb()];
        let scb = Some(Scb { kind, data: &data });
        self.outstanding.compose_clear(self.header(), scb, command, N).ok().map(|()| Purpose::Step)
    }

    /// A frame of at most `room` bytes, sealed if there is a session.
    pub(super) fn compose(&mut self, command: &Command<'_>, room: usize) -> Result<(), SendError> {
        let header = self.header();
        match &mut self.phase {
            Phase::Secure { session, .. } => self.outstanding.compose_sealed(session, header, command, room),
            _ => self.outstanding.compose_clear(header, None, command, room),
        }
    }

    fn header(&self) -> Header {
        self.outstanding.header(self.place.address(), self.check.kind())
    }

    pub(super) fn mark_sent(&mut self, now: Micros, purpose: Purpose) {
        self.outstanding.mark_sent(now, purpose);
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
