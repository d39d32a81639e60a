//! What a directory does while nothing is damaged.

use std::fs::File;
use std::sync::mpsc;

use super::*;
use crate::domain::{CardRefusal, GivenCard, RefusedCard, Revocation};
use crate::store::directory::export::Snapshots;
use crate::store::limits::{MAX_CHANGES_PER_RECORD, MAX_REVOCATIONS, SNAPSHOT_EVERY_BYTES};

fn by_external_id(view: &View<'_>, id: &str) -> Vec<Cardholder> {
    view.cardholders_by_external_id(id).collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn people_are_found_by_every_name_they_have_and_by_no_former_one() {
    let dir = TempDir::new().unwrap();
    let (directory, report) = open(dir.path());
    assert_eq!((report.revision, report.rebuilt), (Revision(0), None));
    let mut ada = person(1, &[7]);
    ada.user_name = "Ada.Åström@Example.org".to_owned();
    commit(&directory, vec![put(ada.clone())]).await;
    let view = directory.read();
    assert_eq!(view.cardholder(ada.id).unwrap(), Some(ada.clone()));
    assert_eq!(view.cardholder_by_user_name("ada.åström@EXAMPLE.ORG").unwrap(), Some(ada.clone()));
    assert_eq!(by_external_id(&view, "ext-1"), [ada.clone()]);
    assert!(by_external_id(&view, "EXT-1").is_empty());
    assert_eq!(view.holders_of(credential(7)).unwrap(), [ada.id]);

    let mut renamed = person(1, &[8]);
    renamed.external_id = None;
    commit(&directory, vec![put(renamed.clone())]).await;
    let view = directory.read();
    assert_eq!(view.cardholder_by_user_name("ada.åström@example.org").unwrap(), None);
    assert!(by_external_id(&view, "ext-1").is_empty());
    assert_eq!(view.cardholder_by_user_name("PERSON.1@example.org").unwrap(), Some(renamed));
    assert!(view.holders_of(credential(7)).unwrap().is_empty());
    assert_eq!(view.holders_of(credential(8)).unwrap(), [ada.id]);

    commit(&directory, vec![Change::DeleteCardholder { id: ada.id }]).await;
    assert_eq!(directory.read().cardholder(ada.id).unwrap(), None);
    assert_eq!(directory.read().counts(), Counts::default());
}

#[tokio::test]
async fn groups_and_members_follow_their_ends() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let (first, second) = (group(1), group(2));
    let join = |group, member| Change::AddMember { group: group_id(group), member: person_id(member) };
    let mut changes = vec![Change::PutGroup { group: first.clone() }, Change::PutGroup { group: second }];
    changes.extend((1..=3).map(|number| put(person(number, &[]))));
    changes.extend([join(1, 1), join(1, 2), join(1, 3), join(2, 1), join(9, 1), join(1, 9)]);
    commit(&directory, changes).await;
    let members = |group, after| {
        let members = directory.read().members(group_id(group), after).collect::<Result<Vec<_>, _>>();
        members.unwrap()
    };
    assert_eq!(members(1, None), [person_id(1), person_id(2), person_id(3)]);
    assert_eq!(members(1, Some(person_id(1))), [person_id(2), person_id(3)]);
    assert_eq!(directory.read().groups_of(person_id(1)).unwrap(), [group_id(1), group_id(2)]);
    assert_eq!(directory.read().group_by_display_name("group 1").unwrap(), Some(first));
    assert!(directory.read().is_member(group_id(2), person_id(1)).unwrap());
    assert!(directory.read().groups_of(person_id(9)).unwrap().is_empty(), "nobody joins what isn't there");

    commit(&directory, vec![Change::DeleteCardholder { id: person_id(1) }]).await;
    assert_eq!(members(1, None), [person_id(2), person_id(3)]);
    assert!(members(2, None).is_empty());
    commit(&directory, vec![Change::DeleteGroup { id: group_id(1) }]).await;
    assert!(directory.read().groups_of(person_id(2)).unwrap().is_empty());
    assert_eq!(directory.read().groups(None).count(), 1);
    assert_eq!(directory.read().counts().groups, 1);
    commit(&directory, vec![join(2, 2)]).await;
    let leave = Change::RemoveMember { group: group_id(2), member: person_id(2) };
    commit(&directory, vec![leave]).await;
    assert!(!directory.read().is_member(group_id(2), person_id(2)).unwrap());
}

#[tokio::test]
async fn counts_and_refused_cards_are_those_of_the_people() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let mut inactive = person(2, &[3]);
    inactive.active = false;
    let mut refused = person(3, &[]);
    let refusal = CardRefusal::HeldByAnother { number: "3".to_owned(), holder_name: "X".to_owned() };
    let given = GivenCard { number: "3".to_owned(), ..GivenCard::default() };
    refused.refused_cards = vec![RefusedCard { given, refusal, at: now(), ended: false }];
    let people = vec![put(person(1, &[1, 2])), put(inactive), put(refused.clone())];
    commit(&directory, people).await;
    let counts = Counts {
        cardholders: 3,
        active: 2,
        cards: 3,
        active_cards: 2,
        refused_cards: 1,
        ..Counts::default()
    };
    assert_eq!(directory.read().counts(), counts);
    let listed = directory.read().refused().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(listed, [refused.clone()]);
    refused.refused_cards.clear();
    commit(&directory, vec![put(refused)]).await;
    assert_eq!(directory.read().refused().count(), 0);
    assert_eq!(directory.stats().counts.refused_cards, 0);
}

#[tokio::test]
async fn a_refused_or_empty_plan_writes_nothing_and_an_oversized_change_is_refused() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    commit(&directory, vec![put(person(1, &[]))]).await;
    let records = directory.stats().journal.records;
    let refused =
        directory.commit(Origin::CommandLine, now(), |_, _| Err::<(Vec<Change>, ()), _>("no")).await;
    assert!(matches!(refused, Err(CommitError::Plan("no"))));
    assert_eq!(commit(&directory, Vec::new()).await, Revision(1));
    let too_many = |count| {
        directory.commit(Origin::CommandLine, now(), move |_, _| {
            let leave = Change::DeleteCardholder { id: person_id(1) };
            Ok::<_, Infallible>((vec![leave; count], ()))
        })
    };
    let refused = too_many(MAX_CHANGES_PER_RECORD + 1).await;
    assert!(matches!(refused, Err(CommitError::TooLarge(TooLarge::Changes(_)))));
    let cards = (0..17).collect::<Vec<_>>();
    let rich = vec![put(person(2, &cards))];
    let refused =
        directory.commit(Origin::CommandLine, now(), move |_, _| Ok::<_, Infallible>((rich, ()))).await;
    assert!(matches!(refused, Err(CommitError::TooLarge(TooLarge::Cards(17)))));
    assert_eq!(directory.stats().journal.records, records);
    assert_eq!(directory.read().counts().cardholders, 1);
}

#[tokio::test]
async fn a_plan_that_panics_harms_nobody_else() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let wild = directory
        .commit(Origin::CommandLine, now(), |_, _| -> Result<(Vec<Change>, ()), Infallible> {
            panic!("wild")
        })
        .await;
    assert!(matches!(wild, Err(CommitError::Panicked)));
    assert_eq!(commit(&directory, vec![put(person(1, &[]))]).await, Revision(1));
}

#[tokio::test]
async fn an_observer_that_panics_stops_no_change() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = Directory::open(dir.path(), Box::new(|_| panic!("blind"))).unwrap();
    commit(&directory, vec![put(person(1, &[]))]).await;
    assert_eq!(commit(&directory, vec![put(person(2, &[]))]).await, Revision(2));
}

/// Holds the writer in a plan until `others` more wait, so that they must share a flush.
async fn held_until_queued(directory: &Directory, others: usize) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel::<()>();
    let (started, start) = oneshot::channel();
    let holder = directory.clone();
    tokio::spawn(async move {
        let plan = move |_: &View<'_>, _| {
            let _ = started.send(());
            let _ = held.recv();
            Ok::<_, Infallible>((vec![put(person(1000, &[]))], ()))
        };
        holder.commit(Origin::CommandLine, now(), plan).await.unwrap();
    });
    start.await.unwrap();
    let queued = directory.clone();
    let release_later = release.clone();
    tokio::spawn(async move {
        while queued.stats().queued < others {
            tokio::task::yield_now().await;
        }
        release_later.send(()).unwrap();
    });
    release
}

#[tokio::test]
async fn thirty_two_writers_share_one_flush_and_each_is_answered_with_its_own_revision() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let _release = held_until_queued(&directory, 31).await;
    let writers = (0..31).map(|number| {
        let directory = directory.clone();
        tokio::spawn(async move { commit(&directory, vec![put(person(number, &[number]))]).await.0 })
    });
    let writers = writers.collect::<Vec<_>>();
    let mut revisions = Vec::new();
    for writer in writers {
        revisions.push(writer.await.unwrap());
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (2..=32).collect::<Vec<_>>());
    let stats = directory.stats().journal;
    assert_eq!((stats.flushes, stats.records, stats.last_batch), (1, 32, 32));
}

#[tokio::test]
async fn plans_of_one_flush_see_each_other() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let _release = held_until_queued(&directory, 31).await;
    let writers = (0..31).map(|number| {
        let directory = directory.clone();
        tokio::spawn(async move {
            let plan = move |view: &View<'_>, revision| {
                if view.cardholder_by_user_name("SAME@example.org").unwrap().is_some() {
                    return Err("taken");
                }
                let mut wanted = person(number, &[]);
                wanted.user_name = "same@example.org".to_owned();
                wanted.revision = revision;
                Ok((vec![put(wanted)], number))
            };
            directory.commit(Origin::CommandLine, now(), plan).await
        })
    });
    let writers = writers.collect::<Vec<_>>();
    let mut won = Vec::new();
    for writer in writers {
        match writer.await.unwrap() {
            Ok(committed) => won.push(committed),
            Err(error) => assert!(matches!(error, CommitError::Plan("taken"))),
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(directory.stats().journal.flushes, 1);
    let same = directory.read().cardholder_by_user_name("same@example.org").unwrap().unwrap();
    assert_eq!((same.id, same.revision), (person_id(won[0].value), won[0].revision));
}

#[tokio::test]
async fn the_observer_hears_of_every_change_before_its_caller_does() {
    let dir = TempDir::new().unwrap();
    let (heard, hearing) = mpsc::channel();
    let observer = Box::new(move |applied: &Applied<'_>| {
        assert!(applied.view.revision() >= applied.record.revision);
        let before = applied.before.iter().map(|person| person.as_ref().map(|person| person.cards.len()));
        heard.send((applied.record.revision, before.collect::<Vec<_>>())).unwrap();
    });
    let (directory, _) = Directory::open(dir.path(), observer).unwrap();
    commit(&directory, vec![put(person(1, &[1])), put(person(1, &[1, 2]))]).await;
    assert_eq!(hearing.try_recv().unwrap(), (Revision(1), vec![None, Some(1)]));
    let delete = Change::DeleteCardholder { id: person_id(1) };
    commit(&directory, vec![delete.clone(), delete]).await;
    assert_eq!(hearing.try_recv().unwrap(), (Revision(2), vec![Some(2), None]));
}

fn revoked(directory: &Directory, since: u64) -> Vec<(u64, Credential, CardholderId)> {
    let told = directory.read().revocations_since(Revision(since)).unwrap();
    let short = |told: &Revocation| (told.revision.0, told.credential, told.holder);
    told.iter().map(short).collect()
}

#[tokio::test]
async fn a_card_that_nobody_can_use_any_more_is_a_revocation_and_no_other_is() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    commit(&directory, vec![put(person(1, &[1, 2])), put(person(2, &[2]))]).await;
    assert!(revoked(&directory, 0).is_empty());

    commit(&directory, vec![put(person(1, &[]))]).await;
    assert_eq!(revoked(&directory, 0), [(2, credential(1), person_id(1))], "card 2 is still person 2's");

    commit(&directory, vec![put(person(2, &[])), put(person(3, &[2]))]).await;
    assert!(revoked(&directory, 2).is_empty(), "a card handed on within one change is not revoked");

    let mut away = person(3, &[2]);
    away.active = false;
    commit(&directory, vec![put(away.clone())]).await;
    assert_eq!(revoked(&directory, 2), [(4, credential(2), person_id(3))]);

    commit(&directory, vec![Change::DeleteCardholder { id: person_id(3) }]).await;
    assert!(revoked(&directory, 4).is_empty(), "an inactive person has nothing to revoke");

    commit(&directory, vec![put(person(4, &[5]))]).await;
    commit(&directory, vec![Change::DeleteCardholder { id: person_id(4) }]).await;
    assert_eq!(revoked(&directory, 5), [(7, credential(5), person_id(4))]);
    let gone = directory.read().revocations_since(Revision(6)).unwrap();
    assert_eq!(gone[0].holder_name, "Person 4");
}

#[tokio::test]
async fn only_the_newest_revocations_are_remembered() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let people = u32::try_from(MAX_REVOCATIONS).unwrap() / 16 + 2;
    let cards = |number: u32| (number * 16..number * 16 + 16).collect::<Vec<_>>();
    commit(&directory, (0..people).map(|number| put(person(number, &cards(number)))).collect()).await;
    let delete = |number| Change::DeleteCardholder { id: person_id(number) };
    commit(&directory, vec![delete(0), delete(1)]).await;
    commit(&directory, (2..people).map(delete).collect()).await;
    let told = revoked(&directory, 0);
    assert_eq!(told.len() as u64, MAX_REVOCATIONS);
    assert!(told.iter().all(|(revision, ..)| *revision == 3), "the oldest are forgotten first");
}

#[tokio::test]
async fn one_folder_has_one_gateway() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let second = Directory::open(dir.path(), Box::new(|_| {}));
    assert!(matches!(second, Err(StoreError::InUse { .. })));
    directory.close();
    open(dir.path());
}

#[tokio::test]
async fn a_closed_directory_refuses_changes() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    directory.clone().close();
    let late =
        directory.commit(Origin::CommandLine, now(), |_, _| Ok::<_, Infallible>((Vec::new(), ()))).await;
    assert!(matches!(late, Err(CommitError::Store(error)) if matches!(*error, StoreError::Closed)));
}

#[tokio::test]
async fn proven_hints_outlive_a_restart_and_never_speak_of_the_future() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    commit(&directory, vec![put(person(1, &[]))]).await;
    let (lobby, gate) = ("lobby".parse().unwrap(), "gate".parse().unwrap());
    directory.set_proven(&lobby, Revision(1)).unwrap();
    directory.set_proven(&gate, Revision(2)).unwrap();
    directory.close();
    let (directory, _) = open(dir.path());
    assert_eq!(directory.proven().unwrap(), [(lobby, Revision(1))].into());
}

#[test]
fn the_longer_snapshots_are_the_rarer_they_become() {
    let dir = TempDir::new().unwrap();
    let snapshots = Snapshots::open(dir.path()).unwrap();
    let grow = |name: &str, len| File::create(dir.path().join(name)).unwrap().set_len(len).unwrap();
    assert_eq!(snapshots.interval().unwrap(), SNAPSHOT_EVERY_BYTES, "the first");
    grow("00000000000000000007.snapshot", 3 * SNAPSHOT_EVERY_BYTES);
    assert_eq!(snapshots.interval().unwrap(), 3 * SNAPSHOT_EVERY_BYTES, "as much as the newest is long");
    grow("00000000000000000009.snapshot", 1);
    assert_eq!(snapshots.interval().unwrap(), SNAPSHOT_EVERY_BYTES, "a short one");
}
