//! Version 1's frames, which never change, and what a panel and a reader of answers do with what is newer.

use core::fmt::Write;
use std::string::String;

use crc::{CRC_32_ISO_HDLC, Crc};

use super::*;

const GOLDEN: &str = include_str!("../../../tests/data/golden-v1.txt");

pub(super) const GOLDEN_2: &str = include_str!("../../../tests/data/golden-v2.txt");

/// How many lines a file had at each release, and their CRC-32: what was released stays as it is.
const RELEASED: [(&str, usize, u32); 3] =
    [(GOLDEN, 51, 0xA7BE_5FE2), (GOLDEN, 108, 0x2749_ADB5), (GOLDEN_2, 102, 0xBD2F_49D5)];

/// A panel as the golden frames' file has it, and the bytes that its answers may have.
pub(super) struct Replay {
    panel: TestPanel,
    room: usize,
}

impl Replay {
    pub(super) fn new() -> Self {
        Self { panel: panel(), room: 512 }
    }

    /// Each line of the file is an operation, what happens, or the answer to the line before.
    pub(super) fn hold(mut self, golden: &str) {
        let mut lines = golden.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        while let Some(line) = lines.next() {
            let given = match line.strip_prefix('@') {
                Some(_) => self.happens(line),
                None => Some(self.answer(line)),
            };
            let Some(mut given) = given else { continue };
            if golden == GOLDEN && given.starts_with("0100") {
                // INFO tells the newest version that the panel speaks, in every session.
                given.replace_range(4..6, "01");
            }
            assert_eq!(Some(given.as_str()), lines.next(), "answer to {line}");
            assert!(given == "-" || Answer::decode(&unhex(&given)).is_some(), "answer to {line}");
        }
    }

    fn answer(&mut self, operation: &str) -> String {
        let mut answer = [0; 512];
        let len = self.panel.operate(Micros(0), &unhex(operation), &mut answer[..self.room]);
        hex(&answer[..len])
    }

    /// A line that begins with @: what happens, and the message if it is a poll.
    fn happens(&mut self, line: &str) -> Option<String> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["@", "card", reader, key] => {
                let (card, _) = crate::table::decode_credential(&unhex(key)).unwrap();
                self.panel.present(Micros(0), reader.parse().unwrap(), card);
                None
            }
            ["@", "session"] => {
                self.panel.begin_session();
                None
            }
            ["@", "room", bytes] => {
                self.room = bytes.parse().unwrap();
                None
            }
            ["@", "poll"] => {
                let mut message = [0; 64];
                let len = self.panel.waiting(&mut message);
                Some(len.map_or_else(|| "-".into(), |len| hex(&message[..len])))
            }
            _ => panic!("{line} is nothing that happens"),
        }
    }
}

/// Operation then answer: a change here breaks panels in the field.
#[test]
fn golden_frames_of_version_1() {
    Replay::new().hold(GOLDEN);
}

#[test]
fn golden_frames_are_only_ever_appended_to() {
    for (golden, count, released) in RELEASED {
        let lines: Vec<&str> = golden.split_inclusive('\n').take(count).collect();
        assert_eq!(lines.len(), count, "released lines are gone");
        let now = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(lines.concat().as_bytes());
        assert_eq!(now, released, "a released line among the first {count} is not what it was");
    }
}

/// Operations as a later version may make them.
#[test]
fn a_panel_refuses_what_is_newer_and_stays_as_it_was() {
    let mut panel = panel();
    install_profile(&mut panel);
    put(&mut panel, &[Row::new(card(1), 0)]);
    panel.present(Micros(0), 0, card(1));
    let before = ask(&mut panel, &Operation::Info);
    for code in (0x00..=0xFF).filter(|code| !is_of_version_1(*code)) {
        assert_eq!(send(&mut panel, &[code, 1, 2, 3]), [code, Status::UnknownOperation.code()]);
    }
    for newer in [
        "01 00",
        "02 00000001 00000000000000000000000000000000 00",
        "03 00000001 00",
        "10 9a02f623ae0000 04 00000000",
        "10 9a02f623ae0000 05 00000000 00000000",
        "10 41000000000000000000 0000",
        "11 9a02f623ae",
        "12 0000 ff010000000000000000000000000000",
        "12 0000 ff000000000000000000000000000000 00",
        "13 0100 0000000000000000 00",
        "20 00 0100 00",
        "21 00 1a02f623ae 00",
        "30 00000000 00",
        "31 00000001 00",
    ] {
        let operation = unhex(newer);
        let refusal = [operation[0], Status::Malformed.code()];
        assert_eq!(send(&mut panel, &operation), refusal, "{newer}");
    }
    assert_eq!(ask(&mut panel, &Operation::Info), before);
}

#[test]
fn of_a_longer_info_the_part_that_is_known_is_read() {
    let mut panel = panel();
    let mut info = ask(&mut panel, &Operation::Info);
    let Some(Answer::Info(old)) = Answer::decode(&info) else { panic!("{info:?}") };
    info[2] = VERSION + 1;
    info.extend([0xAB; 20]);
    assert_eq!(Answer::decode(&info), Some(Answer::Info(Info { version: VERSION + 1, ..old })));
}

#[test]
fn an_answer_that_version_1_does_not_have_is_none() {
    let mut panel = panel();
    let changed = put(&mut panel, &[Row::new(card(1), 0)]);
    panel.present(Micros(0), 0, card(1));
    let events = ask(&mut panel, &Operation::ReadEvents { from: 0 });
    let info = ask(&mut panel, &Operation::Info);
    for (answer, at, byte) in [
        (&changed, 1, 6),     // a status
        (&info, 0, 0x04),     // an operation
        (&events, 6 + 8, 2),  // a kind of event
        (&events, 6 + 10, 8), // a reason
    ] {
        assert!(Answer::decode(answer).is_some());
        let mut newer = answer.clone();
        newer[at] = byte;
        assert_eq!(Answer::decode(&newer), None, "byte {at}: {byte}");
    }
    assert_eq!(Answer::decode(&[0x81, 0, 1, 2, 3]), None, "an unasked message");
}

fn is_of_version_1(code: u8) -> bool {
    matches!(code, 0x01..=0x03 | 0x10..=0x13 | 0x20 | 0x21 | 0x30 | 0x31)
}

pub(super) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
