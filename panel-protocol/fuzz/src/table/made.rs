//! Operations made of few cards, few profiles and small numbers, so that they meet.

use panel_protocol::credential::Credential;
use panel_protocol::panel::{ChangeBuilder, Operation, RunEncoder};
use panel_protocol::table::{DigestKey, Pin, PinVerifier, Rights, Row, SettingKey};
use panel_protocol::time::UtcSeconds;

use super::super::choices::Choices;

/// Widths that cards have here: the shortest key, H10301's, and the longest.
const WIDTHS: [u8; 4] = [4, 26, 26, 64];

/// One of 64 cards.
pub(super) fn card(choices: &mut Choices<'_>) -> Credential {
    let byte = choices.byte();
    Credential::new(WIDTHS[usize::from(byte >> 6)], u64::from(byte & 0x0F))
        .expect("four bits fit in any width")
}

fn row(choices: &mut Choices<'_>) -> Row {
    let mut row = Row::new(card(choices), 0);
    let about = choices.byte();
    row.profile = u16::from(about & 0x03);
    row.valid_from = (about & 0x10 != 0).then(|| UtcSeconds(u32::from(choices.byte())));
    row.valid_until = (about & 0x20 != 0).then(|| UtcSeconds(u32::from(choices.byte())));
    if about & 0x40 != 0 {
        // Right under the key that a panel is made with.
        row.pin = Some(PinVerifier::new(&DigestKey::default(), row.credential, &pin(choices)));
    }
    if about & 0x80 != 0 {
        row.rights = Rights::from_bits(choices.byte() & 0x1F).expect("known");
    }
    row
}

pub(super) fn put_rows(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut to = [0; 256];
    let mut change = ChangeBuilder::put_rows(&mut to).expect("fits");
    for _ in 0..=choices.below(8) {
        assert!(change.row(&row(choices)));
    }
    let len = change.len();
    to[..len].to_vec()
}

pub(super) fn delete_keys(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut to = [0; 256];
    let mut change = ChangeBuilder::delete_keys(&mut to).expect("fits");
    for _ in 0..=choices.below(8) {
        assert!(change.key(card(choices)));
    }
    let len = change.len();
    to[..len].to_vec()
}

/// One of four PINs, each the next one's under duress.
pub(super) fn pin(choices: &mut Choices<'_>) -> Pin {
    Pin::new(&[b'1', b'2', b'3', b'0' + choices.byte() % 4]).expect("four digits")
}

/// PUT_SETTINGS with lists that may be malformed, of few schedules, calendars and doors.
pub(super) fn put_settings(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut bytes = vec![0x14];
    for _ in 0..=choices.below(3) {
        match choices.below(5) {
            0 => {
                bytes.extend([1, 1 + choices.byte() % 3, 1 + choices.byte() % 2]);
                for _ in 0..bytes[bytes.len() - 1] {
                    // Any minute of the first days, so that clocks that begin in 1970 meet it.
                    let on = [0x08, 0x7F, 0x80, 0x81][usize::from(choices.byte() % 4)];
                    bytes.extend([
                        on,
                        choices.byte(),
                        choices.byte() % 6,
                        choices.byte(),
                        choices.byte() % 6,
                    ]);
                }
            }
            1 => {
                let day = choices.byte() % 4;
                bytes.extend([2, choices.byte() % 3, 1, day, 0, day + choices.byte() % 2, 0]);
            }
            2 => {
                let ahead = i16::from(choices.byte()) * 8 - 1_024;
                bytes.extend([3, 0, 1, choices.byte(), 0, 0, 0]);
                bytes.extend(ahead.to_le_bytes());
            }
            _ => {
                bytes.extend([4, choices.byte() % 3]);
                bytes.extend(mode(choices));
                bytes.extend([when(choices), choices.byte() % 3, choices.byte() % 8, 0]);
                bytes.extend([choices.byte() % 2 * 5, choices.byte() % 4, choices.byte() % 2, 0]);
                bytes.extend([choices.byte() % 2, choices.byte() % 2, choices.byte() % 4, 0]);
            }
        }
    }
    bytes
}

fn when(choices: &mut Choices<'_>) -> u8 {
    [0, 1, 2, 3, 255][usize::from(choices.byte() % 5)]
}

fn mode(choices: &mut Choices<'_>) -> [u8; 3] {
    match choices.byte() % 8 {
        0..4 => [0; 3],
        4 => [4, when(choices), choices.byte() % 3],
        5 => [5, choices.byte() % 9, 0],
        mode => [mode % 4, 0, 0],
    }
}

/// DELETE_SETTINGS.
pub(super) fn delete_settings(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut bytes = vec![0x15];
    for _ in 0..=choices.below(3) {
        bytes.extend([choices.byte() % 6, choices.byte() % 4]);
    }
    bytes
}

/// READ_SETTINGS from the first or another.
pub(super) fn read_settings(choices: &mut Choices<'_>) -> Vec<u8> {
    encoded(&Operation::ReadSettings {
        after: SettingKey::from_bytes([choices.byte() % 6, choices.byte() % 4]),
    })
}

/// PUT_RUNS of few cards; one time in four some byte of it is another.
pub(super) fn put_runs(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut cards: Vec<Credential> = (0..=choices.below(8)).map(|_| card(choices)).collect();
    let encoder = RunEncoder::for_cards(cards.iter().copied());
    cards.sort_by_key(|card| encoder.order(*card));
    cards.dedup();
    let mut bytes = vec![0x16];
    let mut rest = &cards[..];
    while !rest.is_empty() {
        let mut run = [0; 64];
        let (len, count) = encoder.encode(&mut run, u16::from(choices.byte() % 4), rest).expect("one fits");
        bytes.extend(&run[..len]);
        rest = &rest[count..];
    }
    if choices.below(4) == 0 {
        let at = 1 + choices.below(bytes.len() - 1);
        bytes[at] = choices.byte();
    }
    bytes
}

/// SET_MODE or UNLOCK.
pub(super) fn at_a_door(choices: &mut Choices<'_>) -> Vec<u8> {
    let unlocks = choices.byte().is_multiple_of(2);
    let mut bytes = vec![if unlocks { 0x41 } else { 0x40 }, choices.byte() % 3];
    let not_after = if choices.byte().is_multiple_of(2) { 0 } else { u32::from(choices.u16()) * 4 };
    bytes.extend(not_after.to_le_bytes());
    if unlocks {
        bytes.extend(u16::from(choices.byte()).to_le_bytes());
    } else {
        bytes.extend(u32::from(choices.byte() % 4).to_le_bytes());
        bytes.extend(mode(choices));
    }
    bytes
}

/// STAGE_PROFILES with profiles that may name schedules, which are malformed in a session of version 1.
pub(super) fn stage(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut bytes = vec![0x12, choices.byte() % 5, 0];
    for _ in 0..choices.below(4) {
        let about = choices.byte();
        let mut profile = [0; 16];
        profile[0] = if about & 1 != 0 { 0xFF } else { 0 };
        profile[1] = if about & 2 != 0 { 0xFF } else { 0 };
        if about > 0xC0 {
            profile[usize::from(about & 1)] = 1 + about % 3;
        }
        bytes.extend(profile);
    }
    bytes
}

/// SET_CLOCK to some time of the first days.
pub(super) fn clock(choices: &mut Choices<'_>) -> Vec<u8> {
    encoded(&Operation::SetClock(UtcSeconds(1 + u32::from(choices.u16()) * 4)))
}

/// STAGE_PROFILES of three, each with something at both readers.
pub(super) fn stage_all(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut bytes = vec![0x12, 0, 0];
    for _ in 0..3 {
        let mut profile = [0; 16];
        (profile[0], profile[1]) = (255, when(choices));
        bytes.extend(profile);
    }
    bytes
}

/// COMMIT_PROFILES, as a rule with the `right` digest.
pub(super) fn commit(choices: &mut Choices<'_>, right: u64) -> Vec<u8> {
    let about = choices.byte();
    let digest = if about & 0x80 == 0 { right } else { !right };
    let mut bytes = vec![0x13, about % 5, 0];
    bytes.extend(digest.to_le_bytes());
    bytes
}

/// READ_ROWS from a card's bucket or any other, after that card or another.
pub(super) fn read_rows(choices: &mut Choices<'_>) -> Vec<u8> {
    let card_asked = card(choices);
    let bucket = match choices.byte() {
        0 => choices.byte(),
        _ => panel_protocol::table::bucket_of(card_asked),
    };
    let after = match choices.below(4) {
        0 => None,
        1 => Some(card_asked),
        _ => Some(card(choices)),
    };
    encoded(&Operation::ReadRows { bucket, after })
}

/// An operation whose body is small numbers.
pub(super) fn numbered(choices: &mut Choices<'_>) -> Vec<u8> {
    match choices.below(6) {
        0 => encoded(&Operation::Info),
        1 => {
            let mut bytes = vec![0x02];
            bytes.extend((choices.u32() & 0xFF).to_le_bytes());
            bytes.extend([choices.byte() & 3; 16]);
            bytes
        }
        2 => encoded(&Operation::SetClock(UtcSeconds(choices.u32()))),
        3 => vec![0x20, choices.byte(), choices.byte(), choices.byte() & 1],
        4 => encoded(&Operation::ReadEvents { from: u32::from(choices.byte()) }),
        _ => encoded(&Operation::AckEvents { before: u32::from(choices.byte()) }),
    }
}

fn encoded(operation: &Operation<'_>) -> Vec<u8> {
    let mut to = [0; 64];
    let len = operation.encode(&mut to).expect("is short");
    to[..len].to_vec()
}
