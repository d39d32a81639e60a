//! Random histories: however the directory was interrupted and rebuilt, it is the directory that was built in one go.

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::*;

const PEOPLE: u32 = 6;
const GROUPS: u32 = 3;
const CARDS: u32 = 5;
const LEVELS: u32 = 3;
const RULES: u32 = 4;

fn any_person() -> impl Strategy<Value = Cardholder> {
    let cards = prop::collection::vec((0..CARDS, any::<bool>()), 0..4);
    (0..PEOPLE, 0..PEOPLE, prop::option::of(0..PEOPLE), any::<bool>(), cards).prop_map(
        |(number, name, external, active, cards)| {
            let mut person = person(number, &[]);
            person.user_name = format!("Name{name}");
            person.external_id = external.map(|external| format!("external {external}"));
            person.active = active;
            person.cards = cards.iter().map(|(number, _)| card(*number)).collect();
            for (card, (_, active)) in person.cards.iter_mut().zip(&cards) {
                card.state = if *active { CardState::Active } else { CardState::Inactive };
            }
            person
        },
    )
}

fn any_change() -> impl Strategy<Value = Change> {
    let link = || (0..GROUPS, 0..PEOPLE).prop_map(|(group, member)| (group_id(group), person_id(member)));
    prop_oneof![
        6 => any_person().prop_map(put),
        2 => (0..PEOPLE).prop_map(|number| Change::DeleteCardholder { id: person_id(number) }),
        2 => (0..GROUPS, 0..GROUPS).prop_map(|(number, name)| {
            let group = Group { display_name: format!("Group {name}"), ..group(number) };
            Change::PutGroup { group }
        }),
        1 => (0..GROUPS).prop_map(|number| Change::DeleteGroup { id: group_id(number) }),
        4 => link().prop_map(|(group, member)| Change::AddMember { group, member }),
        2 => link().prop_map(|(group, member)| Change::RemoveMember { group, member }),
        2 => (0..LEVELS, any::<bool>()).prop_map(|(number, open)| {
            put_level(level(number, if open { &["lobby", "dock"] } else { &[] }))
        }),
        1 => (0..LEVELS).prop_map(|number| Change::DeleteAccessLevel { id: level_id(number) }),
        4 => (0..RULES, 0..GROUPS, 0..LEVELS)
            .prop_map(|(number, group, level)| put_rule(rule(number, group, level))),
        1 => (0..RULES).prop_map(|number| Change::DeleteRule { id: rule_id(number) }),
        2 => (0..RULES, 0..PEOPLE, 0..LEVELS, any::<bool>()).prop_map(|(number, person, level, all)| {
            let span = RuleTo::Person { person: person_id(person), from: None, until: Some(now()) };
            put_rule(Rule { to: if all { RuleTo::Everyone } else { span }, ..rule(number, 0, level) })
        }),
        1 => (0..2u128).prop_map(put_schedule),
        1 => (0..2u128).prop_map(|number| Change::DeleteSchedule { id: ScheduleId(Uuid::from_u128(number)) }),
        1 => any::<bool>().prop_map(set_mode),
        1 => (0..PEOPLE).prop_map(put_hold),
        1 => (0..PEOPLE).prop_map(|number| Change::DeleteHold { id: HoldId(person_id(number).0) }),
    ]
}

/// What happens to the directory.
#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Change>),
    /// Commits while a snapshot is made.
    Snapshot(Vec<Change>),
    Reopen,
    /// A kill, then sled is gone too.
    LoseSled,
    /// A kill; sled is as it was some steps ago.
    OldSled,
}

fn any_step() -> impl Strategy<Value = Step> {
    let changes = || prop::collection::vec(any_change(), 1..5);
    prop_oneof![
        12 => changes().prop_map(Step::Commit),
        3 => changes().prop_map(Step::Snapshot),
        1 => Just(Step::Reopen),
        1 => Just(Step::LoseSled),
        1 => Just(Step::OldSled),
    ]
}

/// A directory that only ever got the changes.
async fn in_one_go(histories: &[Vec<Change>]) -> (TempDir, Directory) {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    for changes in histories {
        commit(&directory, changes.clone()).await;
    }
    (dir, directory)
}

/// The indexes say what the people and groups say.
fn check_indexes(directory: &Directory) {
    let view = directory.read();
    let people = view.cardholders(None).collect::<Result<Vec<_>, _>>().unwrap();
    let mut counts = Counts::default();
    for person in &people {
        counts.add(&person.counts());
        let found = view.cardholder_by_user_name(&person.user_name.to_uppercase()).unwrap().unwrap();
        assert_eq!(found.user_name, person.user_name);
        for group in view.groups_of(person.id).unwrap() {
            assert!(view.is_member(group, person.id).unwrap() && view.group(group).unwrap().is_some());
        }
    }
    for number in 0..CARDS {
        let has =
            |person: &&Cardholder| person.cards.iter().any(|card| card.credential == credential(number));
        let numbered = view.cardholders_by_card_number(&number.to_string());
        assert_eq!(
            numbered.map(|person| person.unwrap().id).collect::<Vec<_>>(),
            holders_numbered(&people, number)
        );
        let opens = |person: &&Cardholder| person.opens_with(credential(number));
        let ids = |people: Vec<&Cardholder>| people.iter().map(|person| person.id).collect::<Vec<_>>();
        let holders = ids(people.iter().filter(has).collect());
        assert_eq!(view.holders_of(credential(number)).unwrap(), holders);
        let active = ids(people.iter().filter(opens).collect());
        assert_eq!(view.active_holders_of(credential(number)).unwrap(), active);
    }
    for number in 0..GROUPS {
        let members = view.members(group_id(number), None).collect::<Result<Vec<_>, _>>().unwrap();
        assert!(members.iter().all(|member| view.groups_of(*member).unwrap().contains(&group_id(number))));
    }
    let rules = view.rules().collect::<Result<Vec<_>, _>>().unwrap();
    for number in 0..GROUPS {
        let own = rules.iter().filter(|rule| rule.to == RuleTo::Group(group_id(number)));
        assert_eq!(view.rules_of(group_id(number)).unwrap(), own.cloned().collect::<Vec<_>>());
    }
    for rule in &rules {
        match rule.to {
            RuleTo::Everyone => {}
            RuleTo::Group(group) => assert!(view.group(group).unwrap().is_some()),
            RuleTo::Person { person, .. } => {
                assert!(view.cardholder(person).unwrap().is_some());
                assert!(view.rules_of_person(person).unwrap().contains(rule));
            }
        }
        assert!(view.access_level(rule.access_level).unwrap().is_some());
    }
    counts.rules = rules.len() as u64;
    counts.access_levels = view.access_levels().count() as u64;
    counts.groups = view.groups(None).count() as u64;
    let newer_rules = rules.iter().filter(|rule| !matches!(rule.to, RuleTo::Group(_))).count();
    let mode = usize::from(view.access_settings().unwrap().is_some());
    let newer = newer_rules + mode + view.all::<Schedule>(None).count() + view.all::<Hold>(None).count();
    counts.newer = newer as u64;
    assert_eq!(view.counts(), counts);
}

fn holders_numbered(people: &[Cardholder], number: u32) -> Vec<CardholderId> {
    let has = |person: &&Cardholder| person.card_numbers().any(|own| own == number.to_string());
    people.iter().filter(has).map(|person| person.id).collect()
}

async fn live_through(steps: Vec<Step>) {
    let mut dir = TempDir::new().unwrap();
    let (mut directory, _) = open(dir.path());
    let mut history = Vec::new();
    let mut old_sled = as_if_killed(dir.path());
    for (number, step) in steps.into_iter().enumerate() {
        if number % 4 == 0 {
            old_sled = as_if_killed(dir.path());
        }
        match step {
            Step::Commit(changes) => {
                commit(&directory, changes.clone()).await;
                history.push(changes);
            }
            Step::Snapshot(changes) => {
                let (made, _) = tokio::join!(directory.snapshot(), commit(&directory, changes.clone()));
                made.unwrap();
                history.push(changes);
            }
            Step::Reopen => {
                directory.close();
                directory = open(dir.path()).0;
            }
            Step::LoseSled | Step::OldSled => {
                let copy = as_if_killed(dir.path());
                fs::remove_dir_all(copy.path().join("sled")).unwrap();
                if matches!(step, Step::OldSled) {
                    copy_dir(&old_sled.path().join("sled"), &copy.path().join("sled"));
                }
                directory = open(copy.path()).0;
                dir = copy;
            }
        }
    }
    let (_dir, model) = in_one_go(&history).await;
    assert_eq!(rows_of(&directory), rows_of(&model));
    check_indexes(&directory);
    directory.close();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    assert_eq!(rows_of(&open(dir.path()).0), rows_of(&model));
}

/// Cuts the journal after `cut` of its bytes; what is left is the directory of that many records.
async fn cut_the_journal(histories: Vec<Vec<Change>>, cut: f64) {
    let (dir, directory) = in_one_go(&histories).await;
    directory.close();
    let segment = fs::read_dir(dir.path().join("journal")).unwrap().next().unwrap().unwrap().path();
    let len = (fs::metadata(&segment).unwrap().len() as f64 * cut) as u64;
    fs::File::options().write(true).open(&segment).unwrap().set_len(len).unwrap();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let (directory, report) = open(dir.path());
    let kept = usize::try_from(report.revision.0).unwrap();
    let known = Revision(histories.len() as u64);
    let lacking = (report.revision < known).then_some(Incomplete { kept: report.revision, known });
    assert_eq!(report.incomplete, lacking);
    let (_dir, model) = in_one_go(&histories[..kept]).await;
    assert_eq!(rows_of(&directory), rows_of(&model));
    check_indexes(&directory);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_directory_that_was_interrupted_is_the_one_that_was_not(steps in prop::collection::vec(any_step(), 1..30)) {
        Runtime::new().unwrap().block_on(live_through(steps));
    }

    #[test]
    fn a_journal_cut_anywhere_is_a_shorter_history(
        histories in prop::collection::vec(prop::collection::vec(any_change(), 1..4), 1..12),
        cut in 0.0..1.0f64,
    ) {
        Runtime::new().unwrap().block_on(cut_the_journal(histories, cut));
    }
}
