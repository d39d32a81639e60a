//! What counts as proven, what is settled by one question, and when a panel is asked or left alone.

use panel_protocol::panel::Status;

use super::*;
use crate::sync::limits::{CLOCK_TOLERANCE_S, RETRY_AFTER, VERIFY_INTERVAL};

const INFO: u8 = 0x01;
const SET_CLOCK: u8 = 0x03;
const PUT_ROWS: u8 = 0x10;
const DELETE_KEYS: u8 = 0x11;
const READ_ROWS: u8 = 0x21;
const READ_EVENTS: u8 = 0x32;

fn proven(cards: u64) -> Site {
    let mut site = Site::new(1, 10_000);
    (0..cards).for_each(|number| site.set(number, true));
    site.settle();
    site.assert_equal();
    site
}

fn proven_with_an_event() -> Site {
    let mut site = proven(20);
    let clock = site.clock();
    site.panels[0].present(clock, 0, card(1));
    site.fleet.events_waiting(0, EventsWaiting { first_event: 0, next_event: 1 });
    site
}

fn open(site: &Site) -> usize {
    site.fleet.receipts().open_len()
}

#[test]
fn the_digest_of_what_was_before_proves_nothing_of_what_is_pending() {
    let mut site = proven(20);
    site.set(50, true);
    site.set(7, true);
    site.lost(0);
    assert_eq!(site.peek(0), Some(INFO));
    site.exchange(0, Fate::Delivered);
    assert_eq!((open(&site), site.status(0).state), (1, SyncState::Changing), "50 is not there yet");
    site.settle();
    site.assert_equal();
}

#[test]
fn what_comes_to_nothing_is_proven_at_once_but_not_of_a_panel_that_may_have_changed() {
    let mut site = proven(20);
    site.set(7, false);
    site.set(7, true);
    assert_eq!(open(&site), 0, "it holds the row, and has shown that");
    site.lost(0);
    site.set(7, false);
    site.set(7, true);
    assert_eq!(open(&site), 2, "it may have lost its power meanwhile");
    site.exchange(0, Fate::Delivered);
    assert_eq!(open(&site), 0);
}

#[test]
fn one_question_settles_whether_a_lost_change_was_carried_out() {
    for (fate, operations) in [(Fate::AnswerLost, 1), (Fate::RequestLost, 2)] {
        for active in [true, false] {
            let mut site = proven(20);
            site.set(if active { 50 } else { 7 }, active);
            site.exchange(0, fate);
            let before = site.operations;
            site.settle();
            site.assert_equal();
            assert_eq!(site.operations - before, operations, "{fate:?}, active: {active}");
            assert_eq!(site.status(0).resyncs, 0);
        }
    }
}

#[test]
fn nothing_is_asked_while_something_is_under_way() {
    let mut site = proven(20);
    site.set(50, true);
    assert!(site.begin(0).is_some());
    site.set(7, false);
    assert_eq!(site.fleet.demand(0, site.now), Demand::None);
    assert_eq!(site.begin(0), None);
    site.lost(0);
    assert_eq!(site.fleet.demand(0, site.now), Demand::Urgent);
}

#[test]
fn a_question_gives_way_to_a_revocation_and_a_change_does_not() {
    let mut site = proven_with_an_event();
    assert_eq!(site.begin(0), Some(READ_EVENTS));
    assert_eq!(site.fleet.demand(0, site.now), Demand::None);
    site.set(7, false);
    assert_eq!(site.fleet.demand(0, site.now), Demand::Urgent, "the link may give the question up");
    assert_eq!(site.begin(0), None, "and not before");
    site.lost(0);
    assert_eq!(site.peek(0), Some(DELETE_KEYS));
    site.settle();
    site.assert_equal();
    assert_eq!(site.events, [0]);
}

#[test]
fn a_panel_that_makes_no_sense_is_left_alone_and_then_asked_anew() {
    let mut site = proven(20);
    site.set(50, true);
    assert!(site.begin(0).is_some());
    site.fleet.failed(0, site.now, Failure::Malformed);
    assert!(matches!(site.outputs()[..], [Output::Violation { controller: 0, .. }]));
    site.later(RETRY_AFTER - Duration::from_millis(1));
    assert_eq!((site.fleet.demand(0, site.now), site.begin(0)), (Demand::None, None));
    site.later(Duration::from_millis(1));
    assert_eq!(site.fleet.demand(0, site.now), Demand::Bulk);
    site.settle();
    site.assert_equal();
}

#[test]
fn a_revocation_does_not_wait_until_a_panel_makes_sense_again_unless_it_was_answered_so_itself() {
    let mut site = proven(20);
    site.set(50, true);
    assert_eq!(site.begin(0), Some(PUT_ROWS));
    site.fleet.failed(0, site.now, Failure::Malformed);
    site.set(7, false);
    assert_eq!(site.fleet.demand(0, site.now), Demand::Urgent);
    assert_eq!(site.begin(0), Some(DELETE_KEYS));
    site.fleet.failed(0, site.now, Failure::Malformed);
    site.set(8, false);
    assert_eq!((site.fleet.demand(0, site.now), site.begin(0)), (Demand::None, None));
    site.later(RETRY_AFTER);
    assert_eq!(site.fleet.demand(0, site.now), Demand::Urgent);
    site.settle();
    site.assert_equal();
}

#[test]
fn a_refused_operation_is_lost_and_refused_events_hold_no_rows() {
    let mut site = proven_with_an_event();
    assert_eq!(site.begin(0), Some(READ_EVENTS));
    site.fleet.failed(0, site.now, Failure::Refused);
    site.set(50, true);
    site.settle();
    site.assert_equal();
    assert!(site.events.is_empty(), "not asked for again yet");
    site.later(RETRY_AFTER);
    site.settle();
    assert_eq!(site.events, [0]);
    assert_eq!(site.violations, 0, "a refusal by the link is told by the link");
}

#[test]
fn a_proven_panel_is_asked_again_when_it_is_time_and_not_before() {
    let mut site = proven(20);
    site.later(VERIFY_INTERVAL - Duration::from_secs(1));
    assert_eq!(site.fleet.demand(0, site.now), Demand::None);
    assert_eq!(site.peek(0), None);
    site.later(Duration::from_secs(1));
    assert_eq!(site.fleet.demand(0, site.now), Demand::Bulk);
    assert_eq!(site.peek(0), Some(INFO));
    site.settle();
    assert_eq!(site.fleet.demand(0, site.now), Demand::None);
}

#[test]
fn a_clock_is_set_when_it_is_off_by_more_than_is_tolerated() {
    for (off, set) in [(CLOCK_TOLERANCE_S, false), (CLOCK_TOLERANCE_S + 1, true)] {
        for sign in [1, -1] {
            let mut site = proven(5);
            site.later(VERIFY_INTERVAL);
            let mut info = site.status(0).info.unwrap();
            assert!(site.begin(0).is_some());
            let seconds = site.now.as_second() + sign * i64::from(off);
            info.clock = Some(UtcSeconds(u32::try_from(seconds).unwrap()));
            info.digest = site.status(0).reported_digest;
            site.fleet.answered(0, site.now, &Answer::Info(info));
            assert_eq!(site.peek(0) == Some(SET_CLOCK), set, "off by {off} s");
        }
    }
}

#[test]
fn a_status_says_what_is_being_done_and_what_is_left() {
    let mut site = Site::new(1, 10_000);
    assert_eq!((site.status(0).state, site.status(0).rows), (SyncState::Unknown, None));
    (0..600).for_each(|number| site.set(number, true));
    while site.status(0).work.buckets_to_load == 0 {
        site.exchange(0, Fate::Delivered);
    }
    assert_eq!((site.status(0).state, site.status(0).verified_at), (SyncState::Changing, None));
    site.settle();
    assert_eq!((site.status(0).state, site.status(0).work), (SyncState::Proven, Work::default()));
    assert!(site.status(0).verified_at.is_some());
    assert_eq!(site.status(0).reported_digest, site.status(0).desired_digest);

    // A row that nobody put there.
    let mut request = [0; 64];
    let mut stranger = panel::ChangeBuilder::put_rows(&mut request).unwrap();
    assert!(stranger.row(&Row::new(card(60_000), 0)));
    let len = stranger.len();
    site.operate(0, &request[..len]);
    site.lost(0);
    site.exchange(0, Fate::Delivered);
    assert_eq!((site.status(0).state, site.status(0).resyncs), (SyncState::Comparing, 1));
    while site.status(0).work.buckets_to_read == 0 {
        site.exchange(0, Fate::Delivered);
    }
    assert_eq!((site.status(0).state, site.status(0).work.buckets_to_read), (SyncState::Comparing, 1));
    assert_eq!(site.peek(0), Some(READ_ROWS));
    site.settle();
    site.assert_equal();
}

/// Rows of a bucket, in order.
fn rows_of(bucket: u8, count: usize) -> Vec<Row> {
    let all = (0..50_000).map(card).filter(|card| bucket_of(*card) == bucket);
    let mut rows: Vec<Row> = all.take(count).map(|card| Row::new(card, 0)).collect();
    rows.sort_unstable_by_key(|row| row.credential);
    rows
}

fn rows(bucket: u8, more: bool, rows: Vec<Row>) -> Answer {
    Answer::Rows { bucket, more, rows }
}

/// What is wrong with it, and what is answered to the question for that bucket's rows.
type NoAnswer = (&'static str, fn(u8) -> Answer);

const NO_ANSWERS: [NoAnswer; 5] = [
    ("another bucket", |asked| rows(asked ^ 1, false, rows_of(asked ^ 1, 1))),
    ("rows of another bucket", |asked| rows(asked, false, rows_of(asked ^ 1, 1))),
    ("rows out of order", |asked| rows(asked, false, rows_of(asked, 2).into_iter().rev().collect())),
    ("one row twice", |asked| rows(asked, false, vec![rows_of(asked, 1)[0]; 2])),
    ("nothing, and more to come", |asked| rows(asked, true, Vec::new())),
];

#[test]
fn an_answer_of_another_bucket_or_out_of_order_is_no_answer() {
    for (what, answer) in NO_ANSWERS {
        let mut site = proven(300);
        site.panels[0] = {
            let mut other = proven(301);
            other.panels.remove(0)
        };
        site.lost(0);
        let mut request = [0; 200];
        let bucket = loop {
            let len = site.next(0, &mut request).unwrap();
            if request[0] == READ_ROWS {
                break request[1];
            }
            let answer = site.operate(0, &request[..len]);
            site.answered(0, &answer);
        };
        site.outputs();
        site.fleet.answered(0, site.now, &answer(bucket));
        assert!(matches!(site.outputs()[..], [Output::Violation { .. }]), "{what}");
        site.later(RETRY_AFTER);
        site.settle();
        site.assert_equal();
    }
}

#[test]
fn a_panel_that_claims_to_have_done_half_of_a_change_is_believed_only_where_its_table_is_full() {
    for (status, applied, fine) in
        [(Status::TableFull, 0, true), (Status::TableFull, 1, false), (Status::Staging, 0, false)]
    {
        let mut site = proven(20);
        site.set(50, true);
        assert_eq!(site.begin(0), Some(PUT_ROWS));
        let digest = site.status(0).reported_digest;
        site.outputs();
        site.fleet.answered(0, site.now, &Answer::Change { status, digest, applied });
        let said = site.outputs();
        assert_eq!(said.contains(&Output::Full { controller: 0 }), fine, "{status} {applied}");
        assert_eq!(said.iter().any(|output| matches!(output, Output::Violation { .. })), !fine);
        assert_eq!(site.fleet.demand(0, site.now), Demand::None, "there is nothing that would fit");
        assert_eq!(open(&site), 1);
        site.later(VERIFY_INTERVAL);
        site.settle();
        site.assert_equal();
    }
}

#[test]
fn a_deactivation_goes_to_a_full_table_and_is_told_full_once() {
    let mut site = Site::new(1, 100);
    (0..120).for_each(|number| site.set(number, true));
    let mut full = 0;
    for _ in 0..40 {
        let mut request = [0; 200];
        let Some(len) = site.next(0, &mut request) else { break };
        let answer = site.operate(0, &request[..len]);
        site.answered(0, &answer);
        full += site.outputs().iter().filter(|said| matches!(said, Output::Full { .. })).count();
    }
    assert_eq!((full, site.fleet.demand(0, site.now)), (1, Demand::None));
    site.set(3, false);
    assert_eq!(site.peek(0), Some(DELETE_KEYS));
}
