//! One PD as the CP sees it: a conversation made of machines that each own one thing.
//!
//! `outgoing` composes its frames, `incoming` takes its replies, `bringup` leads it to a session, `recovery` knows what
//! silence and errors do; here is what they are made of. A peer never knows whether the line is free: it says what it
//! wants, and is told when its turn has come.

use super::acquaintance::Acquaintance;
use super::check::ChosenCheck;
use super::config::{LineConfig, PdConfig};
use super::counters::PdCounters;
use super::event::Deviation;
use super::keys::Keys;
use super::notices::Notices;
use super::output::{Demand, PdStatus, RotateError};
use super::outstanding::{Kind, Outstanding, Purpose};
use super::phase::Phase;
use super::place::Place;
use super::probing::Probing;
use super::schedule::{Standing, Wants};
use super::timetable::Timetable;
use super::timing::PROMPT_REPETITIONS;
use super::unsolicited::Freshness;
use super::upload::Upload;
use crate::osdp::secure::Scbk;
use crate::time::Micros;

/// One PD.
#[derive(Debug)]
pub(super) struct Peer<const N: usize> {
    pub place: Place,
    pub check: ChosenCheck,
    pub keys: Keys,
    pub probing: Probing,
    pub device: Acquaintance,
    pub phase: Phase,
    pub outstanding: Outstanding<N>,
    pub timetable: Timetable,
    pub upload: Upload,
    pub freshness: Freshness,
    pub demand: Demand,
    pub counters: PdCounters,
    pub notices: Notices,
}

impl<const N: usize> Peer<N> {
    pub(super) fn new(config: PdConfig, line: &LineConfig) -> Self {
        Self {
            place: Place::new(config.address),
            check: ChosenCheck::new(config.check),
            keys: Keys::new(config.key),
            probing: Probing::default(),
            device: Acquaintance::new(config.expected),
            phase: Phase::Resting { until: Micros(0) },
            outstanding: Outstanding::new(),
            timetable: Timetable::new(line),
            upload: Upload::default(),
            freshness: Freshness::default(),
            demand: Demand::None,
            counters: PdCounters::default(),
            notices: Notices::default(),
        }
    }

    /// What it wants of the line at `now`. While something urgent waits for it, whatever has to go before is urgent, too.
    pub(super) fn wants(&self, now: Micros, line: &LineConfig) -> Wants {
        let (standing, hurries) = (self.standing(), self.device.is_online() && self.demand == Demand::Urgent);
        if let Some(sent) = self.outstanding.sent() {
            let urgent = (hurries || sent.purpose == Purpose::Command(Kind::Urgent)) && sent.retry_at <= now;
            return Wants { due: Some(sent.retry_at), standing, urgent, ..Wants::default() };
        }
        let is_open = self.phase.is_open();
        if self.upload.is_abort_due() && is_open {
            return Wants { due: Some(Micros(0)), ..Wants::default() }; // before anything else that it gets
        }
        let due = match self.phase {
            Phase::Resting { until } => self.timetable.end_of_pause(until, hurries),
            _ => self.timetable.due(),
        };
        let wants = Wants {
            standing,
            due: Some(due),
            urgent: hurries && (is_open || due <= now),
            bulk: is_open && self.demand == Demand::Bulk,
            later: None,
        };
        let silent_at = self.timetable.last_heard().map(|heard| heard + line.offline_after / 2);
        self.upload.wants(now, wants, silent_at)
    }

    /// Whether it can be given a command now: nothing else is outstanding.
    pub(super) fn takes_commands(&self) -> bool {
        self.phase.is_open() && self.outstanding.sent().is_none()
    }

    fn standing(&self) -> Standing {
        let failures = self.outstanding.sent().map_or(0, |sent| sent.failures);
        let is_sought = self.phase.is_search();
        match self.device.is_online() {
            true if failures <= PROMPT_REPETITIONS => Standing::Answers,
            false if is_sought && self.timetable.was_sought_in_vain() => Standing::Away,
            false if !is_sought => Standing::Answers, // it has just said who it is
            _ => Standing::Doubtful,
        }
    }

    pub(super) fn status(&self) -> PdStatus {
        PdStatus {
            address: self.place.address(),
            state: self.device.state(self.phase.is_open()),
            about: self.device.about(),
            check: self.check.kind(),
            file: self.upload.state(),
            last_heard: self.timetable.last_heard(),
            counters: self.counters,
        }
    }

    /// Begins a change of key in install mode; a device that comes for the old one's place is welcome.
    pub(super) fn install_key(&mut self, now: Micros, line: &LineConfig, new: Scbk, until: Micros) {
        self.keys.change(new, until, true);
        self.device.welcome_any();
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

    /// Tells what it does otherwise than it should, once.
    pub(super) fn deviates(&mut self, what: Deviation) {
        if let Some(event) = self.device.deviates(what) {
            self.notices.add(event);
        }
    }

    /// Has it looked at again at once.
    pub(super) fn hurry(&mut self, now: Micros, line: &LineConfig) {
        self.timetable.hurry(now, line);
        if let Phase::Resting { until } = &mut self.phase {
            *until = now;
        }
    }
}
