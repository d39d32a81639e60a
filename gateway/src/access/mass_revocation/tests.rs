//! Losses counted, passed and taken back.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::CardState;

const RULE: Rule = Rule { share: 0.1, people: 5 };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// People of these numbers lose access.
fn lose(numbers: std::ops::Range<u64>) -> Turnover {
    Turnover {
        lost: numbers.map(|n| CardholderId(Uuid::from_u64_pair(0, n))).collect(),
        ..Turnover::default()
    }
}

fn one(number: i64) -> Turnover {
    let number = u64::try_from(number).unwrap();
    lose(number..number + 1)
}

fn raised(output: Option<Output>) -> Option<MassRevocation> {
    match output {
        Some(Output::Raised(alarm)) => Some(alarm),
        _ => None,
    }
}

#[test]
fn losing_more_than_the_share_within_ten_minutes_stands_out_and_names_who_did_it() {
    let mut watch = MassRevocationWatch::new(RULE);
    for n in 0..10 {
        assert_eq!(watch.changed(at(n * 30), "entra", &one(n), 99 - u64::try_from(n).unwrap()), None, "{n}");
    }
    let alarm = raised(watch.changed(at(300), "okta", &lose(10..11), 89)).unwrap();
    assert_eq!((alarm.lost, alarm.of, alarm.since), (11, 100, at(0)));
    assert_eq!(alarm.by, ["entra", "okta"]);
}

#[test]
fn the_same_number_over_a_working_day_is_no_alarm() {
    let mut watch = MassRevocationWatch::new(RULE);
    for n in 0..50 {
        assert_eq!(watch.changed(at(n * 120), "entra", &one(n), 99), None);
    }
}

#[test]
fn who_loses_access_twice_is_one_person_and_who_has_it_again_is_none() {
    let mut watch = MassRevocationWatch::new(RULE);
    for n in 0..20 {
        assert_eq!(watch.changed(at(n), "entra", &lose(0..4), 6), None, "the same four");
    }
    let back = Turnover { regained: lose(0..2).lost, ..Turnover::default() };
    assert_eq!(watch.changed(at(20), "entra", &back, 8), None);
    assert_eq!(watch.changed(at(21), "entra", &lose(4..6), 6), None, "four of ten");
    let alarm = raised(watch.changed(at(22), "entra", &lose(0..1), 5)).unwrap();
    assert_eq!((alarm.lost, alarm.of), (5, 10));
    let back = Turnover { regained: lose(0..6).lost, ..Turnover::default() };
    assert_eq!(watch.changed(at(23), "page", &back, 10), Some(Output::Passed));
    assert_eq!(watch.tick(at(700), 10), None);
    assert!(watch.people.is_empty());
}

#[test]
fn who_loses_a_card_that_had_ended_loses_nothing() {
    let card = r#"{"credential":"26:2F623AE","number":"4567","state":"active","source":"identity_provider"}"#;
    let refused = r#"{"number":"4567","refusal":{"why":"held_by_another","number":"4567","holder_name":"B"},
        "at":"2026-01-01T00:00:00Z","ended":true}"#;
    let person = |cards: &str, refused: &str| -> Cardholder {
        let person = format!(
            r#"{{"id":"00000000-0000-0000-0000-000000000001","user_name":"ada","display_name":"Ada","active":true,
            "cards":[{cards}],"refused_cards":[{refused}],"created":"2026-01-01T00:00:00Z",
            "modified":"2026-01-01T00:00:00Z","revision":1}}"#
        );
        serde_json::from_str(&person).unwrap()
    };
    let missed = refused.replace("true", "false");
    let before = person(card, "");
    for (after, lost) in [(person("", refused), 0), (person("", &missed), 1), (person("", ""), 1)] {
        let mut turnover = Turnover::default();
        turnover.note(Some(&before), Some(&after));
        assert_eq!(turnover.lost.len(), lost, "{after:?}");
    }
}

#[test]
fn a_few_people_are_no_alarm_however_small_the_site() {
    let mut watch = MassRevocationWatch::new(RULE);
    assert_eq!(watch.changed(at(0), "entra", &lose(0..4), 0), None);
    assert!(raised(watch.changed(at(1), "entra", &lose(4..5), 0)).is_some());
}

#[test]
fn an_alarm_passes_ten_minutes_after_the_last_loss_and_only_once() {
    let mut watch = MassRevocationWatch::new(RULE);
    assert!(raised(watch.changed(at(0), "entra", &lose(0..20), 80)).is_some());
    assert_eq!(watch.tick(at(599), 80), None);
    assert_eq!(watch.tick(at(610), 80), Some(Output::Passed));
    assert_eq!(watch.tick(at(620), 80), None);
    assert!(raised(watch.changed(at(700), "entra", &lose(0..20), 60)).is_some(), "and may come again");
}

#[test]
fn a_clock_that_is_set_back_neither_panics_nor_forgets() {
    let mut watch = MassRevocationWatch::new(RULE);
    watch.changed(at(10_000), "entra", &lose(0..3), 10);
    assert_eq!(raised(watch.changed(at(0), "entra", &lose(3..6), 7)).unwrap().lost, 6);
}

#[test]
fn as_many_sources_as_are_told_apart_are_named_the_busiest_first() {
    let mut watch = MassRevocationWatch::new(RULE);
    let mut alarm = None;
    for n in 0..=MAX_SOURCES as u64 {
        let first = 100 * n;
        alarm =
            raised(watch.changed(at(0), &format!("source {n}"), &lose(first..first + 1 + n), 0)).or(alarm);
    }
    let named: Vec<String> = (0..MAX_SOURCES).rev().map(|n| format!("source {n}")).collect();
    let alarm = alarm.unwrap();
    assert_eq!((alarm.by, alarm.lost), (named, 15), "the fifth counts without a name");
}

#[test]
fn people_are_told_apart_up_to_a_bound_and_count_each_time_beyond() {
    let mut watch = MassRevocationWatch::new(RULE);
    let most = MAX_PEOPLE as u64;
    watch.changed(at(0), "entra", &lose(0..most + 2), 0);
    assert_eq!((watch.people.len() as u64, u64::from(watch.total())), (most, most + 2));
    watch.changed(at(1), "entra", &lose(most - 1..most + 2), 0);
    assert_eq!((watch.people.len() as u64, u64::from(watch.total())), (most, most + 4));
}

#[test]
fn who_loses_the_last_card_or_is_suspended_loses_access_and_who_is_new_regains_none() {
    let person = |active, cards: &[CardState]| {
        let mut person = crate::access::tests::person(1, active, &[]);
        let cards = (1..).zip(cards).map(|(number, state)| crate::access::tests::card(number, *state));
        person.cards = cards.collect();
        person
    };
    let (on, off) = (CardState::Active, CardState::Inactive);
    let (with, without) = (person(true, &[on, off]), person(true, &[off, off]));
    let (suspended, bare) = (person(false, &[on, on]), person(true, &[]));
    let told = |before: Option<&Cardholder>, after: Option<&Cardholder>| {
        let mut turnover = Turnover::default();
        turnover.note(before, after);
        (turnover.lost.len(), turnover.regained.len())
    };
    assert_eq!(told(Some(&with), Some(&without)), (1, 0));
    assert_eq!(told(Some(&with), Some(&suspended)), (1, 0));
    assert_eq!(told(Some(&bare), Some(&suspended)), (1, 0), "as far as anybody knows");
    assert_eq!(told(Some(&with), None), (1, 0));
    assert_eq!(told(Some(&with), Some(&person(true, &[off, on]))), (0, 0));
    assert_eq!(told(Some(&without), Some(&bare)), (0, 0));
    assert_eq!(told(Some(&suspended), None), (0, 0));
    assert_eq!(told(Some(&without), Some(&with)), (0, 1));
    assert_eq!(told(Some(&suspended), Some(&with)), (0, 1));
    assert_eq!((told(None, Some(&with)), told(None, None)), ((0, 0), (0, 0)));
}

proptest! {
    #[test]
    fn what_stands_out_is_what_a_list_of_all_losses_says(
        losses in prop::collection::vec((0_i64..200, 1_u32..4), 1..80),
    ) {
        let mut watch = MassRevocationWatch::new(RULE);
        let (mut now, mut left, mut first, mut all) = (0, 200_u64, 0, Vec::new());
        for (pause, lost) in losses {
            now += pause;
            left = left.saturating_sub(u64::from(lost));
            all.push((now, lost));
            let people = lose(first..first + u64::from(lost));
            first += u64::from(lost);
            // The oldest stretch may have begun up to ten seconds earlier than the window.
            let sum = |window: i64| all.iter().filter(|(at, _)| *at > now - window).map(|(_, n)| n).sum::<u32>();
            let says = |lost: u32| {
                lost >= RULE.people && f64::from(lost) > RULE.share * (left + u64::from(lost)) as f64
            };
            let told = raised(watch.changed(at(now), "entra", &people, left));
            if let Some(alarm) = &told {
                prop_assert!(alarm.lost <= sum(600) && alarm.lost >= sum(590));
            }
            prop_assert!(told.is_some() || !says(sum(590)));
            prop_assert!(told.is_none() || says(sum(600)));
            prop_assert!(watch.stretches.len() <= 61);
            prop_assert_eq!(watch.people.len() as u64, u64::from(watch.total()));
        }
    }
}
