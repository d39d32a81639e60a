//! Every bound of this module, met.

use super::*;
use crate::domain::{Landing, Receipt};
use crate::sync::limits::*;
use crate::sync::receipts::{Place, Step};

#[test]
fn differences_are_remembered_up_to_a_bound_and_the_rest_is_read_later() {
    let rows = 3 * MAX_DIRTY as u64;
    let cards = (0..rows).map(|number| (card(number), access()));
    let mut site = Site::of(vec![DoorPlan::new([0, 1])], Revision(1), cards, 50_000);
    site.frame = 1400;
    site.settle();
    // Every row of the panel is another one from now on.
    let cards = (0..rows).map(|number| {
        let access = CardAccess { valid_until: Some(UtcSeconds(2_000_000_000)), ..access() };
        (card(number), access)
    });
    let panels = std::mem::take(&mut site.panels);
    let fleet = Fleet::new(specs(vec![DoorPlan::new([0, 1])]), Revision(2), cards);
    let mut site = Site { fleet, panels, ..site };
    let (mut most, mut rounds) = (0, 0);
    while site.exchange(0, Fate::Delivered) {
        most = most.max(site.status(0).work.rows);
        rounds += 1;
        assert!(rounds < 20_000);
    }
    let bucket = rows as usize / 256 * 2;
    assert!((MAX_DIRTY..=MAX_DIRTY + bucket).contains(&most), "{most} at most");
    site.assert_equal();
}

#[test]
fn a_bucket_without_end_is_not_believed() {
    let in_bucket = |n: &u64| bucket_of(Credential::new(64, *n).unwrap()) == 0;
    let mut rows: Vec<Row> = (0u64..)
        .filter(in_bucket)
        .take(MAX_BUCKET_ROWS + 1)
        .map(|raw| Row::new(Credential::new(64, raw).unwrap(), 0))
        .collect();
    rows.sort_unstable_by_key(|row| row.credential);
    for (claimed, fine) in [(MAX_BUCKET_ROWS, true), (MAX_BUCKET_ROWS + 1, false)] {
        let mut site = Site::new(1, 10);
        site.settle();
        let mut info = site.status(0).info.unwrap();
        site.fleet.resync(0);
        let mut request = [0; 4];
        assert!(site.next(0, &mut request).is_some());
        (info.rows, info.digest, info.clock) = (1, 1, Some(site.seconds()));
        site.fleet.answered(0, site.now, &Answer::Info(info));
        assert!(site.next(0, &mut request).is_some());
        let mut digests = vec![0; 256];
        digests[0] = 1;
        site.fleet.answered(0, site.now, &Answer::Buckets { first: 0, digests });
        assert!(site.next(0, &mut request).is_some());
        site.fleet.answered(0, site.now, &Answer::Settings { more: false, settings: Vec::new() });
        assert!(site.next(0, &mut request).is_some());
        site.outputs();
        site.fleet.answered(
            0,
            site.now,
            &Answer::Rows { bucket: 0, more: true, rows: rows[..claimed].to_vec() },
        );
        assert_eq!(site.outputs().is_empty(), fine, "{claimed}");
    }
}

#[test]
fn an_operation_that_loads_looks_at_no_more_cards_than_it_may() {
    // A card in a hundred has a row at this controller.
    let plan = DoorPlan::by_clearance(vec![Profile::always([0])], vec![None, Some(0)]);
    let cards = (0..65_000u64).map(|number| {
        let clearance = Clearance(u16::from(number % 100 == 0));
        (card(number), CardAccess { clearance, ..access() })
    });
    let mut site = Site::of(vec![plan], Revision(1), cards, 10_000);
    site.frame = 1400;
    let (mut most, mut before) = (0, 0);
    for _ in 0..200 {
        site.exchange(0, Fate::Delivered);
        let rows = site.status(0).rows.unwrap_or(0) as usize;
        most = most.max(rows - before);
        before = rows;
    }
    let at_once = MAX_CARDS_LOOKED_AT / 100;
    assert!((1..=at_once + 1).contains(&most), "{most} rows by one operation, of {at_once}");
    let status = site.status(0);
    assert_eq!((status.state, status.desired_rows, status.rows), (SyncState::Proven, 650, Some(650)));
}

fn receipt(action: ReceiptAction, number: u64) -> Receipt {
    let now = Timestamp::UNIX_EPOCH;
    let controller = "panel-0".parse().unwrap();
    Receipt {
        revision: Revision(number),
        action,
        credential: Credential::new(64, number).unwrap(),
        holder: None,
        holder_name: String::new(),
        committed: now,
        landings: vec![Landing { controller, compiled: now, sent: None, acknowledged: None, proven: None }],
    }
}

#[test]
fn receipts_are_kept_up_to_a_bound_of_each_kind_and_what_is_beyond_is_counted() {
    let mut receipts = OpenReceipts::default();
    let mut number = 0;
    let mut begin = |receipts: &mut OpenReceipts, action, count: usize| {
        for _ in 0..count {
            number += 1;
            let receipt = receipt(action, number);
            receipts.begin(receipt.credential, receipt);
        }
    };
    begin(&mut receipts, ReceiptAction::Activate, MAX_OPEN_ACTIVATIONS - 1);
    begin(&mut receipts, ReceiptAction::Update, 3);
    assert_eq!((receipts.open_len(), receipts.untracked()), (MAX_OPEN_ACTIVATIONS, 2));
    begin(&mut receipts, ReceiptAction::Deactivate, MAX_OPEN_DEACTIVATIONS + 1);
    assert_eq!(receipts.open_len(), MAX_OPEN_ACTIVATIONS + MAX_OPEN_DEACTIVATIONS);
    assert_eq!(receipts.untracked(), 3, "revocations have room of their own");
    let panel = "panel-0".parse().unwrap();
    let last = MAX_OPEN_ACTIVATIONS + MAX_OPEN_DEACTIVATIONS + 2; // of those that found room
    let last = Credential::new(64, last as u64).unwrap();
    assert_eq!(receipts.step(&panel, last, Step::Proven, Timestamp::UNIX_EPOCH).len(), 1);
    begin(&mut receipts, ReceiptAction::Deactivate, 2);
    assert_eq!(receipts.untracked(), 4, "there was room for one again");
}

#[test]
fn finished_receipts_are_kept_at_hand_up_to_a_bound_the_newest_first() {
    let mut receipts = OpenReceipts::default();
    let most = MAX_RECENT_RECEIPTS as u64;
    receipts.remember((1..=most + 5).map(|number| receipt(ReceiptAction::Update, number)));
    let kept: Vec<u64> = receipts.recent().map(|receipt| receipt.revision.0).collect();
    assert_eq!(kept, (6..=most + 5).rev().collect::<Vec<_>>());
}

#[test]
fn what_one_digest_proves_of_many_cards_is_noted_in_pieces_and_told_with_the_last() {
    let cards = 3 * MAX_CHANGES_AT_ONCE as u64 + 1;
    let mut site = Site::new(1, 10_000);
    (0..cards).for_each(|number| site.set(number, true));
    site.settle();
    (0..cards).for_each(|number| site.set(number, false));
    site.outputs();
    // The panel gets them all past the gateway, and says so by its digest.
    let mut request = vec![0; 16_000];
    let len = site.next(0, &mut request).unwrap();
    let clock = site.clock();
    site.panels[0].operate(clock, &request[..len], &mut [0; 64]);
    site.lost(0);
    let mut info = vec![0; 64];
    assert!(site.next(0, &mut info).is_some());
    let len = site.panels[0].operate(clock, &[0x01], &mut info);
    site.answered(0, &info[..len]);
    let told = |site: &mut Site| {
        let said = site.outputs();
        let finished = said.iter().filter(|said| matches!(said, Output::Finished(_))).count();
        (finished, said.iter().filter(|said| matches!(said, Output::Proven { .. })).count())
    };
    assert_eq!(told(&mut site), (MAX_CHANGES_AT_ONCE, 0));
    assert!(site.fleet.prove_more(site.now));
    assert_eq!(told(&mut site), (MAX_CHANGES_AT_ONCE, 0));
    assert!(site.fleet.prove_more(site.now) && !site.fleet.prove_more(site.now));
    assert_eq!(told(&mut site), (MAX_CHANGES_AT_ONCE + 1, 1));
    site.settle();
    site.assert_equal();
}

#[test]
fn receipts_of_others_are_passed_over_in_pieces_too() {
    let mut receipts = OpenReceipts::default();
    for number in 1..=MAX_CARDS_LOOKED_AT as u64 + 10 {
        let receipt = receipt(ReceiptAction::Activate, number);
        receipts.begin(receipt.credential, receipt);
    }
    let other = "panel-9".parse().unwrap();
    let (cards, rest) = receipts.unproven_at(&other, Place::default());
    assert!(cards.is_empty());
    assert_eq!(receipts.unproven_at(&other, rest.unwrap()), (Vec::new(), None));
}

#[test]
fn a_receipt_notes_the_first_time_of_each_step_and_ends_with_the_last_proof() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let mut receipts = OpenReceipts::default();
    let mut two = receipt(ReceiptAction::Deactivate, 1);
    two.landings.push(Landing { controller: "panel-1".parse().unwrap(), ..two.landings[0].clone() });
    let card = two.credential;
    receipts.begin(card, two);
    let (first, second) = ("panel-0".parse().unwrap(), "panel-1".parse().unwrap());
    assert!(receipts.step(&"panel-9".parse().unwrap(), card, Step::Proven, at(1)).is_empty());
    for (step, time) in [(Step::Sent, 1), (Step::Sent, 2), (Step::Acknowledged, 3), (Step::Acknowledged, 4)] {
        assert!(receipts.step(&first, card, step, at(time)).is_empty());
    }
    let unproven = |receipts: &OpenReceipts, at| receipts.unproven_at(at, Place::default()).0;
    assert_eq!((unproven(&receipts, &first), unproven(&receipts, &second)), (vec![card], vec![card]));
    assert!(receipts.step(&first, card, Step::Proven, at(5)).is_empty(), "the other is still exposed");
    assert!(unproven(&receipts, &first).is_empty());
    let finished = receipts.step(&second, card, Step::Proven, at(6));
    let landing = &finished[0].landings[0];
    assert_eq!((landing.sent, landing.acknowledged, landing.proven), (Some(at(1)), Some(at(3)), Some(at(5))));
    assert_eq!((finished.len(), receipts.open_len()), (1, 0));
}
