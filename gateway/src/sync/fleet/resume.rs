//! Taking up what an earlier run left: finished receipts, where events go on, revocations without proof.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::change::{CardChange, landing};
use super::{Fleet, opens};
use crate::domain::{CardRead, ControllerId, Event, EventKind, Receipt, ReceiptAction, Revision, Revocation};

/// What an earlier run left behind.
#[derive(Debug)]
pub struct Past {
    /// The latest of the event log, newest first.
    pub events: Vec<Event>,
    /// Up to which revision each controller is remembered to have proven its table. A crash may have set it back.
    pub proven: BTreeMap<ControllerId, Revision>,
    /// Revocations since [`Fleet::oldest_doubt`], oldest first.
    pub revocations: Vec<Revocation>,
}

impl Fleet {
    /// All revocations up to this revision are proven at every controller, given what each is remembered to have proven.
    pub fn oldest_doubt(&self, proven: &BTreeMap<ControllerId, Revision>) -> Revision {
        let of = |id: &ControllerId| proven.get(id).copied().unwrap_or_default();
        self.tables().map(of).min().unwrap_or(self.revision)
    }

    /// The controllers that hold card tables.
    fn tables(&self) -> impl Iterator<Item = &ControllerId> {
        let holding = self.names.iter().zip(&self.panels).filter(|(_, it)| it.machine.status().is_some());
        holding.map(|(name, _)| name)
    }

    /// Goes on where an earlier run ended.
    pub fn resume(&mut self, past: Past, now: Timestamp) {
        let Past { events, proven, revocations } = past;
        let (mut reads, mut receipts) = (Vec::new(), Vec::new());
        for event in events {
            match event.kind {
                EventKind::CardRead(read) => reads.push(read),
                EventKind::Receipt(receipt) => receipts.push(receipt),
                _ => {}
            }
        }
        self.resume_events(&reads);
        let proofs = Proofs::of(&receipts, proven);
        self.receipts.remember(receipts.into_iter().rev());
        for revoked in revocations {
            self.resume_revocation(revoked, &proofs, now);
        }
    }

    /// A controller's events go on after the newest of it that is in the log.
    fn resume_events(&mut self, newest_first: &[CardRead]) {
        for at in 0..self.panels.len() {
            let newest = newest_first.iter().find(|read| read.controller == self.names[at]);
            if let Some((read, events)) = newest.zip(self.events(at)) {
                events.resume(read.epoch, read.sequence.wrapping_add(1));
            }
        }
    }

    /// A card that nobody has again, and that some controller has not proven to be gone: it goes before anything else.
    fn resume_revocation(&mut self, revoked: Revocation, proofs: &Proofs, now: Timestamp) {
        let card = revoked.credential;
        if opens(self.cards.get(card)).is_some() {
            return;
        }
        let mut landings = Vec::new();
        for (name, panel) in self.names.iter().zip(&mut self.panels) {
            if panel.machine.status().is_some() && !proofs.hold(name, revoked.revision, card) {
                panel.machine.revoke(card);
                landings.push(landing(name.clone(), now));
            }
        }
        let change = CardChange {
            revision: revoked.revision,
            committed: revoked.at,
            credential: card,
            access: None,
            holder: revoked.holder,
            holder_name: revoked.holder_name,
        };
        self.receipts.begin(card, change.receipt(ReceiptAction::Deactivate, landings));
    }
}

/// What was proven where.
struct Proofs {
    up_to: BTreeMap<ControllerId, Revision>,
    /// One by one: what is remembered may have been set back by a crash, a receipt in the log is not.
    single: HashSet<(Revision, Credential, ControllerId)>,
}

impl Proofs {
    fn of(receipts: &[Receipt], up_to: BTreeMap<ControllerId, Revision>) -> Self {
        let revocations = receipts.iter().filter(|receipt| receipt.action == ReceiptAction::Deactivate);
        let single = revocations.flat_map(|receipt| {
            let proven = receipt.landings.iter().filter(|landing| landing.proven.is_some());
            proven.map(|landing| (receipt.revision, receipt.credential, landing.controller.clone()))
        });
        Self { single: single.collect(), up_to }
    }

    fn hold(&self, controller: &ControllerId, revision: Revision, card: Credential) -> bool {
        self.up_to.get(controller).is_some_and(|up_to| revision <= *up_to)
            || self.single.contains(&(revision, card, controller.clone()))
    }
}
