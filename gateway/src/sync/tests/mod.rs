//! A fleet and real panels, with a line between them that loses what a seed tells it to.

mod bounds;
mod chunks;
mod face;
mod proof;
mod resume;
mod rows;
mod versions;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use panel_protocol::credential::Credential;
use panel_protocol::panel::{self, Panel, PanelConfig};
use panel_protocol::table::{DigestKey, Profile, Row, RowStore, SortedRows, TableFull, bucket_of};
use panel_protocol::time::{Micros, UtcSeconds};
use panel_protocol::wiegand::H10301;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::access::{CardAccess, Clearance, DoorPlan};
use crate::domain::{CardholderId, ReceiptAction, Revision};
use crate::links::card_table::{self, Frame};

type TestPanel = Panel<Rows, 4, 64>;

/// Rows in a map, with a capacity that a test may choose.
#[derive(Debug, Clone)]
struct Rows {
    rows: BTreeMap<(u8, Credential), Row>,
    capacity: usize,
}

impl RowStore for Rows {
    fn get(&self, credential: Credential) -> Option<Row> {
        self.rows.get(&(bucket_of(credential), credential)).copied()
    }

    fn put(&mut self, row: Row) -> Result<Option<Row>, TableFull> {
        let key = (bucket_of(row.credential), row.credential);
        if self.rows.len() == self.capacity && !self.rows.contains_key(&key) {
            return Err(TableFull);
        }
        Ok(self.rows.insert(key, row))
    }

    fn remove(&mut self, credential: Credential) -> Option<Row> {
        self.rows.remove(&(bucket_of(credential), credential))
    }

    fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap()
    }

    fn capacity(&self) -> u32 {
        u32::try_from(self.capacity).unwrap()
    }

    fn next_in_bucket(&self, bucket: u8, after: Option<Credential>) -> Option<Row> {
        let from = after.map_or((bucket, Credential::new(1, 0).unwrap()), |after| (bucket, after));
        let mut rows = self.rows.range(from..).map(|(_, row)| *row);
        let next = rows.find(|row| Some(row.credential) != after)?;
        (bucket_of(next.credential) == bucket).then_some(next)
    }
}

struct Site {
    fleet: Fleet,
    plans: Vec<DoorPlan>,
    panels: Vec<TestPanel>,
    revision: Revision,
    now: Timestamp,
    frame: usize,
    operations: usize,
    bytes: usize,
    /// Numbers of the events that came.
    events: Vec<u32>,
    violations: usize,
}

impl Site {
    fn new(panels: usize, capacity: usize) -> Self {
        Self::of(vec![DoorPlan::new([0, 1]); panels], Revision(0), [], capacity)
    }

    /// A site as it is after a start, with panels that know nothing yet.
    fn of(
        plans: Vec<DoorPlan>,
        revision: Revision,
        cards: impl IntoIterator<Item = (Credential, CardAccess)>,
        capacity: usize,
    ) -> Self {
        Self {
            panels: plans.iter().map(|_| new_panel(capacity)).collect(),
            fleet: Fleet::new(specs(plans.clone()), revision, cards),
            plans,
            revision,
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            frame: 200,
            operations: 0,
            bytes: 0,
            events: Vec::new(),
            violations: 0,
        }
    }

    fn set(&mut self, number: u64, active: bool) {
        self.allow(number, active.then(access));
    }

    fn allow(&mut self, number: u64, access: Option<CardAccess>) {
        self.revision = self.revision.next();
        let change = change(self.revision, card(number), access);
        self.fleet.apply(self.revision, vec![change], self.now);
    }

    /// What the fleet says and nobody has taken yet.
    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.fleet.poll_output()).collect()
    }

    /// One operation for a panel; what the line does to it is for `fate` to say. Whether there was one.
    fn exchange(&mut self, panel: usize, fate: Fate) -> bool {
        self.exchange_with(panel, fate, |_| {})
    }

    /// The same, `alter` having its way with the answer.
    fn exchange_with(&mut self, panel: usize, fate: Fate, alter: impl FnOnce(&mut Vec<u8>)) -> bool {
        self.now = self.now.saturating_add(SignedDuration::from_millis(10)).unwrap();
        let mut request = vec![0; self.frame];
        let Some(len) = self.next(panel, &mut request) else { return false };
        self.operations += 1;
        self.bytes += len;
        if fate == Fate::RequestLost {
            self.lost(panel);
            return true;
        }
        let mut answer = vec![0; self.frame];
        let clock = self.clock();
        let answer_len = self.panels[panel].operate(clock, &request[..len], &mut answer);
        answer.truncate(answer_len);
        alter(&mut answer);
        self.bytes += answer.len();
        if fate == Fate::AnswerLost {
            self.lost(panel);
        } else {
            self.answered(panel, &answer);
        }
        while let Some(output) = self.fleet.poll_output() {
            if let Output::Events { controller, epoch, before, events } = output {
                self.fleet.events_stored(controller, epoch, before);
                self.events.extend(events.iter().map(|event| event.sequence));
            } else if let Output::Violation { .. } = output {
                self.violations += 1;
            }
        }
        true
    }

    /// The next operation in bytes; how many.
    fn next(&mut self, panel: usize, request: &mut [u8]) -> Option<usize> {
        let mut frame = Frame::new(request);
        self.fleet.next(panel, self.now, &mut frame).then(|| frame.filled().unwrap())
    }

    fn answered(&mut self, panel: usize, answer: &[u8]) {
        match card_table::answer(answer) {
            Some(answer) => self.fleet.answered(panel, self.now, &answer),
            None => self.fleet.failed(panel, self.now, Failure::Malformed),
        }
    }

    fn lost(&mut self, panel: usize) {
        self.fleet.failed(panel, self.now, Failure::Lost);
    }

    /// A panel tells something without being asked.
    fn unasked(&mut self, panel: usize, message: &[u8]) {
        if let Some(news) = card_table::waiting(message) {
            self.fleet.events_waiting(panel, news);
        }
    }

    fn status(&self, panel: usize) -> ControllerStatus {
        self.fleet.status(panel).unwrap()
    }

    fn later(&mut self, span: Duration) {
        self.now = self.now.saturating_add(span).unwrap();
    }

    /// The code of the next operation, which gets lost.
    fn peek(&mut self, panel: usize) -> Option<u8> {
        let mut request = vec![0; self.frame];
        let code = self.next(panel, &mut request).map(|_| request[0]);
        if code.is_some() {
            self.lost(panel);
        }
        code
    }

    fn settle(&mut self) {
        for panel in 0..self.panels.len() {
            let mut rounds = 0;
            while self.exchange(panel, Fate::Delivered) {
                rounds += 1;
                assert!(rounds < 20_000, "no end: {:?}", self.fleet.status(panel));
            }
        }
    }

    fn seconds(&self) -> UtcSeconds {
        UtcSeconds(u32::try_from(self.now.as_second()).unwrap())
    }

    fn clock(&self) -> Micros {
        Micros(u64::try_from(self.now.as_microsecond()).unwrap())
    }

    fn assert_equal(&self) {
        for (at, panel) in self.panels.iter().enumerate() {
            assert_eq!(self.fleet.status(at).unwrap().state, SyncState::Proven, "panel {at}");
            let held: Vec<Row> = (0..=255).flat_map(|bucket| bucket_rows(panel, bucket)).collect();
            let plan = &self.plans[at];
            let desired = self.fleet.cards().iter().filter_map(|(card, access)| plan.row(card, &access));
            assert_eq!(held, desired.collect::<Vec<_>>(), "panel {at}");
            let status = self.fleet.status(at).unwrap();
            assert_eq!(status.rows.map(|rows| rows as usize), Some(held.len()), "panel {at}");
            assert_eq!(status.desired_rows as usize, held.len(), "panel {at}");
        }
        assert_eq!(self.fleet.receipts().open_len(), 0);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Delivered,
    RequestLost,
    AnswerLost,
}

fn specs(plans: Vec<DoorPlan>) -> Vec<ControllerSpec> {
    let spec = |(at, plan): (u8, DoorPlan)| ControllerSpec {
        id: format!("panel-{at}").parse().unwrap(),
        plan,
        digest_key: DigestKey::new([at + 1; 16]),
    };
    (0..).zip(plans).map(spec).collect()
}

fn change(revision: Revision, credential: Credential, access: Option<CardAccess>) -> CardChange {
    let holder = CardholderId(Uuid::nil());
    let (committed, holder_name) = (Timestamp::UNIX_EPOCH, "Ada".to_owned());
    CardChange { revision, committed, credential, access, holder, holder_name }
}

fn new_panel(capacity: usize) -> TestPanel {
    Panel::new(PanelConfig { readers: 2 }, Rows { rows: BTreeMap::new(), capacity })
}

fn bucket_rows(panel: &TestPanel, bucket: u8) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut next = panel.table().next_in_bucket(bucket, None);
    while let Some(row) = next {
        rows.push(row);
        next = panel.table().next_in_bucket(bucket, Some(row.credential));
    }
    rows
}

fn card(number: u64) -> Credential {
    H10301.encode(100, number).unwrap()
}

fn access_of(clearance: Clearance) -> CardAccess {
    CardAccess { clearance, ..access() }
}

fn access() -> CardAccess {
    CardAccess::everywhere(CardholderId(Uuid::nil()))
}

#[test]
fn a_new_panel_is_loaded_and_proven() {
    let mut site = Site::new(2, 10_000);
    (0..500).for_each(|number| site.set(number, true));
    site.settle();
    site.assert_equal();
    assert!(site.fleet.receipts().recent().all(|receipt| receipt.landings.len() == 2));
}

#[test]
fn a_revocation_overtakes_a_load_and_is_proven_during_it() {
    let mut site = Site::new(1, 10_000);
    site.set(1, true);
    site.settle();
    (2..3000).for_each(|number| site.set(number, true));
    for _ in 0..5 {
        site.exchange(0, Fate::Delivered);
    }
    site.set(1, false);
    assert_eq!(site.fleet.demand(0, site.now), Demand::Urgent);
    site.exchange(0, Fate::Delivered);
    let receipt = site.fleet.receipts().recent().find(|receipt| receipt.action == ReceiptAction::Deactivate);
    assert!(receipt.unwrap().landings[0].proven.is_some(), "proven by the very next answer");
    assert_ne!(site.fleet.status(0).unwrap().state, SyncState::Proven, "the load is still under way");
    site.settle();
    site.assert_equal();
}

#[test]
fn a_change_costs_one_operation() {
    let mut site = Site::new(1, 10_000);
    (0..1000).for_each(|number| site.set(number, true));
    site.settle();
    for (number, active) in [(5, false), (2000, true), (5, true)] {
        let before = site.operations;
        site.set(number, active);
        site.settle();
        assert_eq!(site.operations, before + 1);
        site.assert_equal();
    }
}

#[test]
fn only_what_differs_travels_to_a_panel_that_was_tampered_with() {
    let mut site = Site::new(1, 20_000);
    site.frame = 900;
    (0..10_000).for_each(|number| site.set(number, true));
    site.settle();
    let loaded = site.bytes;
    let mut request = [0; 64];
    let stranger = panel::ChangeBuilder::put_rows(&mut request).map(|mut change| {
        assert!(change.row(&Row::new(card(60_000), 0)));
        change.len()
    });
    site.panels[0].operate(Micros(0), &request[..stranger.unwrap()], &mut [0; 64]);
    site.lost(0);
    site.bytes = 0;
    site.settle();
    site.assert_equal();
    assert!(site.bytes < loaded / 20, "{} of {loaded}", site.bytes);
}

#[test]
fn a_wiped_panel_is_loaded_again_and_a_swapped_one_made_equal() {
    let mut site = Site::new(2, 10_000);
    (0..300).for_each(|number| site.set(number, true));
    site.settle();
    site.panels[0] = new_panel(10_000);
    site.lost(0);
    site.settle();
    site.assert_equal();
    site.panels.swap(0, 1);
    site.lost(0);
    site.lost(1);
    site.settle();
    site.assert_equal();
}

#[test]
fn a_panel_that_comes_back_unchanged_costs_a_question() {
    let mut site = Site::new(1, 10_000);
    (0..300).for_each(|number| site.set(number, true));
    site.settle();
    site.panels[0].reboot();
    site.lost(0);
    let before = site.operations;
    site.settle();
    assert_eq!(site.operations, before + 2, "what it holds, and its clock");
    site.assert_equal();
}

#[test]
fn a_full_table_keeps_deactivations_going_and_takes_more_when_there_is_room() {
    let mut site = Site::new(1, 100);
    (0..120).for_each(|number| site.set(number, true));
    site.settle();
    assert!(site.fleet.status(0).unwrap().full);
    (0..30).for_each(|number| site.set(number, false));
    site.settle();
    site.assert_equal();
}

#[test]
fn events_are_fetched_in_order_and_forgotten_by_the_panel() {
    let mut site = Site::new(1, 100);
    site.settle();
    for number in 0..40 {
        let clock = site.clock();
        site.panels[0].present(clock, 0, card(number));
    }
    let mut waiting = [0; 32];
    let len = site.panels[0].waiting(&mut waiting).unwrap();
    site.unasked(0, &waiting[..len]);
    site.settle();
    assert_eq!(site.panels[0].pending_events(), 0);
    assert_eq!(site.fleet.status(0).unwrap().events_lost, 0);
}

#[test]
fn a_card_that_is_somebodys_again_is_not_exposed_and_one_that_was_taken_twice_is_once() {
    let mut site = Site::new(1, 1000);
    let unproven = |site: &Site| {
        let open = site.fleet.unproven_revocations();
        open.map(|receipt| receipt.revision.0).collect::<Vec<_>>()
    };
    site.set(7, true);
    site.settle();
    site.set(7, false);
    assert_eq!(unproven(&site), [2]);
    site.set(7, true);
    assert!(unproven(&site).is_empty(), "it may open doors again");
    site.set(7, false);
    assert_eq!(unproven(&site), [4], "the latest counts, and since then");
    site.settle();
    assert!(unproven(&site).is_empty());
}

#[test]
fn a_revocation_is_sent_before_a_returning_panel_is_compared() {
    let mut site = Site::new(1, 1000);
    (0..300).for_each(|number| site.set(number, true));
    site.settle();
    site.fleet.resync(0);
    site.set(7, false);
    let mut request = [0; 200];
    let len = site.next(0, &mut request).unwrap();
    assert!(matches!(panel::Operation::decode(&request[..len]), Ok(Some(panel::Operation::DeleteKeys(_)))));
    let mut answer = [0; 200];
    let clock = site.clock();
    let answered = site.panels[0].operate(clock, &request[..len], &mut answer);
    assert!(panel::Answer::decode(&answer[..answered]).is_some());
    site.answered(0, &answer[..answered]);
    site.settle();
    site.assert_equal();
}

#[test]
fn sorted_rows_and_a_map_answer_alike() {
    let mut sorted = Panel::<SortedRows<500>, 4, 4>::new(PanelConfig { readers: 2 }, SortedRows::new());
    let mut site = Site::new(1, 500);
    (0..200).for_each(|number| site.set(number, true));
    let mut request = [0; 300];
    while let Some(len) = site.next(0, &mut request) {
        let (mut one, mut other) = ([0; 300], [0; 300]);
        let first = site.panels[0].operate(Micros(0), &request[..len], &mut one);
        let second = sorted.operate(Micros(0), &request[..len], &mut other);
        if !matches!(panel::Operation::decode(&request[..len]), Ok(Some(panel::Operation::Info))) {
            assert_eq!(one[..first], other[..second]);
        }
        site.answered(0, &one[..first]);
    }
    site.assert_equal();
}

#[derive(Clone, Debug)]
enum Step {
    Allow(u64, Option<u16>),
    Recompile,
    Chunk(bool),
    Exchange(usize, u8),
    Wipe(usize),
    Reboot(usize),
    Restore(usize, usize),
    Swipe(usize, u64),
    Resync(usize),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u64..40, proptest::option::of(0u16..3)).prop_map(|(number, access)| Step::Allow(number, access)),
        1 => Just(Step::Recompile),
        2 => any::<bool>().prop_map(Step::Chunk),
        12 => (0usize..2, 0u8..8).prop_map(|(panel, fate)| Step::Exchange(panel, fate)),
        1 => (0usize..2).prop_map(Step::Wipe),
        1 => (0usize..2).prop_map(Step::Reboot),
        1 => (0usize..2, 0usize..2).prop_map(|(to, from)| Step::Restore(to, from)),
        1 => (0usize..2, 0u64..50).prop_map(|(panel, number)| Step::Swipe(panel, number)),
        1 => (0usize..2).prop_map(Step::Resync),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn whatever_happens_every_panel_becomes_equal(
        steps in proptest::collection::vec(steps(), 0..120),
        frame in 70usize..300,
    ) {
        // The second panel has rows of some clearances only.
        let some = DoorPlan::by_clearance(vec![Profile::NEVER, Profile::always([1])], vec![Some(1), None]);
        let all = DoorPlan::by_clearance(vec![Profile::always([0, 1])], vec![Some(0); 3]);
        let mut site = Site::of(vec![all, some], Revision(0), [], 60);
        site.frame = frame;
        let mut chunk = None;
        for step in steps {
            match step {
                Step::Allow(number, clearance) => {
                    site.allow(number, clearance.map(|number| access_of(Clearance(number))));
                }
                Step::Recompile => site.fleet.recompile(site.revision, site.now),
                Step::Chunk(false) => chunk = site.fleet.next_chunk().or(chunk),
                // The compiler finds another clearance for every card, as far as it is not outdated by now.
                Step::Chunk(true) => if let Some(Chunk { revision, cards, .. }) = chunk.take() {
                    let next = |access: CardAccess| access_of(Clearance((access.clearance.0 + 1) % 3));
                    let compiled = cards.into_iter().map(|(card, now)| change(revision, card, now.map(next)));
                    site.fleet.apply_chunk(compiled.collect(), site.now);
                },
                Step::Exchange(panel, fate) => {
                    let fate = match fate {
                        0 => Fate::RequestLost,
                        1 => Fate::AnswerLost,
                        _ => Fate::Delivered,
                    };
                    site.exchange(panel, fate);
                }
                Step::Wipe(panel) => {
                    site.panels[panel] = new_panel(60);
                    site.lost(panel);
                }
                Step::Reboot(panel) => {
                    site.panels[panel].reboot();
                    site.lost(panel);
                }
                Step::Restore(to, from) => {
                    site.panels.swap(to, from);
                    site.lost(to);
                    site.lost(from);
                }
                Step::Swipe(panel, number) => {
                    let now = site.clock();
                    site.panels[panel].present(now, 0, card(number));
                }
                Step::Resync(panel) => site.fleet.resync(panel),
            }
        }
        site.settle();
        site.assert_equal();
    }
}
