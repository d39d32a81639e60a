//! What a device tells when it is polled: each event once, in order, and nothing stale.

use std::time::Duration;

use crate::bench::{Bench, Device, OUI, card, presented};
use panel_protocol::credential::Credential;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::Check;
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::pd::{MAX_EVENT_LEN, NotQueued, READ_LIFETIME};
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::{Contact, Keypad, LocalStatus, NakReason, ReaderState, Reply};
use panel_protocol::osdp::secure::{KeyKind, Scbk, max_data};
use proptest::collection::vec;
use proptest::prelude::*;

const KEY: Scbk = Scbk::new(*b"sixteen byte key");
const TAMPER: Reply<'_> = Reply::LocalStatus(LocalStatus { tamper: true, power_failure: false });
const QUIET: Reply<'_> = Reply::LocalStatus(LocalStatus { tamper: false, power_failure: false });
const OPEN: Reply<'_> = Reply::InputStatus(Records::of(&[Contact::Active]));
const CLOSED: Reply<'_> = Reply::InputStatus(Records::of(&[Contact::Inactive]));
const NOTHING: Reply<'_> = Reply::Ack;

fn secured() -> Bench {
    Bench::secured(Device::with_key(&KEY))
}

fn happens(bench: &mut Bench, event: &Reply<'_>) {
    bench.device.news.push(bench.now, event).expect("queued");
}

/// The cards that the device still tells of, in order; statuses are passed over.
fn cards(bench: &mut Bench) -> Vec<Credential> {
    let polls =
        std::iter::from_fn(|| Some(bench.ask(&Command::Poll)).filter(|heard| heard.reply() != NOTHING));
    polls.filter_map(|heard| presented(&heard)).collect()
}

#[test]
fn everything_that_may_answer_a_poll_is_told_once_and_in_order() {
    let keys = Reply::Keypad(Keypad { reader: 1, keys: b"1234\r" });
    let readers = Reply::ReaderStatus(Records::of(&[ReaderState::Normal, ReaderState::Tampered]));
    let outputs = Reply::OutputStatus(Records::of(&[Contact::Active]));
    let vendor = Reply::Manufacturer(Manufacturer { oui: OUI, data: b"news" });
    let mut bench = secured();
    bench.show(card(1));
    for event in [&keys, &TAMPER, &OPEN, &outputs, &readers, &vendor, &QUIET] {
        happens(&mut bench, event);
    }
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(1)));
    for event in [keys, TAMPER, OPEN, outputs, readers, vendor, QUIET, NOTHING, NOTHING] {
        assert_eq!(bench.ask(&Command::Poll).reply(), event);
    }
    assert_eq!(bench.device.news.lost(), 0);
}

#[test]
fn a_card_shown_before_an_outage_opens_no_door_after_it() {
    let mut bench = secured();
    bench.show(card(1));
    happens(&mut bench, &TAMPER);
    bench.show(card(2));
    bench.wait(READ_LIFETIME + Duration::from_micros(1));
    bench.show(card(3));
    bench.sequence = 0;
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
    assert_eq!(bench.ask(&Command::Poll).reply(), TAMPER, "a status is true however old it is");
    assert_eq!(cards(&mut bench), [card(3)]);
    assert_eq!(bench.device.news.lost(), 2);
}

#[test]
fn a_card_waits_as_long_as_the_device_is_online() {
    let mut bench = secured();
    bench.show(card(1));
    bench.wait(READ_LIFETIME - Duration::from_micros(1));
    assert_eq!(cards(&mut bench), [card(1)]);
}

#[test]
fn a_stale_card_that_was_told_into_the_void_takes_nothing_with_it() {
    let mut bench = secured();
    bench.show(card(1));
    happens(&mut bench, &TAMPER);
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(1)));
    bench.wait(READ_LIFETIME + Duration::from_micros(1));
    bench.sequence = 0;
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
    for told in [TAMPER, NOTHING] {
        assert_eq!(bench.ask(&Command::Poll).reply(), told);
    }
}

#[test]
fn a_full_queue_forgets_the_oldest_reads_and_no_status() {
    let mut bench = secured();
    happens(&mut bench, &TAMPER);
    (1..=9).map(card).for_each(|card| bench.show(card));
    happens(&mut bench, &OPEN);
    assert_eq!(bench.ask(&Command::Poll).reply(), TAMPER);
    let told: Vec<_> = std::iter::repeat_with(|| bench.ask(&Command::Poll)).take(6).collect();
    assert_eq!(told.iter().filter_map(presented).collect::<Vec<_>>(), (4..=9).map(card).collect::<Vec<_>>());
    assert_eq!(bench.ask(&Command::Poll).reply(), OPEN);
    assert_eq!(bench.ask(&Command::Poll).reply(), NOTHING);
    assert_eq!(bench.device.news.lost(), 3);
}

#[test]
fn a_queue_full_of_statuses_keeps_the_newest_of_each_kind() {
    let mut bench = secured();
    for _ in 0..20 {
        happens(&mut bench, &TAMPER);
        happens(&mut bench, &OPEN);
    }
    happens(&mut bench, &QUIET);
    happens(&mut bench, &CLOSED);
    bench.show(card(1));
    let told: Vec<_> = std::iter::repeat_with(|| bench.ask(&Command::Poll)).take(9).collect();
    let last =
        |kind: fn(&Reply<'_>) -> bool| told.iter().rev().find(|heard| kind(&heard.reply())).unwrap().reply();
    assert_eq!(last(|reply| matches!(reply, Reply::LocalStatus(_))), QUIET);
    assert_eq!(last(|reply| matches!(reply, Reply::InputStatus(_))), CLOSED);
    assert_eq!((presented(&told[7]), told[8].reply()), (Some(card(1)), NOTHING));
}

#[test]
fn an_event_that_is_forgotten_after_it_was_told_takes_no_other_with_it() {
    let mut bench = secured();
    (1..=8).map(card).for_each(|card| bench.show(card));
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(1)));
    bench.show(card(9));
    assert_eq!(cards(&mut bench), (2..=9).map(card).collect::<Vec<_>>());
}

#[test]
fn what_can_never_be_told_is_not_queued() {
    let mut bench = secured();
    let events = &mut bench.device.news;
    let long = Reply::Manufacturer(Manufacturer { oui: OUI, data: &[0; 14] });
    assert_eq!(events.push(bench.now, &long), Err(NotQueued::TooLong));
    for nothing in [NOTHING, Reply::Busy, Reply::nak(NakReason::None)] {
        assert_eq!(events.push(bench.now, &nothing), Err(NotQueued::NoEvent));
    }
    assert!(events.is_empty());
    assert_eq!(max_data(128, Check::Crc), Some(MAX_EVENT_LEN));
}

/// What happens to one poll.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Heard,
    /// The reply is lost, and the CP asks again with the same bytes.
    Repeated,
    /// The reply is lost, and the CP begins anew.
    Reset,
}

proptest! {
    #[test]
    fn each_card_is_heard_once_a_conversation_and_in_order(
        steps in vec((0..3u8, prop_oneof![Just(Fate::Heard), Just(Fate::Repeated), Just(Fate::Reset)]), 0..40),
    ) {
        let mut bench = secured();
        let (mut shown, mut heard) = (0, Vec::new());
        let drain = std::iter::repeat_n((0, Fate::Heard), 9);
        for (cards, fate) in steps.into_iter().chain(drain) {
            for _ in 0..cards.min(8 - bench.device.news.len() as u8) {
                shown += 1;
                bench.show(card(shown));
            }
            let poll = bench.frame(&Command::Poll);
            let mut reply = bench.wire(&poll).expect("a reply");
            match fate {
                Fate::Heard => {}
                Fate::Repeated => reply = bench.wire(&poll).expect("the same reply"),
                Fate::Reset => {
                    bench.sequence = 0;
                    bench.open_channel(KeyKind::Installed, &KEY).expect("a channel");
                    continue;
                }
            }
            heard.extend(presented(&bench.listen(&reply)));
        }
        prop_assert_eq!(heard, (1..=shown).map(card).collect::<Vec<_>>());
        prop_assert!(bench.device.news.is_empty());
    }
}
