//! Another kind of panel behind the same face: it has no digest, takes one row or one deletion at a time, and lists what
//! it holds. A row is proven there once it has been read back.

use std::collections::{BTreeMap, VecDeque};

use panel_protocol::panel::Status;

use super::*;
use crate::access::DesiredTable;
use crate::sync::events::EventCursor;
use crate::sync::machine::{Machine, Outcome};

/// What is under way.
#[derive(Clone, Debug, PartialEq)]
enum Command {
    Delete(Credential),
    Put(Row),
    List,
}

#[derive(Debug, Default)]
struct ListingPanel {
    desired: u32,
    /// What remains to be done, deletions in front.
    work: VecDeque<Command>,
    in_flight: Option<Command>,
    /// As last read back.
    listed: Option<BTreeMap<Credential, Row>>,
}

impl Machine for ListingPanel {
    fn desire(&mut self, card: Credential, before: Option<Row>, after: Option<Row>) {
        self.desired = self.desired + u32::from(after.is_some()) - u32::from(before.is_some());
        match after {
            Some(row) => self.work.push_back(Command::Put(row)),
            None => self.revoke(card),
        }
    }

    fn revoke(&mut self, card: Credential) {
        self.work.push_front(Command::Delete(card));
    }

    fn may_hold(&self, card: Credential, _: Option<Row>) -> bool {
        self.listed.as_ref().is_none_or(|listed| listed.contains_key(&card))
    }

    fn demand(&self, _: Timestamp) -> Demand {
        match self.work.front() {
            _ if self.in_flight.is_some() => Demand::None,
            Some(Command::Delete(_)) => Demand::Urgent,
            None if self.listed.is_some() => Demand::None,
            _ => Demand::Bulk,
        }
    }

    fn next(&mut self, _: Timestamp, _: DesiredTable<'_>, room: &mut dyn Room) -> Option<Vec<Credential>> {
        let listed = self.listed.is_some();
        let command = self.work.pop_front().or((!listed).then_some(Command::List))?;
        let (taken, cards) = match &command {
            Command::Delete(card) => (room.delete(*card), vec![*card]),
            Command::Put(row) => (room.put(row), vec![row.credential]),
            Command::List => (room.operation(&Operation::ReadRows { bucket: 0, after: None }), Vec::new()),
        };
        self.in_flight = taken.then_some(command);
        taken.then_some(cards)
    }

    fn answered(&mut self, _: Timestamp, table: DesiredTable<'_>, answer: &Answer) -> Outcome {
        match (self.in_flight.take(), answer) {
            (Some(Command::Delete(card)), Answer::Acknowledged) => self.done(card),
            (Some(Command::Put(row)), Answer::Acknowledged) => self.done(row.credential),
            (Some(Command::List), Answer::Rows { rows, .. }) => {
                let listed: BTreeMap<_, _> = rows.iter().map(|row| (row.credential, *row)).collect();
                let strays = listed.keys().filter(|card| table.row(**card).is_none());
                self.work.extend(strays.map(|card| Command::Delete(*card)));
                self.listed = Some(listed);
                Outcome::Verified
            }
            _ => Outcome::Violation("not an answer to this"),
        }
    }

    fn failed(&mut self, _: Timestamp, _: Failure) -> Outcome {
        self.work.extend(self.in_flight.take().filter(|command| *command != Command::List));
        self.listed = None;
        Outcome::Quiet
    }

    fn resync(&mut self) {
        self.listed = None;
    }

    fn proven_among(&self, of: &[Credential], table: DesiredTable<'_>) -> Vec<Credential> {
        let Some(listed) = &self.listed else { return Vec::new() };
        of.iter().copied().filter(|card| listed.get(card).copied() == table.row(*card)).collect()
    }

    fn is_proven(&self) -> bool {
        self.listed.is_some() && self.work.is_empty() && self.in_flight.is_none()
    }

    fn is_full(&self) -> bool {
        false
    }

    fn events(&mut self) -> Option<&mut EventCursor> {
        None
    }

    fn status(&self) -> Option<ControllerStatus> {
        let state = if self.is_proven() { SyncState::Proven } else { SyncState::Changing };
        Some(ControllerStatus {
            version: None,
            schedules_left_out: 0,
            state,
            work: Work { rows: self.work.len(), ..Work::default() },
            info: None,
            desired_rows: self.desired,
            rows: self.listed.as_ref().map(|listed| u32::try_from(listed.len()).unwrap()),
            reported_digest: 0,
            desired_digest: 0,
            verified_at: None,
            full: false,
            resyncs: 0,
            events_lost: 0,
            clock_apart: None,
        })
    }
}

impl ListingPanel {
    fn done(&mut self, card: Credential) -> Outcome {
        self.listed = None;
        Outcome::Acknowledged { cards: vec![card], proven: false }
    }
}

/// The dialect of such a panel, and the panel itself.
#[derive(Default)]
struct Dialect {
    rows: BTreeMap<Credential, Row>,
    said: Option<Command>,
}

impl Room for Dialect {
    fn delete(&mut self, card: Credential) -> bool {
        self.said.replace(Command::Delete(card)).is_none()
    }

    fn put(&mut self, row: &Row) -> bool {
        self.said.replace(Command::Put(*row)).is_none()
    }

    fn stage_profiles(&mut self, _: u16, _: &[Profile]) -> usize {
        0
    }

    fn operation(&mut self, _: &Operation) -> bool {
        self.said.replace(Command::List).is_none()
    }
}

impl Dialect {
    fn answer(&mut self) -> Answer {
        match self.said.take() {
            Some(Command::Delete(card)) => drop(self.rows.remove(&card)),
            Some(Command::Put(row)) => drop(self.rows.insert(row.credential, row)),
            Some(Command::List) => {
                return Answer::Rows { bucket: 0, more: false, rows: self.rows.values().copied().collect() };
            }
            None => return Answer::Refused(Status::Malformed),
        }
        Answer::Acknowledged
    }
}

fn fleet() -> Fleet {
    let machine: Box<dyn Machine> = Box::new(ListingPanel::default());
    Fleet::of([("gate".parse().unwrap(), DoorPlan::new([0]), machine)].into_iter(), Revision(0), [])
}

fn settle(fleet: &mut Fleet, panel: &mut Dialect, now: Timestamp) {
    while fleet.next(0, now, panel) {
        let answer = panel.answer();
        fleet.answered(0, now, &answer);
    }
}

#[test]
fn a_panel_that_lists_is_brought_to_the_same_table_and_proven_by_reading_it_back() {
    let (mut fleet, mut panel, now) = (fleet(), Dialect::default(), Timestamp::UNIX_EPOCH);
    panel.rows.insert(card(99), Row::new(card(99), 0));
    let changes = (0..5).map(|number| change(Revision(1), card(number), Some(access())));
    fleet.apply(Revision(1), changes.collect(), now);
    for _ in 0..5 {
        assert!(fleet.next(0, now, &mut panel));
        let answer = panel.answer();
        fleet.answered(0, now, &answer);
    }
    assert_eq!(fleet.receipts().open_len(), 5, "acknowledged, and not read back yet");
    settle(&mut fleet, &mut panel, now);
    assert_eq!((fleet.receipts().open_len(), panel.rows.len()), (0, 5), "and the stray row is gone");
    let status = fleet.status(0).unwrap();
    assert_eq!((status.state, status.desired_rows, status.rows), (SyncState::Proven, 5, Some(5)));
    let said: Vec<Output> = std::iter::from_fn(|| fleet.poll_output()).collect();
    assert!(said.contains(&Output::Proven { controller: 0, revision: Revision(1) }));
}

#[test]
fn its_revocations_go_first_too_and_survive_a_lost_answer() {
    let (mut fleet, mut panel, now) = (fleet(), Dialect::default(), Timestamp::UNIX_EPOCH);
    let changes = (0..5).map(|number| change(Revision(1), card(number), Some(access())));
    fleet.apply(Revision(1), changes.collect(), now);
    assert!(fleet.next(0, now, &mut panel));
    let answer = panel.answer();
    fleet.answered(0, now, &answer);
    fleet.apply(Revision(2), vec![change(Revision(2), card(0), None)], now);
    assert_eq!(fleet.demand(0, now), Demand::Urgent);
    assert!(fleet.next(0, now, &mut panel));
    assert_eq!(panel.said.take(), Some(Command::Delete(card(0))), "lost on its way");
    fleet.failed(0, now, Failure::Lost);
    settle(&mut fleet, &mut panel, now);
    assert_eq!((fleet.receipts().open_len(), panel.rows.len()), (0, 4));
    fleet.events_waiting(0, EventsWaiting { first_event: 0, next_event: 9 });
    assert_eq!(fleet.demand(0, now), Demand::None, "it keeps no events");
}
