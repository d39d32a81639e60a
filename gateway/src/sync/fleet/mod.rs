//! The whole site: every active card, every controller, every receipt.
//!
//! [`apply`](Fleet::apply) takes what a change means for cards, a bounded number at once. Where all cards are to be
//! compiled anew, [`recompile`](Fleet::recompile) and what follows it hand them out and take them back a chunk at a
//! time; between two chunks whatever is more urgent gets in, and what it said stays true.

mod change;
mod output;
mod pass;
mod proof;
mod resume;

use std::collections::VecDeque;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use panel_protocol::table::DigestKey;
use panel_protocol::time::UtcSeconds;

pub use change::CardChange;
use change::landing;
pub use output::{KeptRead, Output};
pub use pass::Chunk;
use pass::Pass;
pub use resume::Past;

use super::decided_here::DecidedHere;
use super::digesting::DigestingPanel;
use super::events::EventCursor;
use super::listing::ListingPanel;
use super::machine::{ControllerStatus, Demand, Machine};
use super::receipts::{OpenReceipts, Place, Step};
use super::room::{Answer, EventsWaiting, Failure, Room};
use crate::access::{self, CardAccess, CardIndex, Decision, DesiredTable, DoorPlan, Learned};
use crate::domain::{ControllerId, Receipt, ReceiptAction, Revision};

/// What is fixed about a controller.
#[derive(Clone, Debug)]
pub struct ControllerSpec {
    /// Its name.
    pub id: ControllerId,
    /// Its doors.
    pub plan: DoorPlan,
    /// What it holds of it.
    pub holds: Holds,
}

/// What a controller holds, and how that is proven.
#[derive(Clone, Debug)]
pub enum Holds {
    /// No card table: the gateway decides for it.
    Nothing,
    /// A table of which it makes digests, under this secret.
    Digested(DigestKey),
    /// A table that it lists.
    Listed,
}

/// The site. Controllers are named by their place in the list that it was made from.
#[derive(Debug)]
pub struct Fleet {
    cards: CardIndex,
    names: Vec<ControllerId>,
    panels: Vec<Panel>,
    receipts: OpenReceipts,
    revision: Revision,
    pass: Option<Pass>,
    outputs: VecDeque<Output>,
}

/// A controller: what it makes of cards, and its machine.
#[derive(Debug)]
struct Panel {
    plan: DoorPlan,
    machine: Box<dyn Machine>,
    /// Its plan has new profiles.
    grown: bool,
    /// Its digest proves more than has been noted: from this place on.
    to_prove: Option<Place>,
}

impl Fleet {
    /// A site as it starts: these are the active cards at `revision`, and nothing is known of any controller.
    pub fn new(
        specs: Vec<ControllerSpec>,
        revision: Revision,
        cards: impl IntoIterator<Item = (Credential, CardAccess)>,
    ) -> Self {
        let panels = specs.into_iter().map(|spec| {
            let machine: Box<dyn Machine> = match spec.holds {
                Holds::Digested(key) => Box::new(DigestingPanel::new(spec.plan.profiles(), key)),
                Holds::Listed => Box::new(ListingPanel::new(spec.plan.profiles())),
                Holds::Nothing => Box::new(DecidedHere),
            };
            (spec.id, spec.plan, machine)
        });
        Self::of(panels, revision, cards)
    }

    /// The same, each controller with a machine of its own kind.
    pub(super) fn of(
        panels: impl Iterator<Item = (ControllerId, DoorPlan, Box<dyn Machine>)>,
        revision: Revision,
        cards: impl IntoIterator<Item = (Credential, CardAccess)>,
    ) -> Self {
        let (names, panels) = panels
            .map(|(id, plan, machine)| (id, Panel { plan, machine, grown: false, to_prove: None }))
            .unzip();
        let mut fleet = Self {
            cards: CardIndex::default(),
            names,
            panels,
            receipts: OpenReceipts::default(),
            revision,
            pass: None,
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
        let latest = self.receipts.latest_deactivations();
        latest.filter(|(card, _)| opens(self.cards.get(*card)).is_none()).map(|(_, receipt)| receipt)
    }

    /// The receipts.
    pub fn receipts(&self) -> &OpenReceipts {
        &self.receipts
    }

    /// The directory has come to this revision, and these cards changed with it, or the last of them.
    pub fn apply(&mut self, revision: Revision, changes: Vec<CardChange>, now: Timestamp) {
        self.revision = self.revision.max(revision);
        self.change(changes, now);
    }

    /// These cards change with a revision that has more to come: at most
    /// [`MAX_CHANGES_AT_ONCE`](super::limits::MAX_CHANGES_AT_ONCE) at a time, so that nobody waits for longer than that.
    pub fn change(&mut self, changes: Vec<CardChange>, now: Timestamp) {
        if let Some(pass) = &mut self.pass {
            changes.iter().for_each(|change| pass.overtaken(change.credential));
        }
        self.take(changes, now);
    }

    /// What a clearance is at each controller, in their order; to be said before any card has it.
    pub fn learn(&mut self, learned: &Learned) {
        for (panel, opens) in self.panels.iter_mut().zip(&learned.opens) {
            if panel.plan.learn(learned.clearance, *opens) {
                panel.machine.profiles(panel.plan.profiles());
                panel.grown = true;
            }
        }
    }

    /// The numbers of the profiles of those controllers that have learned of new ones since the last time.
    pub fn take_numbering(&mut self) -> Vec<(ControllerId, Vec<u8>)> {
        let grown = self.panels.iter_mut().zip(&self.names).filter_map(|(panel, name)| {
            std::mem::take(&mut panel.grown).then(|| (name.clone(), panel.plan.numbering()))
        });
        grown.collect()
    }

    /// What a controller makes of cards.
    pub fn plan(&self, controller: usize) -> Option<&DoorPlan> {
        self.panels.get(controller).map(|panel| &panel.plan)
    }

    /// How eagerly a controller wants the line.
    pub fn demand(&self, controller: usize, now: Timestamp) -> Demand {
        self.panels.get(controller).map_or(Demand::None, |panel| panel.machine.demand(now))
    }

    /// Fills the room with a controller's next operation; whether there was one. If so, there is to be exactly one
    /// [`answered`](Self::answered) or [`failed`](Self::failed).
    pub fn next(&mut self, controller: usize, now: Timestamp, room: &mut dyn Room) -> bool {
        let Some(panel) = self.panels.get_mut(controller) else { return false };
        let table = DesiredTable::new(&panel.plan, &self.cards);
        let Some(cards) = panel.machine.next(now, table, room) else { return false };
        self.step(controller, &cards, Step::Sent, now);
        true
    }

    /// A controller's answer to the operation under way.
    pub fn answered(&mut self, controller: usize, now: Timestamp, answer: &Answer) {
        let Some(panel) = self.panels.get_mut(controller) else { return };
        let was_full = panel.machine.is_full();
        let outcome = panel.machine.answered(now, DesiredTable::new(&panel.plan, &self.cards), answer);
        if panel.machine.is_full() && !was_full {
            self.outputs.push_back(Output::Full { controller });
        }
        self.tell_lost_events(controller);
        self.come_to(controller, now, outcome);
    }

    /// No answer comes to the operation under way; or, without one, the controller has gone or come anew.
    pub fn failed(&mut self, controller: usize, now: Timestamp, failure: Failure) {
        let Some(panel) = self.panels.get_mut(controller) else { return };
        let outcome = panel.machine.failed(now, failure);
        self.come_to(controller, now, outcome);
    }

    /// Without being asked, a controller tells of its events.
    pub fn events_waiting(&mut self, controller: usize, news: EventsWaiting) {
        if let Some(events) = self.events(controller) {
            events.waiting(news);
            self.tell_lost_events(controller);
        }
    }

    /// The events up to `before` are in the log: the controller may forget them.
    pub fn events_stored(&mut self, controller: usize, epoch: u32, before: u32) {
        if let Some(events) = self.events(controller) {
            events.stored(epoch, before);
        }
    }

    /// The events that are to be kept could not be: they are fetched again.
    pub fn events_not_stored(&mut self, controller: usize) {
        if let Some(events) = self.events(controller) {
            events.not_stored();
        }
    }

    /// Compares a controller's whole table anew.
    pub fn resync(&mut self, controller: usize) {
        if let Some(panel) = self.panels.get_mut(controller) {
            panel.machine.resync();
        }
    }

    /// A picture of a controller's card table; `None` if it holds none.
    pub fn status(&self, controller: usize) -> Option<ControllerStatus> {
        self.panels.get(controller)?.machine.status()
    }

    /// Whether what a controller holds is proven by reading it back.
    pub fn reads_back(&self, controller: &ControllerId) -> bool {
        let at = self.names.iter().position(|name| name == controller);
        at.and_then(|at| self.status(at)).is_some_and(|status| status.by_reading_back)
    }

    /// Whether a card opens a reader of a controller for which the gateway decides, by everything that is durable.
    pub fn decide(&self, controller: usize, reader: u8, card: Credential, now: UtcSeconds) -> Decision {
        match self.panels.get(controller) {
            Some(panel) => access::decide(DesiredTable::new(&panel.plan, &self.cards), reader, card, now),
            None => Decision { reason: Reason::UnknownReader, holder: None },
        }
    }

    /// What there is to say, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn events(&mut self, controller: usize) -> Option<&mut EventCursor> {
        self.panels.get_mut(controller)?.machine.events()
    }

    /// Takes what is newest of these cards.
    fn take(&mut self, changes: Vec<CardChange>, now: Timestamp) {
        let mut changed = Vec::with_capacity(changes.len());
        for change in changes {
            let card = change.credential;
            let (before, concerned) = self.set_card(card, change.access);
            let action = match (opens(before), opens(change.access)) {
                (None, Some(_)) => ReceiptAction::Activate,
                (Some(before), Some(after)) if before != after => ReceiptAction::Update,
                (Some(_), None) => ReceiptAction::Deactivate,
                _ => continue,
            };
            let landings = concerned.into_iter().map(|at| landing(self.names[at].clone(), now)).collect();
            self.receipts.begin(card, change.receipt(action, landings));
            changed.push(card);
        }
        // Where the change before it never got to, this one may find nothing to do.
        if !changed.is_empty() {
            (0..self.panels.len()).for_each(|controller| self.prove(controller, &changed, now));
        }
    }

    /// What a card could do before, and the controllers that the change concerns: those that have a row of it before or
    /// after, or may hold one that they should not.
    fn set_card(&mut self, card: Credential, access: Option<CardAccess>) -> (Option<CardAccess>, Vec<usize>) {
        let before = self.cards.set(card, access);
        let mut concerned = Vec::new();
        for (at, Panel { plan, machine, .. }) in self.panels.iter_mut().enumerate() {
            let row = |access: CardAccess| plan.row(card, &access);
            let rows = (before.and_then(row), access.and_then(row));
            let revoked = opens(before).is_some() && opens(access).is_none();
            let stray = revoked && rows.0.is_none() && machine.may_hold(card, None);
            if stray {
                machine.revoke(card);
            } else {
                machine.desire(card, rows.0, rows.1);
            }
            if stray || rows != (None, None) {
                concerned.push(at);
            }
        }
        (before, concerned)
    }
}

/// What a card may do, if that is anything: one that opens no door is as good as none.
fn opens(access: Option<CardAccess>) -> Option<CardAccess> {
    access.filter(CardAccess::opens_something)
}
