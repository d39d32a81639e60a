//! What an earlier run left, taken up after a restart.

use std::collections::BTreeMap as Map;

use super::*;
use crate::domain::{CardRead, Event, EventKind, Landing, Receipt, Revocation};
use panel_protocol::decide::Reason;

fn revocation(revision: u64, number: u64) -> Revocation {
    Revocation {
        revision: Revision(revision),
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        by: None,
        credential: card(number),
        holder: access().holder,
        holder_name: "Ada".to_owned(),
    }
}

fn event(kind: EventKind) -> Event {
    Event { at: Timestamp::UNIX_EPOCH, kind }
}

fn read(controller: &str, epoch: u32, sequence: u32) -> Event {
    event(EventKind::CardRead(CardRead {
        controller: controller.parse().unwrap(),
        door: None,
        reader: 0,
        credential: card(1),
        holder: None,
        holder_name: None,
        granted: true,
        reason: Reason::Granted,
        held_back: None,
        explained: None,
        sequence,
        epoch,
    }))
}

/// A finished receipt of a revocation that was proven at these controllers.
fn receipt(action: ReceiptAction, revision: u64, number: u64, proven_at: &[&str]) -> Event {
    let now = Timestamp::UNIX_EPOCH;
    let landing = |controller: &&str| Landing {
        controller: controller.parse().unwrap(),
        compiled: now,
        sent: None,
        acknowledged: None,
        proven: Some(now),
    };
    event(EventKind::Receipt(Receipt {
        revision: Revision(revision),
        action,
        credential: card(number),
        holder: None,
        holder_name: "Ada".to_owned(),
        committed: now,
        landings: proven_at.iter().map(landing).collect(),
    }))
}

fn proven(marks: &[(&str, u64)]) -> Map<crate::domain::ControllerId, Revision> {
    marks.iter().map(|(id, revision)| (id.parse().unwrap(), Revision(*revision))).collect()
}

/// Which cards are exposed at which controllers.
fn exposed(site: &Site) -> Vec<(u64, Vec<String>)> {
    let open = site.fleet.unproven_revocations().map(|receipt| {
        let number = H10301.decode(receipt.credential).unwrap().number;
        (number, receipt.landings.iter().map(|landing| landing.controller.to_string()).collect())
    });
    open.collect()
}

#[test]
fn a_revocation_of_an_earlier_run_goes_out_before_anything_is_asked() {
    let mut site = Site::new(1, 1000);
    (0..300).for_each(|number| site.set(number, true));
    site.settle();
    let panels = std::mem::take(&mut site.panels);
    let mut site = Site { panels, ..Site::new(1, 1000) };
    let past = Past { events: Vec::new(), proven: Map::new(), revocations: vec![revocation(1, 7)] };
    site.fleet.resume(past, site.now);
    assert_eq!(site.fleet.demand(0, site.now), Demand::Urgent);
    site.exchange(0, Fate::Delivered);
    assert!(site.panels[0].table().get(card(7)).is_none());
    assert_eq!(site.fleet.receipts().open_len(), 1, "deleted, and not proven before the whole table is");
    site.settle();
    site.assert_equal();
}

#[test]
fn what_was_proven_is_not_exposed_again_and_what_was_not_is() {
    let mut site = Site::new(2, 1000);
    site.set(4, true);
    let past = Past {
        events: vec![
            receipt(ReceiptAction::Deactivate, 6, 2, &["panel-0", "panel-1"]),
            receipt(ReceiptAction::Activate, 7, 3, &["panel-0", "panel-1"]),
        ],
        proven: proven(&[("panel-0", 5), ("panel-9", 99)]),
        revocations: vec![
            revocation(5, 1), // proven at the first, and the second has proven nothing
            revocation(6, 2), // later than both marks, and proven by its receipt
            revocation(7, 3), // of an activation with that number, a receipt says nothing
            revocation(8, 4), // somebody has the card again
        ],
    };
    assert_eq!(site.fleet.oldest_doubt(&past.proven), Revision(0), "the second panel has no mark");
    assert_eq!(site.fleet.oldest_doubt(&proven(&[("panel-0", 5), ("panel-1", 3)])), Revision(3));
    site.fleet.resume(past, site.now);
    let both = || vec!["panel-0".to_owned(), "panel-1".to_owned()];
    assert_eq!(exposed(&site), [(1, vec!["panel-1".to_owned()]), (3, both())]);
    let recent: Vec<u64> = site.fleet.receipts().recent().map(|receipt| receipt.revision.0).collect();
    assert_eq!(recent, [6, 7], "as the log has them, newest first");
    site.settle();
    assert!(exposed(&site).is_empty());
}

#[test]
fn a_site_without_controllers_has_no_doubts() {
    let site = Site::of(Vec::new(), Revision(9), [], 0);
    assert_eq!(site.fleet.oldest_doubt(&Map::new()), Revision(9));
}

#[test]
fn events_go_on_after_the_newest_of_each_controller() {
    let mut site = Site::new(2, 100);
    site.settle();
    for number in 0..5 {
        let clock = site.clock();
        site.panels[0].present(clock, 0, card(number));
        site.panels[1].present(clock, 0, card(number));
    }
    let epoch = site.fleet.status(0).unwrap().info.unwrap().epoch;
    let panels = std::mem::take(&mut site.panels);
    let mut site = Site { panels, ..Site::new(2, 100) };
    let events = vec![read("panel-0", epoch, 2), read("panel-7", epoch, 4), read("panel-0", epoch, 1)];
    site.fleet.resume(Past { events, proven: Map::new(), revocations: Vec::new() }, site.now);
    site.settle();
    assert_eq!(site.events, [3, 4, 0, 1, 2, 3, 4], "the first from 3 on, the second from its beginning");
}
