//! Devices as they are in the field: each does one thing otherwise than the standard says.

use core::cell::Cell;
use core::time::Duration;
use std::boxed::Box;
use std::rc::Rc;
use std::vec::Vec;

use super::site::{Site, line_bytes};
use crate::osdp::command::Command;
use crate::osdp::cp::{Deviation, Event, IdFault, Input, KeyFault, PdState};
use crate::osdp::frame::{Check, Frame, Header};
use crate::osdp::reply::{Capability, NakReason, Reply, code, function};
use crate::testing::Dice;

const SECOND: Duration = Duration::from_secs(1);

/// A line with one PD whose replies are changed on their way.
fn site(seed: u64, change: impl FnMut(&Frame<'_>) -> Option<Vec<u8>> + 'static) -> Site {
    let mut site = Site::new(seed, 115_200);
    site.add();
    let mut change = change;
    site.tamper = Some(Box::new(move |bytes| {
        let changed = change(&Frame::parse(&bytes[1..]).unwrap());
        if let Some(other) = changed {
            *bytes = other;
        }
        !bytes.is_empty()
    }));
    site
}

fn is_ready(site: &Site) -> bool {
    site.status(0).state == PdState::Ready
}

fn deviates(site: &Site, what: Deviation) -> bool {
    site.events(0).iter().filter(|event| **event == Event::Deviates { what }).count() == 1
}

#[test]
fn a_reader_that_says_who_it_is_only_after_a_poll_is_found() {
    let polled = Rc::new(Cell::new(false));
    let begins_anew = Rc::clone(&polled);
    let mut site = site(500, move |reply| {
        let is_identity = reply.code() == code::PDID;
        let silent = is_identity && !polled.get();
        polled.set(polled.get() || !is_identity);
        silent.then(Vec::new)
    });
    for time in 0..3 {
        site.run_to(20 * SECOND, is_ready);
        assert_eq!(deviates(&site, Deviation::PolledFirst), time > 0, "the first time may be by chance");
        site.devices[0].powered = false;
        site.run_for(10 * SECOND);
        begins_anew.set(false);
        site.restart(0);
        site.devices[0].powered = true;
    }
}

#[test]
fn an_identity_that_is_malformed_or_refused_is_told_of() {
    let cases: [(&[u8], u8, IdFault); 5] = [
        (&[], code::PDID, IdFault::Length(0)),
        (&[1; 11], code::PDID, IdFault::Length(11)),
        (&[1; 13], code::PDID, IdFault::Length(13)),
        (&[3], code::NAK, IdFault::Refused(NakReason::UnknownCommand)),
        (&[], code::ACK, IdFault::Other(code::ACK)),
    ];
    for (data, code, fault) in cases {
        let mut site = site(501, move |reply| {
            let header = Header { address: reply.header().address, ..reply.header() };
            (reply.code() == code::PDID).then(|| line_bytes(header, &Reply::Other { code, data }))
        });
        site.run_for(20 * SECOND);
        assert_eq!(site.events(0), [Event::NoIdentity { fault }], "told once");
        assert_eq!(site.status(0).state, PdState::NoIdentity(fault));
        site.tamper = None;
        site.run_to(15 * SECOND, is_ready);
    }
}

#[test]
fn a_device_without_a_secure_channel_is_not_said_to_have_a_wrong_key() {
    for reason in [NakReason::SecurityBlock, NakReason::UnknownCommand] {
        let mut site = site(502, move |reply| {
            let refused = || line_bytes(reply.header(), &Reply::nak(reason));
            (reply.code() == code::CCRYPT).then(refused)
        });
        site.run_for(5 * SECOND);
        assert_eq!(site.status(0).state, PdState::NoSession(KeyFault::NoSecureChannel));
    }
    let mut site = site(503, |reply| match reply.code() {
        code::PDCAP => {
            let none = Capability { function: function::SECURITY, compliance: 0, count: 0 };
            let list = [none, Capability { function: function::READERS, compliance: 0, count: 1 }];
            let capabilities = Reply::Capabilities(crate::osdp::records::Records::of(&list));
            Some(line_bytes(reply.header(), &capabilities))
        }
        code::CCRYPT => Some(line_bytes(reply.header(), &Reply::nak(NakReason::Security))),
        _ => None,
    });
    site.run_for(5 * SECOND);
    assert_eq!(site.status(0).state, PdState::NoSession(KeyFault::NoSecureChannel));
}

#[test]
fn a_device_that_is_silent_to_the_handshake_is_told_from_one_that_is_away() {
    let mut site = site(508, |reply| (reply.code() == code::CCRYPT).then(Vec::new));
    site.run_for(20 * SECOND);
    assert_eq!(site.status(0).state, PdState::NoSession(KeyFault::Unanswered));
    assert!(!site.saw(0, |event| matches!(event, Event::Offline { .. })));
    site.tamper = None;
    site.run_to(15 * SECOND, is_ready);
}

#[test]
fn a_handshake_that_goes_wrong_once_is_not_told_of_but_one_that_always_does() {
    let spoilt = Rc::new(Cell::new(1));
    let left = Rc::clone(&spoilt);
    let mut site = site(509, move |reply| {
        let spoils = reply.code() == code::CCRYPT && left.replace(left.get() - 1) > 0;
        spoils.then(|| line_bytes(reply.header(), &Reply::Ack))
    });
    site.run_to(5 * SECOND, is_ready);
    assert!(!site.saw(0, |event| matches!(event, Event::NoSession { .. })));
    spoilt.set(i32::MAX);
    site.restart(0);
    site.run_for(20 * SECOND);
    assert_eq!(site.status(0).state, PdState::NoSession(KeyFault::Malformed));
}

#[test]
fn a_revocation_goes_through_though_another_cp_ends_every_session() {
    let mut site = Site::new(510, 38_400);
    site.add();
    site.run_to(SECOND, is_ready);
    site.polite = false;
    let (mut dice, mut intrusion, mut wanted) = (Dice(510), 0, None);
    for step in 0..4000 {
        site.run_for(Duration::from_millis(10));
        if step >= intrusion {
            let poll = line_bytes(Header::command(0, 0), &Command::Poll);
            site.inject(&poll);
            intrusion = step + 23 + dice.below(5);
        }
        let log = &site.logs[0];
        match wanted {
            Some(job) if log.answered.contains(&job) => wanted = None,
            Some(job) if log.failed.contains(&job) => wanted = Some(site.job(0, 23, true)),
            _ => {}
        }
        if step % 400 == 0 {
            assert_eq!(wanted, None, "not through after four seconds, at step {step}: {:?}", site.status(0));
            wanted = Some(site.job(0, 23, true));
        }
    }
}

#[test]
fn a_device_that_claims_the_crc_and_answers_checksums_alone_is_used_with_a_checksum() {
    let mut site = Site::new(504, 115_200);
    site.add();
    site.devices[0].deaf_to_crc = true;
    site.devices[0].handler.add_capability(Capability { function: function::CHECK, compliance: 1, count: 0 });
    site.run_to(10 * SECOND, is_ready);
    assert_eq!(site.status(0).check, Check::Checksum);
    assert!(deviates(&site, Deviation::ChecksumAlone));
    site.run_for(60 * SECOND);
    assert_eq!(site.status(0).counters.sessions, 1);
}

#[test]
fn a_device_that_replies_after_230_milliseconds_is_used() {
    let mut site = Site::new(505, 115_200);
    site.add();
    site.add();
    site.polite = false;
    site.devices[0].reply_time = Duration::from_millis(230);
    site.run_to(30 * SECOND, is_ready);
    assert!(deviates(&site, Deviation::Late));
    let job = site.job(0, 20, true);
    site.run_to(5 * SECOND, |site| site.logs[0].answered.contains(&job));
    let timeouts = site.status(0).counters.timeouts;
    site.run_for(60 * SECOND);
    assert_eq!(site.status(0).counters.timeouts, timeouts, "it has the time that it needs");
    assert_eq!(site.status(0).counters.sessions, 1);
}

#[test]
fn another_cp_on_the_line_is_told_from_an_echo_of_ones_own() {
    let mut site = Site::new(506, 115_200);
    site.add();
    site.run_to(SECOND, is_ready);
    site.polite = false;
    for _ in 0..20 {
        site.run_for(Duration::from_millis(250));
        let poll = line_bytes(Header::command(0x55, 0), &Command::Poll);
        site.cp.handle(site.now, Input::Received(&poll));
    }
    let counters = site.cp.counters();
    assert_eq!((counters.foreign_commands, counters.echoes), (20, 0));
    let (_, own) = site.sent.last().unwrap().clone();
    site.cp.handle(site.now, Input::Received(&own));
    let counters = site.cp.counters();
    assert_eq!((counters.foreign_commands, counters.echoes), (20, 1));
}

#[test]
fn noise_is_counted_by_the_second() {
    let mut site = Site::new(507, 115_200);
    site.add();
    site.polite = false;
    for _ in 0..500 {
        site.run_for(Duration::from_millis(10));
        site.cp.handle(site.now, Input::Received(&[0x00; 20]));
    }
    let rate = site.cp.counters().noise_per_second;
    assert!((1900..=2100).contains(&rate), "{rate} bytes a second");
    site.run_for(5 * SECOND);
    site.run_to(30 * SECOND, is_ready);
    assert_eq!(site.cp.counters().noise_per_second, 0);
}
