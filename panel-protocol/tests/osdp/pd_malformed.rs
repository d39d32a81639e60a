//! Commands that arrive undamaged and are none: each is refused with its own reason, and ends the channel.

use crate::bench::{ADDRESS, Bench, Device, card};
use crate::pd_stories::{KEY, nak};
use crate::pieces::with_right_check;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::{Check, Frame, FrameError};
use panel_protocol::osdp::pd::{Closed, Event};
use panel_protocol::osdp::reply::{NakReason, Reply};
use panel_protocol::osdp::secure::KeyKind;

/// Control byte without its sequence number, then what follows it; the reason and the error.
const MALFORMED: [(u8, &[u8], NakReason, FrameError); 7] = [
    (0x14, &[0x60], NakReason::Record, FrameError::Control(0x10)),
    (0x0C, &[9, 0x15, 0x60], NakReason::SecurityBlock, FrameError::Scb(9)),
    (0x0C, &[2, 0x11, 0x76], NakReason::SecurityBlock, FrameError::ScbData { kind: 0x11, len: 0 }),
    (0x0C, &[2, 0x18, 0x60], NakReason::SecurityBlock, FrameError::Direction { kind: 0x18, reply: false }),
    (0x0C, &[2, 0x15], NakReason::Length, FrameError::NoCode),
    (0x0C, &[2, 0x15, 0x60, 1, 2, 3], NakReason::Security, FrameError::NoMac),
    (0x0C, &[2, 0x17, 0x60, 9, 1, 2, 3, 4], NakReason::Security, FrameError::Blocks(1)),
];

#[test]
fn a_malformed_command_ends_the_channel_and_confirms_nothing() {
    for (control, rest, reason, error) in MALFORMED {
        let mut bench = Bench::secured(Device::with_key(&KEY));
        bench.show(card(1));
        bench.ask(&Command::Poll);
        let sequence = bench.next_header().sequence;
        let frame = with_right_check(&[&[0x53, ADDRESS, 0, 0, control | sequence], rest].concat());
        let reply = bench.wire(&frame).expect("a refusal");
        let heard = bench.listen(&reply);
        assert_eq!(
            (nak(&heard), heard.scs, heard.header.sequence),
            (Some(reason), None, sequence),
            "{error}"
        );
        assert_eq!(bench.events, [Event::SecureClosed(Closed::Malformed(error))]);
        assert_eq!((bench.pd.secured_by(), bench.device.delivered), (None, 0));
        assert_eq!(bench.pd.counters().malformed(), 1);
        bench.sequence = 0;
        bench.open_channel(KeyKind::Installed, &KEY).expect("the CP begins anew");
    }
}

#[test]
fn a_malformed_command_counts_as_asked_and_answered() {
    let mut bench = Bench::new(Device::factory_new());
    for (control, rest, reason, error) in MALFORMED {
        let before = bench.ask(&Command::Id);
        assert!(matches!(before.reply(), Reply::Id(_)), "{error}");
        let sequence = bench.next_header().sequence;
        let frame = with_right_check(&[&[0x53, ADDRESS, 0, 0, control | sequence], rest].concat());
        let reply = bench.wire(&frame).expect("a refusal");
        assert_eq!(nak(&bench.listen(&reply)), Some(reason), "{error}");
    }
}

#[test]
fn a_cp_that_speaks_checksum_has_its_malformed_frame_refused_with_checksum() {
    let mut bench = Bench::new(Device::factory_new());
    let frame = with_right_check(&[0x53, ADDRESS, 0, 0, 0x08, 2, 0x15]);
    let reply = bench.wire(&frame).expect("a refusal");
    assert_eq!(Frame::parse(&reply[1..]).unwrap().header().check, Check::Checksum);
}
