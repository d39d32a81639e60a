//! The broadcast address: every PD answers to it, and so only one may hear it.

use crate::bench::{ADDRESS, Bench, Device};
use crate::pd_stories::{KEY, nak};
use crate::pieces::with_right_check;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::BROADCAST;
use panel_protocol::osdp::reply::{NakReason, Reply};

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
