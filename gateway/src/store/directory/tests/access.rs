//! Access levels and rules, through changes, restarts and other versions of this program.

use std::sync::mpsc;

use super::*;
use crate::domain::{Provider, RuleDropped};
use crate::store::journal;

fn rules(directory: &Directory) -> Vec<RuleId> {
    directory.read().rules().map(|rule| rule.unwrap().id).collect()
}

async fn with_rules(dir: &Path) -> Directory {
    let (directory, _) = open(dir);
    let groups = [1, 2].map(|number| Change::PutGroup { group: group(number) });
    commit(&directory, groups.to_vec()).await;
    let levels = [put_level(level(1, &["lobby", "dock"])), put_level(level(2, &[]))];
    commit(&directory, levels.to_vec()).await;
    let rules = [rule(1, 1, 1), rule(2, 1, 2), rule(3, 2, 1)].map(put_rule);
    commit(&directory, rules.to_vec()).await;
    directory
}

#[tokio::test]
async fn access_levels_and_rules_are_as_they_were_last_written() {
    let dir = TempDir::new().unwrap();
    let directory = with_rules(dir.path()).await;
    commit(&directory, vec![put_level(level(2, &["roof"])), put_rule(rule(2, 2, 2))]).await;
    let view = directory.read();
    assert_eq!(view.access_level(level_id(2)).unwrap(), Some(level(2, &["roof"])));
    assert_eq!(view.access_levels().map(Result::unwrap).collect::<Vec<_>>().len(), 2);
    assert_eq!(view.rules_of(group_id(1)).unwrap(), [rule(1, 1, 1)]);
    assert_eq!(view.rules_of(group_id(2)).unwrap(), [rule(2, 2, 2), rule(3, 2, 1)]);
    commit(&directory, vec![Change::DeleteRule { id: rule_id(3) }]).await;
    assert_eq!(rules(&directory), [rule_id(1), rule_id(2)]);
    assert_eq!((directory.read().counts().access_levels, directory.read().counts().rules), (2, 2));
}

#[tokio::test]
async fn a_renamed_group_keeps_its_rules() {
    let dir = TempDir::new().unwrap();
    let directory = with_rules(dir.path()).await;
    let renamed = Group { display_name: "Renamed".to_owned(), ..group(1) };
    commit(&directory, vec![Change::PutGroup { group: renamed }]).await;
    assert_eq!(directory.read().rules_of(group_id(1)).unwrap(), [rule(1, 1, 1), rule(2, 1, 2)]);
}

#[tokio::test]
async fn a_deleted_groups_rules_go_in_the_same_change_and_are_told() {
    let dir = TempDir::new().unwrap();
    with_rules(dir.path()).await.close();
    let (heard, hearing) = mpsc::channel();
    let observer = Box::new(move |applied: &Applied<'_>| heard.send(applied.dropped.to_vec()).unwrap());
    let (directory, _) = Directory::open(dir.path(), observer).unwrap();
    let revision = commit(&directory, vec![Change::DeleteGroup { id: group_id(1) }]).await;
    assert_eq!(rules(&directory), [rule_id(3)]);
    let told = |number| RuleDropped {
        revision,
        origin: Origin::CommandLine,
        rule: rule_id(number),
        group: group_id(1),
        group_name: "Group 1".to_owned(),
        access_level: level_id(number),
        access_level_name: format!("Level {number}"),
    };
    assert_eq!(hearing.try_recv().unwrap(), [told(1), told(2)]);
    commit(&directory, vec![Change::PutGroup { group: group(1) }]).await;
    assert_eq!(hearing.try_recv().unwrap(), []);
    assert!(directory.read().rules_of(group_id(1)).unwrap().is_empty(), "a group made anew is another");
}

#[tokio::test]
async fn a_rule_needs_both_its_ends() {
    let dir = TempDir::new().unwrap();
    let directory = with_rules(dir.path()).await;
    commit(&directory, vec![put_rule(rule(8, 9, 1)), put_rule(rule(9, 1, 9))]).await;
    assert_eq!(rules(&directory).len(), 3);
    commit(&directory, vec![Change::DeleteAccessLevel { id: level_id(1) }]).await;
    assert_eq!(rules(&directory), [rule_id(2)]);
    assert_eq!((directory.read().counts().access_levels, directory.read().counts().rules), (1, 1));
}

#[tokio::test]
async fn a_snapshot_alone_brings_them_back() {
    let dir = TempDir::new().unwrap();
    let directory = with_rules(dir.path()).await;
    directory.snapshot().await.unwrap();
    let whole = rows_of(&directory);
    directory.close();
    for lost in ["sled", "journal"] {
        fs::remove_dir_all(dir.path().join(lost)).unwrap();
    }
    let (directory, report) = open(dir.path());
    assert_eq!((report.revision, rows_of(&directory)), (Revision(3), whole));
}

/// Version and layout as they stand in the journal's newest record and in sled.
fn written(directory: &Directory, dir: &Path) -> (u64, u64) {
    let mut version = 0;
    let newest = directory.read().revision().0;
    journal::read(&dir.join("journal"), open::KIND, newest, newest, |_, payload| {
        version = serde_json::from_slice::<serde_json::Value>(payload).unwrap()["version"].as_u64().unwrap();
        Ok(true)
    })
    .unwrap();
    let meta = directory.inner.tree.get(meta::META_KEY).unwrap().unwrap();
    let meta: serde_json::Value = rows::decode(&meta).unwrap();
    (version, meta["layout"].as_u64().unwrap())
}

#[tokio::test]
async fn only_what_an_older_program_can_not_follow_says_so() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    commit(&directory, vec![put(person(1, &[1])), Change::PutGroup { group: group(1) }]).await;
    assert_eq!(written(&directory, dir.path()), (1, 1));
    commit(&directory, vec![put(person(2, &[])), put_level(level(1, &["lobby"]))]).await;
    assert_eq!(written(&directory, dir.path()), (2, 2));
    commit(&directory, vec![put(person(3, &[]))]).await;
    assert_eq!(
        written(&directory, dir.path()),
        (1, 2),
        "its sled has rows that an older program would not keep"
    );
    commit(&directory, vec![Change::DeleteAccessLevel { id: level_id(1) }]).await;
    assert_eq!(written(&directory, dir.path()), (2, 1));
}

#[test]
fn a_record_of_an_unknown_version_is_refused_by_its_version_whatever_it_holds() {
    let record = |version: u8, step: &str| {
        format!(
            r#"{{"version":{version},"revision":1,"at":"2026-01-01T00:00:00Z","source":{{"kind":"command_line"}},"changes":[{step}]}}"#
        )
    };
    let refused = |version, step| open::decode(record(version, step).as_bytes(), 1).unwrap_err();
    assert_eq!(refused(6, r#"{"op":"open_sesame"}"#), "change 1 is of version 6, unknown to this program");
    assert_eq!(refused(0, ""), "change 1 is of version 0, unknown to this program");
    assert!(refused(2, r#"{"op":"open_sesame"}"#).contains("unknown variant `open_sesame`"));
    assert!(open::decode(record(1, "").as_bytes(), 1).is_ok());
    let strange = record(6, "").replace(r#"{"kind":"command_line"}"#, r#"{"kind":"carrier_pigeon"}"#);
    let refused = open::decode(strange.replace("\"at\":", "\"when\":").as_bytes(), 1).unwrap_err();
    assert_eq!(refused, "change 1 is of version 6, unknown to this program");
}

#[tokio::test]
async fn a_change_by_a_source_of_the_configuration_says_so_by_its_version() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let plan = |_: &View<'_>, _| Ok::<_, Infallible>((vec![put(person(1, &[1]))], ()));
    let origin = Origin::Source { provider: Provider::Graph, id: "entra".to_owned() };
    directory.commit(origin, now(), plan).await.unwrap();
    assert_eq!(written(&directory, dir.path()), (3, 1));
    commit(&directory, vec![put(person(2, &[]))]).await;
    assert_eq!(written(&directory, dir.path()), (1, 1));
}

#[tokio::test]
async fn schedules_modes_holds_and_rules_for_some_are_kept_and_say_that_an_older_program_can_not_follow() {
    let dir = TempDir::new().unwrap();
    let directory = with_rules(dir.path()).await;
    assert_eq!(written(&directory, dir.path()), (2, 2));
    commit(&directory, vec![put(person(1, &[1]))]).await;
    let everyone = Rule { to: RuleTo::Everyone, ..rule(7, 1, 1) };
    let place = DoorSchedule { at: At::Place("Yard".parse().unwrap()), schedule: When::Always };
    let mut wide = level(2, &[]);
    wide.doors.insert(place);
    for (change, undone) in [
        (put_schedule(1), Change::DeleteSchedule { id: ScheduleId(Uuid::from_u128(1)) }),
        (put_hold(1), Change::DeleteHold { id: HoldId(person_id(1).0) }),
        (put_rule(everyone), Change::DeleteRule { id: rule_id(7) }),
        (put_level(wide), put_level(level(2, &[]))),
    ] {
        commit(&directory, vec![change.clone()]).await;
        assert_eq!(written(&directory, dir.path()), (4, 3), "{change:?}");
        commit(&directory, vec![undone]).await;
        assert_eq!(written(&directory, dir.path()).1, 2, "{change:?}");
    }
    commit(&directory, vec![set_mode(true), put_schedule(2), put_hold(1)]).await;
    assert_eq!(directory.read().access_settings().unwrap().map(|it| it.mode), Some(AccessMode::Rules));
    assert_eq!(directory.read().all::<Schedule>(None).count(), 1);
    directory.snapshot().await.unwrap();
    let whole = rows_of(&directory);
    directory.close();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let (directory, _) = open(dir.path());
    assert_eq!(rows_of(&directory), whole);
}

#[tokio::test]
async fn a_persons_rules_go_with_them_and_a_hold_stays() {
    let dir = TempDir::new().unwrap();
    let directory = with_rules(dir.path()).await;
    let own = RuleTo::Person { person: person_id(1), from: None, until: Some(now()) };
    let own = Rule { to: own, ..rule(8, 1, 1) };
    commit(&directory, vec![put_rule(own.clone())]).await;
    assert_eq!(rules(&directory).len(), 3, "there is no such person");
    commit(&directory, vec![put(person(1, &[1])), put_rule(own.clone()), put_hold(1)]).await;
    assert_eq!(directory.read().rules_of_person(person_id(1)).unwrap(), [own]);
    commit(&directory, vec![Change::DeleteCardholder { id: person_id(1) }]).await;
    assert_eq!(rules(&directory), [rule_id(1), rule_id(2), rule_id(3)]);
    assert_eq!(directory.read().all::<Hold>(None).count(), 1, "nobody has lifted it");
}

#[test]
fn numbers_of_profiles_are_hints_that_are_checked() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let lobby = "lobby".parse().unwrap();
    directory.set_numbering(&lobby, &[1, 2, 3]).unwrap();
    directory.inner.tree.with_side_tree("numbering", |tree| tree.insert("dock", &[0, 0, 0, 0, 9])).unwrap();
    assert_eq!(directory.numbering().unwrap(), [(lobby, vec![1, 2, 3])].into());
}
