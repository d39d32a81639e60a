//! What a log may show of keys, cards, PINs and whatever a vendor says: that they are there, and how long they are.

use std::fmt::Debug;

use panel_protocol::osdp::command::{KeySet, Text, TextMode};
use panel_protocol::osdp::file::FileFragment;
use panel_protocol::osdp::frame::{self, Frame, FrameMut, Header};
use panel_protocol::osdp::monitor::{KeyRing, Monitor};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::reply::{Formatted, Keypad, Reply};
use panel_protocol::osdp::secure::{Handshake, Message, SCBK_D, Scbk};
use panel_protocol::osdp::smart_card::Extended;
use panel_protocol::table::DigestKey;

/// Stands for any secret: no shown number or word has it in it.
const SECRET: &[u8; 16] = b"SECRETSECRETSECR";

fn shown(value: &impl Debug, expected: &str) {
    assert_eq!(format!("{value:?}"), expected);
}

#[test]
fn a_key_is_shown_by_its_kind_alone() {
    let key = Scbk::new(*SECRET);
    shown(&key, "Scbk(..)");
    shown(&KeySet::new(&key), "KeySet(..)");
    shown(&DigestKey::new(*SECRET), "DigestKey(…)");
    let handshake = Handshake::new(&key, &[1; 8], &[2; 8]);
    shown(&handshake, "Handshake(..)");
    let server = *Handshake::new(&key, &[1; 8], &[2; 8]).check_client(handshake.client_cryptogram()).unwrap();
    let (session, _) = handshake.accept(&server).unwrap();
    shown(&session, "Session(alive)");
    shown(&KeyRing::<1>::new(), "KeyRing { keys: [], learns: false }");
    let mut ring = KeyRing::<1>::new();
    ring.add(None, SCBK_D).unwrap();
    shown(&ring, "KeyRing { keys: [(None, Scbk(..))], learns: false }");
}

#[test]
fn what_a_person_presented_is_shown_by_its_length_alone() {
    let raw = Reply::parse(0x50, &[0, 1, 26, 0, 0xBD, 0x88, 0xEB, 0x80]).unwrap();
    shown(&raw, "Raw(Raw(reader 0, 26 bits))");
    shown(&Formatted { reader: 1, direction: 0, characters: SECRET }, "Formatted(reader 1, 16 characters)");
    shown(&Keypad { reader: 2, keys: SECRET }, "Keypad(reader 2, 16 keys)");
}

#[test]
fn what_a_vendor_a_file_or_a_smart_card_says_is_shown_by_its_length_alone() {
    shown(&Manufacturer { oui: [1, 2, 3], data: SECRET }, "Manufacturer(01-02-03, 16 bytes)");
    let part = FileFragment { kind: 1, total: 99, offset: 7, data: SECRET };
    shown(&part, "FileFragment(kind 1, 16 bytes at 7 of 99)");
    shown(&Extended { mode: 1, code: 2, data: SECRET }, "Extended(mode 1, code 2, 16 bytes)");
    shown(&Message { code: 0x80, data: SECRET }, "code 80, 16 bytes");
}

#[test]
fn a_frame_is_shown_without_its_data() {
    let header = Header::command(5, 2);
    let mut room = [0; 64];
    let payload = Manufacturer { oui: [1, 2, 3], data: SECRET };
    let command = panel_protocol::osdp::command::Command::Manufacturer(payload);
    let mut bytes = frame::emit(&mut room, header, None, &command).unwrap()[1..].to_vec();
    let expected = "frame to 5, sequence 2, Crc, code 80, 19 bytes";
    shown(&Frame::parse(&bytes).unwrap(), expected);
    shown(&FrameMut::parse(&mut bytes).unwrap(), expected);
    let mut monitor = Monitor::<1, 1>::new(KeyRing::new());
    let seen = format!("{:?}", monitor.observe(FrameMut::parse(&mut bytes).unwrap()));
    assert!(seen.starts_with("Observation { header: ") && !seen.contains("SECRET"), "{seen}");
    assert!(seen.contains("code: 128, seal: None"), "{seen}");
}

#[test]
fn a_text_is_shown_as_it_stands_but_moves_no_cursor() {
    let (mode, text) = (TextMode::Temporary, &b"Come in\x1b[2J"[..]);
    let text = Text { reader: 0, mode, seconds: 3, row: 1, column: 2, text };
    shown(&text, r#"Text(Temporary at reader 0, 1:2, 3 s, "Come in\x1b[2J")"#);
}
