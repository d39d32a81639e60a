use super::super::controller::TableView;
use super::super::fixture::{before_noon, everything, exposure, line, panel, well};
use super::super::identity::ConnectionTestView;
use super::super::site::SiteFacts;
use super::*;
use crate::domain::{Alarm, LinkCondition, Notice};

fn told(site: &SiteFacts) -> (Level, String) {
    let verdict = verdict(site);
    (verdict.level, verdict.text)
}

fn unproven(pending: u64) -> Option<TableView> {
    let table = TableView {
        held: Some(0),
        desired: 207,
        capacity: Some(10_000),
        proven: false,
        since: None,
        pending,
    };
    Some(table)
}

#[test]
fn a_site_with_nothing_amiss_is_well_in_one_line() {
    let verdict = verdict(&well());
    assert_eq!(verdict.level, Level::Well);
    assert_eq!(verdict.text, "All well: 4 controllers proven, nobody exposed.");
    assert_eq!(verdict.further, Vec::<String>::new());
}

#[test]
fn a_table_that_is_not_proven_is_never_counted_as_proven() {
    let mut site = well();
    site.controllers[0].table = unproven(207);
    assert_eq!(
        told(&site).1,
        "All well: 3 of 4 controllers proven, 1 being brought up to date, nobody exposed."
    );
}

#[test]
fn readers_are_not_said_to_be_proven() {
    let mut site = well();
    site.controllers[3].kind = ControllerKind::Reader;
    site.controllers[3].table = None;
    assert_eq!(told(&site).1, "All well: 3 controllers proven, 1 reader online, nobody exposed.");
}

#[test]
fn the_exposed_come_before_everything_else() {
    let mut site = everything();
    site.exposed.push(exposure("dock", "100-9999", DeviceCondition::Offline));
    let verdict = verdict(&site);
    assert_eq!(verdict.level, Level::Problem);
    assert_eq!(verdict.text, "2 revocations not proven at dock: offline since 10:02");
    assert_eq!(verdict.further[0], "dock is offline since 10:02.");
    assert_eq!(verdict.further.len(), 4, "the offline alarm is not told twice: {:?}", verdict.further);
}

#[test]
fn an_identity_provider_that_cannot_get_through_is_told() {
    let mut site = well();
    let reasons = vec!["the TLS certificate has expired".to_owned()];
    site.identity.test = Some(ConnectionTestView { at: before_noon(5), passed: false, reasons });
    let (level, text) = told(&site);
    assert_eq!(level, Level::Problem);
    assert_eq!(text, "Identity providers can't reach the directory: the TLS certificate has expired.");
}

#[test]
fn one_revocation_missing_at_many_controllers_is_one_revocation() {
    let mut site = well();
    site.exposed = ["lobby", "dock", "roof", "lab"]
        .map(|controller| exposure(controller, "100-5678", DeviceCondition::WrongKey))
        .to_vec();
    assert_eq!(
        told(&site).1,
        "1 revocation not proven at 4 controllers: lobby wrong key since 10:02, dock wrong key since 10:02, \
         roof wrong key since 10:02, and 1 more"
    );
}

#[test]
fn a_revocation_of_this_moment_is_on_its_way_and_no_problem_yet() {
    let mut site = well();
    site.exposed = vec![exposure("dock", "100-5678", DeviceCondition::Online)];
    site.exposed[0].since = before_noon(9);
    assert_eq!(told(&site), (Level::Attention, "1 revocation on the way to dock.".to_owned()));
    site.exposed[0].since = before_noon(10);
    let late = "1 revocation not proven at dock: online, and has not proven it yet";
    assert_eq!(told(&site), (Level::Problem, late.to_owned()));
}

#[test]
fn a_line_that_is_down_is_told_once_and_not_for_each_of_its_controllers() {
    let mut site = well();
    site.lines[0].state = LinkCondition::Down { why: "/dev/ttyUSB0 is gone; plug the adapter in".to_owned() };
    site.lines[0].since = Some(before_noon(60));
    for controller in &mut site.controllers {
        controller.state = DeviceCondition::Offline;
    }
    let verdict = verdict(&site);
    assert_eq!(verdict.level, Level::Problem);
    assert_eq!(verdict.text, "Line north is down since 11:59: /dev/ttyUSB0 is gone; plug the adapter in");
    assert_eq!(verdict.further, Vec::<String>::new());
}

#[test]
fn every_state_but_online_is_told() {
    for state in WORST_FIRST {
        let mut site = well();
        site.controllers[1].state = state;
        site.controllers[1].state_since = None;
        let (level, text) = told(&site);
        assert_eq!(level, state.level(), "{state:?}");
        assert!(text.starts_with("dock is ") && level > Level::Well, "{text}");
    }
}

#[test]
fn many_controllers_in_one_state_are_one_line() {
    let mut site = well();
    site.lines.push(line("south"));
    site.controllers.push(panel("gate"));
    for controller in &mut site.controllers[..4] {
        controller.state = DeviceCondition::Offline;
    }
    assert_eq!(told(&site).1, "4 controllers are offline: lobby, dock, roof and 1 more.");
}

#[test]
fn alarms_that_no_state_tells_are_told() {
    let mut site = well();
    let what = AlarmKind::TableFull { controller: "dock".parse().unwrap() };
    let alarm = Alarm { what, text: "Controller dock is full at 10000 rows.".to_owned(), cleared: false };
    site.alarms = vec![AlarmView::of(before_noon(5), &alarm)];
    assert_eq!(told(&site), (Level::Problem, alarm.text));
}

#[test]
fn refused_cards_and_notices_want_a_look() {
    let mut site = well();
    site.counts.refused_cards = 1;
    let text = "The directory was rebuilt.".to_owned();
    site.notices = vec![Notice { at: before_noon(5), level: Level::Attention, text: text.clone() }];
    let verdict = verdict(&site);
    assert_eq!(verdict.level, Level::Attention);
    assert_eq!(verdict.text, "1 card number was refused; see the reasons below.");
    assert_eq!(verdict.further, [text]);
}

#[test]
fn problems_are_told_before_what_only_wants_a_look() {
    let mut site = well();
    site.exposed = vec![exposure("dock", "100-5678", DeviceCondition::Online)];
    site.exposed[0].since = before_noon(1);
    site.controllers[2].state = DeviceCondition::Offline;
    site.controllers[2].state_since = None;
    let verdict = verdict(&site);
    assert_eq!(verdict.text, "roof is offline.");
    assert_eq!(verdict.further, ["1 revocation on the way to dock."]);
}

#[test]
fn a_site_without_controllers_is_not_called_well() {
    let mut site = well();
    site.controllers.clear();
    assert_eq!(told(&site), (Level::Attention, "No controllers are configured.".to_owned()));
}
