//! Panels that are newer than this gateway, as panel-protocol's PROTOCOL.md lets them be, and some that break its rules.

use panel_protocol::panel::{OUI, VERSION};

use super::*;
use crate::sync::limits::RETRY_AFTER;

const INFO: u8 = 0x01;
const PUT_ROWS: u8 = 0x10;
const DELETE_KEYS: u8 = 0x11;
const READ_EVENTS: u8 = 0x32;

/// A status that no version has yet.
const NEWER_STATUS: u8 = 7;

/// Bytes of an answer before its first event, and of the event of a 26-bit card.
const EVENTS_AT: usize = 6;
const EVENT_LEN: usize = 16;

/// Goes on until nothing is left to do, `alter` having its way with each answer.
fn settle_with(site: &mut Site, alter: impl Fn(&mut Vec<u8>)) {
    let mut rounds = 0;
    while site.exchange_with(0, Fate::Delivered, &alter) {
        rounds += 1;
        assert!(rounds < 1000, "no end: {:?}", site.fleet.status(0));
    }
}

fn swipe(site: &mut Site, number: u64) {
    let now = site.clock();
    site.panels[0].present(now, 0, card(number));
    let mut waiting = [0; 32];
    let len = site.panels[0].waiting(&mut waiting).unwrap();
    site.unasked(0, &waiting[..len]);
}

/// A site with one panel, loaded and proven.
fn proven() -> Site {
    let mut site = Site::new(1, 100);
    (0..20).for_each(|number| site.set(number, true));
    site.settle();
    site.assert_equal();
    site
}

#[test]
fn a_newer_panel_is_used_as_one_of_version_1() {
    let mut site = Site::new(1, 100);
    (0..20).for_each(|number| site.set(number, true));
    settle_with(&mut site, |answer| {
        if answer[0] == INFO {
            answer[2] = VERSION + 1;
            answer.extend([0xAB; 9]);
        }
    });
    site.assert_equal();
    assert_eq!(site.fleet.status(0).unwrap().info.map(|info| info.version), Some(VERSION + 1));
    assert_eq!(site.violations, 0);
}

#[test]
fn an_unasked_message_that_is_not_known_is_ignored() {
    let mut site = proven();
    let before = site.fleet.status(0);
    for message in [&[0x81, 0, 1, 2, 3][..], &[0x80, NEWER_STATUS, 0, 0, 0, 0, 9, 0, 0, 0], &OUI, &[]] {
        site.unasked(0, message);
    }
    assert_eq!(site.fleet.status(0), before);
    assert_eq!(site.fleet.demand(0, site.now), Demand::None);
    site.assert_equal();
}

#[test]
fn a_status_that_is_not_known_proves_nothing_and_leads_to_asking_again() {
    for (active, code) in [(false, DELETE_KEYS), (true, PUT_ROWS)] {
        let mut site = proven();
        site.set(if active { 50 } else { 7 }, active);
        assert!(site.exchange_with(0, Fate::Delivered, |answer| {
            assert_eq!(answer[0], code);
            answer[1] = NEWER_STATUS;
        }));
        assert_eq!((site.violations, site.fleet.receipts().open_len()), (1, 1));
        assert_ne!(site.fleet.status(0).unwrap().state, SyncState::Proven);
        assert_eq!(site.fleet.demand(0, site.now), Demand::None, "left alone for a while");
        site.now = site.now.saturating_add(RETRY_AFTER).unwrap();
        site.settle();
        site.assert_equal();
    }
}

#[test]
fn events_that_version_1_lacks_are_taken_for_forgotten() {
    for left_out in [0..1, 1..2, 2..3, 0..3] {
        let mut site = proven();
        (0..3).for_each(|number| swipe(&mut site, number));
        let gap = left_out.start * EVENT_LEN + EVENTS_AT..left_out.end * EVENT_LEN + EVENTS_AT;
        settle_with(&mut site, |answer| {
            if answer[0] == READ_EVENTS && answer.len() == 3 * EVENT_LEN + EVENTS_AT {
                answer.drain(gap.clone());
            } else if answer[0] == READ_EVENTS {
                answer.truncate(EVENTS_AT); // what was left out is left out again
            }
        });
        let expected: Vec<u32> = (0..3).filter(|number| !left_out.contains(&(*number as usize))).collect();
        assert_eq!((&site.events, site.violations), (&expected, 0));
        swipe(&mut site, 3);
        site.settle();
        assert_eq!(site.events.last(), Some(&3), "what comes after goes on coming");
    }
}

#[test]
fn a_panel_that_tells_a_kind_of_event_that_is_not_known_still_gets_its_rows() {
    let mut site = proven();
    swipe(&mut site, 1);
    let newer_kind = |answer: &mut Vec<u8>| {
        if answer[0] == READ_EVENTS {
            answer[EVENTS_AT + 8] = 2;
        }
    };
    site.set(7, false);
    site.set(50, true);
    settle_with(&mut site, newer_kind);
    assert_eq!((site.violations, site.events.len()), (1, 0));
    site.assert_equal();
    site.now = site.now.saturating_add(RETRY_AFTER).unwrap();
    site.settle();
    assert_eq!(site.events, [0], "and is asked again");
}
