//! Receipts: how far each change has come at each controller that it concerns.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::limits::{
    MAX_CARDS_LOOKED_AT, MAX_CHANGES_AT_ONCE, MAX_OPEN_ACTIVATIONS, MAX_OPEN_DEACTIVATIONS,
    MAX_RECENT_RECEIPTS,
};
use crate::domain::{ControllerId, Landing, Receipt, ReceiptAction, Revision};

/// Receipts under way, and the latest that are finished.
#[derive(Debug, Default)]
pub struct OpenReceipts {
    open: BTreeMap<(Credential, Revision), Receipt>,
    deactivations: usize,
    recent: VecDeque<Receipt>,
    untracked: u64,
}

/// A place among the receipts under way: behind one of them, or at the front.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Place(Option<(Credential, Revision)>);

/// A step that a landing takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Sent,
    Acknowledged,
    Proven,
}

impl OpenReceipts {
    /// Receipts under way, by credential.
    pub fn open(&self) -> impl Iterator<Item = &Receipt> {
        self.open.values()
    }

    /// The latest revocation under way of each card.
    pub(super) fn latest_deactivations(&self) -> impl Iterator<Item = (Credential, &Receipt)> {
        let open = self.open.iter().filter(|(_, receipt)| receipt.action == ReceiptAction::Deactivate);
        let mut open = open.map(|((card, _), receipt)| (*card, receipt)).peekable();
        std::iter::from_fn(move || {
            let mut latest = open.next()?;
            // Of one card, the later comes after the earlier.
            while let Some(later) = open.next_if(|(card, _)| *card == latest.0) {
                latest = later;
            }
            Some(latest)
        })
    }

    /// How many are under way.
    pub fn open_len(&self) -> usize {
        self.open.len()
    }

    /// The latest finished, newest first.
    pub fn recent(&self) -> impl Iterator<Item = &Receipt> {
        self.recent.iter()
    }

    /// How many changes were let through without a receipt, because too many were under way.
    pub fn untracked(&self) -> u64 {
        self.untracked
    }

    /// Puts receipts of an earlier run among the finished; oldest first.
    pub fn remember(&mut self, finished: impl IntoIterator<Item = Receipt>) {
        for receipt in finished {
            self.finish(receipt);
        }
    }

    pub(super) fn begin(&mut self, credential: Credential, receipt: Receipt) {
        let deactivation = receipt.action == ReceiptAction::Deactivate;
        let room = if deactivation {
            self.deactivations < MAX_OPEN_DEACTIVATIONS
        } else {
            self.open.len() - self.deactivations < MAX_OPEN_ACTIVATIONS
        };
        if receipt.landings.is_empty() || !room {
            self.untracked += u64::from(!room);
            return;
        }
        self.deactivations += usize::from(deactivation);
        self.open.insert((credential, receipt.revision), receipt);
    }

    /// Notes a step of all that is under way for a card at a controller; gives the receipts that are now finished.
    pub(super) fn step(
        &mut self,
        controller: &ControllerId,
        credential: Credential,
        step: Step,
        now: Timestamp,
    ) -> Vec<Receipt> {
        let of_card = (credential, Revision(0))..=(credential, Revision(u64::MAX));
        let mut finished = Vec::new();
        for (key, receipt) in self.open.range_mut(of_card) {
            let landing = receipt.landings.iter_mut().find(|landing| landing.controller == *controller);
            if landing.is_some_and(|landing| note(landing, step, now)) && is_finished(receipt) {
                finished.push(*key);
            }
        }
        finished.into_iter().filter_map(|key| self.close(key)).collect()
    }

    /// Cards with something unproven at a controller, from a place on; and where to go on, if that was not all. No more
    /// at once than the fleet should be held for.
    pub(super) fn unproven_at(
        &self,
        controller: &ControllerId,
        from: Place,
    ) -> (Vec<Credential>, Option<Place>) {
        let begin = from.0.map_or(Bound::Unbounded, Bound::Excluded);
        let (mut cards, mut last) = (Vec::new(), from);
        for (looked_at, (key, receipt)) in self.open.range((begin, Bound::Unbounded)).enumerate() {
            if looked_at == MAX_CARDS_LOOKED_AT || cards.len() == MAX_CHANGES_AT_ONCE {
                return (cards, Some(last));
            }
            let unproven = |at: &Landing| at.controller == *controller && at.proven.is_none();
            if cards.last() != Some(&key.0) && receipt.landings.iter().any(unproven) {
                cards.push(key.0);
            }
            last = Place(Some(*key));
        }
        (cards, None)
    }

    fn close(&mut self, key: (Credential, Revision)) -> Option<Receipt> {
        let receipt = self.open.remove(&key)?;
        self.deactivations -= usize::from(receipt.action == ReceiptAction::Deactivate);
        self.finish(receipt.clone());
        Some(receipt)
    }

    fn finish(&mut self, receipt: Receipt) {
        self.recent.push_front(receipt);
        self.recent.truncate(MAX_RECENT_RECEIPTS);
    }
}

/// Notes the first time of a step; whether it was the proof.
fn note(landing: &mut Landing, step: Step, now: Timestamp) -> bool {
    let time = match step {
        Step::Sent => &mut landing.sent,
        Step::Acknowledged => &mut landing.acknowledged,
        Step::Proven => &mut landing.proven,
    };
    time.get_or_insert(now);
    step == Step::Proven
}

fn is_finished(receipt: &Receipt) -> bool {
    receipt.landings.iter().all(|landing| landing.proven.is_some())
}
