//! Empty tables are loaded by compact runs: how little that takes, and that nothing is left out or told twice.

use panel_protocol::panel::OUI;

use super::*;

const PUT_ROWS: u8 = 0x10;
const PUT_RUNS: u8 = 0x16;

/// Numbers in an order that is no order, and each once.
fn scattered(count: u64, below: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |at| (at * 40_503 + 977) % below)
}

#[test]
fn ten_thousand_cards_of_one_facility_take_a_tenth_of_what_rows_take() {
    let mut site = Site::new(1, 10_000);
    site.frame = 231;
    for number in scattered(10_000, 1 << 16) {
        site.set(number, true);
    }
    site.settle();
    site.assert_equal();
    let bytes = site.bytes + site.operations * OUI.len();
    println!("10,000 cards of one facility: {bytes} bytes both ways, {} operations", site.operations);
    assert!(bytes < 7_500, "{bytes} bytes, where rows take 70,000");
}

#[test]
fn rows_of_several_profiles_and_with_limits_are_all_put_once() {
    let profiles = vec![Profile::always([0]), Profile::always([1]), Profile::always([0, 1])];
    let plan = DoorPlan::by_clearance(profiles, vec![Some(0), Some(1), Some(2), None]);
    let mut site = Site::of(vec![plan], Revision(0), [], 5000);
    for (at, number) in (0u64..).zip(scattered(3000, 1 << 16)) {
        let clearance = Clearance(u16::try_from(at % 4).unwrap());
        let valid_until = (at % 7 == 0).then_some(UtcSeconds(2_000_000_000));
        site.allow(number, Some(CardAccess { valid_until, ..access_of(clearance) }));
    }
    let mut codes = Vec::new();
    let mut request = [0; 200];
    while let Some(len) = site.next(0, &mut request) {
        codes.push(request[0]);
        let answer = site.operate(0, &request[..len]);
        if codes.len() == 9 {
            // A row that changes before its turn, one after, and one that goes.
            let some: Vec<u64> = scattered(3000, 1 << 16).take(3).collect();
            site.allow(some[0], Some(access_of(Clearance(2))));
            site.allow(some[1], Some(access_of(Clearance(0))));
            site.allow(some[2], None);
        }
        site.answered(0, &answer);
    }
    assert!(codes.contains(&PUT_RUNS) && codes.contains(&PUT_ROWS));
    site.settle();
    site.assert_equal();
    assert_eq!(site.violations, 0);
}

#[test]
fn a_load_by_runs_that_is_cut_goes_on_and_a_full_table_takes_what_it_can() {
    let mut site = Site::new(1, 10_000);
    for number in scattered(4000, 1 << 16) {
        site.set(number, true);
    }
    for at in 0..60 {
        let fate = [Fate::Delivered, Fate::Delivered, Fate::AnswerLost, Fate::Delivered, Fate::RequestLost];
        site.exchange(0, fate[at % 5]);
    }
    site.settle();
    site.assert_equal();
    let mut site = Site::new(1, 700);
    for number in scattered(1000, 1 << 16) {
        site.set(number, true);
    }
    site.settle();
    assert!(site.status(0).full && site.panels[0].table().len() == 700);
    for number in scattered(1000, 1 << 16).take(300) {
        site.set(number, false);
    }
    site.settle();
    site.assert_equal();
}
