use panel_protocol::osdp::command::{Command, KeySet};
use panel_protocol::osdp::reply::{NakReason, Reply, code, function};
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::panel::{Answer, ChangeBuilder, EventBody, Operation, Status};
use panel_protocol::table::Row;
use panel_protocol::wiegand::H10301;

use firmware_sim::Site;

use crate::cp::Cp;
use crate::{KEY, config, site};

#[test]
fn a_panel_says_who_it_is_and_what_it_can_do_in_clear() {
    let site = site();
    let mut cp = Cp::open(&site, "north", 2);
    let (code, data) = cp.ask(&Command::Id).expect("PDID");
    let Ok(Reply::Id(id)) = Reply::parse(code, &data) else { panic!("{code:#04x}") };
    assert_eq!((id.vendor, id.serial), (panel_protocol::panel::OUI, 2));
    let (code, data) = cp.ask(&Command::Capabilities).expect("PDCAP");
    let Ok(Reply::Capabilities(capabilities)) = Reply::parse(code, &data) else { panic!("{code:#04x}") };
    let find = |function| capabilities.iter().find(|one| one.function == function).expect("it is told");
    assert_eq!(find(function::RECEIVE_BUFFER).size(), 1440);
    assert_eq!(find(function::SECURITY).compliance & 1, 1, "AES-128");
    assert_eq!(find(function::READERS).count, 2);
}

#[test]
fn an_address_that_nobody_has_is_silence() {
    let site = site();
    assert_eq!(Cp::open(&site, "north", 77).ask(&Command::Poll), None);
}

#[test]
fn card_tables_travel_only_inside_a_secure_channel() {
    let site = site();
    let mut cp = Cp::open(&site, "north", 1);
    let mut buffer = [0; 16];
    let len = Operation::Info.encode(&mut buffer).unwrap();
    let manufacturer =
        panel_protocol::osdp::payload::Manufacturer { oui: panel_protocol::panel::OUI, data: &buffer[..len] };
    let (code, data) = cp.ask(&Command::Manufacturer(manufacturer)).expect("a refusal");
    assert_eq!((code, data.first()), (code::NAK, Some(&NakReason::Security.to_byte())));
    assert!(cp.secure_with(KEY));
    cp.operate(&buffer[..len], |answer| {
        let Answer::Info(info) = answer else { panic!("{answer:?}") };
        assert_eq!((info.readers, info.rows, info.row_capacity), (2, 0, 10_000));
    });
}

#[test]
fn a_wrong_key_opens_no_channel_and_the_right_one_still_does() {
    let site = site();
    let mut cp = Cp::open(&site, "north", 1);
    assert!(!cp.secure_with([9; 16]));
    assert!(!cp.secure_with_default_key(), "it has a key of its own");
    assert!(cp.secure_with(KEY));
    assert_eq!(cp.ask(&Command::Poll), Some((code::ACK, vec![])));
}

#[test]
fn a_panel_from_the_factory_takes_a_key_and_keeps_it() {
    let site = site();
    assert!(!site.panel("garage").unwrap().has_key);
    let mut cp = Cp::open(&site, "north", 2);
    assert!(cp.secure_with_default_key());
    let key = Scbk::new([0xC3; 16]);
    assert_eq!(cp.ask(&Command::KeySet(KeySet::new(&key))).map(|(code, _)| code), Some(code::ACK));
    assert!(cp.secure_with([0xC3; 16]));
    assert!(!cp.secure_with_default_key());
    assert!(site.panel("garage").unwrap().has_key);
}

#[test]
fn a_swipe_is_decided_by_the_panels_own_table_and_told_to_the_gateway_later() {
    let site = site();
    let mut cp = Cp::open(&site, "north", 1);
    assert!(cp.secure_with(KEY));
    let (known, unknown) = (H10301.encode(100, 1234).unwrap(), H10301.encode(100, 1235).unwrap());
    cp.load(&[known]);
    assert!(site.swipe("lobby", 0, known).unwrap().reason.granted());
    assert!(!site.swipe("lobby", 1, unknown).unwrap().reason.granted());
    assert!(!site.swipe("garage", 0, known).unwrap().reason.granted(), "another panel has another table");
    assert!(site.swipe("lobby", 2, known).is_err(), "it has two readers");

    let (code, _) = cp.ask(&Command::Poll).expect("an answer");
    assert_eq!(code, code::MFGREP, "it says that there are events");
    let mut buffer = [0; 16];
    let len = Operation::ReadEvents { from: 0 }.encode(&mut buffer).unwrap();
    cp.operate(&buffer[..len], |answer| {
        let Answer::Events { events, .. } = answer else { panic!("{answer:?}") };
        let told: Vec<_> = events.iter().map(|event| event.body).collect();
        let EventBody::CardRead { reader: 0, credential, reason } = told[0] else { panic!("{told:?}") };
        assert!(credential == known && reason.granted() && told.len() == 2, "{told:?}");
    });
    assert!(site.panel("lobby").unwrap().online);
}

#[test]
fn a_full_table_is_told_and_keeps_what_it_holds() {
    let mut config = config();
    config.panels[0].capacity = 2;
    let site = Site::start(&config).unwrap();
    let mut cp = Cp::open(&site, "north", 1);
    assert!(cp.secure_with(KEY));
    let mut buffer = [0; 64];
    let mut rows = ChangeBuilder::put_rows(&mut buffer).unwrap();
    for number in 1..=3 {
        assert!(rows.row(&Row::new(H10301.encode(100, number).unwrap(), 0)));
    }
    let len = rows.len();
    cp.operate(&buffer[..len], |answer| {
        let Answer::Change { status, applied, .. } = answer else { panic!("{answer:?}") };
        assert_eq!((status, applied), (Status::TableFull, 2));
    });
    assert_eq!(site.cards("lobby").unwrap().len(), 2);
}
