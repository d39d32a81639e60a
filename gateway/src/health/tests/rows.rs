//! What each condition opens, closes and says.

use super::*;
use crate::domain::{AlarmKind, LinkCondition, Part, PartCondition, StorageCondition};

fn kinds(alarms: &[Alarm]) -> Vec<(AlarmKind, bool)> {
    alarms.iter().map(|alarm| (alarm.what.clone(), alarm.cleared)).collect()
}

fn lobby() -> ControllerId {
    id("lobby")
}

#[test]
fn conditions_that_need_somebody_open_an_alarm_once_with_their_sentence() {
    for (is, what) in [
        (DeviceCondition::Offline, AlarmKind::ControllerOffline { controller: lobby() }),
        (DeviceCondition::WrongKey, AlarmKind::WrongKey { controller: lobby() }),
        (DeviceCondition::Swapped, AlarmKind::Swapped { controller: lobby() }),
    ] {
        let mut health = well();
        let opened = health.device_became(0, noon(), &condition(is));
        assert_eq!(kinds(&opened), [(what, false)]);
        assert_eq!(opened[0].text, format!("lobby is {}", is.words()));
        assert_eq!(health.device_became(0, noon(), &condition(is)), [], "told once");
    }
}

#[test]
fn a_session_that_is_up_closes_whatever_stood_in_its_way() {
    let mut health = well();
    for is in [DeviceCondition::Offline, DeviceCondition::WrongKey, DeviceCondition::Swapped] {
        health.device_became(0, noon(), &condition(is));
    }
    health.device_became(0, noon(), &Became::SecurityIncident { why: "a reply was forged".into() });
    assert_eq!(health.alarms().count(), 4);
    let closed = health.device_became(0, noon(), &condition(DeviceCondition::Online));
    assert_eq!((closed.len(), closed.iter().all(|alarm| alarm.cleared)), (4, true));
    assert_eq!(health.alarms().count(), 0);
}

#[test]
fn a_device_that_answers_is_not_offline_and_may_still_have_a_wrong_key() {
    let mut health = well();
    health.device_became(0, noon(), &condition(DeviceCondition::WrongKey));
    health.device_became(0, noon(), &condition(DeviceCondition::Offline));
    let closed = health.device_became(0, noon(), &Became::Identified { why: "answers".into() });
    assert_eq!(kinds(&closed), [(AlarmKind::ControllerOffline { controller: lobby() }, true)]);
    assert_eq!(
        health.alarms().map(|(_, alarm)| &alarm.what).collect::<Vec<_>>(),
        [&AlarmKind::WrongKey { controller: lobby() }]
    );
}

#[test]
fn conditions_that_pass_or_that_the_verdict_tells_open_no_alarm() {
    for is in [DeviceCondition::Starting, DeviceCondition::Enrolling, DeviceCondition::NotEnrolled] {
        let mut health = well();
        assert_eq!(health.device_became(0, noon(), &condition(is)), []);
        assert_eq!(health.notices().count(), 0, "{is:?}");
        assert_eq!(told(&health).0, is.level());
    }
}

#[test]
fn a_device_that_is_not_what_was_configured_is_told_once_with_its_reason_and_stays_a_problem() {
    for is in [DeviceCondition::Unsupported, DeviceCondition::NoSecureChannel] {
        let mut health = well();
        for _ in 0..3 {
            health.device_became(0, noon(), &condition(is));
        }
        assert_eq!(health.notices().count(), 1);
        assert_eq!(told(&health).0, Level::Problem);
    }
}

#[test]
fn install_mode_counts_until_it_is_over() {
    let mut health = well();
    health.install_mode(0, before_noon(-60));
    health.device_became(0, noon(), &Became::Identified { why: "answers".into() });
    assert_eq!(health.device(0, noon(), None).unwrap().condition, DeviceCondition::Enrolling);
    let over = Became::InstallModeOver { new_key: false, why: "refused its new key".into() };
    health.device_became(0, noon(), &over);
    assert_eq!(health.notices().next().unwrap().text, "lobby refused its new key");
    health.device_became(0, noon(), &Became::Identified { why: "answers".into() });
    let standing = health.device(0, noon(), Some(noon())).unwrap();
    assert_eq!((standing.condition, standing.install_until), (DeviceCondition::Starting, None));
}

#[test]
fn install_mode_ends_with_its_time() {
    let mut health = well();
    health.install_mode(0, before_noon(1));
    health.device_became(0, noon(), &Became::Identified { why: "answers".into() });
    assert_eq!(health.device(0, noon(), Some(noon())).unwrap().condition, DeviceCondition::Starting);
}

#[test]
fn remarks_are_noticed_as_loudly_as_they_say_and_change_nothing() {
    let mut health = well();
    for level in [None, Some(Level::Attention)] {
        health.device_became(1, noon(), &Became::Remark { level, text: "took the file".into() });
    }
    let notices: Vec<_> = health.notices().map(|notice| (notice.level, notice.text.as_str())).collect();
    assert_eq!(notices, [(Level::Attention, "dock took the file")]);
    assert_eq!(health.device(1, noon(), None).unwrap().condition, DeviceCondition::Online);
}

#[test]
fn a_device_that_nobody_has_heard_is_offline_after_fifteen_seconds() {
    let health = started();
    let since = before_noon(90_000);
    let at = |seconds: i64| before_noon(90_000 - seconds);
    assert_eq!(health.device(0, at(15), None).unwrap().condition, DeviceCondition::Starting);
    let late = health.device(0, at(16), None).unwrap();
    assert_eq!((late.condition, late.since), (DeviceCondition::Offline, Some(since)));
    assert_eq!(health.device(0, at(16), Some(at(2))).unwrap().condition, DeviceCondition::Starting);
}

#[test]
fn since_is_kept_while_a_condition_lasts() {
    let mut health = well();
    health.device_became(0, before_noon(60), &condition(DeviceCondition::Offline));
    health.device_became(0, noon(), &condition(DeviceCondition::Offline));
    assert_eq!(health.device(0, noon(), None).unwrap().since, Some(before_noon(60)));
}

#[test]
fn a_link_that_is_not_up_is_an_alarm_until_it_is() {
    for (became, words) in [
        (LinkCondition::Down { why: "plug it in".into() }, "Line north is down: plug it in"),
        (LinkCondition::Silent { why: "is it cut?".into() }, "Line north is silent: is it cut?"),
        (LinkCondition::Disturbed { why: "noise".into() }, "Line north is disturbed: noise"),
    ] {
        let mut health = well();
        let opened = health.link_became(0, noon(), &became);
        assert_eq!(opened[0].text, words);
        assert!(health.link_became(0, noon(), &LinkCondition::Up)[0].cleared);
        assert_eq!(told(&health).0, Level::Well);
    }
}

#[test]
fn a_part_that_fails_is_an_alarm_and_one_that_wants_a_look_is_not() {
    let mut health = well();
    let full = PartCondition::Storage(StorageCondition::DiskFull { free_bytes: 0 });
    let opened = health.part_became(&clock(), full.clone());
    assert_eq!(kinds(&opened), [(AlarmKind::PartFailing { part: Part::Storage }, false)]);
    assert_eq!(told(&health), (Level::Problem, full.sentence(&clock())));
    assert_eq!(health.part_became(&clock(), full), [], "told once");
    let low = PartCondition::Storage(StorageCondition::DiskLow { free_bytes: 1 });
    assert!(health.part_became(&clock(), low)[0].cleared);
    assert_eq!(told(&health).0, Level::Attention);
    assert_eq!(health.part_became(&clock(), PartCondition::Well(Part::Storage)), []);
    assert_eq!(told(&health).0, Level::Well);
}

#[test]
fn a_part_keeps_since_when_it_is_so_while_its_figures_change() {
    let mut health = well();
    let earlier = LocalClock::new("Europe/Berlin", before_noon(60));
    health.part_became(&earlier, PartCondition::Storage(StorageCondition::DiskLow { free_bytes: 2 }));
    health.part_became(&clock(), PartCondition::Storage(StorageCondition::DiskLow { free_bytes: 1 }));
    let part = health.parts().next().unwrap();
    assert_eq!(
        (part.since, &part.condition),
        (before_noon(60), &PartCondition::Storage(StorageCondition::DiskLow { free_bytes: 1 }))
    );
}

#[test]
fn notices_are_bounded_and_the_same_one_stands_once() {
    let mut health = well();
    for number in 0..limits::MAX_NOTICES + 5 {
        health.notice(noon(), Level::Attention, format!("notice {number}"));
        health.notice(noon(), Level::Attention, format!("notice {number}"));
    }
    assert_eq!(health.notices().count(), limits::MAX_NOTICES);
    assert_eq!(health.notices().next().unwrap().text, "notice 24");
}

#[test]
fn events_that_are_gone_are_noticed_by_one_notice_with_all_of_them() {
    let mut health = well();
    health.events_lost(0, noon(), 1);
    let told = |health: &Health| health.notices().map(|notice| notice.text.clone()).collect::<Vec<_>>();
    assert!(told(&health)[0].starts_with("1 event of lobby can't be told"), "{:?}", told(&health));
    health.events_lost(0, noon(), 3);
    let [notice] = &told(&health)[..] else { panic!("one notice tells of all: {:?}", told(&health)) };
    assert!(notice.starts_with("4 events of lobby"), "{notice}");
}

fn entra() -> SourceFacts {
    SourceFacts { name: "entra".into(), title: "Entra ID", expires: None, heard: Some(noon()) }
}

fn findings(source: &SourceFacts) -> Vec<(Level, String)> {
    let findings = source_findings(source, Some(3 * 86_400), &clock());
    findings.into_iter().map(|finding| (finding.level, finding.text)).collect()
}

#[test]
fn a_token_is_spoken_of_from_thirty_days_before_its_end() {
    let in_days =
        |days: i64| findings(&SourceFacts { expires: Some(before_noon(-days * 86_400)), ..entra() });
    assert!(in_days(30).is_empty());
    let [(Level::Attention, text)] = &in_days(29)[..] else { panic!("{:?}", in_days(29)) };
    assert!(text.contains("expires in 29 d") && text.contains("re-authenticate"), "{text}");
    let [(Level::Problem, text)] = &in_days(0)[..] else { panic!("{:?}", in_days(0)) };
    assert!(text.contains("has expired"), "{text}");
}

#[test]
fn a_silent_source_is_spoken_of_and_one_that_never_spoke_is_not() {
    let silent = SourceFacts { heard: Some(before_noon(3 * 86_400 + 1)), ..entra() };
    let [(Level::Attention, text)] = &findings(&silent)[..] else { panic!("{:?}", findings(&silent)) };
    assert!(text.starts_with("Entra ID (entra) has been silent for 3 d"), "{text}");
    assert!(source_findings(&silent, None, &clock()).is_empty());
    assert!(findings(&SourceFacts { heard: None, ..entra() }).is_empty());
}

#[test]
fn an_expired_source_is_not_called_silent_as_well() {
    let expired = SourceFacts {
        expires: Some(before_noon(40 * 86_400)),
        heard: Some(before_noon(50 * 86_400)),
        ..entra()
    };
    assert_eq!(findings(&expired).len(), 1);
}
