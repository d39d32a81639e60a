//! One PD as the CP sees it: how far its bring-up has come, what it has been sent, when it was last heard.
//!
//! `sending` composes its frames, `hearing` takes its replies, `losing` knows what silence and errors do; here is what
//! they share. A peer never knows whether the line is free: it says what it wants, and is told when its turn has come.

use heapless::{Deque, Vec};

use super::check::ChosenCheck;
use super::config::{LineConfig, PdConfig};
use super::counters::PdCounters;
use super::event::{Capabilities, Event, Identity};
use super::fragments::Transfer;
use super::keys::Keys;
use super::output::{Demand, PdState, PdStatus, RotateError};
use super::phase::{Note, Phase, Presence, Purpose, Sent, Trouble};
use super::schedule::Wants;
use super::settings::Relocation;
use super::timing::Backoff;
use crate::limits::MIN_FRAME_LEN;
use crate::osdp::reply::DeviceId;
use crate::osdp::secure::Scbk;
use crate::time::Micros;

/// Events kept for a caller that doesn't drain; one input causes four at most. The oldest gives way.
const MAX_EVENTS: usize = 8;

/// One PD.
#[derive(Debug)]
pub(super) struct Peer<const N: usize> {
    pub address: u8,
    pub check: ChosenCheck,
    pub keys: Keys,
    pub expected: Option<Identity>,
    pub phase: Phase,
    pub presence: Presence,
    pub about: Option<(DeviceId, Capabilities)>,
    /// The next frame's sequence number.
    pub sequence: u8,
    pub sent: Option<Sent>,
    /// Whether this conversation's PD has been told how long a frame the CP takes.
    pub size_told: bool,
    /// The last frame sent, mark byte included, for its repetition.
    pub frame: Vec<u8, N>,
    pub last_heard: Option<Micros>,
    /// When it last had nothing to tell.
    pub quiet_since: Option<Micros>,
    /// When the next poll, or the next step of the bring-up, is due.
    pub due: Micros,
    pub demand: Demand,
    pub counters: PdCounters,
    pub backoff: Backoff,
    pub trouble: Option<Trouble>,
    pub transfer: Option<Transfer>,
    pub relocation: Option<Relocation>,
    /// Whether the PD has to be told to stop what it does.
    pub abort_due: bool,
    pub failed: bool,
    events: Deque<Event, MAX_EVENTS>,
}

impl<const N: usize> Peer<N> {
    pub(super) fn new(config: PdConfig, line: &LineConfig) -> Self {
        Self {
            address: config.address,
            check: ChosenCheck::new(config.check),
            keys: Keys::new(config.key),
            expected: config.expected,
            phase: Phase::Resting { until: Micros(0) },
            presence: Presence::Unknown,
            about: None,
            sequence: 0,
            sent: None,
            size_told: false,
            frame: Vec::new(),
            last_heard: None,
            quiet_since: None,
            due: Micros(0),
            demand: Demand::None,
            counters: PdCounters::default(),
            backoff: Backoff::new(line),
            trouble: None,
            transfer: None,
            relocation: None,
            abort_due: false,
            failed: false,
            events: Deque::new(),
        }
    }

    /// What it wants of the line at `now`.
    pub(super) fn wants(&self, now: Micros, line: &LineConfig) -> Wants {
        if let Some(sent) = self.sent {
            let urgent = sent.purpose == Purpose::Command { urgent: true } && sent.retry_at <= now;
            let silent = self.is_uncertain() || sent.failures > 0;
            return Wants { due: Some(sent.retry_at), silent, urgent, ..Wants::default() };
        }
        let is_open = self.is_open();
        if self.abort_due && is_open {
            return Wants { due: Some(Micros(0)), ..Wants::default() }; // before anything else that it gets
        }
        let wants = Wants {
            silent: self.is_uncertain(),
            due: Some(if let Phase::Resting { until } = self.phase { until } else { self.due }),
            urgent: is_open && self.demand == Demand::Urgent,
            bulk: is_open && self.demand == Demand::Bulk,
            later: None,
        };
        match (&self.transfer, self.last_heard) {
            (Some(transfer), Some(heard)) => transfer.wants(now, wants, heard + line.offline_after / 2),
            _ => wants,
        }
    }

    /// Whether nobody knows that it is there.
    fn is_uncertain(&self) -> bool {
        self.presence != Presence::Online && matches!(self.phase, Phase::Resting { .. } | Phase::Identify)
    }

    /// Whether it takes the caller's commands.
    pub(super) fn is_open(&self) -> bool {
        match &self.phase {
            Phase::Secure { open, .. } => *open,
            Phase::Clear => true,
            _ => false,
        }
    }

    /// Longest frame it can receive, as far as is known. One byte of what it says is left to the mark byte, which no
    /// length counts but some devices keep in the same buffer (libosdp to 3.2.7 at least).
    pub(super) fn receive_buffer(&self) -> usize {
        let said = self.about.and_then(|(_, capabilities)| capabilities.receive_buffer);
        said.map_or(MIN_FRAME_LEN, |len| usize::from(len).saturating_sub(1).max(MIN_FRAME_LEN))
    }

    pub(super) fn is_online(&self) -> bool {
        self.presence == Presence::Online
    }

    pub(super) fn status(&self) -> PdStatus {
        let state = match (self.presence, self.trouble) {
            (_, Some(Trouble::Swapped(found))) => PdState::Swapped(found),
            (Presence::Online, _) if self.is_open() => PdState::Ready,
            (Presence::Online, Some(Trouble::NoSession(fault))) => PdState::NoSession(fault),
            (Presence::Online, None) => PdState::Starting,
            (Presence::Unknown | Presence::Offline, _) => PdState::Offline,
        };
        PdStatus {
            address: self.address,
            state,
            about: self.about,
            check: self.check.kind(),
            file: self.file_state(),
            last_heard: self.last_heard,
            counters: self.counters,
        }
    }

    /// Begins a change of key in install mode; a device that comes for the old one's place is welcome.
    pub(super) fn install_key(&mut self, now: Micros, line: &LineConfig, new: Scbk, until: Micros) {
        self.keys.change(new, until, true);
        self.expected = None;
        self.trouble = None;
        self.check.forget();
        self.hurry(now, line);
    }

    /// Begins a change of key under the installed one.
    pub(super) fn rotate_key(
        &mut self,
        now: Micros,
        line: &LineConfig,
        new: Scbk,
        until: Micros,
    ) -> Result<(), RotateError> {
        self.keys.rotate(new, until)?;
        self.hurry(now, line);
        Ok(())
    }

    /// Has it looked at again at once.
    pub(super) fn hurry(&mut self, now: Micros, line: &LineConfig) {
        self.backoff = Backoff::new(line);
        self.due = now;
        if let Phase::Resting { until } = &mut self.phase {
            *until = now;
        }
    }

    pub(super) fn note(&mut self, event: Event) {
        if self.events.is_full() {
            let _ = self.events.pop_front();
        }
        let _ = self.events.push_back(event);
    }

    /// Notes a condition unless it is the one told last.
    pub(super) fn note_trouble(&mut self, trouble: Trouble, event: Event) {
        if self.trouble != Some(trouble) {
            self.trouble = Some(trouble);
            self.note(event);
        }
    }

    pub(super) fn take_note(&mut self) -> Option<Note> {
        if core::mem::take(&mut self.failed) {
            return Some(Note::Failed);
        }
        self.events.pop_front().map(Note::Event)
    }
}
