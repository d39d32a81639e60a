use std::string::String;
use std::vec::Vec;

use super::*;
use crate::testing::decisions::{Site, cases};

/// Each row of the table, and all that is remembered of it.
#[test]
fn the_table_of_decisions_holds() {
    let site = Site::of_the_table();
    let cases = cases(&site);
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let expected = Decision { reason: case.reason, card: case.card_after, door: case.door_after };
            let decided = site.decide(case);
            let line = || std::format!("line {}: {}\n    {decided:?}", case.line, case.text);
            (decided != expected).then(line)
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 180, "{} rows", cases.len());
}

#[test]
fn every_reason_stands_in_the_table() {
    let found: Vec<Reason> = cases(&Site::of_the_table()).iter().map(|case| case.reason).collect();
    for reason in Reason::ALL {
        // Profiles and readers are always there in the table; they have a test of their own.
        let elsewhere = matches!(reason, Reason::UnknownProfile | Reason::UnknownReader);
        assert!(elsewhere || found.contains(&reason), "{reason:?}");
    }
}

#[test]
fn whatever_is_missing_keeps_the_door_shut() {
    let site = Site::of_the_table();
    let row = &site.cards[0].row;
    let open = Profile::always([0]);
    let reason = |row, profile, reader| decide(&Question::plain(row, profile, reader, None)).reason;
    assert_eq!(reason(None, Some(&open), 0), Reason::UnknownCard);
    assert_eq!(reason(Some(row), None, 0), Reason::UnknownProfile);
    assert_eq!(reason(Some(row), Some(&open), 1), Reason::NoAccess);
    assert_eq!(reason(Some(row), Some(&open), 16), Reason::UnknownReader);
}

#[test]
fn a_door_stands_unlocked_while_its_hours_say_so_and_the_first_person_has_come() {
    let site = Site::of_the_table();
    let hours = site.hours();
    let (monday_morning, evening) = (Some(UtcSeconds(1_796_025_600)), Some(UtcSeconds(1_796_068_800)));
    let by_hours = |first_person| Mode::UnlockedBy { when: When::Schedule(1), first_person };
    let nobody = DoorState::default();
    let come = DoorState { unlocked_until: Some(UtcSeconds(1_796_061_600)), ..nobody };
    let stands = |mode, at, door: &DoorState| stands_unlocked(mode, &hours, at, door);
    assert!(stands(by_hours(FirstPerson::Nobody), monday_morning, &nobody));
    assert!(!stands(by_hours(FirstPerson::Nobody), evening, &nobody));
    assert!(!stands(by_hours(FirstPerson::Nobody), None, &nobody), "nobody knows whether it is time");
    assert!(!stands(by_hours(FirstPerson::Anybody), monday_morning, &nobody));
    assert!(stands(by_hours(FirstPerson::Anybody), monday_morning, &come));
    assert!(!stands(by_hours(FirstPerson::Anybody), evening, &come));
    assert!(stands(Mode::Unlocked, None, &nobody));
    for shut in [Mode::Card, Mode::CardAndPin, Mode::Locked, Mode::Lockdown { rank: 1 }] {
        assert!(!stands(shut, monday_morning, &come), "{shut:?}");
    }
}
