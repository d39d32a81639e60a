//! Scans of made-up lines, on a virtual clock.

mod line;

use std::time::Duration;

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::{BROADCAST, Check};
use panel_protocol::osdp::reply::NakReason;

use super::*;
use line::{Line, Manner, frame, gadget, id, plan};

#[test]
fn devices_are_found_at_any_address_with_what_they_say() {
    let mut line = Line::of([0, 5, 126].map(|address| gadget(38_400, address, Manner::Good)));
    let outcome = line.scan(plan());
    assert_eq!(outcome.ended, Ok(()));
    let found = outcome.found();
    assert_eq!(outcome.places(), [(38_400, 0), (38_400, 5), (38_400, 126)].into());
    let capabilities = found[1].capabilities.unwrap();
    assert_eq!((found[1].id, found[1].check), (Some(id(5)), Check::Crc));
    assert_eq!((capabilities.readers, capabilities.receive_buffer), (2, Some(1024)));
    assert!(capabilities.secure_channel);
    assert_eq!(found.len(), 3, "each once");
}

#[test]
fn nothing_but_id_and_cap_is_ever_sent() {
    let mut line = Line::of([gadget(9_600, 3, Manner::Good), gadget(9_600, 4, Manner::Busy)]);
    line.scan(plan());
    assert!(line.sent.iter().all(|(_, _, code)| [0x61, 0x62].contains(code)));
}

#[test]
fn a_silent_rate_is_left_after_four_questions() {
    let mut line = Line::of([gadget(9_600, 99, Manner::Good)]);
    let outcome = line.scan(plan());
    assert_eq!(outcome.places(), [(9_600, 99)].into());
    for rate in RATES.into_iter().filter(|rate| *rate != 9_600) {
        let asked: Vec<u8> =
            line.sent.iter().filter(|(baud, ..)| *baud == rate).map(|(_, address, _)| *address).collect();
        assert_eq!(asked, [BROADCAST, BROADCAST, 0, 1], "{rate}");
    }
    // 2 s of listening, 127 silent addresses, 5 rates with 4 questions, a poll or two: 0.2 s each and the bytes.
    assert!((29..33).contains(&outcome.took.as_secs()), "{:?}", outcome.took);
}

#[test]
fn devices_that_answer_to_their_own_address_alone_are_found_at_the_first_or_by_a_thorough_scan() {
    let gadgets = || [gadget(9_600, 0, Manner::Shy), gadget(9_600, 77, Manner::Shy)];
    assert_eq!(Line::of(gadgets()).scan(plan()).places(), [(9_600, 0)].into());
    let thorough = Line::of(gadgets()).scan(Plan { thorough: true, ..plan() });
    assert_eq!(thorough.places(), [(9_600, 0), (9_600, 77)].into());
    // 127 addresses, 6 rates, 2 checks.
    assert!((300..320).contains(&thorough.took.as_secs()), "{:?}", thorough.took);
}

#[test]
fn the_estimate_is_what_a_silent_line_takes() {
    for thorough in [false, true] {
        let outcome = Line::default().scan(Plan { thorough, force: true, ..plan() });
        let off = outcome.first_estimate.abs_diff(outcome.took);
        assert!(off < Duration::from_secs(3), "{:?} for {:?}", outcome.first_estimate, outcome.took);
        assert_eq!(outcome.found(), []);
    }
}

#[test]
fn a_device_that_knows_no_crc_is_found_by_its_checksum() {
    for manner in [Manner::ChecksumOnly, Manner::ChecksumOnlyByNak] {
        let outcome = Line::of([gadget(19_200, 30, manner)]).scan(plan());
        let [device] = outcome.found()[..] else { panic!("{:?}", outcome.events) };
        assert_eq!((device.address, device.check, device.id), (30, Check::Checksum, Some(id(30))));
        assert!(device.capabilities.is_some());
    }
}

#[test]
fn a_device_that_refuses_is_found_with_its_reason() {
    let outcome =
        Line::of([gadget(9_600, 2, Manner::Secretive), gadget(9_600, 3, Manner::Terse)]).scan(plan());
    let [secretive, terse] = outcome.found()[..] else { panic!("{:?}", outcome.events) };
    assert_eq!((secretive.id, secretive.refusal), (None, Some(NakReason::Security)));
    assert_eq!((terse.id, terse.refusal), (Some(id(3)), Some(NakReason::UnknownCommand)));
}

#[test]
fn a_device_with_a_malformed_identity_is_found_and_told_of() {
    for len in [0, 11, 13] {
        let outcome = Line::of([gadget(9_600, 1, Manner::Malformed(len))]).scan(plan());
        let [device] = outcome.found()[..] else { panic!("{:?}", outcome.events) };
        assert_eq!((device.address, device.id, device.malformed), (1, None, Some(len)));
    }
}

#[test]
fn a_busy_device_is_asked_again() {
    let outcome = Line::of([gadget(115_200, 9, Manner::Busy)]).scan(plan());
    assert_eq!(outcome.found()[0].id, Some(id(9)));
}

#[test]
fn two_devices_that_share_an_address_are_told_as_unclear() {
    let outcome = Line::of([0, 0].map(|_| gadget(9_600, 8, Manner::Good))).scan(plan());
    assert_eq!(outcome.found(), []);
    assert!(outcome.events.contains(&Event::Unclear { baud: 9_600, address: 8 }), "{:?}", outcome.events);
}

#[test]
fn an_adapter_that_hears_itself_is_neither_a_device_nor_another_cp() {
    let mut line = Line { echoes: true, ..Line::default() };
    let silent = line.scan(plan());
    assert_eq!((silent.ended, silent.found()), (Ok(()), vec![]));
    assert_eq!(line.sent.len(), RATES.len() * 4, "an echo was taken for an answer");
    let mut line = Line { echoes: true, ..Line::of([gadget(9_600, 60, Manner::Good)]) };
    assert_eq!(line.scan(plan()).places(), [(9_600, 60)].into());
}

#[test]
fn a_scan_says_nothing_where_somebody_speaks() {
    let poll = frame(4, false, 2, Check::Crc, &Command::Poll);
    for babble in [poll.clone(), vec![0xAA; 12]] {
        let mut line = Line { babble: babble.clone(), ..Line::of([gadget(115_200, 4, Manner::Good)]) };
        let outcome = line.scan(plan());
        let expected = if babble == poll {
            Occupied::Command { baud: 115_200, address: 4 }
        } else {
            Occupied::Noise { baud: 115_200, bytes: 12 }
        };
        assert_eq!((outcome.ended, line.sent.len()), (Err(expected), 0));
    }
    let mut forced = Line { babble: poll, ..Line::of([gadget(115_200, 4, Manner::Good)]) };
    assert_eq!(forced.scan(Plan { force: true, ..plan() }).places(), [(115_200, 4)].into());
}

#[test]
fn a_scan_stops_when_another_cp_begins_to_speak_and_keeps_what_it_found() {
    let poll = frame(40, false, 1, Check::Crc, &Command::Poll);
    let intruder = Some((20, poll));
    let mut line = Line { intruder: intruder.clone(), ..Line::of([gadget(115_200, 4, Manner::Good)]) };
    let outcome = line.scan(plan());
    assert_eq!(outcome.ended, Err(Occupied::Command { baud: 115_200, address: 40 }));
    assert_eq!(outcome.places(), [(115_200, 4)].into());
    assert_eq!(line.sent.len(), 21);
    let mut line = Line { intruder, ..Line::of([gadget(115_200, 4, Manner::Good)]) };
    assert_eq!(line.scan(Plan { force: true, ..plan() }).ended, Ok(()));
}

#[test]
fn a_spike_on_the_line_is_nobody() {
    let mut line = Line { babble: vec![0x00, 0xF8], ..Line::default() };
    assert_eq!(line.scan(plan()).ended, Ok(()));
}

#[test]
fn few_addresses_are_asked_without_asking_everybody() {
    let mut line = Line::of([gadget(57_600, 12, Manner::Good)]);
    let outcome = line.scan(Plan { addresses: vec![12], ..plan() });
    assert_eq!(outcome.places(), [(57_600, 12)].into());
    assert!(line.sent.iter().all(|(_, address, _)| *address == 12));
}
