//! What comes of answers: steps of receipts, proofs, and what the world is told.

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::pass::Pass;
use super::{EventCursor, Fleet, KeptRead, Output, Panel};
use crate::access::DesiredTable;
use crate::sync::machine::Outcome;
use crate::sync::receipts::{Place, Step};

impl Fleet {
    /// Goes on with what the last digests have proven, a piece for each controller; whether there is more.
    pub fn prove_more(&mut self, now: Timestamp) -> bool {
        (0..self.panels.len()).for_each(|controller| self.prove_some(controller, now));
        self.panels.iter().any(|panel| panel.to_prove.is_some())
    }

    pub(super) fn come_to(&mut self, controller: usize, now: Timestamp, outcome: Outcome) {
        match outcome {
            Outcome::Quiet => {}
            Outcome::Acknowledged { cards, proven } => {
                self.step(controller, &cards, Step::Acknowledged, now);
                if proven {
                    self.prove(controller, &cards, now);
                }
            }
            Outcome::Verified => {
                self.panels[controller].to_prove = Some(Place::default());
                self.prove_some(controller, now);
            }
            Outcome::Events { epoch, before, events } => {
                let events = events.into_iter().map(KeptRead::from).collect();
                self.outputs.push_back(Output::Events { controller, epoch, before, events });
            }
            Outcome::Violation(what) => self.outputs.push_back(Output::Violation { controller, what }),
        }
    }

    /// A piece of all that a controller has proven at once. What has changed since its digest counts as it is now.
    fn prove_some(&mut self, controller: usize, now: Timestamp) {
        let Some(from) = self.panels[controller].to_prove else { return };
        let (cards, rest) = self.receipts.unproven_at(&self.names[controller], from);
        self.panels[controller].to_prove = rest;
        self.prove(controller, &cards, now);
    }

    pub(super) fn prove(&mut self, controller: usize, cards: &[Credential], now: Timestamp) {
        let Panel { plan, machine, .. } = &self.panels[controller];
        let proven = machine.proven_among(cards, DesiredTable::new(plan, &self.cards));
        if proven.is_empty() && !cards.is_empty() {
            return;
        }
        self.step(controller, &proven, Step::Proven, now);
        self.tell_proven(controller);
    }

    /// Says how far a controller has come, if it holds all that it should and every receipt says so.
    pub(super) fn tell_proven(&mut self, controller: usize) {
        let panel = &self.panels[controller];
        if panel.to_prove.is_none() && panel.machine.is_proven() && panel.machine.status().is_some() {
            let pending = self.pass.as_ref().map(Pass::compiled_up_to);
            let revision = pending.map_or(self.revision, |pending| pending.min(self.revision));
            self.outputs.push_back(Output::Proven { controller, revision });
        }
    }

    pub(super) fn step(&mut self, controller: usize, cards: &[Credential], step: Step, now: Timestamp) {
        let name = &self.names[controller];
        for card in cards {
            let finished = self.receipts.step(name, *card, step, now);
            self.outputs.extend(finished.into_iter().map(Output::Finished));
        }
    }

    /// Says how many events a controller has forgotten before they could be fetched, once.
    pub(super) fn tell_lost_events(&mut self, controller: usize) {
        let count = self.events(controller).map_or(0, EventCursor::take_lost);
        if count > 0 {
            self.outputs.push_back(Output::EventsLost { controller, count });
        }
    }
}
