//! Bad input to a PD: what it answers, what becomes of the channel, and that nothing is carried out.

use crate::bench::{ADDRESS, Bench, Device, Heard, OUI, RND_A, is_sealed, repair_check};
use crate::insider::Insider;
use panel_protocol::osdp::command::{Buzzer, Command, KeySet, Tone, code};
use panel_protocol::osdp::frame::{self, BROADCAST, FrameError, Header, Scb, scs};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::pd::{Closed, Event};
use panel_protocol::osdp::reply::{NakReason, Reply};
use panel_protocol::osdp::secure::{Handshake, KeyKind, OpenError, Scbk};

const KEY: Scbk = Scbk::new(*b"sixteen byte key");
const BEEP: Command<'_> =
    Command::Buzzer(Buzzer { reader: 0, tone: Tone::Default, on_100ms: 2, off_100ms: 1, count: 3 });

fn secured() -> Bench {
    Bench::secured(Device::with_key(&KEY))
}

/// Puts the frame on the line: it is refused in clear for this reason.
fn refused(bench: &mut Bench, frame: &[u8]) -> NakReason {
    let reply = bench.wire(frame).expect("a refusal");
    let heard = bench.listen(&reply);
    assert_eq!(heard.scs, None, "a refusal that ends or lacks a channel is in clear");
    reason(&heard)
}

fn reason(heard: &Heard) -> NakReason {
    let Reply::Nak(nak) = heard.reply() else { panic!("not refused: {heard:?}") };
    nak.reason
}

/// The channel has ended for this reason, and no command has reached the device.
fn torn_down(bench: &mut Bench, why: Closed) {
    assert_eq!(core::mem::take(&mut bench.events), [Event::SecureClosed(why)]);
    assert_eq!(bench.pd.secured_by(), None);
    assert!(bench.device.commands.is_empty());
}

/// The channel still carries commands.
fn lives_on(bench: &mut Bench) {
    assert_eq!(bench.ask(&BEEP).reply(), Reply::Ack);
    assert_eq!((bench.events.as_slice(), bench.device.commands.as_slice()), (&[][..], &[code::BUZ][..]));
}

/// A BUZ under a right MAC, with a security block and data that don't suit each other.
fn sealed_as(bench: &mut Bench, kind: u8, data: &[u8]) -> Vec<u8> {
    insider(bench).seal(bench.next_header(), kind, code::BUZ, data)
}

fn insider(bench: &Bench) -> Insider {
    Insider::new(&KEY, &RND_A, bench.initial_mac)
}

#[test]
fn an_insider_who_keeps_the_rules_is_heard() {
    let mut bench = secured();
    let frame = sealed_as(&mut bench, scs::COMMAND_MAC, &[]);
    let reply = bench.wire(&frame).unwrap();
    assert!(is_sealed(&reply), "a BUZ without data, refused inside the channel");
    assert_eq!(bench.pd.secured_by(), Some(KeyKind::Installed));
}

#[test]
fn a_replayed_proof_opens_nothing() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    let challenge = Command::Challenge(RND_A);
    let heard = bench.step(scs::CHALLENGE, KeyKind::Installed, &challenge);
    let Reply::ClientCryptogram(client) = heard.reply() else { panic!("no CCRYPT") };
    let proof = *Handshake::new(&KEY, &RND_A, &client.random).check_client(&client.cryptogram).unwrap();
    let proof = Command::ServerCryptogram(proof);
    let heard = bench.step(scs::SERVER_CRYPTOGRAM, KeyKind::Installed, &proof);
    assert!(matches!(heard.reply(), Reply::InitialMac(_)));
    bench.events.clear();

    let heard = bench.step(scs::SERVER_CRYPTOGRAM, KeyKind::Installed, &proof);
    assert_eq!(reason(&heard), NakReason::Security, "in the channel that it has opened");
    torn_down(&mut bench, Closed::ByCp);
    bench.step(scs::CHALLENGE, KeyKind::Installed, &challenge);
    let heard = bench.step(scs::SERVER_CRYPTOGRAM, KeyKind::Installed, &proof);
    assert_eq!(reason(&heard), NakReason::Security, "after the same challenge, which got a new number");
    assert_eq!(bench.pd.secured_by(), None);
}

#[test]
fn a_replayed_conversation_carries_nothing_out() {
    let mut bench = Bench::new(Device::with_key(&KEY));
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
    bench.ask(&BEEP);
    bench.ask(&Command::KeySet(KeySet::new(&KEY)));
    let recorded = bench.sent.clone();
    bench.device.commands.clear();
    bench.events.clear();
    for frame in &recorded {
        let reply = bench.wire(frame).expect("an answer");
        assert!(!is_sealed(&reply), "{frame:02X?}");
    }
    torn_down(&mut bench, Closed::ByCp);
}

#[test]
fn a_sealed_frame_of_an_older_channel_is_refused() {
    let mut bench = secured();
    let old = bench.frame(&BEEP);
    bench.sequence = 0;
    bench.open_channel(KeyKind::Installed, &KEY).unwrap();
    bench.events.clear();
    assert_eq!(old[5] & 3, bench.sequence, "its number would be the right one");
    assert_eq!(refused(&mut bench, &old), NakReason::Security);
    torn_down(&mut bench, Closed::Unopened(OpenError::Mac));
}

#[test]
fn an_older_frame_of_the_same_channel_is_refused() {
    let mut bench = secured();
    let poll = bench.frame(&Command::Poll);
    bench.wire(&poll).unwrap();
    for _ in 0..2 {
        bench.ask(&Command::Poll);
    }
    assert_eq!(poll[5] & 3, bench.sequence, "its number would be the right one");
    assert_eq!(refused(&mut bench, &poll), NakReason::Security);
    torn_down(&mut bench, Closed::Unopened(OpenError::Mac));
}

#[test]
fn data_in_clear_under_a_right_mac_is_refused() {
    let mut bench = secured();
    let frame = sealed_as(&mut bench, scs::COMMAND_MAC, &[0, 2, 2, 1, 3]);
    assert_eq!(refused(&mut bench, &frame), NakReason::Security);
    torn_down(&mut bench, Closed::Unopened(OpenError::Unencrypted));
}

#[test]
fn an_encrypted_command_has_whole_blocks_of_data() {
    for len in [1, 15, 17] {
        let mut bench = secured();
        let frame = sealed_as(&mut bench, scs::COMMAND_ENCRYPTED, &[0x80; 32][..len]);
        assert_eq!(refused(&mut bench, &frame), NakReason::Security, "{len} bytes");
        torn_down(&mut bench, Closed::Malformed(FrameError::Blocks(len)));
    }
}

#[test]
fn what_has_no_data_may_be_encrypted_since_its_mac_is_right() {
    for with_padding in [true, false] {
        let mut bench = secured();
        let padding = insider(&bench).bare_padding();
        let data = if with_padding { &padding[..] } else { &[] };
        let frame = sealed_as(&mut bench, scs::COMMAND_ENCRYPTED, data);
        let reply = bench.wire(&frame).unwrap();
        assert!(is_sealed(&reply), "a BUZ without data, refused inside the channel");
        assert_eq!(bench.pd.secured_by(), Some(KeyKind::Installed));
    }
}

#[test]
fn a_security_block_of_a_reply_is_refused() {
    for kind in [scs::CLIENT_CRYPTOGRAM, scs::INITIAL_MAC, scs::REPLY_MAC, scs::REPLY_ENCRYPTED] {
        let mut bench = secured();
        let frame = sealed_as(&mut bench, kind, &[]);
        assert_eq!(refused(&mut bench, &frame), NakReason::SecurityBlock, "SCS_{kind:02X}");
        torn_down(&mut bench, Closed::Malformed(FrameError::Direction { kind, reply: false }));
    }
}

#[test]
fn a_handshake_about_no_key_is_refused() {
    let wrong_length = |len| Closed::Malformed(FrameError::ScbData { kind: scs::CHALLENGE, len });
    for (data, why) in [
        (&[][..], wrong_length(0)),
        (&[2], Closed::SecurityBlock),
        (&[0xFF], Closed::SecurityBlock),
        (&[1, 1], wrong_length(2)),
    ] {
        let mut bench = secured();
        let (header, scb) = (bench.next_header(), Scb { kind: scs::CHALLENGE, data });
        let frame =
            frame::emit(&mut [0; 64], header, Some(scb), &Command::Challenge([1; 8])).unwrap().to_vec();
        assert_eq!(refused(&mut bench, &frame), NakReason::SecurityBlock, "{data:02X?}");
        torn_down(&mut bench, why);
    }
}

#[test]
fn a_security_block_whose_length_lies_is_refused() {
    const SCB_AT: usize = 6;
    let kind = scs::COMMAND_MAC;
    for (len, error) in [
        (0, FrameError::Scb(0)),
        (1, FrameError::Scb(1)),
        (200, FrameError::Scb(200)),
        (3, FrameError::ScbData { kind, len: 1 }), // takes the code for its own
        (7, FrameError::ScbData { kind, len: 5 }), // takes the MAC as well
    ] {
        let mut bench = secured();
        let mut frame = bench.frame(&Command::Poll);
        frame[SCB_AT] = len;
        repair_check(&mut frame);
        assert_eq!(refused(&mut bench, &frame), NakReason::SecurityBlock, "length {len}");
        torn_down(&mut bench, Closed::Malformed(error));
    }
}

#[test]
fn number_zero_in_mid_session_ends_it_and_carries_nothing_out() {
    for sealed in [true, false] {
        let mut bench = secured();
        bench.sequence = 0;
        let frame = if sealed { bench.frame(&BEEP) } else { bench.clear_frame(&BEEP) };
        assert_eq!(refused(&mut bench, &frame), NakReason::Security);
        torn_down(&mut bench, Closed::ByCp);
    }
}

#[test]
fn the_same_number_with_other_bytes_ends_the_channel() {
    let mut bench = secured();
    bench.ask(&Command::Poll);
    bench.sequence = if bench.sequence == 1 { 3 } else { bench.sequence - 1 };
    let frame = bench.frame(&BEEP);
    assert_eq!(refused(&mut bench, &frame), NakReason::Sequence);
    torn_down(&mut bench, Closed::Sequence);
}

#[test]
fn a_key_must_be_one() {
    let key = |head: [u8; 2], len: usize| [&head[..], &[0x4B; 32][..len]].concat();
    for (data, expected) in [
        (key([1, 16], 15), NakReason::Length),
        (key([1, 16], 17), NakReason::Length),
        (key([1, 32], 32), NakReason::Length),
        (key([0, 16], 16), NakReason::Record),
        (key([2, 16], 16), NakReason::Record),
        (key([1, 15], 16), NakReason::Record),
    ] {
        let mut bench = secured();
        let heard = bench.ask(&Command::Other { code: code::KEYSET, data: &data });
        assert_eq!((reason(&heard), heard.scs), (expected, Some(scs::REPLY_ENCRYPTED)), "{data:02X?}");
        assert_eq!(bench.device.key, Some(KEY));
        lives_on(&mut bench);
    }
}

#[test]
fn a_handshake_of_the_wrong_length_leads_to_no_channel() {
    for len in [0, 7, 9] {
        let mut bench = secured();
        let short = Command::Other { code: code::CHLNG, data: &[7; 9][..len] };
        let heard = bench.step(scs::CHALLENGE, KeyKind::Installed, &short);
        assert_eq!((reason(&heard), heard.scs), (NakReason::Length, None));
        torn_down(&mut bench, Closed::ByCp);
    }
    let mut bench = Bench::new(Device::with_key(&KEY));
    let heard = bench.step(scs::CHALLENGE, KeyKind::Installed, &Command::Challenge(RND_A));
    let Reply::ClientCryptogram(client) = heard.reply() else { panic!("no CCRYPT") };
    let proof = *Handshake::new(&KEY, &RND_A, &client.random).check_client(&client.cryptogram).unwrap();
    let short = Command::Other { code: code::SCRYPT, data: &proof[..15] };
    let heard = bench.step(scs::SERVER_CRYPTOGRAM, KeyKind::Installed, &short);
    assert_eq!(reason(&heard), NakReason::Length);
    let heard = bench.step(scs::SERVER_CRYPTOGRAM, KeyKind::Installed, &Command::ServerCryptogram(proof));
    assert_eq!(reason(&heard), NakReason::Security, "there is one attempt a challenge");
}

#[test]
fn a_command_longer_than_the_buffer_is_refused_and_costs_nothing_else() {
    let mut bench = secured();
    let long = Command::Manufacturer(Manufacturer { oui: OUI, data: &[0; 300] });
    let header = Header::command(ADDRESS, bench.sequence);
    let frame = frame::emit(&mut [0; 400], header, None, &long).unwrap().to_vec();
    let (head, tail) = frame.split_at(frame.len() - 1);
    assert_eq!(bench.wire(head), None, "the CP is still speaking");
    assert_eq!(refused(&mut bench, tail), NakReason::Length);
    lives_on(&mut bench);
    let others = frame::emit(&mut [0; 400], Header::command(ADDRESS + 1, 0), None, &long).unwrap().to_vec();
    assert_eq!(bench.wire(&others), None);
    let everyones = frame::emit(&mut [0; 400], Header::command(BROADCAST, 0), None, &long).unwrap().to_vec();
    assert_eq!(bench.wire(&everyones), None);
}

#[test]
fn a_command_that_the_device_does_not_know_leaves_the_channel_open() {
    for unknown in [0x00, 0x59, 0x72, 0x8F, 0xA9, 0xFF] {
        let mut bench = secured();
        let heard = bench.ask(&Command::Other { code: unknown, data: b"whatever" });
        assert_eq!((reason(&heard), heard.scs), (NakReason::UnknownCommand, Some(scs::REPLY_ENCRYPTED)));
        bench.device.commands.clear();
        lives_on(&mut bench);
    }
}

/// Too few or too many bytes are "command length error", a right number of bytes with a value that its field can't
/// have is "unable to process command record": the CP learns whether its framing or its choice was at fault.
#[test]
fn malformed_data_is_refused_by_its_fault() {
    for (code, data, expected) in [
        (code::POLL, &[0][..], NakReason::Length),
        (code::ID, &[0, 0], NakReason::Length),
        (code::BUZ, &[0, 2, 2, 1], NakReason::Length),
        (code::OUT, &[0, 2, 0], NakReason::Length),
        (code::COMSET, &[1, 0, 0, 0], NakReason::Length),
        (code::ACURXSIZE, &[0], NakReason::Length),
        (code::MFG, &[0xCA, 0xFE], NakReason::Length),
        (code::FILETRANSFER, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], NakReason::Length),
        (code::OUT, &[0, 9, 0, 0], NakReason::Record),
        (code::COMSET, &[0x7F, 0, 0, 0, 0], NakReason::Record),
        (code::ACURXSIZE, &[127, 0], NakReason::Record),
    ] {
        let mut bench = secured();
        let heard = bench.ask(&Command::Other { code, data });
        assert_eq!(
            (reason(&heard), heard.scs),
            (expected, Some(scs::REPLY_ENCRYPTED)),
            "{code:02X} {data:02X?}"
        );
        assert!(bench.device.commands.is_empty());
        lives_on(&mut bench);
    }
}
