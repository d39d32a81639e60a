//! What people do about alarms, and what becomes of them over ends, openings and restarts.

use super::*;
use crate::domain::{AlarmDeed, AlarmDeedError, AlarmNumber};

fn forced(door: &str) -> AlarmKind {
    AlarmKind::DoorForced { door: door.parse().unwrap() }
}

fn offline() -> AlarmKind {
    AlarmKind::ControllerOffline { controller: id("dock") }
}

fn mute(until: Timestamp) -> AlarmDeed {
    AlarmDeed::Mute { reason: "being rewired".to_owned(), until }
}

const ACKNOWLEDGE: AlarmDeed = AlarmDeed::Acknowledge { comment: None };

/// A door that was forced, and its alarm's number.
fn forced_site() -> (Health, AlarmNumber) {
    let mut health = well();
    health.raise(before_noon(60), forced("main"), "Main was opened.".to_owned());
    let number = health.alarm_records()[0].number;
    (health, number)
}

#[test]
fn what_people_did_is_missed_when_it_is_over_and_until_somebody_has_seen_it() {
    let (mut health, number) = forced_site();
    health.clear(before_noon(30), &forced("main"));
    assert_eq!(health.alarms().count(), 0, "it is over");
    assert_eq!(health.alarm_records()[0].over, Some(before_noon(30)));
    let seen = health.handle_alarm(noon(), number, &ACKNOWLEDGE, "ada").unwrap();
    assert_eq!(seen.acknowledged.unwrap().by, "ada");
    assert!(health.alarm_records().is_empty());
    let again = health.handle_alarm(noon(), number, &ACKNOWLEDGE, "ada");
    assert_eq!(again, Err(AlarmDeedError::Unknown(number)));
}

#[test]
fn how_things_are_needs_nobody_when_it_is_over() {
    let mut health = well();
    health.raise(before_noon(60), offline(), "Dock doesn't answer.".to_owned());
    health.clear(before_noon(30), &offline());
    assert!(health.alarm_records().is_empty());
}

#[test]
fn an_alarm_that_opens_again_goes_on_under_its_number_and_is_to_be_seen_anew() {
    let (mut health, number) = forced_site();
    health.handle_alarm(before_noon(50), number, &ACKNOWLEDGE, "ada").unwrap();
    let comment = AlarmDeed::Comment("a delivery".to_owned());
    health.handle_alarm(before_noon(50), number, &comment, "ada").unwrap();
    health.handle_alarm(before_noon(50), number, &mute(noon()), "ada").unwrap();
    health.clear(before_noon(40), &forced("main"));
    let opened = health.raise(before_noon(20), forced("main"), "Main was opened.".to_owned());
    assert_eq!(opened.len(), 1, "it is told again");
    let record = &health.alarm_records()[0];
    assert_eq!((record.number, record.times, record.since), (number, 2, before_noon(20)));
    assert!(record.acknowledged.is_none() && record.comments.len() == 1);
    assert!(record.muted_at(before_noon(1)).is_some(), "it is muted until its end, however often it opens");
}

#[test]
fn a_mute_ends_by_itself_and_says_so_while_it_lasts_and_never_makes_the_verdict_better() {
    let (mut health, number) = forced_site();
    health.raise(before_noon(50), forced("side"), "Side was opened.".to_owned());
    let before = health.verdict(&quiet());
    assert_eq!(before.level, Level::Problem);
    let until = Timestamp::from_second(noon().as_second() + 60).unwrap();
    let other = health.alarm_records()[1].number;
    health.handle_alarm(before_noon(10), other, &mute(until), "ada").unwrap();
    let muted = health.verdict(&quiet());
    assert_eq!((muted.level, muted.text.as_str()), (Level::Problem, "Main was opened."));
    let expected = "Side was opened. Muted until 12:01 CET by ada: being rewired.";
    assert!(muted.further.iter().any(|text| text == expected), "{:?}", muted.further);
    health.clear(before_noon(5), &forced("main"));
    assert_eq!(health.verdict(&quiet()).level, Level::Problem, "muted is not over");
    let later = Seen { clock: LocalClock::new("Europe/Berlin", until), ..quiet() };
    let ended = health.verdict(&later);
    assert!(ended.text == "Side was opened." && number != other, "{}", ended.text);
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let (mut health, number) = forced_site();
    let before = health.alarm_records().to_vec();
    for until in [noon(), before_noon(1), before_noon(-86_400 * 31)] {
        let refused = health.handle_alarm(noon(), number, &mute(until), "ada");
        assert_eq!(refused, Err(AlarmDeedError::Until { until, days: 30 }));
    }
    let not_muted = health.handle_alarm(noon(), number, &AlarmDeed::Unmute, "ada");
    assert_eq!(not_muted, Err(AlarmDeedError::NotMuted(number)));
    assert_eq!(health.alarm_records(), before);
    for _ in 0..limits::MAX_COMMENTS {
        health.handle_alarm(noon(), number, &AlarmDeed::Comment("x".to_owned()), "ada").unwrap();
    }
    let word = AlarmDeed::Acknowledge { comment: Some("x".to_owned()) };
    let refused = health.handle_alarm(noon(), number, &word, "ada").unwrap_err();
    assert!(matches!(refused, AlarmDeedError::TooManyComments { .. }));
    assert!(health.alarm_records()[0].acknowledged.is_none(), "all of it or nothing");
}

#[test]
fn a_restart_goes_on_with_what_was_known_and_ends_what_nobody_tells_the_end_of() {
    let (mut health, number) = forced_site();
    health.handle_alarm(before_noon(50), number, &ACKNOWLEDGE, "ada").unwrap();
    let lost = AlarmKind::MassRevocation { source: "entra".to_owned() };
    health.raise(before_noon(40), lost.clone(), "Many people.".to_owned());
    health.raise(before_noon(30), offline(), "Dock doesn't answer.".to_owned());
    let (records, last) = (health.alarm_records().to_vec(), health.alarm_log().last());
    let mut anew = started();
    let goes_on = |what: &AlarmKind| !matches!(what, AlarmKind::MassRevocation { .. });
    anew.resume_alarms(Alarms::resume(records, last, noon(), goes_on));
    let open: Vec<_> = anew.alarms().map(|(since, alarm)| (since, alarm.what.clone())).collect();
    assert_eq!(open, [(before_noon(60), forced("main")), (before_noon(30), offline())]);
    let over = anew.alarm_records().iter().find(|record| *record.what() == lost).unwrap();
    assert_eq!(over.over, Some(noon()), "somebody should still see it");
    assert!(anew.device_became(1, noon(), &condition(DeviceCondition::Offline)).is_empty(), "told before");
    assert_eq!(anew.device_became(1, noon(), &condition(DeviceCondition::Online)).len(), 1);
    let again = anew.raise(noon(), forced("side"), "Side was opened.".to_owned());
    assert_eq!(again.len(), 1);
    assert!(anew.alarm_records().last().unwrap().number > last, "no number is given twice");
}

#[test]
fn there_are_never_too_many_that_are_over() {
    let mut health = well();
    for number in 0..limits::MAX_OVER + 7 {
        let what = AlarmKind::MassRevocation { source: format!("source {number}") };
        health.raise(before_noon(60), what.clone(), String::new());
        health.clear(before_noon(30), &what);
    }
    let records = health.alarm_records();
    assert_eq!((records.len(), records[0].number), (limits::MAX_OVER, AlarmNumber(8)));
}
