//! The broadcast address: every PD answers to it, and so only one may hear it.

use crate::bench::{ADDRESS, Bench, Device};
use crate::pd_stories::{BEEP, KEY, nak};
use crate::pieces::with_right_check;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::{BROADCAST, scs};
use panel_protocol::osdp::payload::ComSettings;
use panel_protocol::osdp::pd::Event;
use panel_protocol::osdp::reply::{NakReason, Reply};
use panel_protocol::osdp::secure::KeyKind;

#[test]
fn a_malformed_broadcast_is_answered_by_nobody() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let frame = with_right_check(&[0x53, BROADCAST, 0, 0, 0x0C, 2, 0x15]);
    assert_eq!(bench.wire(&frame), None);
    assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack, "the channel is not its CP's to end");
}

#[test]
fn a_broadcast_is_refused_as_its_own_address_would_be() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    bench.address = BROADCAST;
    let clear = bench.clear_frame(&Command::Id);
    let reply = bench.wire(&clear).expect("a refusal");
    assert_eq!(reply[..3], [0xFF, 0x53, 0xFF]);
    let heard = bench.listen(&reply);
    assert_eq!((nak(&heard), heard.header.address), (Some(NakReason::Security), BROADCAST));
    assert_eq!(bench.pd.secured_by(), None);
}

#[test]
fn two_devices_that_hear_a_broadcast_answer_at_once() {
    let mut line = [Bench::new(Device::factory_new()), Bench::new(Device::factory_new())];
    for bench in &mut line {
        bench.address = BROADCAST;
        let frame = bench.frame(&Command::Id);
        assert!(bench.wire(&frame).is_some(), "so a CP must not broadcast where devices share a line");
    }
}

#[test]
fn no_device_moves_to_the_broadcast_address() {
    for address in BROADCAST..=u8::MAX {
        let mut bench = Bench::new(Device::factory_new());
        let heard = bench.ask(&Command::Other { code: 0x6E, data: &[address, 0x80, 0x25, 0, 0] });
        assert_eq!((nak(&heard), bench.pd.address()), (Some(NakReason::Record), ADDRESS));
    }
}

#[test]
fn a_broadcast_is_answered_from_the_broadcast_address() {
    let mut bench = Bench::new(Device::factory_new());
    bench.address = BROADCAST;
    let settings = ComSettings { address: 9, baud: 230_400 };
    let heard = bench.ask(&Command::ComSet(settings));
    let taken = ComSettings { address: 9, baud: 115_200 };
    assert_eq!((heard.reply(), heard.header.address), (Reply::Com(taken), BROADCAST));
    assert_eq!(bench.events, [Event::Online, Event::ComSet(taken)]);
    (bench.address, bench.sequence) = (ADDRESS, 0);
    let old = bench.frame(&Command::Id);
    assert_eq!(bench.wire(&old), None);
    (bench.address, bench.sequence) = (9, 0);
    assert!(matches!(bench.ask(&Command::Id).reply(), Reply::Id(_)));
}

#[test]
fn a_broadcast_belongs_to_the_same_channel() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    bench.address = BROADCAST;
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
    let heard = bench.ask(&BEEP);
    assert_eq!((heard.reply(), heard.header.address), (Reply::Ack, BROADCAST));
    bench.address = ADDRESS;
    let heard = bench.ask(&BEEP);
    assert_eq!((heard.reply(), heard.header.address), (Reply::Ack, ADDRESS));
    bench.address = BROADCAST;
    let heard = bench.ask(&Command::ComSet(ComSettings { address: 9, baud: 9600 }));
    assert_eq!((heard.scs, heard.header.address), (Some(scs::REPLY_ENCRYPTED), BROADCAST));
    bench.address = 9;
    assert_eq!(bench.ask(&BEEP).reply(), Reply::Ack, "the channel goes on at the new address");
}

#[test]
fn a_keyed_device_takes_no_address_from_a_broadcast_in_clear() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    bench.address = BROADCAST;
    let heard = bench.ask(&Command::ComSet(ComSettings { address: 9, baud: 9600 }));
    assert_eq!((nak(&heard), heard.header.address), (Some(NakReason::Security), BROADCAST));
    assert_eq!((bench.pd.address(), bench.device.commands.len()), (ADDRESS, 0));
}

#[test]
fn a_damaged_broadcast_is_answered_by_nobody() {
    let mut bench = Bench::new(Device::factory_new());
    bench.address = BROADCAST;
    let mut frame = bench.frame(&Command::Id);
    frame[6] ^= 1;
    assert_eq!(bench.wire(&frame), None);
}
