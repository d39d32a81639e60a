//! One controller's machine: asks what it holds, sends what differs, believes nothing but digests.
//!
//! One operation is under way at a time. [`next`](Controller::next) computes it when the line has room, deactivations
//! before all else; [`answered`](Controller::answered) takes what came back, [`failed`](Controller::failed) that nothing
//! will. Whatever goes wrong ends in asking again.

use std::time::Duration;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::panel::{Info, PanelEvent, Status};
use panel_protocol::table::{BucketDigests, DigestKey, Profile, Row};
use panel_protocol::time::UtcSeconds;

use super::events::{EventCursor, EventStep};
use super::held::{Held, HeldTable, Item};
use super::limits::{CLOCK_TOLERANCE_S, MAX_BUCKET_ROWS, MAX_DIRTY, RETRY_AFTER, VERIFY_INTERVAL};
use super::room::{Answer, EventsWaiting, Failure, Operation, Room};
use crate::access::{CardIndex, DoorPlan};

mod answers;
mod operations;
mod state;
mod status;

pub(super) use state::Outcome;
use state::{InFlight, Phase};
pub use status::{ControllerStatus, Demand, SyncState, Work};

/// What is said of an answer that can't be one to what was asked.
const MALFORMED: &str = "its answer is malformed or belongs to another operation";

/// One controller.
#[derive(Debug)]
pub(super) struct Controller {
    plan: DoorPlan,
    desired_profiles: Vec<Profile>,
    desired: BucketDigests,
    held: HeldTable,
    phase: Phase,
    in_flight: Option<InFlight>,
    /// Sent, and neither acknowledged nor known to be lost.
    uncertain: Vec<Item>,
    /// Rows of the bucket that is being read.
    page: Vec<Row>,
    staged: usize,
    info: Option<Info>,
    reported: u64,
    clock_due: bool,
    full: bool,
    pub(super) events: EventCursor,
    /// Until then no events are fetched: the last could not be read.
    events_not_before: Timestamp,
    verify_at: Timestamp,
    not_before: Timestamp,
    verified_at: Option<Timestamp>,
    resyncs: u64,
}

impl Controller {
    pub(super) fn new(plan: DoorPlan, key: DigestKey) -> Self {
        Self {
            desired_profiles: plan.profiles(),
            plan,
            desired: BucketDigests::new(key.clone()),
            held: HeldTable::unknown(key),
            phase: Phase::Asking { resume: false },
            in_flight: None,
            uncertain: Vec::new(),
            page: Vec::new(),
            staged: 0,
            info: None,
            reported: 0,
            clock_due: false,
            full: false,
            events: EventCursor::default(),
            events_not_before: Timestamp::MIN,
            verify_at: Timestamp::MIN,
            not_before: Timestamp::MIN,
            verified_at: None,
            resyncs: 0,
        }
    }

    pub(super) fn plan(&self) -> &DoorPlan {
        &self.plan
    }

    /// The desired row of a card changes.
    pub(super) fn desire(&mut self, credential: Credential, before: Option<Row>, after: Option<Row>) {
        if let Some(before) = before {
            self.desired.remove(&before);
        }
        if let Some(after) = after {
            self.desired.add(&after);
        }
        if before == after || self.is_on_its_way(credential) {
            return; // what is on its way is compared with what is desired when its answer comes
        }
        if self.is_believed() {
            self.held.desire(credential, before, after);
        } else {
            self.held.differ(credential, Held::Unknown, after);
        }
    }

    /// A card that must not be held, and may be: it is deleted before anything else is sent or asked.
    pub(super) fn revoke(&mut self, credential: Credential) {
        self.held.differ(credential, Held::Unknown, None);
    }

    /// Whether its table has no room for what it should hold.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether everything that is desired is proven.
    pub(super) fn is_proven(&self) -> bool {
        matches!(self.phase, Phase::Known)
            && self.reported == self.desired.table(&self.desired_profiles)
            && self.held.is_known()
            && self.held.dirty() == 0
    }

    /// Those of the cards whose rows are as desired and proven.
    pub(super) fn proven_among(&self, of: &[Credential], cards: &CardIndex) -> Vec<Credential> {
        let settled = |card: &Credential| {
            !self.is_on_its_way(*card) && self.held.is_settled(*card, cards.get(*card).is_some())
        };
        let settled: Vec<Credential> = of.iter().copied().filter(settled).collect();
        let believed = matches!(self.phase, Phase::Known) && !settled.is_empty();
        if believed && self.held.digest() == Some(self.reported) { settled } else { Vec::new() }
    }

    /// How eagerly it wants the line.
    pub(super) fn demand(&self, now: Timestamp) -> Demand {
        if self.in_flight.is_some() || now < self.not_before {
            Demand::None
        } else if self.held.has_deletes() {
            Demand::Urgent
        } else if self.has_work(now) {
            Demand::Bulk
        } else {
            Demand::None
        }
    }

    /// Fills the room with the next operation; the cards that travel in it, `None` if there is nothing to send.
    pub(super) fn next(
        &mut self,
        now: Timestamp,
        cards: &CardIndex,
        room: &mut dyn Room,
    ) -> Option<Vec<Credential>> {
        if self.in_flight.is_some() || now < self.not_before {
            return None;
        }
        let in_flight = self.choose(now, cards, room)?;
        let travelling = match &in_flight {
            InFlight::Change(items) => items.iter().map(|item| item.credential).collect(),
            _ => Vec::new(),
        };
        self.in_flight = Some(in_flight);
        Some(travelling)
    }

    /// The controller answers the operation under way.
    pub(super) fn answered(&mut self, now: Timestamp, cards: &CardIndex, answer: &Answer) -> Outcome {
        let Some(in_flight) = self.in_flight.take() else { return Outcome::Quiet };
        let outcome = match (in_flight, answer) {
            (InFlight::Change(items), Answer::Change { status, digest, applied }) => {
                self.changed(now, cards, items, *status, *digest, *applied)
            }
            (InFlight::Info, Answer::Info(info)) => self.informed(now, cards, *info),
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
                self.rows(now, cards, bucket, *more, rows)
            }
            (InFlight::Stage { staged }, Answer::Change { status: Status::Done, .. }) => {
                self.staged = staged;
                Outcome::Quiet
            }
            (InFlight::Commit, Answer::Change { status, digest, .. }) => {
                self.committed(now, *status, *digest)
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
            self.leave_alone(now);
        }
        outcome
    }

    /// No answer will come to the operation under way; or, without one, the controller has gone.
    pub(super) fn failed(&mut self, now: Timestamp, failure: Failure) -> Outcome {
        let in_flight = self.in_flight.take();
        if let Some(in_flight) = in_flight {
            if failure == Failure::Malformed {
                return self.violated(now, in_flight, MALFORMED);
            }
            self.lose(in_flight);
        }
        self.ask_again();
        Outcome::Quiet
    }

    /// The operation under way was answered with what is no answer to it.
    fn violated(&mut self, now: Timestamp, in_flight: InFlight, what: &'static str) -> Outcome {
        if let InFlight::Events = in_flight {
            // Of its table nothing is in doubt, and rows must not wait behind an event.
            self.events_not_before = later(now, RETRY_AFTER);
            return Outcome::Violation("its events can't be read");
        }
        self.lose(in_flight);
        self.leave_alone(now);
        Outcome::Violation(what)
    }

    fn leave_alone(&mut self, now: Timestamp) {
        self.not_before = later(now, RETRY_AFTER);
        self.phase = Phase::Asking { resume: false };
    }

    /// Compares the whole table anew, from scratch.
    pub(super) fn resync(&mut self) {
        self.verify_at = Timestamp::MIN;
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
        let in_flight = match &self.in_flight {
            Some(InFlight::Change(items)) => items.as_slice(),
            _ => &[],
        };
        in_flight.iter().chain(&self.uncertain).any(|item| item.credential == credential)
    }

    fn lose(&mut self, in_flight: InFlight) {
        if let InFlight::Change(items) = in_flight {
            self.uncertain.extend(items);
        }
    }

    fn has_work(&self, now: Timestamp) -> bool {
        let known = matches!(self.phase, Phase::Known);
        let rows = self.held.has_puts() || self.held.is_loading();
        !known
            || self.clock_due
            || !self.held.is_known()
            || self.profiles_due()
            || (rows && !self.full)
            || self.event_step(now).is_some()
            || now >= self.verify_at
    }

    fn event_step(&self, now: Timestamp) -> Option<EventStep> {
        self.events.next_step().filter(|_| now >= self.events_not_before)
    }

    fn profiles_due(&self) -> bool {
        self.held.profiles.as_ref() != Some(&self.desired_profiles)
    }
}

fn later(now: Timestamp, span: Duration) -> Timestamp {
    now.saturating_add(span).unwrap_or(Timestamp::MAX)
}
