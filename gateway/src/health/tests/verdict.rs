//! What everything amounts to.

use super::*;
use crate::domain::{AlarmKind, LinkCondition, PartCondition, StorageCondition};

#[test]
fn a_site_with_nothing_amiss_is_well_in_one_line() {
    let verdict = verdict_of(&well(), |_| ());
    assert_eq!(verdict.level, Level::Well);
    assert_eq!(verdict.text, "All well: 4 controllers proven, nobody exposed.");
    assert_eq!(verdict.further, Vec::<String>::new());
}

#[test]
fn a_table_that_is_not_proven_is_never_counted_as_proven() {
    let proven = vec![Some(false), Some(true), Some(true), Some(true)];
    let verdict = verdict_of(&well(), |seen| seen.proven = proven);
    let words = "All well: 3 of 4 controllers proven, 1 being brought up to date, nobody exposed.";
    assert_eq!(verdict.text, words);
}

#[test]
fn readers_are_not_said_to_be_proven() {
    let mut setups = DEVICES.map(setup).to_vec();
    setups[3].kind = DeviceKind::Reader;
    let mut health = Health::new(before_noon(90_000), vec!["north".parse().unwrap()], setups);
    health.link_became(0, noon(), &LinkCondition::Up);
    (0..4).for_each(|at| drop(health.device_became(at, noon(), &condition(DeviceCondition::Online))));
    let proven = vec![Some(true), Some(true), Some(true), None];
    let verdict = verdict_of(&health, |seen| seen.proven = proven);
    assert_eq!(verdict.text, "All well: 3 controllers proven, 1 reader online, nobody exposed.");
}

#[test]
fn boards_are_counted_as_boards_and_an_adapter_that_nobody_supervises_as_such() {
    let mut setups = DEVICES.map(setup).to_vec();
    (setups[1].kind, setups[2].kind) = (DeviceKind::Board, DeviceKind::Board);
    setups[3].kind = DeviceKind::Reader;
    let mut health = Health::new(before_noon(90_000), vec!["north".parse().unwrap()], setups);
    health.link_became(0, noon(), &LinkCondition::Up);
    (0..3).for_each(|at| drop(health.device_became(at, noon(), &condition(DeviceCondition::Online))));
    drop(health.device_became(3, noon(), &condition(DeviceCondition::Unsupervised)));
    let verdict = verdict_of(&health, |seen| seen.proven = vec![Some(true), None, None, None]);
    let words = "All well: 1 controller proven, 2 I/O boards online, 1 not supervised, nobody exposed.";
    assert_eq!(verdict.text, words);
}

#[test]
fn a_box_that_keeps_no_changes_is_told_before_everything_else() {
    let mut health = well();
    let full = PartCondition::Storage(StorageCondition::DiskFull { free_bytes: 0 });
    health.part_became(&clock(), full.clone());
    let exposed = vec![exposure("dock", 1, DeviceCondition::Offline)];
    let verdict = verdict_of(&health, |seen| seen.exposed = exposed);
    assert_eq!(verdict.text, full.sentence(&clock()));
    assert_eq!(verdict.further, ["1 revocation not proven at dock: offline since 10:02 CET"]);
}

#[test]
fn the_exposed_come_before_what_is_broken_and_an_alarm_is_not_told_beside_its_condition() {
    let mut health = well();
    health.device_became(1, before_noon(7_080), &condition(DeviceCondition::Offline));
    let offline = |number| exposure("dock", number, DeviceCondition::Offline);
    let exposed = vec![offline(1), offline(2)];
    let verdict = verdict_of(&health, |seen| seen.exposed = exposed);
    assert_eq!(verdict.level, Level::Problem);
    assert_eq!(verdict.text, "2 revocations not proven at dock: offline since 10:02 CET");
    assert_eq!(verdict.further, ["dock is offline since 10:02 CET."]);
}

#[test]
fn sources_that_cannot_get_through_are_told() {
    let shut = Reach::Shut(vec!["the TLS certificate has expired".to_owned()]);
    let verdict = verdict_of(&well(), |seen| seen.reach = shut);
    assert_eq!(verdict.level, Level::Problem);
    assert_eq!(
        verdict.text,
        "Identity providers can't reach the directory: the TLS certificate has expired."
    );
}

#[test]
fn one_revocation_missing_at_many_controllers_is_one_revocation() {
    let exposed = DEVICES.map(|controller| exposure(controller, 5_678, DeviceCondition::WrongKey)).to_vec();
    let verdict = verdict_of(&well(), |seen| seen.exposed = exposed);
    assert_eq!(
        verdict.text,
        "1 revocation not proven at 4 controllers: lobby wrong key since 10:02 CET, dock wrong key since 10:02 CET, \
         roof wrong key since 10:02 CET, and 1 more"
    );
}

#[test]
fn a_revocation_of_this_moment_is_on_its_way_and_no_problem_yet() {
    let made = |seconds| {
        let mut made = exposure("dock", 5_678, DeviceCondition::Online);
        made.at.since = before_noon(seconds);
        vec![made]
    };
    let (fresh, late) = (made(9), made(10));
    let verdict = verdict_of(&well(), |seen| seen.exposed = fresh);
    assert_eq!(
        (verdict.level, verdict.text.as_str()),
        (Level::Attention, "1 revocation on the way to dock.")
    );
    let verdict = verdict_of(&well(), |seen| seen.exposed = late);
    assert_eq!(verdict.level, Level::Problem);
    assert_eq!(verdict.text, "1 revocation not proven at dock: online, and has not proven it yet");
}

#[test]
fn a_line_that_is_down_is_told_once_and_not_for_each_of_its_controllers() {
    let mut health = well();
    let why = "/dev/ttyUSB0 is gone; plug the adapter in".to_owned();
    health.link_became(0, before_noon(60), &LinkCondition::Down { why });
    (0..4).for_each(|at| drop(health.device_became(at, noon(), &condition(DeviceCondition::Offline))));
    let verdict = verdict_of(&health, |_| ());
    assert_eq!(verdict.level, Level::Problem);
    assert_eq!(verdict.text, "Line north is down since 11:59 CET: /dev/ttyUSB0 is gone; plug the adapter in");
    assert_eq!(verdict.further, Vec::<String>::new());
}

#[test]
fn every_condition_but_online_is_told_by_its_device() {
    use DeviceCondition as Is;
    for is in [
        Is::Starting,
        Is::Enrolling,
        Is::Offline,
        Is::NotEnrolled,
        Is::WrongKey,
        Is::Swapped,
        Is::Unsupported,
        Is::NoSecureChannel,
    ] {
        let mut health = well();
        health.device_became(1, noon(), &condition(is));
        let (level, text) = told(&health);
        assert_eq!(level, is.level(), "{is:?}");
        assert!(text.starts_with("dock is ") && level > Level::Well, "{text}");
    }
}

#[test]
fn many_controllers_in_one_condition_are_one_line() {
    let mut health = well();
    (0..4).for_each(|at| drop(health.device_became(at, noon(), &condition(DeviceCondition::Offline))));
    assert_eq!(told(&health).1, "4 controllers are offline: lobby, dock, roof and 1 more.");
    health.device_became(3, noon(), &condition(DeviceCondition::Online));
    assert_eq!(told(&health).1, "3 controllers are offline: lobby, dock and roof.");
}

#[test]
fn alarms_that_no_condition_tells_are_told_with_their_own_level() {
    let mut health = well();
    let opened = health.table_full(noon(), id("dock"), 10_000);
    assert_eq!(opened[0].what, AlarmKind::TableFull { controller: id("dock") });
    let (level, text) = told(&health);
    assert!(
        level == Level::Problem && text.starts_with("The card table of dock is full at 10000 rows"),
        "{text}"
    );
    assert!(health.table_fits(noon(), &id("dock"))[0].cleared);
    assert_eq!(told(&health).0, Level::Well);
}

#[test]
fn refused_cards_sources_and_notices_want_a_look() {
    let mut health = well();
    health.notice(before_noon(5), Level::Attention, "The directory was rebuilt.".to_owned());
    let verdict = verdict_of(&health, |seen| {
        seen.refused_cards = 1;
        seen.sources = vec![Finding::attention("The token entra expires.".to_owned())];
    });
    assert_eq!(verdict.level, Level::Attention);
    assert_eq!(verdict.text, "The token entra expires.");
    let further = ["1 card number was refused; see the reasons below.", "The directory was rebuilt."];
    assert_eq!(verdict.further, further);
}

#[test]
fn problems_are_told_before_what_only_wants_a_look() {
    let mut health = well();
    health.device_became(2, noon(), &condition(DeviceCondition::Offline));
    let mut exposed = vec![exposure("dock", 1, DeviceCondition::Online)];
    exposed[0].at.since = before_noon(1);
    let verdict = verdict_of(&health, |seen| seen.exposed = exposed);
    assert_eq!(verdict.text, "roof is offline since 12:00 CET.");
    assert_eq!(verdict.further, ["1 revocation on the way to dock."]);
}

#[test]
fn what_is_well_is_no_finding() {
    let mut health = well();
    health.notice(noon(), Level::Well, "dock has its own key".to_owned());
    assert_eq!(told(&health).0, Level::Well);
}

#[test]
fn a_site_without_controllers_is_not_called_well() {
    let health = Health::new(noon(), Vec::new(), Vec::new());
    assert_eq!(told(&health), (Level::Attention, "No controllers are configured.".to_owned()));
}
