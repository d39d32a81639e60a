//! Operations made of few cards, few profiles and small numbers, so that they meet.

use panel_protocol::credential::Credential;
use panel_protocol::panel::{ChangeBuilder, Operation};
use panel_protocol::table::Row;
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

/// STAGE_PROFILES with profiles that may name schedules, which are malformed in version 1.
pub(super) fn stage(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut bytes = vec![0x12, choices.byte() % 5, 0];
    for _ in 0..choices.below(4) {
        let about = choices.byte();
        let mut profile = [0; 16];
        profile[0] = if about & 1 != 0 { 0xFF } else { 0 };
        profile[1] = if about & 2 != 0 { 0xFF } else { 0 };
        profile[15] = if about > 0xF0 { about } else { 0 };
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
