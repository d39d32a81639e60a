use firmware_sim::site::{Contact, Power, SiteError};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::reply::code;
use panel_protocol::panel::{Answer, ChangeBuilder, Operation};
use panel_protocol::table::Row;
use panel_protocol::time::UtcSeconds;
use panel_protocol::wiegand::H10301;

use crate::cp::Cp;
use crate::{KEY, site};

#[test]
fn without_power_a_panel_is_silent_and_reads_nothing_and_its_neighbour_goes_on() {
    let site = site();
    site.power("lobby", Power::Off).unwrap();
    assert_eq!(Cp::open(&site, "north", 1).ask(&Command::Poll), None);
    assert!(Cp::open(&site, "north", 2).ask(&Command::Poll).is_some());
    let card = H10301.encode(100, 1).unwrap();
    assert!(matches!(site.swipe("lobby", 0, card), Err(SiteError::NoPower(id)) if id == "lobby"));
}

#[test]
fn a_loss_of_power_costs_the_clock_and_the_channel_but_not_table_key_or_events() {
    let site = site();
    let mut cp = Cp::open(&site, "north", 1);
    assert!(cp.secure_with(KEY));
    let card = H10301.encode(100, 1234).unwrap();
    cp.load(&[card]);
    cp.operate_one(&Operation::SetClock(UtcSeconds(1_800_000_000)));
    site.swipe("lobby", 0, card).unwrap();
    let before = site.panel("lobby").unwrap();
    assert!(before.clock.is_some_and(|clock| clock.0 >= 1_800_000_000));

    site.power("lobby", Power::Off).unwrap();
    assert_eq!(site.cards("lobby").unwrap().len(), 1, "its flash can be read without power");
    let after = site.power("lobby", Power::On).unwrap();
    assert_eq!((after.digest, after.rows, after.events), (before.digest, 1, 1));
    assert_eq!((after.clock, after.boots), (None, before.boots + 1));
    assert!(after.has_key && site.swipe("lobby", 0, card).unwrap().reason.granted());
    let (code, _) = cp.ask(&Command::Poll).expect("a refusal");
    assert_eq!(code, code::NAK, "the old channel is gone");
    assert!(cp.secure_with(KEY));
    assert_eq!(site.power("lobby", Power::On).unwrap().boots, after.boots, "it was on already");
}

#[test]
fn a_wiped_panel_has_lost_its_memory_and_one_reset_to_factory_its_key_as_well() {
    let site = site();
    let mut cp = Cp::open(&site, "north", 1);
    assert!(cp.secure_with(KEY));
    let card = H10301.encode(100, 1234).unwrap();
    cp.load(&[card]);
    site.swipe("lobby", 0, card).unwrap();
    site.door("lobby", Contact::Open).unwrap();
    let wiped = site.power("lobby", Power::Wiped).unwrap();
    assert_eq!((wiped.rows, wiped.profiles, wiped.events, wiped.clock), (0, 0, 0, None));
    assert!(wiped.powered && wiped.has_key && wiped.contact == Contact::Open, "a door has no flash");
    let factory = site.power("lobby", Power::Factory).unwrap();
    assert!(factory.powered && !factory.has_key && factory.contact == Contact::Open);
    assert!(!cp.secure_with(KEY));
    assert!(cp.secure_with_default_key());
}

#[test]
fn a_tool_at_the_board_changes_the_memory_that_the_line_shows() {
    let site = site();
    let row = Row::new(H10301.encode(100, 7).unwrap(), 0);
    let mut request = [0; 64];
    let mut change = ChangeBuilder::put_rows(&mut request).unwrap();
    assert!(change.row(&row));
    let len = change.len();
    let answer = site.operate("lobby", &request[..len]).unwrap();
    let Some(Answer::Change { digest, applied: 1, .. }) = Answer::decode(&answer) else {
        panic!("{answer:?}")
    };
    assert_eq!(site.cards("lobby").unwrap(), [row]);
    let mut cp = Cp::open(&site, "north", 1);
    assert!(cp.secure_with(KEY));
    let mut info = [0; 64];
    let len = Operation::Info.encode(&mut info).unwrap();
    cp.operate(&info[..len], |answer| {
        assert!(matches!(answer, Answer::Info(info) if info.digest == digest && info.rows == 1));
    });
    assert!(matches!(site.operate("attic", &info[..len]), Err(SiteError::UnknownPanel(id)) if id == "attic"));
}
