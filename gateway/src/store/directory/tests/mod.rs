//! The directory's promises, each with tests that try to break it.

mod access;
mod damage;
mod property;
mod query;
mod reindex;
mod story;

use std::convert::Infallible;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use tempfile::TempDir;
use uuid::Uuid;

use super::rows::{Key, Value};
use super::*;
use crate::domain::{
    AccessLevel, AccessLevelId, AccessMode, AccessSettings, At, Attributes, Card, CardState, CardholderId,
    DEFAULT_BADGE_TYPE, DoorSchedule, GivenBy, Group, GroupId, Hold, HoldId, HoldOn, HolidayCalendarId,
    Interval, Rule, RuleId, RuleTo, Schedule, ScheduleId, Weekdays, WeeklyInterval, When,
};

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

pub(super) fn person_id(number: u32) -> CardholderId {
    CardholderId(Uuid::from_u128(u128::from(number) << 64 | 0x1111))
}

pub(super) fn group_id(number: u32) -> GroupId {
    GroupId(Uuid::from_u128(u128::from(number) << 64 | 0x2222))
}

pub(super) fn credential(number: u32) -> Credential {
    Credential::new(32, u64::from(number)).unwrap()
}

pub(super) fn card(number: u32) -> Card {
    Card {
        credential: credential(number),
        number: number.to_string(),
        state: CardState::Active,
        given_by: GivenBy::IdentityProvider,
        badge_type: DEFAULT_BADGE_TYPE.to_owned(),
        format: None,
        valid_from: None,
        valid_until: None,
    }
}

pub(super) fn person(number: u32, cards: &[u32]) -> Cardholder {
    Cardholder {
        id: person_id(number),
        user_name: format!("Person.{number}@example.org"),
        external_id: Some(format!("ext-{number}")),
        display_name: format!("Person {number}"),
        active: true,
        cards: cards.iter().map(|number| card(*number)).collect(),
        refused_cards: Vec::new(),
        reactivation: None,
        attributes: Attributes::new(),
        created: now(),
        modified: now(),
        revision: Revision(0),
    }
}

pub(super) fn group(number: u32) -> Group {
    Group {
        id: group_id(number),
        display_name: format!("Group {number}"),
        external_id: None,
        attributes: Attributes::new(),
        created: now(),
        modified: now(),
        revision: Revision(0),
    }
}

pub(super) fn put(person: Cardholder) -> Change {
    Change::PutCardholder { cardholder: Box::new(person) }
}

pub(super) fn open(dir: &Path) -> (Directory, OpenReport) {
    Directory::open(dir, Box::new(|_| {})).unwrap()
}

pub(super) async fn commit(directory: &Directory, changes: Vec<Change>) -> Revision {
    let plan = move |_: &View<'_>, _| Ok::<_, Infallible>((changes, ()));
    directory.commit(Origin::CommandLine, now(), plan).await.unwrap().revision
}

/// Every row, the meta row included: two directories with the same rows are the same.
pub(super) fn rows_of(directory: &Directory) -> Vec<(Key, Value)> {
    // Waits until sled has all that was answered.
    let _ = directory.read();
    let rows = directory.inner.tree.range(Vec::new(), Vec::new());
    rows.map(|row| row.map(|(key, value)| (key.to_vec(), value)).unwrap()).collect()
}

/// The folder as a crash at this moment would leave it, page cache included.
pub(super) fn as_if_killed(dir: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    copy_dir(dir, copy.path());
    copy
}

pub(super) fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            // sled may delete a file of its own while it is copied.
            let _ = fs::copy(entry.path(), target);
        }
    }
}

pub(super) fn level_id(number: u32) -> AccessLevelId {
    AccessLevelId(Uuid::from_u128(u128::from(number) << 64 | 0x3333))
}

pub(super) fn rule_id(number: u32) -> RuleId {
    RuleId(Uuid::from_u128(u128::from(number) << 64 | 0x4444))
}

pub(super) fn level(number: u32, doors: &[&str]) -> AccessLevel {
    let open = |door: &&str| DoorSchedule { at: At::Door(door.parse().unwrap()), schedule: When::Always };
    AccessLevel {
        id: level_id(number),
        name: format!("Level {number}").parse().unwrap(),
        doors: doors.iter().map(open).collect(),
        created: now(),
        modified: now(),
        revision: Revision(0),
    }
}

pub(super) fn rule(number: u32, group: u32, level: u32) -> Rule {
    Rule {
        id: rule_id(number),
        to: RuleTo::Group(group_id(group)),
        access_level: level_id(level),
        created: now(),
        modified: now(),
        revision: Revision(0),
    }
}

pub(super) fn put_level(access_level: AccessLevel) -> Change {
    Change::PutAccessLevel { access_level }
}

pub(super) fn put_rule(rule: Rule) -> Change {
    Change::PutRule { rule }
}

pub(super) fn put_schedule(number: u128) -> Change {
    let days = Weekdays::named(&["sat"]).unwrap();
    let interval = Interval::new("22:00".parse().unwrap(), "02:00".parse().unwrap()).unwrap();
    let schedule = Schedule {
        id: ScheduleId(Uuid::from_u128(number)),
        name: format!("Schedule {number}").parse().unwrap(),
        weekly: vec![WeeklyInterval { days, interval }],
        holidays: [(HolidayCalendarId(Uuid::nil()), vec![interval])].into(),
        created: now(),
        modified: now(),
        revision: Revision(0),
    };
    Change::PutSchedule { schedule }
}

pub(super) fn set_mode(rules: bool) -> Change {
    let mode = if rules { AccessMode::Rules } else { AccessMode::Open };
    Change::SetAccessMode { settings: AccessSettings { mode, modified: now(), revision: Revision(0) } }
}

pub(super) fn put_hold(person: u32) -> Change {
    let hold = Hold {
        id: HoldId(person_id(person).0),
        on: HoldOn::Person(person_id(person)),
        reason: "lost".to_owned(),
        until: None,
        by: Origin::CommandLine,
        created: now(),
        revision: Revision(0),
    };
    Change::PutHold { hold }
}
