//! The PD machine, told as stories: what a CP does, and what must come of it.

use std::time::Duration;

use crate::bench::{ADDRESS, Bench, Device, Heard, OUI, card, is_sealed, presented, repair_check};
use panel_protocol::osdp::command::{Buzzer, Command, Tone};
use panel_protocol::osdp::frame::{self, Check, Frame, Header, scs};
use panel_protocol::osdp::payload::{ComSettings, Manufacturer};
use panel_protocol::osdp::pd::{Closed, Event};
use panel_protocol::osdp::reply::{NakReason, Reply};
use panel_protocol::osdp::secure::{KeyKind, OpenError, Scbk};

pub(crate) const KEY: Scbk = Scbk::new(*b"sixteen byte key");
pub(crate) const BEEP: Command<'_> =
    Command::Buzzer(Buzzer { reader: 0, tone: Tone::Default, on_100ms: 2, off_100ms: 1, count: 3 });

pub(crate) fn nak(heard: &Heard) -> Option<NakReason> {
    match heard.reply() {
        Reply::Nak(nak) => Some(nak.reason),
        _ => None,
    }
}

#[test]
fn a_cp_finds_a_device_and_opens_a_channel() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    let Reply::Id(id) = bench.ask(&Command::Id).reply() else { panic!("no PDID") };
    assert_eq!((id.vendor, id.serial), (OUI, 0x0403_0201));
    let heard = bench.ask(&Command::Capabilities);
    let Reply::Capabilities(capabilities) = heard.reply() else { panic!("no PDCAP") };
    assert_eq!(capabilities.iter().next().map(|one| one.size()), Some(256));
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
    assert_eq!(bench.events, [Event::Online, Event::SecureOpened(KeyKind::Installed)]);
    assert_eq!(bench.pd.secured_by(), Some(KeyKind::Installed));

    let heard = bench.ask(&BEEP);
    assert_eq!((heard.reply(), heard.scs), (Reply::Ack, Some(scs::REPLY_MAC)));
    assert_eq!(bench.device.commands, [0x6A]);
    for _ in 0..20 {
        assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack);
    }
}

#[test]
fn a_retry_repeats_the_reply_and_not_the_command() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let frame = bench.frame(&BEEP);
    let first = bench.wire(&frame).unwrap();
    assert_eq!(bench.wire(&frame).unwrap(), first);
    assert_eq!(bench.wire(&frame).unwrap(), first);
    assert_eq!(bench.device.commands.len(), 1);
    assert_eq!(bench.listen(&first).reply(), Reply::Ack);
    assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack, "the chain of MACs goes on");
}

#[test]
fn a_lost_reply_with_a_card_is_told_again_and_delivered_once() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    bench.show(card(1));
    bench.show(card(2));
    let poll = bench.frame(&Command::Poll);
    let lost = bench.wire(&poll).unwrap();
    let again = bench.wire(&poll).unwrap();
    assert_eq!(lost, again);
    assert_eq!((bench.device.told, bench.device.delivered), (1, 0), "not known to be heard yet");
    assert_eq!(presented(&bench.listen(&again)), Some(card(1)));
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(2)));
    assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack);
    assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack);
    assert_eq!((bench.device.told, bench.device.delivered), (2, 2));
}

#[test]
fn a_card_told_into_a_channel_that_broke_is_told_again() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    bench.show(card(1));
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(1)));
    bench.sequence = 0;
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
    assert_eq!(bench.device.delivered, 0);
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(1)));
    assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack);
    assert_eq!(bench.device.delivered, 1);
}

#[test]
fn a_forged_command_confirms_nothing() {
    let challenge = (scs::CHALLENGE, Command::Challenge([0; 8]));
    let proof = (scs::SERVER_CRYPTOGRAM, Command::ServerCryptogram([0; 16]));
    let sealed = (scs::COMMAND_MAC, Command::Other { code: 0x60, data: &[1, 2, 3, 4] });
    let unknown = (0x19, Command::Poll);
    for (kind, forged) in [challenge, proof, sealed, unknown] {
        let mut bench = Bench::secured(Device::with_key(&KEY));
        bench.show(card(1));
        bench.ask(&Command::Poll);
        bench.step(kind, KeyKind::Installed, &forged);
        assert_eq!((bench.device.told, bench.device.delivered), (1, 0), "{forged:?}");
        assert_eq!(bench.pd.secured_by(), None);
    }
}

#[test]
fn a_forged_clear_command_confirms_nothing() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    bench.show(card(1));
    bench.ask(&Command::Poll);
    let forged = bench.clear_frame(&Command::Poll);
    let reply = bench.wire(&forged).unwrap();
    assert_eq!(nak(&bench.listen(&reply)), Some(NakReason::Security));
    assert_eq!(bench.device.delivered, 0);
}

#[test]
fn a_wrong_mac_ends_the_channel() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let mut frame = bench.frame(&BEEP);
    let mac_at = frame.len() - 6;
    frame[mac_at] ^= 1;
    repair_check(&mut frame);
    let reply = bench.wire(&frame).unwrap();
    assert!(!is_sealed(&reply));
    assert_eq!(nak(&bench.listen(&reply)), Some(NakReason::Security));
    assert_eq!(bench.events, [Event::SecureClosed(Closed::Unopened(OpenError::Mac))]);
    assert!(bench.device.commands.is_empty());
    let heard = bench.frame(&Command::Poll);
    let reply = bench.wire(&heard).unwrap();
    assert_eq!(nak(&bench.listen(&reply)), Some(NakReason::Security), "no channel, no command");
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
    assert_eq!(bench.ask(&BEEP).reply(), Reply::Ack, "the numbers went on, no reset was needed");
}

#[test]
fn a_clear_command_inside_a_channel_ends_it() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let frame = bench.clear_frame(&Command::Id);
    let reply = bench.wire(&frame).unwrap();
    let heard = bench.listen(&reply);
    assert_eq!((nak(&heard), heard.scs), (Some(NakReason::Security), None));
    assert_eq!(bench.events, [Event::SecureClosed(Closed::ClearCommand)]);
}

#[test]
fn sequence_zero_begins_anew_and_drops_the_channel() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    bench.ask(&Command::Poll);
    (bench.sequence, bench.session) = (0, None);
    assert!(matches!(bench.ask(&Command::Id).reply(), Reply::Id(_)));
    assert_eq!(bench.events, [Event::SecureClosed(Closed::ByCp)]);
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
}

#[test]
fn a_number_out_of_order_is_refused_and_the_kept_reply_stays() {
    let mut bench = Bench::new(Device::factory_new());
    let frame = bench.frame(&Command::Id);
    let kept = bench.wire(&frame).unwrap();
    bench.sequence = 3;
    let heard = bench.ask(&Command::Poll);
    assert_eq!((nak(&heard), heard.header.sequence), (Some(NakReason::Sequence), 3));
    assert_eq!(bench.wire(&frame).unwrap(), kept);
}

#[test]
fn the_same_number_with_other_bytes_is_no_retry() {
    let mut bench = Bench::new(Device::factory_new());
    bench.ask(&Command::Id);
    bench.ask(&BEEP);
    bench.sequence = 1;
    assert_eq!(nak(&bench.ask(&Command::Poll)), Some(NakReason::Sequence));
    assert_eq!(bench.device.commands.len(), 1);
}

#[test]
fn a_device_that_was_never_reset_takes_number_zero_only() {
    for sequence in 1..=3 {
        let mut bench = Bench::new(Device::factory_new());
        bench.sequence = sequence;
        assert_eq!(nak(&bench.ask(&Command::Id)), Some(NakReason::Sequence));
    }
}

#[test]
fn a_busy_device_is_asked_again_with_the_same_bytes() {
    let mut bench = Bench::secured(Device { busy: 2, ..Device::with_key(&KEY) });
    let frame = bench.frame(&BEEP);
    for _ in 0..2 {
        let reply = bench.wire(&frame).unwrap();
        let heard = bench.listen(&reply);
        assert_eq!((heard.reply(), heard.header.sequence, heard.scs), (Reply::Busy, 0, None));
        assert!(bench.device.commands.is_empty());
    }
    let reply = bench.wire(&frame).unwrap();
    assert_eq!(bench.listen(&reply).reply(), Reply::Ack);
    assert_eq!(bench.wire(&frame).unwrap(), reply, "now it is kept");
    assert_eq!(bench.device.commands.len(), 1);
    assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack);
}

#[test]
fn eight_seconds_of_silence_end_channel_and_conversation() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let alive_until = bench.pd.deadline().expect("a deadline");
    assert_eq!(alive_until.since(bench.now), Duration::from_secs(8));
    bench.wait(Duration::from_millis(7_999));
    assert_eq!(bench.events, []);
    bench.wait(Duration::from_millis(1));
    assert_eq!(bench.events, [Event::SecureClosed(Closed::Silence), Event::Offline]);
    assert!(!bench.pd.is_online());
    assert_eq!(bench.pd.deadline(), None);
    let frame = bench.frame(&Command::Poll);
    let reply = bench.wire(&frame).unwrap();
    assert_eq!(nak(&bench.listen(&reply)), Some(NakReason::Sequence));
}

#[test]
fn a_damaged_frame_is_refused_and_its_retry_taken() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let frame = bench.frame(&BEEP);
    let mut damaged = frame.clone();
    damaged[9] ^= 0x10;
    let reply = bench.wire(&damaged).unwrap();
    let heard = bench.listen(&reply);
    assert_eq!((nak(&heard), heard.header.sequence), (Some(NakReason::Check), frame[5] & 3));
    let reply = bench.wire(&frame).unwrap();
    assert_eq!(bench.listen(&reply).reply(), Reply::Ack);
    assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack, "the channel has survived");
}

#[test]
fn a_damaged_retry_does_not_cost_the_kept_reply() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let frame = bench.frame(&BEEP);
    let kept = bench.wire(&frame).unwrap();
    let mut damaged = frame.clone();
    damaged[8] ^= 0x10;
    assert_ne!(bench.wire(&damaged).unwrap(), kept);
    assert_eq!(bench.wire(&frame).unwrap(), kept);
}

#[test]
fn what_concerns_others_is_ignored() {
    let mut bench = Bench::new(Device::factory_new());
    bench.address = ADDRESS + 1;
    let other = bench.frame(&Command::Id);
    assert_eq!(bench.wire(&other), None);
    let mut damaged = other.clone();
    damaged[6] ^= 1;
    assert_eq!(bench.wire(&damaged), None);
    bench.wait(Duration::from_millis(21));
    let mine = Header::command(ADDRESS, 0).answer();
    let reply = frame::emit(&mut [0; 32], mine, None, &Reply::Ack).unwrap().to_vec();
    assert_eq!(bench.wire(&reply), None, "a reply, even from this address, is no command");
    assert_eq!(bench.events, []);
    assert!(!bench.pd.is_online());
}

#[test]
fn a_lost_reply_about_a_new_address_can_be_had_again_at_the_old_one() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let frame = bench.frame(&Command::ComSet(ComSettings { address: 9, baud: 9600 }));
    let lost = bench.wire(&frame).unwrap();
    assert_eq!(bench.pd.address(), 9);
    assert_eq!(bench.wire(&frame).unwrap(), lost);
    assert_eq!(bench.device.commands, [0x6E]);
    bench.listen(&lost);
    let old = bench.frame(&Command::Poll);
    assert_eq!(bench.wire(&old), None, "but nothing new is heard there");
    bench.wait(Duration::from_secs(8));
    assert_eq!(bench.wire(&frame), None, "nor this, once the conversation has ended");
}

#[test]
fn a_cp_that_does_not_follow_to_the_new_settings_takes_the_device_offline() {
    let mut bench = Bench::new(Device::factory_new());
    bench.ask(&Command::ComSet(ComSettings { address: 9, baud: 9600 }));
    bench.events.clear();
    bench.wait(Duration::from_secs(8));
    assert_eq!((bench.events.as_slice(), bench.pd.address()), (&[Event::Offline][..], 9));
    (bench.address, bench.sequence) = (9, 0);
    assert!(matches!(bench.ask(&Command::Id).reply(), Reply::Id(_)), "it waits there");
}

#[test]
fn a_refusal_is_repeated_to_the_byte_as_well() {
    let unknown = Command::Other { code: 0xEE, data: &[] };
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let frame = bench.frame(&unknown);
    let first = bench.wire(&frame).unwrap();
    assert_eq!(bench.wire(&frame).unwrap(), first);
    assert_eq!(bench.device.commands, [0xEE], "the device was asked once");
    assert_eq!(nak(&bench.listen(&first)), Some(NakReason::UnknownCommand));
    let forged = bench.clear_frame(&BEEP);
    let refusal = bench.wire(&forged).unwrap();
    bench.events.clear();
    assert_eq!(bench.wire(&forged).unwrap(), refusal);
    assert_eq!(bench.events, [], "a channel ends once");
}

#[test]
fn a_busy_device_costs_the_chain_of_macs_nothing() {
    let mut bench = Bench::secured(Device { busy: 5, ..Device::with_key(&KEY) });
    bench.show(card(1));
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(1)));
    let frame = bench.frame(&BEEP);
    let busy: Vec<_> = (0..5).map(|_| bench.wire(&frame).unwrap()).collect();
    assert!(busy.iter().all(|reply| *reply == busy[0]));
    assert_eq!(bench.device.delivered, 1, "the first of them showed that the card was heard");
    let reply = bench.wire(&frame).unwrap();
    assert_eq!(bench.listen(&reply).reply(), Reply::Ack);
    assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack);
    assert_eq!((bench.device.told, bench.device.delivered), (1, 1));
}

/// The next number says that the reply before was heard, whether it was or not: that is all a PD can know.
#[test]
fn a_cp_that_goes_on_after_a_lost_reply_has_heard_it() {
    let mut bench = Bench::new(Device::factory_new());
    bench.show(card(1));
    bench.show(card(2));
    bench.ask(&Command::Id);
    let first = bench.frame(&Command::Poll);
    bench.wire(&first).unwrap();
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(2)));
    bench.wire(&first).unwrap();
    assert_eq!(bench.device.delivered, 1, "an old number shows nothing");
    bench.sequence = 0;
    assert!(matches!(bench.ask(&Command::Id).reply(), Reply::Id(_)));
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(2)), "a new beginning shows nothing either");
}

#[test]
fn replies_grow_only_as_far_as_the_cp_can_take_them() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let message = Command::Manufacturer(Manufacturer { oui: OUI, data: b"echo" });
    let longest = |bench: &mut Bench| {
        let frame = bench.frame(&message);
        let reply = bench.wire(&frame).unwrap();
        assert_eq!(bench.listen(&reply).data[..7], *b"\xCA\xFE\x01echo");
        reply.len() - 1
    };
    assert!((113..=128).contains(&longest(&mut bench)), "what every CP can take");
    assert_eq!(bench.ask(&Command::ReceiveSize(200)).reply(), Reply::Ack);
    assert!((185..=200).contains(&longest(&mut bench)));
    assert_eq!(bench.ask(&Command::ReceiveSize(1440)).reply(), Reply::Ack);
    assert!((241..=255).contains(&longest(&mut bench)), "the device's own buffer is the bound");
    assert_eq!(nak(&bench.ask(&Command::ReceiveSize(127))), Some(NakReason::Record));
}

#[test]
fn refusals_name_their_reason_inside_the_channel() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let cases = [
        (Command::Other { code: 0x60, data: &[1] }, NakReason::Length),
        (Command::Other { code: 0x68, data: &[0, 9, 0, 0] }, NakReason::Record),
        (Command::Other { code: 0xEE, data: &[] }, NakReason::UnknownCommand),
        (Command::Challenge([0; 8]), NakReason::Security),
    ];
    for (command, reason) in cases {
        let heard = bench.ask(&command);
        assert_eq!((nak(&heard), heard.scs), (Some(reason), Some(scs::REPLY_ENCRYPTED)), "{command:?}");
    }
}

#[test]
fn what_only_the_device_can_judge_reaches_it() {
    let mut bench = Bench::secured(Device::with_key(&KEY));
    let codes = [0x73, 0x74, 0xA1, 0xA3, 0xA4, 0xA5, 0xEE];
    for code in codes {
        let data: &[u8] = match code {
            0x73 => &[0, 0x77, 0x77, 0], // neither type nor format is known: NAK 7 or 8 is the device's to say
            0xA3 => &[0; 5],
            _ => &[0; 6],
        };
        let heard = bench.ask(&Command::Other { code, data });
        assert_eq!(nak(&heard), Some(NakReason::UnknownCommand), "{code:02X}");
    }
    assert_eq!(bench.device.commands, codes);
}

#[test]
fn an_unknown_security_block_is_refused() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    for kind in [0x10, scs::CLIENT_CRYPTOGRAM, 0x19] {
        let heard = bench.step(kind, KeyKind::Installed, &Command::Poll);
        assert_eq!(nak(&heard), Some(NakReason::SecurityBlock));
    }
}

#[test]
fn a_cp_that_speaks_checksum_is_answered_with_checksum() {
    let mut bench = Bench::new(Device::factory_new());
    let header = Header { check: Check::Checksum, ..Header::command(ADDRESS, 0) };
    let frame = frame::emit(&mut [0; 32], header, None, &Command::Id).unwrap().to_vec();
    let reply = bench.wire(&frame).unwrap();
    assert_eq!(Frame::parse(&reply[1..]).unwrap().header().check, Check::Checksum);
}

#[test]
fn a_frame_in_pieces_is_answered_once_it_is_whole() {
    let mut bench = Bench::new(Device::factory_new());
    let frame = bench.frame(&Command::Id);
    let (last, head) = frame.split_last().unwrap();
    for byte in head {
        assert_eq!(bench.wire(&[*byte]), None);
        bench.wait(Duration::from_millis(1));
    }
    assert!(bench.wire(&[*last]).is_some());
}
