//! A PD that is asked to move: it is never lost.

use core::time::Duration;
use std::boxed::Box;

use super::site::{Site, key};
use crate::osdp::command;
use crate::osdp::cp::{AddError, BAUD_RATES, Event, LossCause, PdConfig, PdKey, PdState, SettingsError};
use crate::osdp::frame::Frame;
use crate::osdp::payload::ComSettings;
use crate::osdp::reply::{self, NakReason, Reply};

const SECOND: Duration = Duration::from_secs(1);
const OLD: ComSettings = ComSettings { address: 0, baud: 115_200 };
const NEW: ComSettings = ComSettings { address: 0x40, baud: 115_200 };

fn site_of(count: usize, seed: u64) -> Site {
    let mut site = Site::new(seed, 115_200);
    for _ in 0..count {
        site.add();
    }
    site.run_to(5 * SECOND, |site| (0..count).all(|pd| site.status(pd).state == PdState::Ready));
    site.run_for(2 * SECOND);
    site
}

fn ask(site: &mut Site, pd: usize, settings: ComSettings) -> Result<(), SettingsError> {
    site.cp.set_communication(site.now, site.pds[pd], settings)
}

fn moved(site: &Site, pd: usize, to: ComSettings) -> bool {
    site.saw(pd, |e| *e == Event::Moved { settings: to })
}

fn is_ready(site: &Site, pd: usize) -> bool {
    site.status(pd).state == PdState::Ready
}

/// Loses PD 0's COM reply, as often as it comes.
fn lose_com(site: &mut Site) {
    site.tamper =
        Some(Box::new(|bytes| Frame::parse(&bytes[1..]).is_ok_and(|frame| frame.code() != reply::code::COM)));
}

#[test]
fn a_pd_moves_to_another_address_and_goes_on_there() {
    let mut site = site_of(2, 80);
    ask(&mut site, 0, NEW).unwrap();
    assert_eq!(ask(&mut site, 0, OLD), Err(SettingsError::UnderWay));
    site.run_to(SECOND, |site| moved(site, 0, NEW) && is_ready(site, 0));
    assert_eq!((site.status(0).address, site.devices[0].pd.address()), (0x40, 0x40));
    assert!(site.saw(0, |e| *e == Event::SecureLost { cause: LossCause::Moved }));
    assert!(!site.saw(0, |e| matches!(e, Event::Offline { .. })));
    let number = site.job(0, 4, true);
    site.run_for(SECOND);
    assert_eq!(site.logs[0].answered, [number]);
    assert_eq!(site.status(1).counters.sessions, 1);
    let frames = site.sent.iter().map(|(_, bytes)| Frame::parse(&bytes[1..]).unwrap());
    let mut asked = frames.filter(|frame| frame.code() == command::code::COMSET);
    assert!(asked.next().is_some_and(|frame| frame.is_sealed()), "asked outside the session");
}

#[test]
fn what_can_not_be_is_refused_before_it_is_sent() {
    let mut site = site_of(2, 81);
    let errors = [
        (ComSettings { address: 0x7F, ..NEW }, SettingsError::Address),
        (ComSettings { address: 1, ..NEW }, SettingsError::Taken),
        (ComSettings { baud: 14_400, ..NEW }, SettingsError::Baud),
    ];
    for (settings, error) in errors {
        assert_eq!(ask(&mut site, 0, settings), Err(error));
    }
    ask(&mut site, 0, NEW).unwrap();
    assert_eq!(ask(&mut site, 1, NEW), Err(SettingsError::Taken), "the address is promised");
    assert_eq!(ask(&mut site, 1, ComSettings { address: 0, ..NEW }), Err(SettingsError::Taken));
    let config = PdConfig { address: 0x40, key: PdKey::Scbk(key(9)), check: None, expected: None };
    assert_eq!(site.cp.add_pd(config).unwrap_err(), AddError::Taken);
    site.devices[1].powered = false;
    site.run_for(10 * SECOND);
    assert_eq!(ask(&mut site, 1, ComSettings { address: 9, ..NEW }), Err(SettingsError::NotReady));
}

#[test]
fn a_refusal_leaves_pd_and_session_as_they_were() {
    let mut site = site_of(1, 82);
    site.devices[0].handler.com_answer = Some(Reply::nak(NakReason::UnknownCommand));
    ask(&mut site, 0, NEW).unwrap();
    site.run_for(SECOND);
    assert!(site.saw(0, |e| *e == Event::NotMoved { reason: Some(NakReason::UnknownCommand) }));
    assert_eq!((site.status(0).address, site.status(0).counters.sessions), (0, 1));
    ask(&mut site, 0, NEW).unwrap();
}

#[test]
fn the_pds_word_counts_where_it_settles_for_something_else() {
    let mut site = site_of(1, 83);
    let settled = ComSettings { address: 0x22, baud: 115_200 };
    site.devices[0].handler.com_answer = Some(Reply::Com(settled));
    ask(&mut site, 0, NEW).unwrap();
    site.run_to(SECOND, |site| moved(site, 0, settled) && is_ready(site, 0));
    assert_eq!(site.status(0).address, 0x22);
}

#[test]
fn a_pd_whose_answer_was_lost_is_found_at_its_new_address() {
    let mut site = site_of(2, 84);
    lose_com(&mut site);
    ask(&mut site, 0, NEW).unwrap();
    site.run_to(5 * SECOND, |site| moved(site, 0, NEW) && is_ready(site, 0));
    assert_eq!(site.status(0).address, 0x40);
    assert!(!site.saw(0, |e| matches!(e, Event::Offline { .. })));
}

#[test]
fn a_pd_that_never_got_the_command_is_found_at_its_old_address() {
    let mut site = site_of(2, 85);
    ask(&mut site, 0, NEW).unwrap();
    site.devices[0].powered = false;
    site.run_for(2 * SECOND);
    site.devices[0].powered = true;
    site.run_to(5 * SECOND, |site| is_ready(site, 0));
    assert!(site.saw(0, |e| *e == Event::NotMoved { reason: None }));
    assert_eq!(site.status(0).address, 0);
}

#[test]
fn a_pd_that_is_away_for_long_after_a_lost_answer_is_found_at_either_address() {
    for lost_answer in [false, true] {
        let mut site = site_of(2, 86);
        ask(&mut site, 0, NEW).unwrap();
        if lost_answer {
            lose_com(&mut site);
            site.run_to(SECOND, |site| site.devices[0].pd.address() == 0x40);
        }
        site.devices[0].powered = false;
        site.run_for(60 * SECOND);
        let sent: std::vec::Vec<u8> = site.sent.iter().rev().take(1500).map(|(_, bytes)| bytes[2]).collect();
        assert!(sent.contains(&0) && sent.contains(&0x40), "one of the addresses has been given up");
        site.devices[0].powered = true;
        site.run_to(15 * SECOND, |site| is_ready(site, 0));
        let expected =
            if lost_answer { Event::Moved { settings: NEW } } else { Event::NotMoved { reason: None } };
        assert!(site.saw(0, |e| *e == expected), "{:?}", site.events(0));
    }
}

#[test]
fn another_device_at_the_new_address_is_not_taken_for_the_one_sought() {
    let mut site = site_of(2, 87);
    ask(&mut site, 0, NEW).unwrap();
    site.devices[0].powered = false;
    site.run_for(2 * SECOND);
    // A stranger, of which the CP knows nothing, with the same key even.
    let stranger = site.add_stranger(0x40, Some(key(1)));
    site.run_for(20 * SECOND);
    assert!(!is_ready(&site, 0));
    assert!(site.devices[stranger].pd.secured_by().is_none());
    site.devices[0].powered = true;
    site.run_to(15 * SECOND, |site| is_ready(site, 0));
    assert_eq!(site.status(0).address, 0);
}

#[test]
fn an_answer_that_is_none_begins_a_search() {
    let mut site = site_of(1, 88);
    site.devices[0].handler.com_answer = Some(Reply::Ack);
    ask(&mut site, 0, NEW).unwrap();
    site.run_to(5 * SECOND, |site| site.saw(0, |e| *e == Event::NotMoved { reason: None }));
    site.run_to(5 * SECOND, |site| is_ready(site, 0));
    assert_eq!(site.status(0).counters.violations, 1);
}

#[test]
fn a_pd_without_a_session_moves_too() {
    let mut site = Site::new(89, 115_200);
    let pd = site.add_with(PdKey::Clear, None, None);
    site.devices[pd].handler.in_clear = true;
    site.run_to(SECOND, |site| is_ready(site, pd));
    lose_com(&mut site);
    ask(&mut site, pd, NEW).unwrap();
    site.run_to(5 * SECOND, |site| moved(site, pd, NEW) && is_ready(site, pd));
}

#[test]
fn a_whole_line_moves_to_another_speed() {
    for baud in BAUD_RATES {
        let mut site = site_of(4, 90);
        for pd in 0..4 {
            ask(&mut site, pd, ComSettings { address: pd as u8, baud }).unwrap();
        }
        site.run_to(SECOND, |site| (0..4).all(|pd| moved(site, pd, ComSettings { address: pd as u8, baud })));
        site.run_for(20 * SECOND);
        let reachable = (0..4).filter(|pd| is_ready(&site, *pd)).count();
        assert_eq!(reachable, if baud == 115_200 { 4 } else { 0 });
        site.set_baud(baud);
        site.run_to(5 * SECOND, |site| (0..4).all(|pd| is_ready(site, pd)));
        let number = site.job(2, 4, true);
        site.run_for(SECOND);
        assert_eq!(site.logs[2].answered, [number]);
    }
}

#[test]
fn a_pd_whose_answer_was_lost_at_a_change_of_speed_is_found_when_the_line_follows() {
    let mut site = site_of(2, 91);
    let new = ComSettings { address: 0x40, baud: 9600 };
    lose_com(&mut site);
    ask(&mut site, 0, new).unwrap();
    site.run_for(30 * SECOND);
    site.tamper = None;
    assert!(!is_ready(&site, 0) && !moved(&site, 0, new));
    site.set_baud(9600);
    site.run_to(10 * SECOND, |site| is_ready(site, 0));
    assert!(moved(&site, 0, new));
    assert_eq!(site.status(0).address, 0x40);
}

#[test]
fn a_pd_that_stayed_behind_is_found_when_the_line_comes_back() {
    let mut site = site_of(2, 92);
    ask(&mut site, 0, ComSettings { address: 0, baud: 9600 }).unwrap();
    site.devices[0].powered = false;
    site.run_for(10 * SECOND);
    site.devices[0].powered = true;
    site.set_baud(9600);
    site.run_for(5 * SECOND);
    assert!(!is_ready(&site, 0));
    site.set_baud(115_200);
    site.run_to(5 * SECOND, |site| is_ready(site, 0) && is_ready(site, 1));
    assert!(site.saw(0, |e| *e == Event::NotMoved { reason: None }));
}
