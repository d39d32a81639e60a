//! Compact runs: what they take, and that they say the same as rows.

use std::collections::BTreeSet;

use super::*;
use crate::panel::{RunEncoder, Runs};
use crate::table::bucket_of;
use crate::testing::Dice;

const SEED: u64 = 0x5EED_0004;

/// The operations' bodies that carry these cards, each of `room` bytes at most.
fn bodies(cards: &[Credential], room: usize) -> Vec<Vec<u8>> {
    let mut sorted = cards.to_vec();
    let encoder = RunEncoder::for_cards(cards.iter().copied());
    sorted.sort_by_key(|card| encoder.order(*card));
    let mut bodies = Vec::new();
    let mut rest = &sorted[..];
    while !rest.is_empty() {
        let mut body = std::vec![0; room];
        let (len, count) = encoder.encode(&mut body, 3, rest).unwrap();
        body.truncate(len);
        bodies.push(body);
        rest = &rest[count..];
    }
    bodies
}

fn cards_in(bodies: &[Vec<u8>]) -> BTreeSet<Credential> {
    let runs = bodies.iter().map(|body| Runs::checked(body).unwrap());
    runs.flat_map(Runs::iter)
        .map(|row| {
            assert_eq!(row, Row::new(row.credential, 3));
            row.credential
        })
        .collect()
}

fn bytes_of(cards: &BTreeSet<Credential>, room: usize) -> usize {
    let all: Vec<Credential> = cards.iter().copied().collect();
    let bodies = bodies(&all, room);
    assert_eq!(cards_in(&bodies), *cards);
    // The code, and the organisation that stands before it.
    bodies.iter().map(|body| body.len() + 1 + OUI.len()).sum()
}

/// The figures of PROTOCOL.md: 10,000 cards, in frames that hold so many bytes of an operation.
#[test]
fn ten_thousand_cards_take_little_more_than_what_they_say() {
    let mut dice = Dice(SEED);
    let mut facility = BTreeSet::new();
    while facility.len() < 10_000 {
        facility.insert(card(dice.below(1 << 16)));
    }
    let mut any = BTreeSet::new();
    while any.len() < 10_000 {
        any.insert(Credential::new(26, dice.below(1 << 26)).unwrap());
    }
    let mut facilities = BTreeSet::new();
    while facilities.len() < 10_000 {
        facilities.insert(H10301.encode(dice.below(256), dice.below(1 << 16)).unwrap());
    }
    let in_a_row: BTreeSet<Credential> = (0..10_000).map(card).collect();
    std::println!("seed {SEED:#x}; 10,000 rows one by one take 70,000 bytes");
    for (room, aims) in [(231, [5_500, 18_800, 16_500, 1_400]), (960, [5_250, 18_000, 15_700, 1_310])] {
        let sizes = [&facility, &any, &facilities, &in_a_row].map(|cards| bytes_of(cards, room));
        std::println!(
            "operations of {room} bytes: one facility {}, random 26 bits {}, random facilities {}, in a row {}",
            sizes[0],
            sizes[1],
            sizes[2],
            sizes[3]
        );
        assert!(sizes.iter().zip(aims).all(|(size, aim)| *size <= aim), "{sizes:?}");
    }
}

#[test]
fn a_run_without_parity_bits_gives_them_back() {
    let cards: Vec<Credential> = [0, 1, 100, 255]
        .into_iter()
        .flat_map(|facility| {
            (0..1 << 16).step_by(97).map(move |number| H10301.encode(facility, number).unwrap())
        })
        .collect();
    let runs = bodies(&cards, 200);
    assert!(runs.iter().all(|run| run[2] == 0x9A));
    assert_eq!(cards_in(&runs), cards.iter().copied().collect());
    // One whose parity is wrong goes in a run of its own.
    let odd = Credential::new(26, cards[50].raw() ^ 1).unwrap();
    let with_odd: Vec<Credential> = cards.iter().copied().chain([odd]).collect();
    let runs = bodies(&with_odd, 2_000);
    assert_eq!(runs[0][2], 26);
    assert_eq!(cards_in(&runs), with_odd.iter().copied().collect());
}

#[test]
fn runs_that_lie_are_refused() {
    let body = bodies(&[card(1), card(5), card(700)], 64).remove(0);
    assert!(Runs::checked(&body).is_some() && Runs::checked(&body.repeat(2)).is_some());
    assert!(Runs::checked(&[]).is_none());
    for len in 1..body.len() {
        assert!(Runs::checked(&body[..len]).is_none(), "{len} bytes");
    }
    let broken = |at: usize, byte: u8| {
        let mut broken = body.clone();
        broken[at] = byte;
        Runs::checked(&broken).is_none()
    };
    for (at, byte) in [(2, 0), (2, 65), (2, 0x9B), (2, 0x80), (3, 64), (4, 0), (4, 4)] {
        assert!(broken(at, byte), "byte {at}: {byte}");
    }
    // A value beyond the shape's, by the first value or by gaps; a one in the last byte's rest.
    assert!(Runs::checked(&[0, 0, 5, 0, 1, 0, 0x20]).is_none());
    assert!(Runs::checked(&[0, 0, 5, 0, 2, 0, 0x1F, 0]).is_none());
    assert!(Runs::checked(&[0, 0, 5, 0, 2, 0, 0x1E, 0]).is_some());
    assert!(Runs::checked(&[0, 0, 5, 0, 2, 0, 0x1E, 1]).is_none());
    assert!(
        Runs::checked(&[0, 0, 64, 63, 2, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0])
            .is_none()
    );
    assert!(
        Runs::checked(&[0, 0, 64, 63, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0]).is_none()
    );
}

#[test]
fn a_panel_holds_after_runs_what_it_would_hold_after_rows() {
    let (mut by_runs, mut by_rows) = (panel(), panel());
    let cards: Vec<Credential> = (0..60).map(|number| card(number * 31)).collect();
    ask(&mut by_runs, &Operation::Hello { version: 2 });
    for body in bodies(&cards, 100) {
        let operation = [&[0x16][..], &body].concat();
        let answer = send(&mut by_runs, &operation);
        assert!(matches!(Answer::decode(&answer), Some(Answer::Change { status: Status::Done, .. })));
    }
    put(&mut by_rows, &cards.iter().map(|card| Row::new(*card, 3)).collect::<Vec<_>>());
    assert_eq!(by_runs.table().digest(), by_rows.table().digest());
    assert_eq!(by_runs.table().len(), 60);
    assert_eq!(
        by_runs.table().digests().bucket(bucket_of(cards[9])),
        by_rows.table().digests().bucket(bucket_of(cards[9]))
    );
}

proptest! {
    #[test]
    fn any_cards_survive_their_runs(
        cards in proptest::collection::btree_set((1u8..=64, any::<u64>()), 1..200),
        room in 24usize..300,
    ) {
        let cards: BTreeSet<Credential> =
            cards.into_iter().map(|(bits, raw)| Credential::new(bits, raw >> (64 - bits)).unwrap()).collect();
        bytes_of(&cards, room);
    }

    #[test]
    fn any_bytes_are_runs_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Some(runs) = Runs::checked(&bytes) {
            prop_assert!(runs.iter().count() <= bytes.len() * 8);
        }
    }
}
