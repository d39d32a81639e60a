//! What comes in the middle of a comparison: revocations, restarts, tables without room.

use super::*;
use crate::sync::limits::MAX_DIRTY;

const READ_BUCKETS: u8 = 0x20;
const READ_ROWS: u8 = 0x21;
const STAGE_PROFILES: u8 = 0x12;
const COMMIT_PROFILES: u8 = 0x13;

/// Cards of one bucket, in order.
fn cards_of(bucket: u8) -> Vec<u64> {
    (0..60_000).filter(|number| bucket_of(card(*number)) == bucket).collect()
}

/// Puts a row into a panel past the gateway.
fn slip_in(site: &mut Site, row: Row) {
    let mut request = [0; 64];
    let mut change = panel::ChangeBuilder::put_rows(&mut request).unwrap();
    assert!(change.row(&row));
    let (len, clock) = (change.len(), site.clock());
    site.panels[0].operate(clock, &request[..len], &mut [0; 64]);
}

/// Goes on until an operation with this code has been answered.
fn until(site: &mut Site, code: u8) {
    for _ in 0..1000 {
        let mut request = vec![0; site.frame];
        let len = site.next(0, &mut request).unwrap();
        let (clock, mut answer) = (site.clock(), vec![0; site.frame]);
        let answered = site.panels[0].operate(clock, &request[..len], &mut answer);
        site.answered(0, &answer[..answered]);
        if request[0] == code {
            return;
        }
    }
    panic!("operation {code:#x} never came");
}

#[test]
fn a_revocation_between_two_reads_of_digests_makes_them_begin_anew() {
    let mut site = Site::new(1, 10_000);
    (0..600).for_each(|number| site.set(number, true));
    site.settle();
    slip_in(&mut site, Row::new(card(60_000), 0));
    site.lost(0);
    until(&mut site, READ_BUCKETS);
    let early = (0..600).find(|number| bucket_of(card(*number)) < 10).unwrap();
    site.set(early, false);
    while site.status(0).work.buckets_to_read == 0 {
        site.exchange(0, Fate::Delivered);
    }
    assert_eq!(site.status(0).work.buckets_to_read, 1, "the stranger's, and not that of the revoked card");
    site.settle();
    site.assert_equal();
    assert_eq!((site.violations, site.status(0).resyncs), (0, 1));
}

#[test]
fn a_revocation_between_two_pages_of_a_bucket_makes_it_be_read_anew() {
    let mut site = Site::new(1, 10_000);
    site.frame = 70;
    let cards = cards_of(9);
    cards[..60].iter().for_each(|number| site.set(*number, true));
    site.settle();
    slip_in(&mut site, Row::new(card(cards[100]), 0));
    site.lost(0);
    until(&mut site, READ_ROWS);
    let mut ordered = cards[..60].to_vec();
    ordered.sort_by_key(|number| card(*number));
    site.set(ordered[0], false);
    site.settle();
    site.assert_equal();
    assert_eq!((site.violations, site.status(0).resyncs), (0, 1));
}

#[test]
fn a_full_table_is_read_to_its_end_however_much_differs() {
    let mut site = Site::new(1, 5000);
    site.frame = 1400;
    (0..5000).for_each(|number| site.set(number, true));
    site.settle();
    // Every row is to be another, and there are more than the panel has room for.
    let plans = vec![DoorPlan::new([0, 1])];
    let limited = CardAccess { valid_until: Some(UtcSeconds(2_000_000_000)), ..access() };
    let cards = (0..3 * MAX_DIRTY as u64).map(|number| (card(number), limited));
    let panels = std::mem::take(&mut site.panels);
    let mut site = Site { panels, ..Site::of(plans, Revision(5000), cards, 0) };
    (site.frame, site.now) = (1400, site.now.saturating_add(SignedDuration::from_hours(1)).unwrap());
    site.settle();
    let status = site.status(0);
    assert!(status.full && status.work.rows > MAX_DIRTY, "{status:?}");
    assert_eq!(status.work.buckets_to_read, 0, "what must go is known");
    (4000..3 * MAX_DIRTY as u64).for_each(|number| site.set(number, false));
    site.settle();
    site.assert_equal();
}

#[test]
fn profiles_that_fill_several_frames_are_staged_in_order_and_put_in_force_at_once() {
    let profiles: Vec<Profile> = (0..4).map(|reader| Profile::always([reader])).collect();
    let plan = DoorPlan::by_clearance(profiles, (0..4).map(Some).collect());
    let mut site = Site::of(vec![plan], Revision(0), [], 100);
    site.frame = 50; // room for two
    for number in 0..8 {
        let clearance = Clearance(u16::try_from(number % 4).unwrap());
        site.allow(number, Some(access_of(clearance)));
    }
    until(&mut site, STAGE_PROFILES);
    site.panels[0].reboot();
    site.lost(0);
    until(&mut site, STAGE_PROFILES);
    until(&mut site, COMMIT_PROFILES);
    site.frame = 200;
    site.settle();
    site.assert_equal();
    assert_eq!(site.panels[0].table().profiles().len(), 4);
}

#[test]
fn events_that_could_not_be_kept_are_fetched_again() {
    let mut site = Site::new(1, 100);
    site.settle();
    let clock = site.clock();
    site.panels[0].present(clock, 0, card(1));
    site.fleet.events_waiting(0, EventsWaiting { first_event: 0, next_event: 1 });
    let fetched = |site: &mut Site| {
        until(site, 0x32);
        let said = site.outputs().into_iter().find_map(|output| match output {
            Output::Events { before, epoch, events, .. } => Some((events.len(), epoch, before)),
            _ => None,
        });
        said.unwrap()
    };
    let (events, epoch, before) = fetched(&mut site);
    assert_eq!((events, before, site.fleet.demand(0, site.now)), (1, 1, Demand::None));
    site.fleet.events_not_stored(0);
    assert_eq!(fetched(&mut site), (1, epoch, 1));
    site.fleet.events_stored(0, epoch, before);
    site.settle();
    assert_eq!(site.panels[0].pending_events(), 0);
}
