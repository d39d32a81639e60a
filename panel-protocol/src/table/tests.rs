use proptest::prelude::*;

use super::*;

fn card(raw: u64) -> Credential {
    Credential::new(26, raw).unwrap()
}

fn key() -> DigestKey {
    DigestKey::new([7; DIGEST_KEY_LEN])
}

fn table() -> CardTable<SortedRows<64>, 4> {
    let mut table = CardTable::new(SortedRows::new(), key());
    table.set_profiles([Profile::always([0, 1])].into());
    table
}

#[test]
fn a_plain_26_bit_card_takes_at_most_8_bytes() {
    assert!(Row::new(card(0x2F6_23AE), 1).encoded_len() <= 8);
}

#[test]
fn the_same_rows_in_any_order_have_the_same_digest() {
    let (mut one, mut other) = (table(), table());
    for raw in 0..50 {
        one.put(Row::new(card(raw), 0)).unwrap();
        other.put(Row::new(card(49 - raw), 1)).unwrap();
    }
    assert_ne!(one.digest(), other.digest());
    for raw in 0..50 {
        other.put(Row::new(card(raw), 0)).unwrap();
    }
    assert_eq!(one.digest(), other.digest());
    assert!(one.remove(card(13)));
    assert_ne!(one.digest(), other.digest());
    assert!(other.remove(card(13)) && !other.remove(card(13)));
    assert_eq!(one.digest(), other.digest());
}

#[test]
fn rows_after_a_card_of_another_bucket_are_those_with_a_greater_credential() {
    let rows: std::vec::Vec<_> = (0..60).map(|raw| Row::new(card(raw), 0)).collect();
    let mut store = SortedRows::<60>::new();
    rows.iter().for_each(|row| assert_eq!(store.put(*row), Ok(None)));
    for bucket in 0..=u8::MAX {
        let of_bucket = || rows.iter().filter(|row| bucket_of(row.credential) == bucket);
        for after in rows.iter().map(|row| row.credential) {
            let expected = of_bucket().find(|row| row.credential > after).copied();
            assert_eq!(store.next_in_bucket(bucket, Some(after)), expected);
        }
    }
}

#[test]
fn profiles_are_part_of_the_digest() {
    let mut table = table();
    let before = table.digest();
    let others = [Profile::always([0]), Profile::NEVER];
    let foretold = table.digest_with(&others);
    table.set_profiles(others.into());
    assert_eq!(table.digest(), foretold);
    assert_ne!(table.digest(), before);
}

#[test]
fn another_key_gives_another_digest_of_the_same_rows() {
    let mut one = table();
    one.put(Row::new(card(1), 0)).unwrap();
    let first = one.digest();
    one.rekey(DigestKey::new([8; DIGEST_KEY_LEN]));
    assert_ne!(one.digest(), first);
    one.rekey(key());
    assert_eq!(one.digest(), first);
}

#[test]
fn a_thousand_rows_in_ram_take_25_bytes_each() {
    assert_eq!(size_of::<SortedRows<1_000>>(), 25_000 + size_of::<usize>());
}

#[test]
fn a_full_table_changes_nothing_and_still_takes_updates() {
    let mut table = table();
    for raw in 0..64 {
        table.put(Row::new(card(raw), 0)).unwrap();
    }
    let before = table.digest();
    assert_eq!(table.put(Row::new(card(64), 0)), Err(TableFull));
    assert_eq!((table.digest(), table.len()), (before, 64));
    table.put(Row::new(card(5), 1)).unwrap();
}

#[test]
fn runs_of_card_numbers_spread_over_the_buckets() {
    let mut counts = [0u32; 256];
    for number in 0..10_000 {
        let card = crate::wiegand::H10301.encode(100, number).unwrap();
        counts[usize::from(bucket_of(card))] += 1;
    }
    assert!(counts.iter().all(|count| (20..80).contains(count)), "{counts:?}");
}

#[test]
fn rows_that_lie_are_refused() {
    assert_eq!(Row::decode(&[]), Err(RowError::Truncated));
    assert_eq!(Row::decode(&[0, 1, 0, 0]), Err(RowError::Credential));
    assert_eq!(Row::decode(&[65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Err(RowError::Credential));
    assert_eq!(Row::decode(&[8 | 0x80, 1, 0, 0, 0]), Err(RowError::Flags(0)));
    assert_eq!(Row::decode(&[8 | 0x80, 1, 0, 0, 4]), Err(RowError::Truncated));
    assert_eq!(Row::decode(&[8 | 0x80, 1, 0, 0, 0x10]), Err(RowError::Flags(0x10)));
    assert_eq!(Row::decode(&[8 | 0x80, 1, 0, 0, 8, 0]), Err(RowError::Rights(0)));
    assert_eq!(Row::decode(&[8 | 0x80, 1, 0, 0, 8, 0x20]), Err(RowError::Rights(0x20)));
    assert_eq!(Row::decode(&[7, 0x80, 0, 0]), Err(RowError::Credential));
}

prop_compose! {
    fn rows()(
        bits in 1u8..=64,
        raw: u64,
        profile: u16,
        from: Option<u32>,
        until: Option<u32>,
        pin: Option<u32>,
        rights in 0u8..0x20,
    ) -> Row {
        Row {
            credential: Credential::new(bits, raw & (u64::MAX >> (64 - bits))).unwrap(),
            profile,
            valid_from: from.map(UtcSeconds),
            valid_until: until.map(UtcSeconds),
            pin: pin.map(PinVerifier),
            rights: Rights::from_bits(rights).unwrap(),
        }
    }
}

proptest! {
    #[test]
    fn every_row_survives_the_wire(row in rows()) {
        let mut bytes = [0; MAX_ROW_LEN];
        let len = row.encode(&mut bytes).unwrap();
        prop_assert_eq!(len, row.encoded_len());
        prop_assert_eq!(Row::decode(&bytes), Ok((row, len)));
        prop_assert!(Row::decode(&bytes[..len - 1]).is_err());
    }

    #[test]
    fn any_bytes_are_a_row_or_an_error_and_rows_have_one_encoding(bytes: [u8; MAX_ROW_LEN]) {
        if let Ok((row, len)) = Row::decode(&bytes) {
            let mut again = [0; MAX_ROW_LEN];
            prop_assert_eq!(row.encode(&mut again), Some(len));
            prop_assert_eq!(&again[..len], &bytes[..len]);
        }
    }

    #[test]
    fn buckets_list_every_row_once_in_order(rows in proptest::collection::vec(rows(), 0..40)) {
        let mut table = table();
        let mut expected = std::collections::BTreeMap::new();
        for row in rows {
            table.put(row).unwrap();
            expected.insert((bucket_of(row.credential), row.credential), row);
        }
        let mut listed = std::vec::Vec::new();
        for bucket in 0..=255 {
            let mut at = table.next_in_bucket(bucket, None);
            while let Some(row) = at {
                listed.push(row);
                at = table.next_in_bucket(bucket, Some(row.credential));
            }
        }
        prop_assert_eq!(listed, expected.into_values().collect::<std::vec::Vec<_>>());
    }
}

#[test]
fn a_pin_is_known_by_its_verifier_and_by_the_one_for_duress() {
    let pin = |digits: &str| Pin::new(digits.as_bytes()).unwrap();
    let kept = PinVerifier::new(&key(), card(1), &pin("12349"));
    let given = |digits| kept.check(&key(), card(1), &pin(digits));
    assert_eq!(given("12349"), PinGiven::Right);
    assert_eq!(given("12340"), PinGiven::Duress);
    assert_eq!(pin("12349").under_duress(), pin("12340"));
    for wrong in ["12348", "1234", "123490", "02349"] {
        assert_eq!(given(wrong), PinGiven::Wrong, "{wrong}");
    }
    assert_eq!(kept.check(&key(), card(2), &pin("12349")), PinGiven::Wrong, "another card's");
    assert_eq!(
        kept.check(&DigestKey::default(), card(1), &pin("12349")),
        PinGiven::Wrong,
        "another controller's"
    );
    for none in ["", "123", "123456789", "12a4", "12 4"] {
        assert_eq!(Pin::new(none.as_bytes()), None, "{none}");
    }
}

#[test]
fn of_two_ranks_the_higher_counts() {
    let guard = Rights::of_rank(3).and(Rights::FIRST_PERSON);
    assert_eq!(guard.and(Rights::of_rank(2)).rank(), 3);
    assert_eq!(guard.and(Rights::of_rank(6)).rank(), 6);
    assert!(guard.has(Rights::FIRST_PERSON) && !guard.has(Rights::FREE_OF_AREAS));
    assert_eq!(Rights::of_rank(200).rank(), 7);
}
