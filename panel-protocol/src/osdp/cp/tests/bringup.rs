//! Who comes up, with which key, and who does not.

use core::time::Duration;
use std::vec::Vec;

use super::gadget::OUI;
use super::site::{Site, key};
use crate::osdp::command::code;
use crate::osdp::cp::{
    DeviceIdentity, Event, KeyFault, LossCause, OfflineCause, PdKey, PdState, RotateError,
};
use crate::osdp::frame::{Frame, scs};
use crate::osdp::payload::Manufacturer;
use crate::osdp::reply::NakReason;

const SECOND: Duration = Duration::from_secs(1);

fn is_up(site: &Site, pd: usize) -> bool {
    site.status(pd).state == PdState::Ready
}

/// Codes of all frames that went to an address, with the key flag of those that begin a handshake.
fn codes_to(site: &Site, address: u8) -> Vec<(u8, Option<u8>)> {
    let frames = site.sent.iter().map(|(_, bytes)| Frame::parse(&bytes[1..]).unwrap());
    let frames = frames.filter(|frame| frame.header().address == address);
    frames.map(|f| (f.code(), f.scb().filter(|s| s.kind == scs::CHALLENGE).map(|s| s.data[0]))).collect()
}

#[test]
fn every_pd_comes_up_in_a_secure_session() {
    let mut site = Site::new(1, 38_400);
    let pds: Vec<usize> = (0..8).map(|_| site.add()).collect();
    site.run_to(SECOND, |site| pds.iter().all(|pd| is_up(site, *pd)));
    for pd in pds {
        let events = site.events(pd);
        assert!(matches!(events[..], [Event::Online { .. }, Event::SecureUp]), "{events:?}");
        assert!(site.devices[pd].pd.secured_by().is_some());
        let (pdid, capabilities) = site.status(pd).about.unwrap();
        assert_eq!((pdid.serial, capabilities.receive_buffer), (1000 + pd as u32, Some(1000)));
    }
}

#[test]
fn a_pd_with_another_key_is_told_of_once_and_never_spoken_to_in_clear() {
    let mut site = Site::new(2, 115_200);
    let wrong = site.add_with(PdKey::Scbk(key(1)), None, Some(key(2)));
    let right = site.add();
    site.job(wrong, 4, true);
    site.run_for(60 * SECOND);
    assert!(matches!(
        site.events(wrong)[..],
        [Event::Online { .. }, Event::NoSession { fault: KeyFault::Cryptogram }]
    ));
    assert_eq!(site.status(wrong).state, PdState::NoSession(KeyFault::Cryptogram));
    assert!(site.devices[wrong].handler.executed.is_empty());
    let codes = codes_to(&site, 0);
    let allowed = [code::ID, code::CAP, code::ACURXSIZE, code::CHLNG];
    assert!(
        codes.iter().all(|(code, key)| allowed.contains(code) && key.is_none_or(|k| k == 1)),
        "{codes:?}"
    );
    assert!(codes.len() < 60, "a PD without a session costs {} frames a minute", codes.len());
    assert!(is_up(&site, right));
}

#[test]
fn a_factory_pd_is_refused_without_install_mode() {
    let mut site = Site::new(3, 115_200);
    let keyed = site.add_with(PdKey::Scbk(key(1)), None, None);
    let unset = site.add_with(PdKey::Unset, None, None);
    site.run_for(30 * SECOND);
    assert!(site.saw(keyed, |e| matches!(
        e,
        Event::NoSession {
            fault: KeyFault::Refused(NakReason::Security) | KeyFault::Cryptogram | KeyFault::KeyFlag
        }
    )));
    assert!(site.saw(unset, |e| matches!(e, Event::NoSession { fault: KeyFault::NoKey })));
    assert!(codes_to(&site, 1).iter().all(|(code, _)| *code != code::CHLNG));
    assert!(site.sent.iter().all(|(_, bytes)| bytes.len() < 6 || bytes[6] != scs::COMMAND_MAC));
}

#[test]
fn install_mode_sets_the_new_key_and_proves_it() {
    let mut site = Site::new(4, 115_200);
    let pd = site.add_with(PdKey::Unset, None, None);
    site.run_for(3 * SECOND);
    let (now, index) = (site.now, site.pds[pd]);
    site.cp.open_install_mode(now, index, now + 60 * SECOND, key(9));
    site.job(pd, 4, true);
    site.run_to(SECOND, |site| site.saw(pd, |e| matches!(e, Event::KeyInstalled)));
    assert_eq!(site.devices[pd].handler.key, Some(key(9)));
    let flags: Vec<u8> = codes_to(&site, 0).into_iter().filter_map(|(_, key)| key).collect();
    assert_eq!(flags, [0, 1]);
    site.run_for(SECOND);
    assert!(is_up(&site, pd));
    assert_eq!(site.devices[pd].handler.executed, site.logs[pd].answered);
    assert_eq!(site.logs[pd].answered.len(), 1);
    site.restart(pd);
    site.run_for(90 * SECOND);
    assert!(is_up(&site, pd), "the installed key is not kept");
}

#[test]
fn only_a_device_that_answers_the_question_is_given_a_key() {
    for plain in [false, true] {
        let mut site = Site::new(15, 115_200);
        let pd = site.add_with(PdKey::Unset, None, None);
        site.devices[pd].handler.plain = plain;
        let (now, index) = (site.now, site.pds[pd]);
        site.cp.ask_before_key(index, Manufacturer { oui: OUI, data: &[0xFF; 4] });
        site.cp.open_install_mode(now, index, now + 60 * SECOND, key(9));
        site.run_for(5 * SECOND);
        assert_eq!(site.devices[pd].handler.key.is_some(), !plain);
        assert_eq!(is_up(&site, pd), !plain);
        let withheld = Event::KeyWithheld { reason: Some(NakReason::UnknownCommand) };
        let told: Vec<Event> = site.events(pd).into_iter().filter(|e| *e == withheld).collect();
        assert_eq!((told.len(), site.saw(pd, |e| *e == Event::KeyKept)), (usize::from(plain), plain));
        let asked = codes_to(&site, 0).iter().any(|(code, _)| *code == code::KEYSET);
        assert!(!(plain && asked), "it was given a key all the same");
    }
}

#[test]
fn the_default_key_is_not_used_after_install_mode() {
    let mut site = Site::new(5, 115_200);
    let pd = site.add_with(PdKey::Unset, None, None);
    site.devices[pd].powered = false;
    let (now, index) = (site.now, site.pds[pd]);
    site.cp.open_install_mode(now, index, now + 5 * SECOND, key(9));
    site.run_for(6 * SECOND);
    site.devices[pd].powered = true;
    site.run_for(60 * SECOND);
    assert!(site.saw(pd, |e| matches!(e, Event::KeyKept)));
    assert!(codes_to(&site, 0).iter().all(|(code, _)| *code != code::CHLNG));
    assert_eq!(site.devices[pd].handler.key, None);
}

#[test]
fn a_key_changes_under_the_old_one_in_install_mode() {
    let mut site = Site::new(6, 115_200);
    let pd = site.add();
    site.run_to(SECOND, |site| is_up(site, pd));
    let (now, index) = (site.now, site.pds[pd]);
    site.cp.open_install_mode(now, index, now + 5 * SECOND, key(9));
    site.run_to(SECOND, |site| site.saw(pd, |e| matches!(e, Event::KeyInstalled)));
    assert_eq!(site.devices[pd].handler.key, Some(key(9)));
    assert!(site.saw(pd, |e| matches!(e, Event::SecureLost { cause: LossCause::KeyChange })));
    assert!(codes_to(&site, 0).iter().all(|(_, key)| key.is_none_or(|k| k == 1)));
}

#[test]
fn a_lost_keyset_loses_neither_key() {
    for loses_command in [false, true] {
        let mut site = Site::new(7, 115_200);
        let pd = site.add();
        site.run_to(SECOND, |site| is_up(site, pd));
        let (now, index) = (site.now, site.pds[pd]);
        site.cp.open_install_mode(now, index, now + 3 * SECOND, key(9));
        if loses_command {
            site.devices[pd].powered = false;
        } else {
            site.tamper = Some(std::boxed::Box::new(|_| false));
        }
        site.run_for(15 * SECOND);
        site.devices[pd].powered = true;
        site.tamper = None;
        site.run_to(30 * SECOND, |site| is_up(site, pd));
        let expected = if loses_command { Event::KeyKept } else { Event::KeyInstalled };
        assert!(site.saw(pd, |e| *e == expected), "{:?}", site.events(pd));
        site.restart(pd);
        site.run_for(SECOND);
        site.run_to(30 * SECOND, |site| is_up(site, pd));
    }
}

#[test]
fn a_key_rotates_under_the_old_one_and_never_under_the_default_key() {
    let mut site = Site::new(12, 115_200);
    let pd = site.add();
    let factory = site.add_with(PdKey::Scbk(key(2)), None, None);
    site.run_to(SECOND, |site| is_up(site, pd));
    for index in [pd, factory] {
        let (now, index) = (site.now, site.pds[index]);
        site.cp.rotate_key(now, index, now + 20 * SECOND, key(9)).unwrap();
    }
    site.run_to(SECOND, |site| site.saw(pd, |e| matches!(e, Event::KeyInstalled)));
    assert_eq!(site.devices[pd].handler.key, Some(key(9)));
    site.run_for(60 * SECOND);
    assert_eq!(site.devices[factory].handler.key, None, "a device at the default key was given a key");
    assert!(site.saw(factory, |e| matches!(e, Event::KeyKept)));
    for address in [0, 1] {
        assert!(codes_to(&site, address).iter().all(|(_, key)| key.is_none_or(|k| k == 1)));
    }
}

#[test]
fn a_rotation_that_loses_its_answer_keeps_both_keys_until_one_has_worked() {
    let mut site = Site::new(13, 115_200);
    let pd = site.add();
    site.run_to(SECOND, |site| is_up(site, pd));
    let (now, index) = (site.now, site.pds[pd]);
    site.tamper = Some(std::boxed::Box::new(|_| false));
    site.cp.rotate_key(now, index, now + 3 * SECOND, key(9)).unwrap();
    site.run_for(10 * SECOND);
    assert_eq!(site.cp.rotate_key(site.now, index, site.now + SECOND, key(8)), Err(RotateError::UnderWay));
    site.tamper = None;
    site.run_to(30 * SECOND, |site| is_up(site, pd));
    assert!(site.saw(pd, |e| matches!(e, Event::KeyInstalled)));
}

#[test]
fn another_device_is_not_welcome_in_a_rotation() {
    let mut site = Site::new(14, 115_200);
    let pd = site.add();
    site.run_to(SECOND, |site| is_up(site, pd));
    site.devices[pd].powered = false;
    site.run_for(10 * SECOND);
    let (now, index) = (site.now, site.pds[pd]);
    site.cp.rotate_key(now, index, now + 60 * SECOND, key(9)).unwrap();
    site.devices[pd].handler.serial = 4711;
    site.devices[pd].powered = true;
    site.run_for(30 * SECOND);
    assert!(site.saw(pd, |e| matches!(e, Event::Swapped { .. })));
    assert_eq!(site.devices[pd].handler.key, Some(key(1)));
}

#[test]
fn a_key_change_of_an_earlier_run_is_taken_up() {
    for taken in [false, true] {
        let mut site = Site::new(8, 115_200);
        let pd = site.add_with(PdKey::Scbk(key(1)), None, Some(key(if taken { 9 } else { 1 })));
        site.cp.resume_key_change(site.pds[pd], key(9));
        site.run_to(5 * SECOND, |site| is_up(site, pd));
        let expected = if taken { Event::KeyInstalled } else { Event::KeyKept };
        assert!(site.saw(pd, |e| *e == expected), "{:?}", site.events(pd));
    }
}

#[test]
fn another_device_at_the_address_is_not_used() {
    let mut site = Site::new(9, 115_200);
    let configured = DeviceIdentity { vendor: [0xAA, 0xBB, 0xCC], model: 1, serial: 77 };
    let pd = site.add_with(PdKey::Scbk(key(1)), Some(configured), Some(key(1)));
    site.run_for(20 * SECOND);
    let events = site.events(pd);
    assert!(matches!(events[..], [Event::Swapped { expected, .. }] if expected == configured), "{events:?}");
    assert!(matches!(site.status(pd).state, PdState::Swapped(found) if found.serial == 1000));
    assert!(codes_to(&site, 0).iter().all(|(code, _)| *code == code::ID));
}

#[test]
fn a_device_that_replaces_the_one_in_use_is_not_used_until_the_operator_says_so() {
    let mut site = Site::new(10, 115_200);
    let pd = site.add();
    site.run_to(SECOND, |site| is_up(site, pd));
    site.devices[pd].handler.serial = 4711;
    site.restart(pd);
    site.run_for(20 * SECOND);
    assert!(site.saw(pd, |e| matches!(e, Event::Swapped { found, .. } if found.serial == 4711)));
    assert!(!is_up(&site, pd));
    let (now, index) = (site.now, site.pds[pd]);
    site.cp.open_install_mode(now, index, now + 5 * SECOND, key(3));
    site.run_to(SECOND, |site| is_up(site, pd));
}

#[test]
fn a_pd_that_goes_and_comes_is_offline_after_eight_seconds_and_online_again() {
    let mut site = Site::new(11, 115_200);
    let pd = site.add();
    site.run_to(SECOND, |site| is_up(site, pd));
    let gone = site.now;
    site.devices[pd].powered = false;
    site.run_for(20 * SECOND);
    let (at, _) = site.logs[pd].events.iter().find(|(_, e)| matches!(e, Event::Offline { .. })).unwrap();
    let silence = at.since(gone).as_millis();
    assert!((8_000..9_500).contains(&silence), "offline after {silence} ms");
    site.devices[pd].powered = true;
    site.run_to(12 * SECOND, |site| is_up(site, pd));
    let tail = &site.events(pd)[2..];
    assert!(matches!(
        tail,
        [
            Event::SecureLost { cause: LossCause::Silent },
            Event::Offline { cause: OfflineCause::Silent },
            Event::Online { .. },
            Event::SecureUp
        ]
    ));
}
