//! A listener on a recorded conversation of two libosdp devices, whole, with frames gone, damaged and repeated; and on
//! conversations of our own where a key changes.

use panel_protocol::osdp::command::{Command, KeySet};
use panel_protocol::osdp::crc::crc16;
use panel_protocol::osdp::frame::{self, FrameMut, Header, Payload, Scb, scs};
use panel_protocol::osdp::monitor::{Blind, KeyName, KeyRing, Monitor, Observation, Seal};
use panel_protocol::osdp::reply::{ClientCryptogram, NakReason, Reply};
use panel_protocol::osdp::secure::{Handshake, KeyKind, SCBK_D, Scbk, Session};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::vectors::{array, unhex, vectors};

type Listener = Monitor<2, 4>;

/// The address of the recorded device.
const DEVICE: u8 = 5;
/// Frames before the session: ID, CAP and their replies, then the handshake's four.
const SESSION: usize = 8;

fn transcript() -> Vec<Vec<u8>> {
    let frames = vectors()["transcript"]["all_frames_hex"].take();
    frames.as_array().expect("a list").iter().map(|frame| unhex(frame)[1..].to_vec()).collect()
}

fn right_key() -> Scbk {
    Scbk::new(array(&vectors()["transcript"]["keys"]["scbk"]))
}

fn listener(key: &Scbk) -> Listener {
    let mut keys = KeyRing::new();
    keys.add(None, key.clone()).expect("room");
    Monitor::new(keys)
}

/// What a test keeps of an observation.
#[derive(Clone, PartialEq, Debug)]
struct Seen {
    seal: Seal,
    data: Option<Vec<u8>>,
    key: Option<KeyName>,
    repeated: bool,
}

fn hear(listener: &mut Listener, bytes: &[u8]) -> Seen {
    let mut bytes = bytes.to_vec();
    let frame = FrameMut::parse(&mut bytes).expect("a sound frame");
    let Observation { seal, data, key, repeated, .. } = listener.observe(frame);
    Seen { seal, data: data.map(<[u8]>::to_vec), key, repeated }
}

fn hear_all(listener: &mut Listener, frames: &[Vec<u8>]) -> Vec<Seen> {
    frames.iter().map(|frame| hear(listener, frame)).collect()
}

/// The seals of the whole transcript, heard by whoever has the key.
fn all_right() -> Vec<Seen> {
    hear_all(&mut listener(&right_key()), &transcript())
}

#[test]
fn every_mac_of_a_whole_conversation_is_right_and_every_word_is_read() {
    let seen = all_right();
    let expected = [Seal::None, Seal::None, Seal::None, Seal::None, Seal::None, Seal::Right];
    assert_eq!(seen.iter().map(|seen| seen.seal).take(6).collect::<Vec<_>>(), expected);
    assert_eq!(seen[SESSION..].len(), 148);
    assert!(seen[5..].iter().all(|seen| seen.seal == Seal::Right && seen.key == Some(KeyName::Given)));
    assert!(seen.iter().all(|seen| !seen.repeated));
    for row in vectors()["transcript"]["rows"].as_array().expect("a list") {
        let index = usize::try_from(row["i"].as_u64().expect("a number")).expect("small");
        assert_eq!(seen[index].data, Some(unhex(&row["plain"])), "frame {index}");
    }
}

#[test]
fn without_the_right_key_nothing_is_said_of_a_mac_and_nothing_encrypted_is_read() {
    for mut listener in [listener(&Scbk::new([7; 16])), Monitor::new(KeyRing::new())] {
        for (frame, seen) in transcript().iter().zip(hear_all(&mut listener, &transcript())).skip(5) {
            assert_eq!(seen.seal, Seal::Unknown(Blind::NoKey));
            let encrypted = matches!(frame[6], scs::COMMAND_ENCRYPTED | scs::REPLY_ENCRYPTED);
            assert_eq!(seen.data.is_none(), encrypted);
        }
    }
}

#[test]
fn a_key_for_another_address_is_not_tried() {
    for (address, seal) in [(DEVICE, Seal::Right), (DEVICE + 1, Seal::Unknown(Blind::NoKey))] {
        let mut keys = KeyRing::new();
        keys.add(Some(address), right_key()).expect("room");
        let seen = hear_all(&mut Monitor::new(keys), &transcript());
        assert!(seen[SESSION..].iter().all(|seen| seen.seal == seal), "key of {address}");
    }
}

#[test]
fn whoever_comes_too_late_for_the_handshake_verifies_nothing() {
    for from in [5, 6, SESSION, 100] {
        let seen = hear_all(&mut listener(&right_key()), &transcript()[from..]);
        assert!(seen.iter().all(|seen| seen.seal == Seal::Unknown(Blind::NoHandshake)), "from {from}");
    }
}

#[test]
fn the_second_half_of_the_handshake_may_be_missed() {
    let mut frames = transcript();
    frames.drain(6..SESSION);
    let seen = hear_all(&mut listener(&right_key()), &frames);
    assert!(seen[5..].iter().all(|seen| seen.seal == Seal::Right));
}

#[test]
fn after_a_missed_frame_one_mac_is_wrong_and_the_rest_unknown() {
    for gone in SESSION..SESSION + 10 {
        let mut frames = transcript();
        frames.remove(gone);
        let seen = hear_all(&mut listener(&right_key()), &frames);
        assert!(seen[SESSION..gone].iter().all(|seen| seen.seal == Seal::Right));
        assert_eq!(seen[gone].seal, Seal::Wrong);
        assert!(seen[gone + 1..].iter().all(|seen| seen.seal == Seal::Unknown(Blind::Adrift)));
    }
}

#[test]
fn after_a_frame_known_to_be_damaged_no_mac_is_called_wrong() {
    let (frames, at) = (transcript(), SESSION + 20);
    let mut listener = listener(&right_key());
    hear_all(&mut listener, &frames[..at]);
    listener.missed(DEVICE);
    let seen = hear_all(&mut listener, &frames[at + 1..]);
    assert!(seen.iter().all(|seen| seen.seal == Seal::Unknown(Blind::Adrift)));
}

#[test]
fn a_damaged_command_that_is_sent_again_costs_nothing() {
    let (frames, at) = (transcript(), SESSION + 20);
    let mut listener = listener(&right_key());
    hear_all(&mut listener, &frames[..at]);
    listener.missed(DEVICE);
    let seen = hear_all(&mut listener, &frames[at..]);
    assert!(seen.iter().all(|seen| seen.seal == Seal::Right));
}

#[test]
fn a_retry_and_its_answer_move_nothing_and_are_read_again() {
    let (frames, whole) = (transcript(), all_right());
    // A command whose answer is lost on the way to the CP, from the handshake on.
    for command in (4..frames.len()).step_by(2) {
        let mut listener = listener(&right_key());
        hear_all(&mut listener, &frames[..command + 2]);
        for again in [command, command + 1] {
            let seen = hear(&mut listener, &frames[again]);
            let expected = Seen { repeated: true, key: seen.key, ..whole[again].clone() };
            assert_eq!(seen, expected, "frame {again}");
        }
        assert_eq!(hear_all(&mut listener, &frames[command + 2..]), whole[command + 2..]);
    }
}

#[test]
fn a_late_copy_of_an_answer_does_not_disturb_the_next_exchange() {
    let (frames, whole, at) = (transcript(), all_right(), 124);
    let mut listener = listener(&right_key());
    hear_all(&mut listener, &frames[..=at]);
    let late = hear(&mut listener, &frames[at - 1]);
    assert_eq!(late, Seen { repeated: true, ..whole[at - 1].clone() });
    assert_eq!(hear_all(&mut listener, &frames[at + 1..]), whole[at + 1..]);
}

#[test]
fn busy_leaves_the_session_as_it_was() {
    let (frames, whole, at) = (transcript(), all_right(), 124);
    let mut listener = listener(&right_key());
    hear_all(&mut listener, &frames[..=at]);
    for _ in 0..2 {
        let busy = clear(Header { sequence: 0, ..Header::command(DEVICE, 0).answer() }, &Reply::Busy);
        let seen = hear(&mut listener, &busy);
        assert_eq!((seen.seal, seen.repeated), (Seal::None, false));
        assert!(hear(&mut listener, &frames[at]).repeated);
    }
    assert_eq!(hear_all(&mut listener, &frames[at + 1..]), whole[at + 1..]);
}

#[test]
fn a_forged_frame_is_wrong_and_the_conversation_goes_on_around_it() {
    let (frames, whole, at) = (transcript(), all_right(), 124);
    let mut forged = frames[at].clone();
    let (mac, end) = (forged.len() - 6, forged.len() - 2);
    forged[mac] ^= 1;
    let crc = crc16(&forged[..end]).to_le_bytes();
    forged[end..].copy_from_slice(&crc);
    let mut listener = listener(&right_key());
    hear_all(&mut listener, &frames[..at]);
    let seen = hear(&mut listener, &forged);
    assert_eq!((seen.seal, seen.data), (Seal::Wrong, None));
    assert_eq!(hear_all(&mut listener, &frames[at..]), whole[at..]);
}

#[test]
fn a_session_ends_with_sequence_0_or_a_word_in_clear() {
    let over = [
        (clear(Header::command(DEVICE, 0), &Command::Poll), Blind::NoHandshake),
        (clear(Header::command(DEVICE, 0).answer(), &Reply::Ack), Blind::NoHandshake),
        (clear(Header::command(DEVICE, 2).answer(), &Reply::nak(NakReason::Security)), Blind::NoHandshake),
    ];
    let (frames, at) = (transcript(), 124);
    for (last_word, why) in over {
        let mut listener = listener(&right_key());
        hear_all(&mut listener, &frames[..at]);
        assert_eq!(hear(&mut listener, &last_word).seal, Seal::None);
        // The next thing either side seals is not what would have come.
        let seen = hear_all(&mut listener, &frames[at + 1..]);
        assert!(seen.iter().all(|seen| seen.seal == Seal::Unknown(why)), "{last_word:02X?}");
    }
}

#[test]
fn a_proof_that_is_wrong_ends_the_handshake() {
    for (at, after) in [(6, 7), (7, 8)] {
        let mut frames = transcript();
        let len = frames[at].len();
        frames[at][10] ^= 1;
        let crc = crc16(&frames[at][..len - 2]).to_le_bytes();
        frames[at][len - 2..].copy_from_slice(&crc);
        let seen = hear_all(&mut listener(&right_key()), &frames);
        assert_eq!(seen[at].seal, Seal::Wrong);
        assert!(seen[after..].iter().all(|seen| seen.seal == Seal::Unknown(Blind::NoHandshake)));
    }
}

#[test]
fn more_devices_than_there_is_room_for_are_told_so() {
    let mut crowded = Monitor::<1, 0>::new(KeyRing::new());
    let mut frames = transcript();
    for (frame, address) in frames.iter_mut().skip(SESSION).step_by(2).zip([DEVICE, DEVICE + 1]) {
        frame[1] = address;
        let end = frame.len() - 2;
        let crc = crc16(&frame[..end]).to_le_bytes();
        frame[end..].copy_from_slice(&crc);
        let seen = crowded.observe(FrameMut::parse(frame).expect("a frame"));
        let why = if address == DEVICE { Blind::NoHandshake } else { Blind::NoRoom };
        assert_eq!(seen.seal, Seal::Unknown(why));
    }
}

fn clear(header: Header, payload: &impl Payload) -> Vec<u8> {
    frame::emit(&mut [0; 64], header, None, payload).expect("room")[1..].to_vec()
}

fn step(header: Header, kind: u8, data: u8, payload: &impl Payload) -> Vec<u8> {
    let scb = Scb { kind, data: &[data] };
    frame::emit(&mut [0; 64], header, Some(scb), payload).expect("room")[1..].to_vec()
}

/// A handshake under a key, heard by a listener: what it made of each frame, and the CP's session.
fn shake_hands(listener: &mut Listener, kind: KeyKind, key: &Scbk, salt: u8) -> (Vec<Seen>, Session) {
    shake_hands_as(listener, kind, key, salt, [1, 2], scs::INITIAL_MAC)
}

/// The same, with these sequence numbers, and the PD's initial MAC under this security block.
fn shake_hands_as(
    listener: &mut Listener,
    kind: KeyKind,
    key: &Scbk,
    salt: u8,
    sequences: [u8; 2],
    last: u8,
) -> (Vec<Seen>, Session) {
    let (rnd_a, random) = ([salt; 8], [!salt; 8]);
    let [cp, pd] = [(); 2].map(|()| Handshake::new(key, &rnd_a, &random));
    let cryptogram = *pd.client_cryptogram();
    let server = *cp.check_client(&cryptogram).expect("one key");
    let (_, mac) = pd.accept(&server).expect("one key");
    let proof = Reply::ClientCryptogram(ClientCryptogram { cuid: [1; 8], random, cryptogram });
    let (flag, [first, second]) =
        (kind.to_scb(), sequences.map(|sequence| Header::command(DEVICE, sequence)));
    let frames = [
        step(first, scs::CHALLENGE, flag, &Command::Challenge(rnd_a)),
        step(first.answer(), scs::CLIENT_CRYPTOGRAM, flag, &proof),
        step(second, scs::SERVER_CRYPTOGRAM, flag, &Command::ServerCryptogram(server)),
        step(second.answer(), last, scs::ACCEPTED, &Reply::InitialMac(mac)),
    ];
    (hear_all(listener, &frames), cp.confirm(&mac).expect("one key"))
}

#[test]
fn a_handshake_may_begin_at_sequence_number_0_and_end_under_the_other_block() {
    for sequences in [[0, 1], [0, 0], [3, 1]] {
        for last in [scs::INITIAL_MAC, scs::CLIENT_CRYPTOGRAM] {
            let mut listener = Monitor::new(KeyRing::new());
            let (seen, mut session) =
                shake_hands_as(&mut listener, KeyKind::Default, &SCBK_D, 1, sequences, last);
            assert!(
                seen[1..].iter().all(|seen| seen.seal == Seal::Right),
                "{sequences:?}, {last:02X}: {seen:?}"
            );
            let mut buf = [0; 64];
            let poll = session.seal(&mut buf, Header::command(DEVICE, 2), &Command::Poll).expect("room");
            assert_eq!(hear(&mut listener, &poll[1..]).seal, Seal::Right);
        }
    }
}

#[test]
fn sequence_number_0_ends_a_session_in_a_command_and_in_the_reply_to_another() {
    for reply in [false, true] {
        let mut listener = Monitor::new(KeyRing::new());
        let (_, mut session) = shake_hands(&mut listener, KeyKind::Default, &SCBK_D, 1);
        let command = Header::command(DEVICE, if reply { 3 } else { 0 });
        hear(&mut listener, &clear(command, &Command::Poll));
        if reply {
            hear(&mut listener, &clear(Header { sequence: 0, ..command.answer() }, &Reply::Ack));
        }
        let mut buf = [0; 64];
        let poll = session.seal(&mut buf, Header::command(DEVICE, 1), &Command::Poll).expect("room");
        assert_eq!(hear(&mut listener, &poll[1..]).seal, Seal::Unknown(Blind::NoHandshake));
    }
}

/// Installs a key as in install mode: under the default key, and then comes back with it.
fn enrol(keys: KeyRing<4>) -> Vec<Seen> {
    let (mut listener, new) = (Monitor::new(keys), Scbk::new([9; 16]));
    let (seen, mut session) = shake_hands(&mut listener, KeyKind::Default, &SCBK_D, 1);
    assert_eq!(seen[3], Seen { key: Some(KeyName::Default), ..seen[3].clone() });
    let mut buf = [0; 64];
    let command = Command::KeySet(KeySet::new(&new));
    let sealed = session.seal(&mut buf, Header::command(DEVICE, 3), &command).expect("room");
    let told = hear(&mut listener, &sealed[1..]);
    assert_eq!((told.seal, told.data.expect("plain")[2..].to_vec()), (Seal::Right, vec![9; 16]));
    shake_hands(&mut listener, KeyKind::Installed, &new, 2).0
}

#[test]
fn a_key_that_was_installed_within_hearing_is_learned_if_that_was_asked_for() {
    let learned = enrol(KeyRing::new().learning());
    assert!(learned[1..].iter().all(|seen| (seen.seal, seen.key) == (Seal::Right, Some(KeyName::Learned))));
    let not = enrol(KeyRing::new());
    assert!(not[1..].iter().all(|seen| seen.seal == Seal::Unknown(Blind::NoKey)));
}

#[test]
fn a_key_that_the_device_did_not_take_leaves_the_one_before_it() {
    let (mut listener, [first, second]) =
        (Monitor::new(KeyRing::new().learning()), [3, 4].map(|b| Scbk::new([b; 16])));
    let (_, mut session) = shake_hands(&mut listener, KeyKind::Default, &SCBK_D, 1);
    for (sequence, key) in [(3, &first), (1, &second)] {
        let mut buf = [0; 64];
        let command = Command::KeySet(KeySet::new(key));
        let sealed = session.seal(&mut buf, Header::command(DEVICE, sequence), &command).expect("room");
        assert_eq!(hear(&mut listener, &sealed[1..]).seal, Seal::Right);
    }
    let (seen, _) = shake_hands(&mut listener, KeyKind::Installed, &first, 2);
    assert!(seen[1..].iter().all(|seen| seen.seal == Seal::Right));
}

proptest! {
    /// Whatever is missing or comes again: a frame is only ever read as what it was, and a MAC is called right only
    /// where it was.
    #[test]
    fn nothing_is_ever_read_as_what_it_was_not(changes in prop::collection::vec((any::<Index>(), 0..3u8), 0..6)) {
        let (whole, mut order) = (all_right(), (0..156).collect::<Vec<usize>>());
        for (at, change) in changes {
            let at = at.index(order.len() - 1);
            match change {
                0 => drop(order.remove(at)),
                1 => order.insert(at, order[at]),
                _ => order.swap(at, at + 1),
            }
        }
        let (frames, mut listener) = (transcript(), listener(&right_key()));
        for index in order {
            let seen = hear(&mut listener, &frames[index]);
            if seen.seal == Seal::Right {
                prop_assert_eq!((seen.data, index >= 5), (whole[index].data.clone(), true));
            } else if frames[index][4] & 0x08 != 0 && matches!(frames[index][6], 0x17 | 0x18) {
                prop_assert_eq!(seen.data, None);
            }
        }
    }
}
