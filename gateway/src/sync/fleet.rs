//! The whole site: every active card, every controller, every receipt.

use std::collections::VecDeque;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::panel::PanelEvent;
use panel_protocol::table::DigestKey;

use super::controller::{Controller, ControllerStatus, Demand, Outcome};
use super::ledger::{OpenReceipts, Step};
use super::room::{Answer, EventsWaiting, Failure, Room};
use crate::access::{CardAccess, CardIndex, DoorPlan};
use crate::domain::{CardholderId, ControllerId, Landing, Receipt, ReceiptAction, Revision};

/// What is fixed about a controller.
#[derive(Clone, Debug)]
pub struct ControllerSpec {
    /// Its name.
    pub id: ControllerId,
    /// Its doors.
    pub plan: DoorPlan,
    /// The secret under which its digests are made.
    pub digest_key: DigestKey,
}

/// What a change of the directory means for one card.
#[derive(Clone, PartialEq, Debug)]
pub struct CardChange {
    /// The change.
    pub revision: Revision,
    /// When it was durable.
    pub committed: Timestamp,
    /// The card.
    pub credential: Credential,
    /// What it may do from now on; `None`: nothing.
    pub access: Option<CardAccess>,
    /// Whose card it is, or was.
    pub holder: CardholderId,
    /// Their name.
    pub holder_name: String,
}

/// What the fleet has to say to the world.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    /// A change has been proven at every controller that it concerns.
    Finished(Receipt),
    /// Events to keep; confirm by [`Fleet::events_stored`].
    Events {
        /// Which controller.
        controller: usize,
        /// Its epoch.
        epoch: u32,
        /// The number after the last of them.
        before: u32,
        /// In order.
        events: Vec<PanelEvent>,
    },
    /// A controller made more events than it has room for, and forgot the oldest before they could be fetched.
    EventsLost {
        /// Which controller.
        controller: usize,
        /// How many.
        count: u64,
    },
    /// A controller has proven everything up to this revision.
    Proven {
        /// Which controller.
        controller: usize,
        /// Up to and including this one.
        revision: Revision,
    },
    /// A controller's table has no room for what it should hold.
    Full {
        /// Which controller.
        controller: usize,
    },
    /// A controller's answers make no sense.
    Violation {
        /// Which controller.
        controller: usize,
        /// In words.
        what: &'static str,
    },
}

/// The site. Controllers are named by their place in the list that it was made from.
#[derive(Debug)]
pub struct Fleet {
    cards: CardIndex,
    names: Vec<ControllerId>,
    controllers: Vec<Controller>,
    receipts: OpenReceipts,
    revision: Revision,
    outputs: VecDeque<Output>,
}

impl Fleet {
    /// A site as it starts: these are the active cards at `revision`, and nothing is known of any controller.
    pub fn new(
        specs: Vec<ControllerSpec>,
        revision: Revision,
        cards: impl IntoIterator<Item = (Credential, CardAccess)>,
    ) -> Self {
        let mut fleet = Self {
            cards: CardIndex::default(),
            names: specs.iter().map(|spec| spec.id.clone()).collect(),
            controllers: specs.into_iter().map(|spec| Controller::new(spec.plan, spec.digest_key)).collect(),
            receipts: OpenReceipts::default(),
            revision,
            outputs: VecDeque::new(),
        };
        for (credential, access) in cards {
            fleet.set_card(credential, Some(access));
        }
        fleet
    }

    /// The controllers' names, in order.
    pub fn names(&self) -> &[ControllerId] {
        &self.names
    }

    /// Every active card.
    pub fn cards(&self) -> &CardIndex {
        &self.cards
    }

    /// The revocations under way, the latest of each card. One whose card somebody has again is none any more: where it
    /// opens a door, it may.
    pub fn unproven_revocations(&self) -> impl Iterator<Item = &Receipt> {
        let latest = self.receipts.latest_deactivations().into_iter();
        latest.filter(|(card, _)| self.cards.get(*card).is_none()).map(|(_, receipt)| receipt)
    }

    /// The receipts.
    pub fn receipts(&self) -> &OpenReceipts {
        &self.receipts
    }

    /// Puts receipts of an earlier run among the finished; oldest first.
    pub fn remember_receipts(&mut self, finished: impl IntoIterator<Item = Receipt>) {
        self.receipts.remember(finished);
    }

    /// The directory has come to this revision, and these cards changed with it.
    pub fn apply(&mut self, revision: Revision, changes: Vec<CardChange>, now: Timestamp) {
        self.revision = self.revision.max(revision);
        for change in changes {
            let before = self.set_card(change.credential, change.access);
            let action = match (before, change.access) {
                (None, Some(_)) => ReceiptAction::Activate,
                (Some(before), Some(after)) if before != after => ReceiptAction::Update,
                (Some(_), None) => ReceiptAction::Deactivate,
                _ => continue,
            };
            let landings = self.names.iter().cloned().map(|controller| landing(controller, now)).collect();
            let card = change.credential;
            self.receipts.begin(card, receipt(change, action, landings));
            // Where the change before it never got to, this one may find nothing to do.
            (0..self.controllers.len()).for_each(|controller| self.prove(controller, &[card], now));
        }
    }

    /// A revocation of an earlier run, which these controllers had not proven.
    pub fn resume_revocation(
        &mut self,
        revoked: CardChange,
        unproven: impl IntoIterator<Item = usize>,
        now: Timestamp,
    ) {
        let mut landings = Vec::new();
        for at in unproven {
            let (Some(name), Some(controller)) = (self.names.get(at), self.controllers.get_mut(at)) else {
                continue;
            };
            controller.revoke(revoked.credential);
            landings.push(landing(name.clone(), now));
        }
        self.receipts.begin(revoked.credential, receipt(revoked, ReceiptAction::Deactivate, landings));
    }

    /// Events of a controller up to `before` are in the log from an earlier run.
    pub fn resume_events(&mut self, controller: usize, epoch: u32, before: u32) {
        if let Some(controller) = self.controllers.get_mut(controller) {
            controller.events.resume(epoch, before);
        }
    }

    /// How eagerly a controller wants the line.
    pub fn demand(&self, controller: usize, now: Timestamp) -> Demand {
        self.controllers.get(controller).map_or(Demand::None, |controller| controller.demand(now))
    }

    /// Fills the room with a controller's next operation; whether there was one. If so, there is to be exactly one
    /// [`answered`](Self::answered) or [`failed`](Self::failed).
    pub fn next(&mut self, controller: usize, now: Timestamp, room: &mut dyn Room) -> bool {
        let Some(machine) = self.controllers.get_mut(controller) else { return false };
        let Some(cards) = machine.next(now, &self.cards, room) else { return false };
        self.step(controller, &cards, Step::Sent, now);
        true
    }

    /// A controller's answer to the operation under way.
    pub fn answered(&mut self, controller: usize, now: Timestamp, answer: &Answer) {
        let Some(machine) = self.controllers.get_mut(controller) else { return };
        let was_full = machine.is_full();
        let outcome = machine.answered(now, &self.cards, answer);
        if machine.is_full() && !was_full {
            self.outputs.push_back(Output::Full { controller });
        }
        self.tell_lost_events(controller);
        self.come_to(controller, now, outcome);
    }

    /// No answer comes to the operation under way; or, without one, the controller has gone or come anew.
    pub fn failed(&mut self, controller: usize, now: Timestamp, failure: Failure) {
        let Some(machine) = self.controllers.get_mut(controller) else { return };
        let outcome = machine.failed(now, failure);
        self.come_to(controller, now, outcome);
    }

    /// Without being asked, a controller tells of its events.
    pub fn events_waiting(&mut self, controller: usize, news: EventsWaiting) {
        if let Some(machine) = self.controllers.get_mut(controller) {
            machine.events_waiting(news);
            self.tell_lost_events(controller);
        }
    }

    /// The events up to `before` are in the log: the controller may forget them.
    pub fn events_stored(&mut self, controller: usize, epoch: u32, before: u32) {
        if let Some(controller) = self.controllers.get_mut(controller) {
            controller.events.stored(epoch, before);
        }
    }

    /// The events that are to be kept could not be: they are fetched again.
    pub fn events_not_stored(&mut self, controller: usize) {
        if let Some(controller) = self.controllers.get_mut(controller) {
            controller.events.not_stored();
        }
    }

    /// Compares a controller's whole table anew.
    pub fn resync(&mut self, controller: usize) {
        if let Some(controller) = self.controllers.get_mut(controller) {
            controller.resync();
        }
    }

    /// A picture of a controller.
    pub fn status(&self, controller: usize) -> Option<ControllerStatus> {
        self.controllers.get(controller).map(Controller::status)
    }

    /// What there is to say, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn tell_lost_events(&mut self, controller: usize) {
        let count = self.controllers[controller].events.take_lost();
        if count > 0 {
            self.outputs.push_back(Output::EventsLost { controller, count });
        }
    }

    fn come_to(&mut self, controller: usize, now: Timestamp, outcome: Outcome) {
        match outcome {
            Outcome::Quiet => {}
            Outcome::Acknowledged { cards, proven } => {
                self.step(controller, &cards, Step::Acknowledged, now);
                if proven {
                    self.prove(controller, &cards, now);
                }
            }
            Outcome::Verified => {
                let cards = self.receipts.unproven_at(&self.names[controller]);
                self.prove(controller, &cards, now);
            }
            Outcome::Events { epoch, before, events } => {
                self.outputs.push_back(Output::Events { controller, epoch, before, events });
            }
            Outcome::Violation(what) => self.outputs.push_back(Output::Violation { controller, what }),
        }
    }

    fn set_card(&mut self, credential: Credential, access: Option<CardAccess>) -> Option<CardAccess> {
        let before = self.cards.set(credential, access);
        for controller in &mut self.controllers {
            let row = |access: CardAccess| controller.plan().row(credential, &access);
            let (before, after) = (before.map(row), access.map(row));
            controller.desire(credential, before, after);
        }
        before
    }

    fn prove(&mut self, controller: usize, cards: &[Credential], now: Timestamp) {
        let machine = &self.controllers[controller];
        let proven = machine.proven_among(cards, &self.cards);
        if proven.is_empty() && !cards.is_empty() {
            return;
        }
        let all = machine.is_proven();
        self.step(controller, &proven, Step::Proven, now);
        if all {
            self.outputs.push_back(Output::Proven { controller, revision: self.revision });
        }
    }

    fn step(&mut self, controller: usize, cards: &[Credential], step: Step, now: Timestamp) {
        let name = &self.names[controller];
        for card in cards {
            let finished = self.receipts.step(name, *card, step, now);
            self.outputs.extend(finished.into_iter().map(Output::Finished));
        }
    }
}

fn landing(controller: ControllerId, now: Timestamp) -> Landing {
    Landing { controller, compiled: now, sent: None, acknowledged: None, proven: None }
}

fn receipt(change: CardChange, action: ReceiptAction, landings: Vec<Landing>) -> Receipt {
    Receipt {
        revision: change.revision,
        action,
        credential: change.credential.to_string(),
        holder: Some(change.holder),
        holder_name: change.holder_name,
        committed: change.committed,
        landings,
    }
}
