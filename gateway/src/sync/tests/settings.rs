//! Schedules at panels: in which version they are told, in which order, and how little travels when one changes.

use panel_protocol::decide::Reason;
use panel_protocol::schedule::When;
use panel_protocol::table::Setting;

use super::*;
use crate::access::Opens;

const INFO: u8 = 0x01;
const PUT_ROWS: u8 = 0x10;
const DELETE_KEYS: u8 = 0x11;
const COMMIT_PROFILES: u8 = 0x13;
const PUT_SETTINGS: u8 = 0x14;
const DELETE_SETTINGS: u8 = 0x15;

/// A panel whose cards open reader 0 by the first schedule, and reader 1 always.
fn by_schedule() -> DoorPlan {
    let profile = Profile::new([When::Schedule(1), When::Always]);
    DoorPlan::by_clearance(vec![Profile::always([0, 1]), profile], vec![Some(0), Some(1)])
}

fn site() -> Site {
    let mut site = Site::of(vec![by_schedule()], Revision(0), [], 1000);
    site.set_hours(hours([("07:00", "19:00")]));
    for number in 0..50 {
        site.allow(number, Some(access_of(Clearance(1))));
    }
    site.settle();
    site.assert_equal();
    site
}

/// What the panel says of a card at its two readers, at an hour of the day.
fn said(site: &mut Site, number: u64, hour: u32) -> [Reason; 2] {
    let then = site.seconds().0 / 86_400 * 86_400 + hour * 3_600;
    let len = panel::Operation::SetClock(UtcSeconds(then)).encode(&mut [0; 8]).unwrap();
    let mut request = [0; 8];
    panel::Operation::SetClock(UtcSeconds(then)).encode(&mut request).unwrap();
    site.operate(0, &request[..len]);
    let now = site.clock();
    [0, 1].map(|reader| site.panels[0].present(now, reader, card(number)))
}

/// The codes of all that travels until nothing is left to do.
fn codes(site: &mut Site) -> Vec<u8> {
    let mut codes = Vec::new();
    let mut request = [0; 200];
    while let Some(len) = site.next_of_any_session(0, &mut request) {
        codes.push(request[0]);
        site.now = site.now.saturating_add(SignedDuration::from_millis(10)).unwrap();
        let answer = site.operate(0, &request[..len]);
        site.answered(0, &answer);
        while let Some(output) = site.fleet.poll_output() {
            if let Output::Events { controller, epoch, before, .. } = output {
                site.fleet.events_stored(controller, epoch, before);
            }
        }
    }
    codes
}

#[test]
fn a_panel_opens_by_schedules_and_a_changed_one_travels_alone() {
    let mut site = site();
    assert_eq!(said(&mut site, 7, 6), [Reason::OutsideHours, Reason::Granted]);
    assert_eq!(said(&mut site, 7, 7), [Reason::Granted; 2]);
    site.begin_session(0);
    site.settle();
    let (operations, bytes) = (site.operations, site.bytes);
    site.set_hours(hours([("08:00", "19:00")]));
    assert_ne!(site.status(0).state, SyncState::Proven);
    site.settle();
    site.assert_equal();
    assert_eq!(site.operations, operations + 1, "one operation, with the schedule alone");
    assert!(site.bytes - bytes < 30, "{} bytes", site.bytes - bytes);
    assert_eq!(said(&mut site, 7, 7), [Reason::OutsideHours, Reason::Granted]);
}

#[test]
fn a_session_begins_with_its_version_even_where_a_card_must_go() {
    let mut site = site();
    site.begin_session(0);
    site.set(7, false);
    assert_eq!(site.fleet.demand(0, site.now), Demand::Urgent);
    assert_eq!(codes(&mut site)[..3], [HELLO, DELETE_KEYS, INFO]);
    site.assert_equal();
    let settings = site.panels[0].table().settings().len();
    assert_eq!(settings, 2, "nothing was forgotten for a word of version 1");
}

#[test]
fn what_takes_access_away_goes_before_settings_and_what_names_them_after() {
    let mut site = site();
    // One loses its schedule's door, another gets it; the schedule is wider from now on.
    site.allow(3, Some(access_of(Clearance(0))));
    site.settle();
    site.allow(3, Some(access_of(Clearance(1))));
    site.allow(7, Some(access_of(Clearance(0))));
    site.set(9, false);
    site.set_hours(hours([("00:00", "24:00")]));
    site.allow(60, Some(access_of(Clearance(1))));
    let travelled = codes(&mut site);
    assert_eq!(travelled, [DELETE_KEYS, PUT_ROWS, PUT_SETTINGS, PUT_ROWS]);
    site.assert_equal();
}

#[test]
fn a_new_profile_comes_after_its_schedule_and_a_schedule_that_is_gone_goes_first() {
    let mut site = site();
    let profile = Profile::new([When::Schedule(2), When::Never]);
    let learned = crate::access::Learned {
        clearance: Clearance(2),
        opens: vec![Some(Opens { profile, from: None, until: None })],
    };
    site.set_hours(hours([("07:00", "19:00"), ("01:00", "02:00")]));
    site.fleet.learn(&learned);
    site.allow(7, Some(access_of(Clearance(2))));
    let travelled = codes(&mut site);
    let at = |code| travelled.iter().position(|it| *it == code).unwrap();
    assert!(at(PUT_SETTINGS) < at(COMMIT_PROFILES) && at(COMMIT_PROFILES) < at(PUT_ROWS), "{travelled:?}");
    assert!(!travelled.contains(&DELETE_KEYS), "no row is taken out for a new number: {travelled:?}");
    assert_eq!(said(&mut site, 7, 1), [Reason::Granted, Reason::NoAccess]);
    site.set_hours(hours([("08:00", "19:00")]));
    assert_eq!(codes(&mut site), [DELETE_SETTINGS, PUT_SETTINGS]);
    assert_eq!(said(&mut site, 7, 1), [Reason::UnknownSchedule, Reason::NoAccess]);
    assert_eq!(site.status(0).state, SyncState::Proven);
}

#[test]
fn a_panel_that_is_restored_or_tampered_with_has_its_settings_read_and_mended() {
    let mut site = site();
    let stranger = Setting::Door(1, panel_protocol::decide::DoorSettings { tries: 3, ..Default::default() });
    let mut request = [0; 64];
    let len = panel::ChangeBuilder::put_settings(&mut request).map(|mut change| {
        assert!(change.setting(&stranger));
        change.len()
    });
    site.operate(0, &request[..len.unwrap()]);
    site.begin_session(0);
    site.settle();
    site.assert_equal();
    assert_eq!(site.violations, 0);
}

#[test]
fn a_panel_that_an_older_gateway_had_meanwhile_gets_its_schedules_back_and_loses_no_row() {
    let mut site = site();
    site.panels[0].begin_session();
    site.operate(0, &panel::WHO_ARE_YOU);
    assert_eq!(site.panels[0].table().settings().len(), 0);
    site.begin_session(0);
    let travelled = codes(&mut site);
    assert!(!travelled.contains(&DELETE_KEYS) && !travelled.contains(&PUT_ROWS), "{travelled:?}");
    site.assert_equal();
    assert_eq!(said(&mut site, 7, 7), [Reason::Granted; 2]);
}

#[test]
fn a_panel_of_version_1_gets_what_it_can_be_told() {
    let mut panel = Panel::<SortedRows<100>, 4, 8, 0, 4>::in_ram();
    panel.set_readers(2);
    let mut fleet = Fleet::new(specs(vec![by_schedule()]), Revision(0), [(card(7), access_of(Clearance(1)))]);
    fleet.set_hours(std::sync::Arc::new(hours([("07:00", "19:00")])));
    let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    let (mut request, mut answer) = ([0; 200], [0; 200]);
    let mut codes = Vec::new();
    loop {
        let mut frame = Frame::new(&mut request);
        if !fleet.next(0, now, &mut frame) {
            break;
        }
        let len = frame.filled().unwrap();
        codes.push(request[0]);
        let len = panel.operate(Micros(0), &request[..len], &mut answer);
        fleet.answered(0, now, &card_table::answer(&answer[..len]).unwrap());
    }
    assert_eq!(codes[..2], [HELLO, INFO]);
    let status = fleet.status(0).unwrap();
    assert_eq!((status.version, status.state, status.schedules_left_out), (Some(1), SyncState::Proven, 0));
    let said = [0, 1].map(|reader| panel.present(Micros(0), reader, card(7)));
    assert_eq!(said, [Reason::NoAccess, Reason::Granted], "the door by the schedule stays shut");
}

#[test]
fn schedules_that_a_panel_has_no_room_for_are_told_of_and_open_nothing() {
    let profile = Profile::new([1, 2, 3].map(When::Schedule));
    let plan = DoorPlan::by_clearance(vec![profile], vec![Some(0)]);
    let mut panel = Panel::<SortedRows<100>, 4, 8, 2, 4>::in_ram();
    panel.set_readers(3);
    let mut fleet = Fleet::new(specs(vec![plan]), Revision(0), [(card(7), access())]);
    fleet.set_hours(std::sync::Arc::new(hours([("00:00", "24:00"); 3])));
    let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    let (mut request, mut answer) = ([0; 200], [0; 200]);
    loop {
        let mut frame = Frame::new(&mut request);
        if !fleet.next(0, now, &mut frame) {
            break;
        }
        let len = frame.filled().unwrap();
        let len = panel.operate(Micros(0), &request[..len], &mut answer);
        fleet.answered(0, now, &card_table::answer(&answer[..len]).unwrap());
    }
    let status = fleet.status(0).unwrap();
    assert_eq!((status.state, status.schedules_left_out), (SyncState::Proven, 1));
    let said = [0, 1, 2].map(|reader| panel.present(Micros(0), reader, card(7)));
    assert_eq!(said, [Reason::Granted, Reason::Granted, Reason::UnknownSchedule]);
}
