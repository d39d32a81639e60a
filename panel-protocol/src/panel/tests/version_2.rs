//! Version 2: sessions, settings, modes, and what of it a session of version 1 sees.

use core::time::Duration;

use super::versions::{hex, unhex};
use super::*;
use crate::decide::{AntiPassback, DoorSettings, FirstPerson, Mode};
use crate::schedule::{Calendar, ClockChange, Holiday, Interval, On, Schedule, Weekdays, When};
use crate::table::{Pin, PinVerifier, Rights, Setting, SettingKey};

/// A Monday, 2026-11-30, at midnight UTC.
const MONDAY: u32 = 1_795_996_800;

const HOUR: u32 = 3_600;

fn weekly(days: u8, from: u16, until: u16) -> Interval {
    Interval::new(On::Weekdays(Weekdays::new(days).unwrap()), from, until).unwrap()
}

/// An hour ahead of UTC; on weekdays from 8 to 18; a holiday on the Tuesday.
fn settings() -> [Setting; 4] {
    let office = Schedule::new([weekly(0x1F, 480, 1080), Interval::closed(7).unwrap()]).unwrap();
    let tuesday = u16::try_from(MONDAY / 86_400 + 1).unwrap();
    let holidays = Calendar::new([Holiday::Days { first: tuesday, last: tuesday }]).unwrap();
    let changes = [ClockChange { at: UtcSeconds(0), ahead: 60 }].into_iter().collect();
    let door = DoorSettings { pin: When::Schedule(9), tries: 2, wait_seconds: 60, ..DoorSettings::PLAIN };
    [
        Setting::Schedule(9, office),
        Setting::Calendar(7, holidays),
        Setting::ClockChanges(changes),
        Setting::Door(1, door),
    ]
}

fn put_settings(panel: &mut TestPanel, settings: &[Setting]) -> Vec<u8> {
    let mut request = [0; 512];
    let mut change = ChangeBuilder::put_settings(&mut request).unwrap();
    assert!(settings.iter().all(|setting| change.setting(setting)));
    let len = change.len();
    send(panel, &request[..len])
}

/// In a session of version 2, with settings and a profile that has a schedule at reader 0.
fn ready() -> TestPanel {
    let mut panel = panel();
    ask(&mut panel, &Operation::Hello { version: 2 });
    put_settings(&mut panel, &settings());
    let profile = Profile::new([When::Schedule(9), When::Always]);
    let profiles = ProfileList::checked(profile.as_bytes()).unwrap();
    ask(&mut panel, &Operation::StageProfiles { first: 0, profiles });
    let digest = panel.table().digest_with(&[profile]);
    ask(&mut panel, &Operation::CommitProfiles { count: 1, digest });
    panel
}

fn set_clock(panel: &mut TestPanel, second: u32) {
    ask(panel, &Operation::SetClock(UtcSeconds(second)));
}

#[test]
fn a_panel_decides_by_the_schedules_it_was_given() {
    let mut panel = ready();
    put(&mut panel, &[Row::new(card(1), 0)]);
    assert_eq!(panel.present(Micros(0), 0, card(1)), Reason::ClockNotSet);
    for (second, reason) in [
        (MONDAY + 7 * HOUR - 1, Reason::OutsideHours),
        (MONDAY + 7 * HOUR, Reason::Granted),
        (MONDAY + 17 * HOUR, Reason::OutsideHours),
        (MONDAY + 31 * HOUR, Reason::OutsideHours),
        (MONDAY + 55 * HOUR, Reason::Granted),
    ] {
        set_clock(&mut panel, second);
        assert_eq!(panel.present(Micros(0), 0, card(1)), reason, "at {second}");
    }
    let keys = [SettingKey::CLOCK_CHANGES.to_bytes(), SettingKey::schedule(9).unwrap().to_bytes()].concat();
    let first = ask(&mut panel, &Operation::DeleteSettings(SettingKeys::checked(&keys[..2]).unwrap()));
    assert!(matches!(Answer::decode(&first), Some(Answer::Change { applied: 1, .. })));
    assert_eq!(panel.present(Micros(0), 0, card(1)), Reason::ZoneNotSet);
    let both = ask(&mut panel, &Operation::DeleteSettings(SettingKeys::checked(&keys).unwrap()));
    assert!(matches!(Answer::decode(&both), Some(Answer::Change { applied: 1, .. })));
    assert_eq!(panel.present(Micros(0), 0, card(1)), Reason::UnknownSchedule);
}

#[test]
fn every_setting_is_in_the_digest_and_leaves_it_again() {
    let mut panel = panel();
    ask(&mut panel, &Operation::Hello { version: 2 });
    put(&mut panel, &[Row::new(card(1), 0)]);
    let mut digests = std::vec![panel.table().digest()];
    for setting in settings() {
        put_settings(&mut panel, &[setting]);
        assert!(!digests.contains(&panel.table().digest()));
        digests.push(panel.table().digest());
    }
    // Put again, it is the same; under another key and back, too.
    put_settings(&mut panel, &settings());
    assert_eq!(panel.table().digest(), digests[4]);
    let key = |byte| DigestKey::new([byte; 16]);
    ask(&mut panel, &Operation::Adopt { epoch: 1, key: key(5) });
    assert_ne!(panel.table().digest(), digests[4]);
    ask(&mut panel, &Operation::Adopt { epoch: 1, key: key(0) });
    assert_eq!(panel.table().digest(), digests[4]);
    for (setting, before) in settings().iter().zip(&digests).rev() {
        let bytes = setting.key().unwrap().to_bytes();
        ask(&mut panel, &Operation::DeleteSettings(SettingKeys::checked(&bytes).unwrap()));
        assert_eq!(panel.table().digest(), *before);
    }
}

#[test]
fn settings_are_read_back_in_pages() {
    let mut panel = ready();
    let schedules =
        (10..20).map(|number| Setting::Schedule(number, Schedule::new([weekly(1, 0, 60)]).unwrap()));
    let extra: Vec<Setting> = schedules.collect();
    put_settings(&mut panel, &extra);
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let mut request = [0; 8];
        let len = Operation::ReadSettings { after }.encode(&mut request).unwrap();
        let mut answer = [0; 64];
        let len = panel.operate(Micros(0), &request[..len], &mut answer);
        let Some(Answer::Settings { more, settings }) = Answer::decode(&answer[..len]) else { panic!() };
        read.extend(settings.iter());
        after = read.last().and_then(Setting::key);
        if !more {
            break;
        }
    }
    let mut expected: Vec<Setting> = settings().into_iter().chain(extra).collect();
    expected.sort_by_key(Setting::key);
    assert_eq!(read, expected);
}

#[test]
fn schedules_beyond_the_room_are_refused_and_the_answer_says_how_many_are_in() {
    let mut panel = ready();
    let one = |number: u8| Setting::Schedule(number, Schedule::new([weekly(1, 0, 60)]).unwrap());
    let many: Vec<Setting> = (100..140).map(one).collect();
    let answer = put_settings(&mut panel, &many);
    let expected = u16::try_from(crate::limits::PANEL_SCHEDULES - 1).unwrap();
    assert!(matches!(
        Answer::decode(&answer),
        Some(Answer::Change { status: Status::TableFull, applied, .. }) if applied == expected
    ));
}

#[test]
fn a_session_of_version_1_finds_nothing_that_it_can_not_say() {
    let mut panel = ready();
    let pin = Pin::new(b"1234").unwrap();
    let with_pin = PinVerifier::new(panel.table().digests().key(), card(2), &pin);
    put(
        &mut panel,
        &[
            Row::new(card(1), 0),
            Row { pin: Some(with_pin), ..Row::new(card(2), 0) },
            Row { rights: Rights::FIRST_PERSON, ..Row::new(card(3), 0) },
        ],
    );
    set_clock(&mut panel, MONDAY);
    assert_eq!(panel.present(Micros(0), 0, card(1)), Reason::OutsideHours);
    panel.begin_session();
    // Without a word that only version 2 has, it is one of version 1.
    let info = ask(&mut panel, &Operation::Info);
    let Some(Answer::Info(info)) = Answer::decode(&info) else { panic!("{info:?}") };
    assert_eq!((info.version, info.rows, info.profiles), (2, 1, 1));
    let mut plain = super::panel();
    let never = ProfileList::checked(Profile::NEVER.as_bytes()).unwrap();
    ask(&mut plain, &Operation::StageProfiles { first: 0, profiles: never });
    let digest = plain.table().digest_with(&[Profile::NEVER]);
    ask(&mut plain, &Operation::CommitProfiles { count: 1, digest });
    put(&mut plain, &[Row::new(card(1), 0)]);
    assert_eq!(info.digest, plain.table().digest());
    for code in [0x04, 0x14, 0x15, 0x16, 0x22, 0x32, 0x40, 0x41] {
        assert_eq!(send(&mut panel, &[code, 2]), [code, 1], "is unknown");
    }
    // The event of a reason that version 1 has not is left out, and kept for who can read it.
    let events = ask(&mut panel, &Operation::ReadEvents { from: 0 });
    assert_eq!(events, [0x30, 0, 1, 0, 0, 0]);
    panel.begin_session();
    ask(&mut panel, &Operation::Hello { version: 9 });
    let events = ask(&mut panel, &Operation::ReadAllEvents { from: 0 });
    let Some(Answer::Events { events, .. }) = Answer::decode(&events) else { panic!("{events:?}") };
    assert_eq!(events.iter().count(), 1);
}

#[test]
fn richer_reasons_are_told_only_to_who_asks_for_them() {
    let mut panel = ready();
    put(&mut panel, &[Row::new(card(1), 0)]);
    set_clock(&mut panel, MONDAY);
    panel.present(Micros(0), 0, card(1));
    panel.present(Micros(0), 0, card(2));
    let told = |answer: Vec<u8>| match Answer::decode(&answer) {
        Some(Answer::Events { next_event: 2, events }) => {
            events.iter().map(|event| event.sequence).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(told(ask(&mut panel, &Operation::ReadAllEvents { from: 0 })), [0, 1]);
    assert_eq!(told(ask(&mut panel, &Operation::ReadEvents { from: 0 })), [1]);
    assert_eq!(panel.pending_events(), 2);
}

#[test]
fn a_pin_is_asked_for_at_its_hours_and_tries_are_limited() {
    let mut panel = ready();
    let pin = |digits: &str| Pin::new(digits.as_bytes()).unwrap();
    let kept = PinVerifier::new(panel.table().digests().key(), card(1), &pin("1234"));
    put(&mut panel, &[Row { pin: Some(kept), ..Row::new(card(1), 0) }, Row::new(card(2), 0)]);
    set_clock(&mut panel, MONDAY + 9 * HOUR);
    let mut with = |now: u64, digits: Option<&str>| {
        panel.present_with_pin(Micros(now * 1_000_000), 1, card(1), digits.map(pin).as_ref())
    };
    assert_eq!(with(0, None), Reason::PinWanted);
    assert_eq!(with(1, Some("1234")), Reason::Granted);
    assert_eq!(with(2, Some("1235")), Reason::GrantedUnderDuress);
    assert_eq!(with(3, Some("1111")), Reason::WrongPin);
    assert_eq!(with(4, Some("2222")), Reason::WrongPin);
    assert_eq!(with(5, Some("1234")), Reason::TooManyTries);
    assert_eq!(with(63, Some("1234")), Reason::TooManyTries);
    assert_eq!(with(64, Some("1234")), Reason::Granted);
    assert_eq!(panel.present(Micros(0), 1, card(2)), Reason::NoPin);
    set_clock(&mut panel, MONDAY + 20 * HOUR);
    assert_eq!(panel.present(Micros(0), 1, card(2)), Reason::Granted);
}

#[test]
fn a_mode_ends_by_itself_and_with_the_power() {
    let mut panel = ready();
    put(&mut panel, &[Row::new(card(1), 0)]);
    let lockdown = |seconds| Operation::SetMode {
        reader: 1,
        not_after: None,
        mode: Some((Mode::Lockdown { rank: 3 }, seconds)),
    };
    let at = |seconds: u64| Micros(seconds * 1_000_000);
    set_clock(&mut panel, MONDAY);
    ask(&mut panel, &lockdown(10));
    assert_eq!(panel.present(at(9), 1, card(1)), Reason::Lockdown);
    assert_eq!(panel.present(at(10), 1, card(1)), Reason::Granted);
    ask(&mut panel, &lockdown(1_000));
    ask(&mut panel, &Operation::SetMode { reader: 1, not_after: None, mode: None });
    assert_eq!(panel.present(at(11), 1, card(1)), Reason::Granted);
    let digest = panel.table().digest();
    ask(&mut panel, &lockdown(1_000));
    assert_eq!(panel.table().digest(), digest, "it is no setting");
    panel.reboot();
    assert_eq!(panel.mode(at(12), 1), Mode::Card);
    // What came too late is not done, nor what nobody can tell to be in time.
    ask(&mut panel, &Operation::Hello { version: 2 });
    let late = |last| Operation::Unlock { reader: 1, not_after: Some(UtcSeconds(last)), tenths: 30 };
    assert_eq!(ask(&mut panel, &late(MONDAY)), [0x41, 6]);
    set_clock(&mut panel, MONDAY + 1);
    assert_eq!(ask(&mut panel, &late(MONDAY)), [0x41, 6]);
    assert_eq!(panel.take_unlock(), None);
    assert_eq!(ask(&mut panel, &late(MONDAY + 1)), [0x41, 0]);
    assert_eq!(panel.take_unlock(), Some((1, Duration::from_secs(3))));
    assert_eq!(panel.take_unlock(), None);
    let elsewhere = Operation::Unlock { reader: 2, not_after: None, tenths: 1 };
    assert_eq!(ask(&mut panel, &elsewhere), [0x41, 2]);
}

#[test]
fn a_door_unlocks_by_its_hours_once_the_first_person_has_come() {
    let mut panel = ready();
    let mode = Mode::UnlockedBy { when: When::Schedule(9), first_person: FirstPerson::WithRight };
    put_settings(&mut panel, &[Setting::Door(0, DoorSettings { mode, ..DoorSettings::PLAIN })]);
    put(&mut panel, &[Row::new(card(1), 0), Row { rights: Rights::FIRST_PERSON, ..Row::new(card(2), 0) }]);
    set_clock(&mut panel, MONDAY + 8 * HOUR);
    let at = |seconds: u32| Micros(u64::from(seconds) * 1_000_000);
    assert_eq!(panel.present(at(0), 0, card(1)), Reason::Granted);
    assert!(!panel.is_unlocked(at(1), 0));
    assert_eq!(panel.present(at(1), 0, card(2)), Reason::Granted);
    assert!(panel.is_unlocked(at(2), 0) && !panel.is_unlocked(at(2), 1) && !panel.is_unlocked(at(2), 9));
    assert!(panel.is_unlocked(at(9 * HOUR - 1), 0));
    assert!(!panel.is_unlocked(at(9 * HOUR), 0));
}

#[test]
fn a_panel_remembers_where_the_latest_cards_went_beyond_a_loss_of_power() {
    let mut panel = ready();
    let door = DoorSettings { from: 0, to: 1, anti_passback: AntiPassback::Hard, ..DoorSettings::PLAIN };
    put_settings(&mut panel, &[Setting::Door(1, door)]);
    let rows: Vec<Row> = (0..100).map(|number| Row::new(card(number), 0)).collect();
    put(&mut panel, &rows);
    for number in 0..100 {
        assert_eq!(panel.present(Micros(0), 1, card(number)), Reason::Granted);
    }
    panel.reboot();
    assert_eq!(panel.present(Micros(0), 1, card(99)), Reason::AntiPassback);
    assert_eq!(panel.present(Micros(0), 1, card(0)), Reason::Granted, "it is forgotten");
}

#[test]
fn settings_that_lie_are_refused_whole() {
    let mut panel = ready();
    let before = ask(&mut panel, &Operation::Info);
    for lie in [
        "14",
        "14 0109",
        "14 0100 01 01 0000 3c00",
        "14 01ff 01 01 0000 3c00",
        "14 0109 00",
        "14 0109 02 01 0000 3c00",
        "14 0109 01 00 0000 3c00",
        "14 0109 01 01 0000 a105",
        "14 0280 01 0000 0000",
        "14 0207 01 0100 0000",
        "14 0207 01 5ef0 5ef0",
        "14 0301 01 00000000 0000",
        "14 0300 02 00000000 0000 00000000 0000",
        "14 0300 01 00000000 1906",
        "14 0410 000000 00 00 0000 00 00 0000 00 00 0000",
        "14 0400 060000 00 00 0000 00 00 0000 00 00 0000",
        "14 0400 050800 00 00 0000 00 00 0000 00 00 0000",
        "14 0400 000000 00 00 0000 00 03 0000 00 00 0000",
        "14 0500 00",
        "14 0109 01 01 0000 3c00 ff",
        "15",
        "15 0109 01",
        "15 0100",
        "22 01",
        "22 0100",
        "04 01",
        "04 02 00",
        "40 10 00000000 01000000 000000",
        "40 00 00000000 00000000 020000",
        "40 00 00000000 01000000 000100",
        "41 00 00000000 0000",
        "10 9a02f623ae0000 10",
        "10 9a02f623ae0000 08 00",
        "10 9a02f623ae0000 08 20",
    ] {
        let operation = unhex(lie);
        assert_eq!(hex(&send(&mut panel, &operation)), hex(&[operation[0], 2]), "{lie}");
    }
    assert_eq!(ask(&mut panel, &Operation::Info), before);
}

#[test]
fn golden_frames_of_version_2() {
    versions::Replay::new().hold(versions::GOLDEN_2);
}
