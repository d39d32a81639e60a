//! A fleet and real panels, with a line between them that loses what a seed tells it to.

mod bounds;
mod chunks;
mod comparing;
mod decided_here;
mod face;
mod proof;
mod property;
mod resume;
mod rig;
mod rows;
mod runs;
mod settings;
mod versions;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use panel_protocol::credential::Credential;
use panel_protocol::panel::{self, Panel, PanelConfig};
use panel_protocol::table::{DigestKey, Profile, Row, RowStore, SortedRows, TableFull, bucket_of};
use panel_protocol::time::{Micros, UtcSeconds};
use panel_protocol::wiegand::H10301;
use uuid::Uuid;

use rig::*;

use super::*;
use crate::access::{CardAccess, Clearance, DoorPlan};
use crate::domain::{CardholderId, ReceiptAction, Revision};
use crate::links::card_table::{self, Frame};

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
    let all = 10_000 * 7;
    assert!(site.bytes < all / 20, "{} of {all}", site.bytes);
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
fn a_panel_whose_clock_is_off_is_told_of_and_set() {
    let mut site = Site::new(1, 100);
    site.settle();
    let apart = |site: &Site| site.fleet.status(0).unwrap().clock_apart.map(|by| by.as_secs());
    assert_eq!(apart(&site), None, "it had no time yet when it was asked");
    let (mut request, clock) = ([0; 16], site.clock());
    let behind = UtcSeconds(site.seconds().0 - 5_400);
    let len = panel::Operation::SetClock(behind).encode(&mut request).unwrap();
    site.panels[0].operate(clock, &request[..len], &mut [0; 64]);
    site.lost(0);
    site.settle();
    assert_eq!(apart(&site), Some(5_400));
    site.lost(0);
    site.settle();
    assert_eq!(apart(&site), Some(0), "it was set");
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
    site.greets = true;
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
