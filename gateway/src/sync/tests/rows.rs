//! Controllers that have rows of some cards only: what travels, what is counted, and whom a change concerns.

use super::*;

/// What opens doors at the first panel alone.
const FIRST_ALONE: Clearance = Clearance(1);

fn first_alone() -> CardAccess {
    CardAccess { clearance: FIRST_ALONE, ..access() }
}

/// Two panels, of which the second has no row for those who may pass the first alone.
fn site() -> Site {
    let profiles = vec![Profile::always([0, 1]), Profile::always([1])];
    let first = DoorPlan::by_clearance(profiles, vec![Some(0), Some(1)]);
    Site::of(vec![first, DoorPlan::new([0])], Revision(0), [], 1000)
}

fn held(site: &Site, panel: usize) -> Vec<u64> {
    let rows = (0..=255).flat_map(|bucket| bucket_rows(&site.panels[panel], bucket));
    let mut numbers: Vec<u64> = rows.map(|row| H10301.decode(row.credential).unwrap().number).collect();
    numbers.sort_unstable();
    numbers
}

fn landings(site: &Site) -> Vec<String> {
    let newest = site.fleet.receipts().recent().next().unwrap();
    newest.landings.iter().map(|landing| landing.controller.to_string()).collect()
}

fn counts(site: &Site) -> [(u32, Option<u32>, SyncState); 2] {
    [0, 1].map(|at| {
        let status = site.fleet.status(at).unwrap();
        (status.desired_rows, status.rows, status.state)
    })
}

#[test]
fn a_controller_holds_and_counts_the_rows_that_it_should_have() {
    let mut site = site();
    (0..300).for_each(|number| site.allow(number, Some(if number < 7 { access() } else { first_alone() })));
    site.settle();
    assert_eq!((held(&site, 0).len(), held(&site, 1)), (300, (0..7).collect()));
    assert_eq!(counts(&site), [(300, Some(300), SyncState::Proven), (7, Some(7), SyncState::Proven)]);
    assert_eq!(site.fleet.receipts().open_len(), 0);
    let row = site.panels[0].table().get(card(7)).unwrap();
    assert_eq!(row.profile, 1);
}

#[test]
fn a_change_lands_where_there_is_a_row_before_or_after_and_nowhere_else() {
    let mut site = site();
    site.settle();
    let cases = [
        (Some(first_alone()), vec!["panel-0"], vec![]),
        (Some(access()), vec!["panel-0", "panel-1"], vec![1]),
        (Some(first_alone()), vec!["panel-0", "panel-1"], vec![]),
        (None, vec!["panel-0"], vec![]),
    ];
    for (access, concerned, at_second) in cases {
        site.allow(1, access);
        let open = site.fleet.receipts().open().next().unwrap().landings.len();
        assert_eq!(open, concerned.len());
        site.settle();
        assert_eq!(
            (landings(&site), held(&site, 1)),
            (concerned.iter().map(ToString::to_string).collect(), at_second)
        );
        assert_eq!(site.fleet.receipts().open_len(), 0, "and is proven");
    }
}

#[test]
fn a_card_that_no_controller_has_a_row_for_needs_no_receipt_and_no_operation() {
    let mut site = site();
    site.settle();
    let before = site.operations;
    site.allow(1, Some(CardAccess { clearance: Clearance(9), ..access() }));
    site.allow(1, None);
    site.settle();
    assert_eq!((site.operations, site.fleet.receipts().recent().count()), (before, 0));
    assert_eq!(site.fleet.receipts().untracked(), 0);
}

#[test]
fn a_revoked_card_is_deleted_wherever_it_may_be_even_where_it_should_never_have_been() {
    let mut site = site();
    site.allow(1, Some(first_alone()));
    site.settle();
    let mut request = [0; 64];
    let mut change = panel::ChangeBuilder::put_rows(&mut request).unwrap();
    assert!(change.row(&Row::new(card(1), 0)));
    let len = change.len();
    let clock = site.clock();
    site.panels[1].operate(clock, &request[..len], &mut [0; 64]);
    site.fleet.resync(1);
    site.allow(1, None);
    assert_eq!(site.fleet.demand(1, site.now), Demand::Urgent, "what the second holds is not known");
    site.exchange(1, Fate::Delivered);
    assert!(held(&site, 1).is_empty(), "it is gone before anything is asked");
    site.settle();
    assert_eq!(landings(&site), ["panel-0", "panel-1"]);
    assert_eq!(site.fleet.receipts().open_len(), 0);
}

#[test]
fn a_card_on_its_way_is_taken_back_where_it_must_not_be() {
    for fate in [Fate::Delivered, Fate::AnswerLost, Fate::RequestLost] {
        let mut site = site();
        site.settle();
        site.allow(1, Some(access()));
        let mut request = [0; 64];
        let len = site.next(1, &mut request).unwrap();
        site.allow(1, Some(first_alone()));
        site.allow(1, None);
        let open = site.fleet.receipts().open().last().unwrap();
        assert_eq!((open.action, open.landings.len()), (ReceiptAction::Deactivate, 2), "it may get there");
        let (clock, mut answer) = (site.clock(), [0; 64]);
        if fate != Fate::RequestLost {
            let answered = site.panels[1].operate(clock, &request[..len], &mut answer);
            if fate == Fate::Delivered {
                site.answered(1, &answer[..answered]);
            }
        }
        if fate != Fate::Delivered {
            site.lost(1);
        }
        site.settle();
        assert!(held(&site, 0).is_empty() && held(&site, 1).is_empty(), "{fate:?}");
        assert_eq!(site.fleet.receipts().open_len(), 0, "{fate:?}");
    }
}
