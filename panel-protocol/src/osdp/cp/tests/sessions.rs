//! What a PD may and may not say inside a session.

use core::cell::Cell;
use core::time::Duration;
use std::boxed::Box;
use std::rc::Rc;
use std::vec::Vec;

use super::site::{Site, line_bytes};
use crate::osdp::cp::{Event, Input, LossCause, OfflineCause, PdState};
use crate::osdp::frame::{Frame, Header};
use crate::osdp::reply::{NakReason, Reply};

const SECOND: Duration = Duration::from_secs(1);

/// A site with two PDs in session; what is said of is PD 0.
fn secure_site(seed: u64) -> Site {
    let mut site = Site::new(seed, 115_200);
    site.add();
    site.add();
    site.run_to(SECOND, |site| (0..2).all(|pd| site.status(pd).state == PdState::Ready));
    site.run_for(2 * SECOND);
    site
}

/// Puts `change` between PD 0 and the line for its next reply only.
fn tamper_once(site: &mut Site, mut change: impl FnMut(&mut Vec<u8>) -> bool + 'static) {
    let done = Rc::new(Cell::new(false));
    site.tamper = Some(Box::new(move |bytes| {
        let is_ours = Frame::parse(&bytes[1..]).is_ok_and(|frame| frame.header().address == 0);
        if !is_ours || done.replace(true) {
            return true;
        }
        change(bytes)
    }));
}

/// Replaces a reply by a clear one.
fn instead(bytes: &mut Vec<u8>, reply: &Reply<'_>, sequence: Option<u8>) -> bool {
    let header = Frame::parse(&bytes[1..]).unwrap().header();
    let header = Header { sequence: sequence.unwrap_or(header.sequence), ..header };
    *bytes = line_bytes(header, reply);
    true
}

/// The session ends for `cause`, nothing is delivered, and a new one comes up.
fn assert_session_ends(site: &mut Site, cause: LossCause) {
    let number = site.job(0, 4, true);
    site.run_for(SECOND);
    assert!(site.saw(0, |e| *e == Event::SecureLost { cause }), "{:?}", site.events(0));
    assert_eq!(site.logs[0].failed, [number]);
    assert!(site.logs[0].answered.is_empty());
    assert_eq!(site.status(0).state, PdState::Ready);
    assert_eq!(site.status(0).counters.sessions, 2);
    assert_eq!(site.status(1).counters.sessions, 1);
}

#[test]
fn a_reply_with_a_wrong_mac_is_not_acted_on_and_ends_the_session() {
    let mut site = secure_site(40);
    tamper_once(&mut site, |bytes| {
        let mac_at = bytes.len() - 4;
        bytes[mac_at] ^= 1;
        let end = bytes.len() - 2;
        let crc = crate::osdp::crc::crc16(&bytes[1..end]).to_le_bytes();
        bytes[end..].copy_from_slice(&crc);
        true
    });
    assert_session_ends(&mut site, LossCause::BadMac);
    assert_eq!(site.status(0).counters.bad_mac, 1);
}

#[test]
fn a_clear_reply_ends_the_session() {
    let mut site = secure_site(41);
    tamper_once(&mut site, |bytes| instead(bytes, &Reply::Ack, None));
    assert_session_ends(&mut site, LossCause::ClearReply(None));
}

#[test]
fn a_clear_refusal_ends_the_session_and_its_reason_is_told() {
    let mut site = secure_site(42);
    tamper_once(&mut site, |bytes| instead(bytes, &Reply::nak(NakReason::Security), None));
    assert_session_ends(&mut site, LossCause::ClearReply(Some(NakReason::Security)));
}

#[test]
fn sequence_number_0_ends_the_session() {
    let mut site = secure_site(43);
    tamper_once(&mut site, |bytes| instead(bytes, &Reply::Ack, Some(0)));
    assert_session_ends(&mut site, LossCause::Reset);
}

/// The PD carries the command out once and answers it, though `reply` came first.
fn assert_repeated(site: &mut Site, reply: Reply<'static>, sequence: Option<u8>) {
    tamper_once(site, move |bytes| instead(bytes, &reply, sequence));
    let number = site.job(0, 4, true);
    site.run_for(SECOND);
    assert_eq!(site.logs[0].answered, [number]);
    assert_eq!(site.devices[0].handler.executed, [number]);
    assert_eq!(site.status(0).counters.sessions, 1);
    assert!(site.status(0).counters.retries >= 1);
}

#[test]
fn not_received_in_clear_repeats_the_command_unchanged() {
    let mut site = secure_site(44);
    assert_repeated(&mut site, Reply::nak(NakReason::Check), None);
    assert_eq!(site.status(0).counters.naks, 1);
}

#[test]
fn busy_repeats_the_command_unchanged() {
    let mut site = secure_site(45);
    assert_repeated(&mut site, Reply::Busy, Some(0));
    assert_eq!(site.status(0).counters.busy, 1);
}

#[test]
fn a_pd_that_is_busy_for_a_while_carries_the_command_out_once() {
    let mut site = secure_site(46);
    site.devices[0].handler.busy = 20;
    let number = site.job(0, 4, false);
    site.run_for(3 * SECOND);
    assert_eq!(site.devices[0].handler.executed, [number]);
    assert_eq!(site.logs[0].answered, [number]);
    assert_eq!(site.status(0).counters.sessions, 1);
}

#[test]
fn busy_without_end_is_no_proof_of_life() {
    let mut site = secure_site(47);
    site.devices[0].handler.busy = usize::MAX;
    let number = site.job(0, 4, false);
    site.run_for(9 * SECOND);
    assert_eq!(site.logs[0].failed, [number]);
    assert!(site.saw(0, |e| matches!(e, Event::Offline { cause: OfflineCause::Silent })));
}

#[test]
fn a_retry_is_the_same_bytes_and_others_are_served_between() {
    let mut site = secure_site(48);
    site.devices[0].powered = false;
    site.job(0, 4, true);
    let from = site.sent.len();
    site.run_for(3 * SECOND);
    let address = |bytes: &[u8]| Frame::parse(&bytes[1..]).unwrap().header().address;
    let ours: Vec<&Vec<u8>> =
        site.sent[from..].iter().map(|(_, bytes)| bytes).filter(|bytes| address(bytes) == 0).collect();
    assert!(ours.len() >= 5);
    assert!(ours.windows(2).skip(1).all(|pair| pair[0] == pair[1]));
    let addresses: Vec<u8> = site.sent[from..].iter().map(|(_, bytes)| address(bytes)).collect();
    assert!(addresses.windows(3).all(|three| three != [0, 0, 0]), "{addresses:?}");
}

#[test]
fn a_lost_reply_costs_neither_the_session_nor_a_second_execution() {
    let mut site = secure_site(49);
    tamper_once(&mut site, |_| false);
    let number = site.job(0, 4, true);
    site.run_for(SECOND);
    assert_eq!(site.devices[0].handler.executed, [number]);
    assert_eq!(site.logs[0].answered, [number]);
    assert_eq!(site.status(0).counters.sessions, 1);
    assert_eq!(site.status(0).counters.timeouts, 1);
}

#[test]
fn a_command_to_a_pd_that_goes_is_told_to_have_failed() {
    let mut site = secure_site(50);
    site.devices[0].powered = false;
    let number = site.job(0, 4, true);
    site.run_for(12 * SECOND);
    assert_eq!(site.logs[0].failed, [number]);
}

#[test]
fn a_pd_that_starts_anew_is_back_at_once() {
    let mut site = secure_site(51);
    site.restart(0);
    site.run_for(SECOND);
    assert!(site.saw(0, |e| matches!(e, Event::SecureLost { cause: LossCause::ClearReply(Some(_)) })));
    assert_eq!(site.status(0).state, PdState::Ready);
}

#[test]
fn what_a_pd_tells_unasked_arrives_once_in_order() {
    let mut site = secure_site(52);
    site.devices[0].handler.to_tell.extend(0..100);
    site.run_for(5 * SECOND);
    assert_eq!(site.logs[0].told, (0..100).collect::<Vec<u8>>());
}

#[test]
fn a_reply_from_another_address_is_counted_and_not_taken() {
    let mut site = secure_site(53);
    tamper_once(&mut site, |bytes| {
        let header = Frame::parse(&bytes[1..]).unwrap().header();
        *bytes = line_bytes(Header { address: 0x33, ..header }, &Reply::Ack);
        true
    });
    site.run_for(SECOND);
    assert_eq!(site.status(0).counters.foreign_address, 1);
    assert_eq!(site.status(0).counters.sessions, 1);
}

#[test]
fn a_line_that_goes_fails_what_was_underway_and_comes_back() {
    let mut site = secure_site(54);
    let number = site.job(0, 4, true);
    site.run_to(SECOND, |site| site.underway[0].is_some());
    site.cp.handle(site.now, Input::LineDown);
    site.run_for(SECOND);
    assert_eq!(site.logs[0].failed, [number]);
    assert!(site.saw(1, |e| matches!(e, Event::Offline { cause: OfflineCause::LineDown })));
    let sent = site.sent.len();
    site.run_for(SECOND);
    assert_eq!(site.sent.len(), sent);
    site.cp.handle(site.now, Input::LineUp);
    site.run_to(SECOND, |site| (0..2).all(|pd| site.status(pd).state == PdState::Ready));
}
