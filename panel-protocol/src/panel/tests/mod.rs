mod runs;
mod version_2;
mod versions;

use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::credential::Credential;
use crate::decide::Reason;
use crate::table::{DigestKey, Profile, Row, SortedRows};
use crate::time::{Micros, UtcSeconds};
use crate::wiegand::H10301;

type TestPanel = Panel<SortedRows<200>, 4, 8>;

fn panel() -> TestPanel {
    Panel::new(PanelConfig { readers: 2 }, SortedRows::new())
}

fn card(number: u64) -> Credential {
    H10301.encode(100, number).unwrap()
}

/// Sends an operation and gives its answer's bytes.
fn ask(panel: &mut TestPanel, operation: &Operation<'_>) -> Vec<u8> {
    let mut request = [0; 512];
    let len = operation.encode(&mut request).unwrap();
    assert_eq!(Operation::decode(&request[..len]), Ok(Some(operation.clone())));
    send(panel, &request[..len])
}

fn send(panel: &mut TestPanel, operation: &[u8]) -> Vec<u8> {
    let mut answer = [0; 512];
    let len = panel.operate(Micros(0), operation, &mut answer);
    answer[..len].to_vec()
}

fn put(panel: &mut TestPanel, rows: &[Row]) -> Vec<u8> {
    let mut request = [0; 4096];
    let mut change = ChangeBuilder::put_rows(&mut request).unwrap();
    assert!(rows.iter().all(|row| change.row(row)));
    let len = change.len();
    send(panel, &request[..len])
}

fn delete(panel: &mut TestPanel, cards: &[Credential]) -> Vec<u8> {
    let mut request = [0; 512];
    let mut change = ChangeBuilder::delete_keys(&mut request).unwrap();
    assert!(cards.iter().all(|card| change.key(*card)));
    let len = change.len();
    send(panel, &request[..len])
}

fn install_profile(panel: &mut TestPanel) {
    let profile = Profile::always([0]);
    let profiles = ProfileList::checked(profile.as_bytes()).unwrap();
    ask(panel, &Operation::StageProfiles { first: 0, profiles });
    let digest = panel.table().digest_with(&[profile]);
    let answer = ask(panel, &Operation::CommitProfiles { count: 1, digest });
    assert!(
        matches!(Answer::decode(&answer), Some(Answer::Change { status: Status::Done, applied: 1, .. })),
        "{answer:?}"
    );
}

#[test]
fn a_card_opens_after_put_and_not_after_delete() {
    let mut panel = panel();
    install_profile(&mut panel);
    assert_eq!(panel.present(Micros(0), 0, card(7)), Reason::UnknownCard);
    put(&mut panel, &[Row::new(card(7), 0)]);
    assert_eq!(panel.present(Micros(0), 0, card(7)), Reason::Granted);
    assert_eq!(panel.present(Micros(0), 1, card(7)), Reason::NoAccess);
    assert_eq!(panel.present(Micros(0), 2, card(7)), Reason::UnknownReader);
    delete(&mut panel, &[card(7)]);
    assert_eq!(panel.present(Micros(0), 0, card(7)), Reason::UnknownCard);
}

#[test]
fn every_change_is_answered_with_the_digest_of_the_whole_table() {
    let mut panel = panel();
    for answer in [put(&mut panel, &[Row::new(card(1), 0)]), delete(&mut panel, &[card(1), card(2)])] {
        assert!(answer.len() + OUI.len() <= 15, "fits one cipher block with its padding");
        let Some(Answer::Change { status: Status::Done, applied: 1, digest, .. }) = Answer::decode(&answer)
        else {
            panic!("{answer:?}");
        };
        assert!(digest == panel.table().digest() || answer[0] == 0x10);
    }
}

#[test]
fn a_full_table_says_how_far_it_came() {
    let mut panel = panel();
    let rows: Vec<Row> = (0..202).map(|number| Row::new(card(number), 0)).collect();
    let answer = put(&mut panel, &rows);
    assert!(matches!(
        Answer::decode(&answer),
        Some(Answer::Change { status: Status::TableFull, applied: 200, .. })
    ));
}

#[test]
fn profiles_change_all_at_once_or_not_at_all() {
    let mut panel = panel();
    let two = [Profile::always([0]), Profile::always([0, 1])];
    let bytes: Vec<u8> = two.iter().flat_map(|profile| *profile.as_bytes()).collect();
    let profiles = ProfileList::checked(&bytes).unwrap();
    let status = |answer: Vec<u8>| match Answer::decode(&answer) {
        Some(Answer::Change { status, .. } | Answer::Refused { status, .. }) => status,
        other => panic!("{other:?}"),
    };
    assert_eq!(status(ask(&mut panel, &Operation::StageProfiles { first: 1, profiles })), Status::Staging);
    assert_eq!(status(ask(&mut panel, &Operation::StageProfiles { first: 0, profiles })), Status::Done);
    let digest = panel.table().digest_with(&two);
    let wrong = Operation::CommitProfiles { count: 2, digest: digest ^ 1 };
    assert_eq!(status(ask(&mut panel, &wrong)), Status::DigestMismatch);
    assert!(panel.table().profiles().is_empty());
    let missing = Operation::CommitProfiles { count: 3, digest };
    assert_eq!(status(ask(&mut panel, &missing)), Status::Staging);
    assert_eq!(status(ask(&mut panel, &Operation::CommitProfiles { count: 2, digest })), Status::Done);
    assert_eq!(panel.table().profiles(), two);
}

#[test]
fn a_bucket_is_read_in_pages() {
    let mut panel = panel();
    let rows: Vec<Row> = (0..200).map(|number| Row::new(card(number), 0)).collect();
    put(&mut panel, &rows);
    let mut read = Vec::new();
    for bucket in 0..=255 {
        let mut after = None;
        loop {
            let mut request = [0; 16];
            let len = Operation::ReadRows { bucket, after }.encode(&mut request).unwrap();
            let mut answer = [0; 64];
            let len = panel.operate(Micros(0), &request[..len], &mut answer);
            let Some(Answer::Rows { more, rows, .. }) = Answer::decode(&answer[..len]) else { panic!() };
            read.extend(rows.iter());
            after = read.last().map(|row: &Row| row.credential);
            if !more {
                break;
            }
        }
    }
    read.sort_by_key(|row| row.credential);
    let mut expected = rows;
    expected.sort_by_key(|row| row.credential);
    assert_eq!(read, expected);
}

#[test]
fn bucket_digests_come_as_far_as_the_answer_reaches() {
    let mut panel = panel();
    put(&mut panel, &[Row::new(card(1), 0)]);
    let answer = ask(&mut panel, &Operation::ReadBuckets { first: 100, count: 156 });
    let Some(Answer::Buckets { first: 100, digests }) = Answer::decode(&answer) else { panic!("{answer:?}") };
    assert_eq!(digests.iter().count(), (512 - 3) / 8);
    for (bucket, digest) in (100u8..).zip(digests.iter()) {
        assert_eq!(digest, panel.table().digests().bucket(bucket));
    }
}

#[test]
fn events_are_announced_once_read_from_anywhere_and_forgotten_when_acknowledged() {
    let mut panel = panel();
    ask(&mut panel, &Operation::SetClock(UtcSeconds(1000)));
    let mut answer = [0; 64];
    assert_eq!(panel.waiting(&mut answer), None);
    panel.present(Micros(2_000_000), 0, card(1));
    panel.present(Micros(3_000_000), 0, card(2));
    let len = panel.waiting(&mut answer).unwrap();
    assert_eq!(Answer::decode(&answer[..len]), Some(Answer::EventsWaiting { first_event: 0, next_event: 2 }));
    assert_eq!(panel.waiting(&mut answer), None);
    let events = ask(&mut panel, &Operation::ReadEvents { from: 1 });
    let Some(Answer::Events { next_event: 2, events }) = Answer::decode(&events) else { panic!() };
    let event = events.iter().next().unwrap();
    assert_eq!((event.sequence, event.at), (1, Some(UtcSeconds(1003))));
    ask(&mut panel, &Operation::AckEvents { before: 2 });
    assert_eq!(panel.pending_events(), 0);
}

#[test]
fn overflowing_events_leave_a_gap_that_tells() {
    let mut panel = panel();
    for number in 0..10 {
        panel.present(Micros(0), 0, card(number));
    }
    let answer = ask(&mut panel, &Operation::ReadEvents { from: 0 });
    let Some(Answer::Events { events, .. }) = Answer::decode(&answer) else { panic!() };
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), (2..10).collect::<Vec<_>>());
}

#[test]
fn a_reboot_keeps_the_table_and_loses_the_clock() {
    let mut panel = panel();
    put(&mut panel, &[Row::new(card(1), 0)]);
    ask(&mut panel, &Operation::SetClock(UtcSeconds(1000)));
    panel.present(Micros(0), 0, card(1));
    let mut answer = [0; 64];
    panel.waiting(&mut answer).unwrap();
    let digest = panel.table().digest();
    panel.reboot();
    let answer_bytes = ask(&mut panel, &Operation::Info);
    let Some(Answer::Info(info)) = Answer::decode(&answer_bytes) else { panic!() };
    assert_eq!((info.digest, info.clock, info.boot, info.rows), (digest, None, 1, 1));
    assert!(panel.waiting(&mut answer).is_some(), "announced again after a reboot");
}

#[test]
fn adopting_changes_the_digest_key_and_keeps_the_rows() {
    let mut panel = panel();
    put(&mut panel, &[Row::new(card(1), 0)]);
    let key = DigestKey::new([9; 16]);
    ask(&mut panel, &Operation::Adopt { epoch: 77, key: key.clone() });
    let answer = ask(&mut panel, &Operation::Info);
    let Some(Answer::Info(info)) = Answer::decode(&answer) else { panic!() };
    assert_eq!((info.rows, info.epoch, info.key_check), (1, 77, key.check()));
}

#[test]
fn what_is_malformed_changes_nothing() {
    let mut panel = panel();
    put(&mut panel, &[Row::new(card(1), 0)]);
    let digest = panel.table().digest();
    for (bad, status) in [
        (&[][..], Status::Malformed),
        (&[0x7E], Status::UnknownOperation),
        (&[0x10], Status::Malformed),
        (&[0x10, 26, 0, 0, 0, 9, 0, 0, 26], Status::Malformed),
        (&[0x11, 26, 0xFF, 0, 0, 0], Status::Malformed),
        (&[0x12, 0, 0, 1], Status::Malformed),
        (&[0x20, 200, 57, 0], Status::Malformed),
        (&[0x20, 253, 0xFF, 0xFF], Status::Malformed),
        (&[0x02, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], Status::Malformed),
        (&[0x01, 0], Status::Malformed),
    ] {
        let answer = send(&mut panel, bad);
        let code = bad.first().copied().unwrap_or(0);
        assert_eq!(Answer::decode(&answer), Some(Answer::Refused { code, status }), "{bad:02X?}");
    }
    assert_eq!(panel.table().digest(), digest);
}

proptest! {
    #[test]
    fn any_bytes_are_answered_and_every_answer_can_be_read(
        operations in proptest::collection::vec((0u8..0x40, proptest::collection::vec(any::<u8>(), 0..60)), 0..40),
        room in 64usize..300,
    ) {
        let mut panel = panel();
        for (code, body) in operations {
            let mut request = std::vec![code];
            request.extend(body);
            let mut answer = std::vec![0; room];
            let len = panel.operate(Micros(0), &request, &mut answer);
            prop_assert!(Answer::decode(&answer[..len]).is_some(), "{:02X?} -> {:02X?}", request, &answer[..len]);
        }
    }

    #[test]
    fn any_bytes_are_an_answer_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let _ = Answer::decode(&bytes);
        let _ = Operation::decode(&bytes);
    }
}
