//! The machine of a panel that digests its table: asks what it holds, sends what differs, believes nothing but digests.
//!
//! One operation is under way at a time. [`next`](Machine::next) computes it when the line has room, deactivations
//! before all else; [`answered`](Machine::answered) takes what came back, [`failed`](Machine::failed) that nothing will.
//! Whatever goes wrong ends in asking again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use panel_protocol::credential::Credential;
use panel_protocol::panel::{Info, PanelEvent, RunPlace, Status};
use panel_protocol::table::{BucketDigests, DigestKey, Profile, Row, Setting, SettingKey};
use panel_protocol::time::UtcSeconds;

use super::events::{EventCursor, EventStep};
use super::later;
use super::limits::{
    self, CLOCK_TOLERANCE_S, MAX_BUCKET_ROWS, MAX_CARDS_LOOKED_AT, MAX_DIRTY, MAX_ROWS_AT_ONCE, RETRY_AFTER,
    VERIFY_INTERVAL,
};
use super::machine::{ControllerStatus, Demand, Machine, Outcome};
use super::room::{Answer, Failure, Operation, Room};
use crate::access::DesiredTable;

mod answers;
mod buckets;
mod held;
mod operations;
mod session;
mod settings;
mod state;
mod status;

use held::{Held, HeldTable, Item};
use session::Wanted;
use state::{InFlight, Phase};

/// What is said of an answer that can't be one to what was asked.
const MALFORMED: &str = "its answer is malformed or belongs to another operation";

/// The machine of a panel that answers with a digest of its whole table.
#[derive(Debug)]
pub(super) struct DigestingPanel {
    /// What it can be told, and should be.
    wanted: Wanted,
    desired_settings: BTreeMap<SettingKey, Setting>,
    /// Whether the session has been agreed on since the last loss.
    greeted: bool,
    desired: BucketDigests,
    desired_rows: u32,
    held: HeldTable,
    phase: Phase,
    in_flight: Option<InFlight>,
    /// Sent, and neither acknowledged nor known to be lost.
    uncertain: Vec<Item>,
    /// The cards of both, sorted.
    on_its_way: Vec<Credential>,
    /// The same of settings, each as it is put, or deleted.
    uncertain_settings: Vec<(SettingKey, Option<Setting>)>,
    /// Rows of the bucket that is being read.
    page: Vec<Row>,
    /// Settings that have been read.
    settings_page: BTreeMap<SettingKey, Setting>,
    /// It had no room for a setting since they were last changed.
    settings_full: bool,
    staged: usize,
    info: Option<Info>,
    reported: u64,
    clock_due: bool,
    /// How far the gateway's clock was ahead when the panel last told the time.
    clock_apart: Option<SignedDuration>,
    full: bool,
    events: EventCursor,
    verify_at: Timestamp,
    /// Until then it is left alone: it made no sense.
    not_before: Timestamp,
    /// The same for deletions, which wait only if it was one of them that was answered so.
    delete_not_before: Timestamp,
    verified_at: Option<Timestamp>,
    resyncs: u64,
}

impl DigestingPanel {
    /// A panel of which nothing is known, and which should hold no row yet.
    pub(super) fn new(profiles: &[Profile], key: DigestKey) -> Self {
        Self {
            wanted: Wanted::new(profiles),
            desired_settings: BTreeMap::new(),
            greeted: false,
            desired: BucketDigests::new(key.clone()),
            desired_rows: 0,
            held: HeldTable::unknown(key),
            phase: Phase::Asking { resume: false },
            in_flight: None,
            uncertain: Vec::new(),
            on_its_way: Vec::new(),
            uncertain_settings: Vec::new(),
            page: Vec::new(),
            settings_page: BTreeMap::new(),
            settings_full: false,
            staged: 0,
            info: None,
            reported: 0,
            clock_due: false,
            clock_apart: None,
            full: false,
            events: EventCursor::default(),
            verify_at: Timestamp::MIN,
            not_before: Timestamp::MIN,
            delete_not_before: Timestamp::MIN,
            verified_at: None,
            resyncs: 0,
        }
    }
}

impl Machine for DigestingPanel {
    fn profiles(&mut self, profiles: &[Profile]) {
        self.wanted.set_profiles(profiles);
    }

    fn settings(&mut self, settings: Vec<Setting>) {
        self.wanted.set_settings(settings);
        self.want_settings();
    }

    fn desire(&mut self, card: Credential, before: Option<Row>, after: Option<Row>) {
        if let Some(before) = before {
            self.desired.remove(&before);
            self.desired_rows -= 1;
        }
        if let Some(after) = after {
            self.desired.add(&after);
            self.desired_rows += 1;
        }
        if before == after || self.is_on_its_way(card) {
            return; // what is on its way is compared with what is desired when its answer comes
        }
        if self.is_believed() {
            self.held.desire(card, before, after);
        } else {
            self.held.differ(card, Held::Unknown, after);
        }
    }

    fn revoke(&mut self, card: Credential) {
        self.held.differ(card, Held::Unknown, None);
    }

    fn may_hold(&self, card: Credential, desired: Option<Row>) -> bool {
        let held = if self.is_believed() { self.held.held(card, desired) } else { Held::Unknown };
        self.is_on_its_way(card) || held != Held::Row(None)
    }

    fn demand(&self, now: Timestamp) -> Demand {
        let gives_way = self.in_flight.as_ref().is_none_or(InFlight::is_read);
        if self.is_left_alone(now) {
            Demand::None
        } else if self.held.has_deletes() && gives_way {
            Demand::Urgent
        } else if self.in_flight.is_none() && self.has_work(now) {
            Demand::Bulk
        } else {
            Demand::None
        }
    }

    fn next(
        &mut self,
        now: Timestamp,
        table: DesiredTable<'_>,
        room: &mut dyn Room,
    ) -> Option<Vec<Credential>> {
        if self.in_flight.is_some() || self.is_left_alone(now) {
            return None;
        }
        let in_flight = self.choose(now, table, room)?;
        let travelling = match &in_flight {
            InFlight::Change(items) => items.iter().map(|item| item.credential).collect(),
            _ => Vec::new(),
        };
        self.in_flight = Some(in_flight);
        self.recount();
        Some(travelling)
    }

    fn answered(&mut self, now: Timestamp, table: DesiredTable<'_>, answer: &Answer) -> Outcome {
        let Some(in_flight) = self.in_flight.take() else { return Outcome::Quiet };
        self.recount();
        let deletes = in_flight.deletes();
        let outcome = match (in_flight, answer) {
            (InFlight::Change(items), Answer::Change { status, digest, applied }) => {
                self.changed(now, table, items, *status, *digest, *applied)
            }
            (InFlight::Info, Answer::Info(info)) => self.informed(now, table, *info),
            (InFlight::Adopt, Answer::Change { status: Status::Done, .. }) => {
                self.phase = Phase::Asking { resume: false };
                Outcome::Quiet
            }
            (InFlight::Clock, Answer::Acknowledged) => {
                self.clock_due = false;
                Outcome::Quiet
            }
            (InFlight::Buckets, Answer::Buckets { first, digests }) => self.buckets(now, *first, digests),
            (InFlight::Rows { bucket }, Answer::Rows { bucket: of, more, rows }) if bucket == *of => {
                self.rows(now, table, bucket, *more, rows)
            }
            (InFlight::Hello, Answer::Hello { version, schedules }) => self.agreed(*version, *schedules),
            (InFlight::Hello, Answer::Refused(Status::UnknownOperation)) => self.agreed(1, 0),
            (InFlight::ReadSettings, Answer::Settings { more, settings }) => {
                self.read_settings(now, *more, settings)
            }
            (InFlight::PutSettings(put), Answer::Change { status, digest, applied }) => {
                self.settings_put(now, put, *status, *digest, *applied)
            }
            (InFlight::DeleteSettings(keys), Answer::Change { status: Status::Done, digest, .. }) => {
                self.settings_deleted(now, &keys, *digest)
            }
            (InFlight::Stage { staged }, Answer::Change { status: Status::Done, .. }) => {
                self.staged = staged;
                Outcome::Quiet
            }
            (InFlight::Commit { count }, Answer::Change { status, digest, .. }) => {
                self.committed(now, count, *status, *digest)
            }
            (InFlight::Events, Answer::Events { next_event, events }) => self.fetched(*next_event, events),
            (InFlight::Acknowledge { before }, Answer::Acknowledged) => {
                self.events.acknowledged(before);
                Outcome::Quiet
            }
            (in_flight, Answer::Refused(_)) => {
                return self.violated(
                    now,
                    in_flight,
                    "it refuses an operation of the version it claims to speak",
                );
            }
            (in_flight, _) => return self.violated(now, in_flight, MALFORMED),
        };
        if let Outcome::Violation(_) = outcome {
            self.leave_alone(now, deletes);
        }
        outcome
    }

    fn failed(&mut self, now: Timestamp, failure: Failure) -> Outcome {
        // Whatever was lost, it may have been with the session.
        self.greeted = false;
        match (self.in_flight.take(), failure) {
            (Some(in_flight), Failure::Malformed) => return self.violated(now, in_flight, MALFORMED),
            (Some(InFlight::Events), Failure::Refused) => self.events.unreadable(now),
            (Some(in_flight), _) => self.lose(in_flight),
            (None, _) => {}
        }
        self.ask_again();
        Outcome::Quiet
    }

    fn resync(&mut self) {
        self.verify_at = Timestamp::MIN;
        self.phase = Phase::Asking { resume: false };
    }

    fn proven_among(&self, of: &[Credential], table: DesiredTable<'_>) -> Vec<Credential> {
        let settled = |card: &Credential| {
            !self.is_on_its_way(*card) && self.held.is_settled(*card, table.row(*card).is_some())
        };
        let settled: Vec<Credential> = of.iter().copied().filter(settled).collect();
        let believed = matches!(self.phase, Phase::Known) && !settled.is_empty();
        if believed && self.held.digest() == Some(self.reported) { settled } else { Vec::new() }
    }

    fn is_proven(&self) -> bool {
        matches!(self.phase, Phase::Known)
            && self.reported == self.desired.table(self.wanted_profiles())
            && self.held.is_known()
            && self.held.dirty() == 0
    }

    fn is_full(&self) -> bool {
        self.full
    }

    fn events(&mut self) -> Option<&mut EventCursor> {
        Some(&mut self.events)
    }

    fn status(&self) -> Option<ControllerStatus> {
        Some(self.picture())
    }
}

impl DigestingPanel {
    /// The operation under way was answered with what is no answer to it.
    fn violated(&mut self, now: Timestamp, in_flight: InFlight, what: &'static str) -> Outcome {
        if let InFlight::Events = in_flight {
            // Of its table nothing is in doubt, and rows must not wait behind an event.
            self.events.unreadable(now);
            return Outcome::Violation("its events can't be read");
        }
        self.greeted = false;
        let deletes = in_flight.deletes();
        self.lose(in_flight);
        self.leave_alone(now, deletes);
        Outcome::Violation(what)
    }

    fn is_left_alone(&self, now: Timestamp) -> bool {
        now < if self.held.has_deletes() { self.delete_not_before } else { self.not_before }
    }

    fn leave_alone(&mut self, now: Timestamp, deletes: bool) {
        self.not_before = later(now, RETRY_AFTER);
        if deletes {
            self.delete_not_before = self.not_before;
        }
        self.phase = Phase::Asking { resume: false };
    }

    fn ask_again(&mut self) {
        self.page.clear();
        self.staged = 0;
        self.phase = Phase::Asking { resume: self.is_believed() };
    }

    /// Whether what is believed may be built upon: known now, or to be confirmed by one digest.
    fn is_believed(&self) -> bool {
        matches!(self.phase, Phase::Known | Phase::Asking { resume: true })
    }

    fn is_on_its_way(&self, credential: Credential) -> bool {
        self.on_its_way.binary_search(&credential).is_ok()
    }

    /// What is under way, or was lost, has changed.
    fn recount(&mut self) {
        let in_flight = match &self.in_flight {
            Some(InFlight::Change(items)) => items.as_slice(),
            _ => &[],
        };
        self.on_its_way.clear();
        self.on_its_way.extend(in_flight.iter().chain(&self.uncertain).map(|item| item.credential));
        self.on_its_way.sort_unstable();
    }

    fn lose(&mut self, in_flight: InFlight) {
        match in_flight {
            InFlight::Change(items) => {
                self.uncertain.extend(items);
                self.recount();
            }
            InFlight::PutSettings(put) => {
                let put = put.into_iter().filter_map(|setting| Some((setting.key()?, Some(setting))));
                self.uncertain_settings.extend(put);
            }
            InFlight::DeleteSettings(keys) => {
                self.uncertain_settings.extend(keys.into_iter().map(|key| (key, None)));
            }
            _ => {}
        }
    }

    fn has_work(&self, now: Timestamp) -> bool {
        let known = matches!(self.phase, Phase::Known);
        let rows = self.held.has_puts() || self.held.is_loading();
        !known
            || self.clock_due
            || !self.held.is_known()
            || self.profiles_due()
            || self.settings_due()
            || (rows && !self.full)
            || self.events.next_step(now).is_some()
            || now >= self.verify_at
    }

    /// The profiles that it should have, as far as it has room for them. A card whose profile it has no room for opens
    /// nothing there.
    fn wanted_profiles(&self) -> &[Profile] {
        let room = self.info.map_or(usize::MAX, |info| usize::from(info.profile_capacity).max(1));
        let profiles = self.wanted.profiles();
        &profiles[..profiles.len().min(room)]
    }

    fn profiles_due(&self) -> bool {
        self.held.profiles.as_deref() != Some(self.wanted_profiles())
    }

    /// Whether a number may come to mean another profile than it does at the panel now.
    fn renumbers(&self) -> bool {
        let wanted = self.wanted_profiles();
        let grows = |held: &Vec<Profile>| {
            let mut pairs = held.iter().zip(wanted).enumerate();
            held.len() <= wanted.len()
                && pairs.all(|(at, (held, wanted))| held == wanted || self.wanted.is_less(at, held))
        };
        wanted.len() > 1 && !self.held.profiles.as_ref().is_some_and(grows)
    }
}
