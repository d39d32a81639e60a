//! What cards may do, given who holds them.

mod rules;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::table::Profile;
use panel_protocol::time::UtcSeconds;
use panel_protocol::wiegand::H10301;
use uuid::Uuid;

use super::*;
use crate::domain::{
    AccessLevelId, Attributes, Card, CardState, Cardholder, CardholderId, Change, DEFAULT_BADGE_TYPE,
    GivenBy, GroupId, Revision, RuleId,
};

pub(super) fn person(id: u128, active: bool, cards: &[(u64, CardState)]) -> Cardholder {
    Cardholder {
        id: CardholderId(Uuid::from_u128(id)),
        user_name: format!("person{id}"),
        external_id: None,
        display_name: format!("Person {id}"),
        active,
        cards: cards.iter().map(|(number, state)| card(*number, *state)).collect(),
        refused_cards: Vec::new(),
        reactivation: None,
        attributes: Attributes::new(),
        created: Timestamp::UNIX_EPOCH,
        modified: Timestamp::UNIX_EPOCH,
        revision: Revision(1),
    }
}

pub(super) fn card(number: u64, state: CardState) -> Card {
    Card {
        credential: credential(number),
        number: number.to_string(),
        state,
        given_by: GivenBy::IdentityProvider,
        badge_type: DEFAULT_BADGE_TYPE.to_owned(),
        format: None,
        valid_from: None,
        valid_until: None,
    }
}

/// What the card of the first of these may do, given one person who has them all.
fn compiled(cards: Vec<Card>) -> Option<CardAccess> {
    let credential = cards[0].credential;
    let mut holder = person(0, true, &[]);
    holder.cards = cards;
    compile(credential, [&holder])
}

fn credential(number: u64) -> Credential {
    H10301.encode(100, number).unwrap()
}

#[test]
fn only_active_cards_of_active_people_open_anything() {
    let active = person(1, true, &[(1, CardState::Active), (2, CardState::Inactive)]);
    let suspended = person(2, false, &[(3, CardState::Active)]);
    let everybody = [&active, &suspended];
    assert!(compile(credential(1), everybody).is_some());
    assert!(compile(credential(2), everybody).is_none());
    assert!(compile(credential(3), everybody).is_none());
}

#[test]
fn suspending_a_person_affects_the_cards_they_had() {
    let before = person(1, true, &[(1, CardState::Active), (2, CardState::Inactive)]);
    let after = person(1, false, &[(1, CardState::Active), (2, CardState::Inactive)]);
    assert_eq!(affected(Some(&before), Some(&after)), [credential(1)]);
    assert_eq!(affected(Some(&before), None), [credential(1)]);
    assert!(affected(None, Some(&after)).is_empty());
}

#[test]
fn a_card_held_twice_is_compiled_the_same_whoever_is_listed_first() {
    let one = person(1, true, &[(1, CardState::Active)]);
    let two = person(2, true, &[(1, CardState::Active)]);
    assert_eq!(compile(credential(1), [&one, &two]), compile(credential(1), [&two, &one]));
}

#[test]
fn validity_is_never_widened_by_rounding() {
    let mut card = card(1, CardState::Active);
    card.valid_from = Some("2026-03-01T08:00:00.5Z".parse().unwrap());
    card.valid_until = Some("2026-03-01T18:00:00.9Z".parse().unwrap());
    let access = compiled(vec![card.clone()]).unwrap();
    let second = |text: &str| {
        let instant: Timestamp = text.parse().unwrap();
        Some(UtcSeconds(u32::try_from(instant.as_second()).unwrap()))
    };
    assert_eq!(access.valid_from, second("2026-03-01T08:00:01Z"));
    assert_eq!(access.valid_until, second("2026-03-01T18:00:00Z"));
}

#[test]
fn a_card_that_two_sources_give_opens_whenever_one_of_them_lets_it() {
    let given = |given_by, from: Option<i64>, until: Option<i64>| Card {
        given_by,
        valid_from: from.map(|s| Timestamp::from_second(s).unwrap()),
        valid_until: until.map(|s| Timestamp::from_second(s).unwrap()),
        ..card(1, CardState::Active)
    };
    let span = |provider: (Option<i64>, Option<i64>), by_hand: (Option<i64>, Option<i64>)| {
        let provided = given(GivenBy::IdentityProviderList, provider.0, provider.1);
        let manual = given(GivenBy::Hand, by_hand.0, by_hand.1);
        let access = compiled(vec![manual.clone(), provided.clone()]).unwrap();
        assert_eq!(Some(access), compiled(vec![provided, manual]));
        (access.valid_from.map(|at| at.0), access.valid_until.map(|at| at.0))
    };
    assert_eq!(span((None, None), (None, Some(5))), (None, None));
    assert_eq!(span((None, None), (Some(9), None)), (None, None));
    assert_eq!(span((Some(10), Some(20)), (Some(15), Some(30))), (Some(10), Some(30)));
    assert_eq!(span((Some(10), Some(20)), (Some(20), None)), (Some(10), None));
    assert_eq!(span((Some(10), Some(20)), (Some(21), None)), (Some(10), Some(20)), "no door opens in a gap");
    assert_eq!(span((Some(10), Some(20)), (None, Some(9))), (Some(10), Some(20)));
}

#[test]
fn the_end_of_time_is_no_end_and_a_past_beginning_no_beginning() {
    let mut card = card(1, CardState::Active);
    card.valid_from = Some("0001-01-01T00:00:00Z".parse().unwrap());
    card.valid_until = Some("9999-01-01T00:00:00Z".parse().unwrap());
    let access = compiled(vec![card.clone()]).unwrap();
    assert_eq!((access.valid_from, access.valid_until), (None, None));
    card.valid_until = Some("1969-12-31T23:59:59Z".parse().unwrap());
    assert!(compiled(vec![card.clone()]).is_none());
}

#[test]
fn a_whole_second_is_not_rounded_and_the_first_second_of_time_is_over() {
    let mut card = card(1, CardState::Active);
    card.valid_from = Some("2026-03-01T08:00:00Z".parse().unwrap());
    let from = Timestamp::from_second(i64::from(compiled(vec![card.clone()]).unwrap().valid_from.unwrap().0));
    assert_eq!(from.ok(), card.valid_from);
    card.valid_from = Some(Timestamp::from_second(1).unwrap());
    assert_eq!(compiled(vec![card.clone()]).unwrap().valid_from, Some(UtcSeconds(1)));
    card.valid_until = Some(Timestamp::UNIX_EPOCH);
    assert_eq!(compiled(vec![card.clone()]), None);
    card.valid_until = Some(Timestamp::from_second(1).unwrap());
    assert_eq!(compiled(vec![card]).unwrap().valid_until, Some(UtcSeconds(1)));
}

#[test]
fn while_every_door_is_open_to_all_no_change_but_of_people_reaches_a_card() {
    let before = person(1, true, &[(1, CardState::Active), (2, CardState::Active)]);
    let after = person(1, true, &[(2, CardState::Active), (3, CardState::Active), (4, CardState::Inactive)]);
    let put = Change::PutCardholder { cardholder: Box::new(after.clone()) };
    let model = AccessModel::default();
    let reached = |change: &Change, before| {
        let Reach { cards, people, concern } = reach(&model, change, before);
        assert!(people.is_empty() && concern.is_empty(), "{change:?}");
        cards
    };
    assert_eq!(reached(&put, Some(&before)), [credential(1), credential(2), credential(3)]);
    assert_eq!(reached(&put, None), [credential(2), credential(3)]);
    let gone = Change::DeleteCardholder { id: before.id };
    assert_eq!(reached(&gone, Some(&before)), [credential(1), credential(2)]);
    let group = GroupId(Uuid::from_u128(9));
    for change in [
        Change::DeleteGroup { id: group },
        Change::AddMember { group, member: before.id },
        Change::RemoveMember { group, member: before.id },
        Change::DeleteAccessLevel { id: AccessLevelId(Uuid::from_u128(9)) },
        Change::DeleteRule { id: RuleId(Uuid::from_u128(9)) },
    ] {
        assert!(reached(&change, None).is_empty(), "{change:?}");
    }
}

#[test]
fn a_plan_gives_a_row_with_the_clearances_profile_or_none() {
    let from = Some(UtcSeconds(7));
    let access = |clearance| CardAccess {
        clearance: Clearance(clearance),
        valid_from: from,
        ..CardAccess::everywhere(CardholderId(Uuid::nil()))
    };
    let profiles = vec![Profile::always([0]), Profile::always([0, 1])];
    let plan = DoorPlan::by_clearance(profiles.clone(), vec![Some(1), None, Some(0)]);
    assert_eq!(plan.profiles(), profiles);
    let row = |plan: &DoorPlan, clearance| plan.row(credential(1), &access(clearance));
    let profile = |clearance| row(&plan, clearance).map(|row| row.profile);
    assert_eq!([0, 1, 2, 3].map(profile), [Some(1), None, Some(0), None]);
    let whole = row(&plan, 0).unwrap();
    assert_eq!((whole.credential, whole.valid_from, whole.valid_until), (credential(1), from, None));

    let open = DoorPlan::new([0, 3]);
    assert_eq!(open.profiles(), [Profile::always([0, 3])]);
    assert_eq!((row(&open, 0).map(|row| row.profile), row(&open, 1)), (Some(0), None));

    let mut index = CardIndex::default();
    for clearance in 0..4 {
        index.set(credential(u64::from(clearance)), Some(access(clearance)));
    }
    let table = DesiredTable::new(&plan, &index);
    let one_by_one = |card| (card, table.row(card));
    for bucket in 0..=u8::MAX {
        let listed: Vec<_> = table.bucket(bucket, None).collect();
        let expected: Vec<_> = index.bucket(bucket, None).map(|(card, _)| one_by_one(card)).collect();
        assert_eq!(listed, expected);
    }
    assert_eq!((0..5).filter(|number| table.row(credential(*number)).is_some()).count(), 2);
}

#[test]
fn all_cards_are_listed_from_anywhere() {
    let mut index = CardIndex::default();
    assert!(index.is_empty());
    let access = CardAccess::everywhere(CardholderId(Uuid::nil()));
    for number in 0..300 {
        assert_eq!(index.set(credential(number), Some(access)), None);
    }
    assert_eq!((index.len(), index.is_empty()), (300, false));
    let all: Vec<_> = index.iter().collect();
    assert_eq!(index.after(None).collect::<Vec<_>>(), all);
    for at in [0, 17, 298, 299] {
        assert_eq!(index.after(Some(all[at].0)).collect::<Vec<_>>(), all[at + 1..]);
    }
    assert_eq!(index.set(all[17].0, None), Some(access));
    assert_eq!(index.after(Some(all[17].0)).next(), Some(all[18]), "from where a card was, too");
}

#[test]
fn a_bucket_lists_its_cards_from_anywhere() {
    let mut index = CardIndex::default();
    let access = compiled(vec![card(1, CardState::Active)]).unwrap();
    for number in 0..2000 {
        index.set(credential(number), Some(access));
    }
    let listed: Vec<_> = (0..=255).flat_map(|bucket| index.bucket(bucket, None)).collect();
    assert_eq!(listed, index.iter().collect::<Vec<_>>());
    let third: Vec<_> = index.bucket(7, None).skip(3).collect();
    let (after, _) = index.bucket(7, None).nth(2).unwrap();
    assert_eq!(index.bucket(7, Some(after)).collect::<Vec<_>>(), third);
}
