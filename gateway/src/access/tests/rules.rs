//! Rules: what they come to at the doors, and that following changes one by one comes to the same as compiling anew.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::access::shape;
use crate::domain::{
    AccessLevel, AccessLevelId, AccessMode, AccessSettings, At, DoorSchedule, Hold, HoldId, HoldOn, Origin,
    Rule, RuleId, RuleTo, ScheduleId, When,
};

const PEOPLE: u128 = 5;
const GROUPS: u128 = 3;
const LEVELS: u128 = 3;
const RULES: u128 = 4;
const HOLDS: u128 = 2;
/// By controller: door, place, reader.
const DOORS: [&[(&str, &str, u8)]; 2] =
    [&[("lobby", "Harbour / Front", 0), ("dock", "Harbour / Dock", 1)], &[("gate", "Yard", 0)]];

/// What access levels name.
const PLACES: [&str; 7] = ["lobby", "dock", "gate", "Harbour", "Harbour / Dock", "Yard", "nowhere"];

fn begin() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn hours(hours: i64) -> Timestamp {
    begin() + SignedDuration::from_hours(hours)
}

fn person_id(number: u128) -> CardholderId {
    CardholderId(Uuid::from_u128(number))
}

fn group(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(number))
}

fn doors() -> Vec<Vec<PlannedDoor>> {
    let door = |(door, place, reader): &(&str, &str, u8)| PlannedDoor {
        door: door.parse().unwrap(),
        place: Some(place.parse().unwrap()),
        reader: *reader,
    };
    DOORS.iter().map(|doors| doors.iter().map(door).collect()).collect()
}

fn part(at: &str, schedule: When) -> DoorSchedule {
    let is_place = at.starts_with("Harbour") || at == "Yard";
    let at = if is_place { At::Place(at.parse().unwrap()) } else { At::Door(at.parse().unwrap()) };
    DoorSchedule { at, schedule }
}

fn level(number: u128, revision: u64, doors: impl IntoIterator<Item = DoorSchedule>) -> AccessLevel {
    AccessLevel {
        id: AccessLevelId(Uuid::from_u128(number)),
        name: format!("Level {number}").parse().unwrap(),
        doors: doors.into_iter().collect(),
        created: begin(),
        modified: begin(),
        revision: Revision(revision),
    }
}

fn rule(number: u128, to: RuleTo, level: u128) -> Rule {
    Rule {
        id: RuleId(Uuid::from_u128(number)),
        to,
        access_level: AccessLevelId(Uuid::from_u128(level)),
        created: begin(),
        modified: begin(),
        revision: Revision(0),
    }
}

fn hold(number: u128, on: HoldOn, until: Option<Timestamp>) -> Hold {
    Hold {
        id: HoldId(Uuid::from_u128(number)),
        on,
        reason: "lost".to_owned(),
        until,
        by: Origin::CommandLine,
        created: begin(),
        revision: Revision(0),
    }
}

fn mode(mode: AccessMode) -> Change {
    Change::SetAccessMode { settings: AccessSettings { mode, modified: begin(), revision: Revision(0) } }
}

/// What a card may do somewhere: its readers, and its span.
type Row = Option<([u8; 16], Option<UtcSeconds>, Option<UtcSeconds>)>;

/// Compiler and controllers, as they follow changes.
struct Followed {
    compiler: Compiler,
    plans: Vec<DoorPlan>,
    index: CardIndex,
}

impl Followed {
    fn new(model: AccessModel) -> Self {
        let readers = DOORS.map(|doors| doors.iter().map(|(_, _, reader)| *reader).collect::<Vec<_>>());
        let plans = readers.into_iter().map(DoorPlan::new).collect();
        Self { compiler: Compiler::new(model, doors()), plans, index: CardIndex::default() }
    }

    fn compile(&mut self, world: &World, card: Credential) {
        let access = self.compiler.compile(card, &world.holders(card), world.now);
        for learned in self.compiler.news() {
            for (plan, opens) in self.plans.iter_mut().zip(learned.opens) {
                plan.learn(learned.clearance, opens);
            }
        }
        self.index.set(card, access);
    }

    fn compile_concerned(&mut self, world: &World, concern: &Concern) {
        let in_group = |holder| concern.groups.iter().any(|group| world.members.contains(&(*group, holder)));
        let is = |access: &CardAccess| {
            concern.takes_in(access, self.compiler.clearances()) || in_group(access.holder)
        };
        let cards: Vec<_> =
            self.index.iter().filter(|(_, access)| is(access)).map(|(card, _)| card).collect();
        cards.into_iter().for_each(|card| self.compile(world, card));
    }

    /// What every controller should hold of every card.
    fn rows(&self) -> BTreeMap<(usize, Credential), Row> {
        let mut rows = BTreeMap::new();
        for (at, plan) in self.plans.iter().enumerate() {
            for (card, access) in self.index.iter() {
                let row = plan.row(card, &access).map(|row| {
                    let profile = plan.profiles()[usize::from(row.profile)];
                    (*profile.as_bytes(), row.valid_from, row.valid_until)
                });
                rows.insert((at, card), row);
            }
        }
        rows
    }
}

/// The directory, as simple as can be.
#[derive(Clone)]
struct World {
    now: Timestamp,
    people: BTreeMap<CardholderId, Cardholder>,
    members: BTreeSet<(GroupId, CardholderId)>,
    mode: AccessMode,
    levels: BTreeMap<AccessLevelId, AccessLevel>,
    rules: BTreeMap<RuleId, Rule>,
    holds: BTreeMap<HoldId, Hold>,
}

impl World {
    fn new() -> Self {
        Self {
            now: begin(),
            people: BTreeMap::new(),
            members: BTreeSet::new(),
            mode: AccessMode::Open,
            levels: BTreeMap::new(),
            rules: BTreeMap::new(),
            holds: BTreeMap::new(),
        }
    }

    fn holders(&self, card: Credential) -> Vec<Holder> {
        let holds = self.people.values().filter(|person| person.opens_with(card));
        let groups =
            |id| self.members.iter().filter(|(_, member)| *member == id).map(|(group, _)| *group).collect();
        holds.map(|person| Holder { person: person.clone(), groups: groups(person.id) }).collect()
    }

    fn take(&mut self, change: &Change) {
        match change.clone() {
            Change::PutCardholder { cardholder } => {
                self.people.insert(cardholder.id, *cardholder);
            }
            Change::DeleteCardholder { id } => {
                self.people.remove(&id);
                self.members.retain(|(_, member)| *member != id);
                self.rules
                    .retain(|_, rule| !matches!(rule.to, RuleTo::Person { person, .. } if person == id));
            }
            Change::AddMember { group, member } if self.people.contains_key(&member) => {
                self.members.insert((group, member));
            }
            Change::RemoveMember { group, member } => {
                self.members.remove(&(group, member));
            }
            Change::DeleteGroup { id } => {
                self.members.retain(|(group, _)| *group != id);
                self.rules.retain(|_, rule| rule.to != RuleTo::Group(id));
            }
            Change::SetAccessMode { settings } => self.mode = settings.mode,
            Change::PutAccessLevel { access_level } => {
                self.levels.insert(access_level.id, access_level);
            }
            Change::DeleteAccessLevel { id } => {
                self.levels.remove(&id);
                self.rules.retain(|_, rule| rule.access_level != id);
            }
            Change::PutRule { rule } => {
                self.rules.insert(rule.id, rule);
            }
            Change::DeleteRule { id } => {
                self.rules.remove(&id);
            }
            Change::PutHold { hold } => {
                self.holds.insert(hold.id, hold);
            }
            Change::DeleteHold { id } => {
                self.holds.remove(&id);
            }
            _ => {}
        }
    }

    fn compiled_anew(&self) -> Followed {
        let (levels, rules) = (self.levels.values().cloned(), self.rules.values().cloned());
        let model = AccessModel::new(self.mode, levels, rules, self.holds.values().cloned());
        let mut followed = Followed::new(model);
        for person in self.people.values() {
            for card in affected(None, Some(person)) {
                followed.compile(self, card);
            }
        }
        followed
    }
}

fn follow(world: &mut World, followed: &mut Followed, change: &Change) {
    let before = match change {
        Change::PutCardholder { cardholder } => world.people.get(&cardholder.id).cloned(),
        Change::DeleteCardholder { id } => world.people.get(id).cloned(),
        _ => None,
    };
    let reached = reach(followed.compiler.model(), change, before.as_ref());
    followed.compiler.apply(change);
    world.take(change);
    let of_people = reached.people.iter().filter_map(|person| world.people.get(person));
    let cards: BTreeSet<Credential> =
        of_people.flat_map(|person| affected(None, Some(person))).chain(reached.cards).collect();
    cards.into_iter().for_each(|card| followed.compile(world, card));
    followed.compile_concerned(world, &reached.concern);
}

fn pass_time(world: &mut World, followed: &mut Followed, hours: i64) {
    let after = world.now;
    world.now += SignedDuration::from_hours(hours);
    let mut concern = Concern::default();
    for on in followed.compiler.model().passed(after, world.now) {
        match on {
            HoldOn::Card(card) => followed.compile(world, card),
            HoldOn::Person(person) => {
                concern.people.insert(person);
            }
        }
    }
    followed.compile_concerned(world, &concern);
}

#[derive(Clone, Debug)]
enum Step {
    Change(Change),
    Hours(i64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let cards = prop::collection::vec(0..6u64, 0..3);
    let put = (1..=PEOPLE, any::<bool>(), cards).prop_map(|(id, active, cards)| {
        let cards: Vec<_> = cards.into_iter().map(|card| (card, CardState::Active)).collect();
        Change::PutCardholder { cardholder: Box::new(person(id, active, &cards)) }
    });
    let member = || (1..=GROUPS, 1..=PEOPLE).prop_map(|(number, member)| (group(number), person_id(member)));

    let when = prop_oneof![
        4 => Just(When::Always),
        1 => Just(When::Never),
        1 => Just(When::Schedule(ScheduleId(Uuid::nil()))),
    ];
    let parts = prop::collection::vec((prop::sample::select(&PLACES[..]), when), 0..3);
    let levels = (1..=LEVELS, 1..1_000_000u64, parts).prop_map(|(number, revision, parts)| {
        let parts = parts.into_iter().map(|(at, when)| part(at, when));
        Change::PutAccessLevel { access_level: level(number, revision, parts) }
    });
    let span = (prop::option::of(0..40i64), prop::option::of(41..80i64));
    let to = prop_oneof![
        4 => (1..=GROUPS).prop_map(|number| RuleTo::Group(group(number))),
        1 => Just(RuleTo::Everyone),
        3 => (1..=PEOPLE, span).prop_map(|(number, (from, until))| RuleTo::Person {
            person: person_id(number),
            from: from.map(hours),
            until: until.map(hours),
        }),
    ];
    let rules = (1..=RULES, to, 1..=LEVELS)
        .prop_map(|(number, to, level)| Change::PutRule { rule: rule(number, to, level) });
    let on = prop_oneof![
        (0..6u64).prop_map(|card| HoldOn::Card(credential(card))),
        (1..=PEOPLE).prop_map(|number| HoldOn::Person(person_id(number))),
    ];
    let holds = (1..=HOLDS, on, prop::option::of(0..80i64))
        .prop_map(|(number, on, until)| Change::PutHold { hold: hold(number, on, until.map(hours)) });
    let change = prop_oneof![
        6 => put,
        1 => (1..=PEOPLE).prop_map(|number| Change::DeleteCardholder { id: person_id(number) }),
        5 => member().prop_map(|(group, member)| Change::AddMember { group, member }),
        2 => member().prop_map(|(group, member)| Change::RemoveMember { group, member }),
        1 => (1..=GROUPS).prop_map(|number| Change::DeleteGroup { id: group(number) }),
        5 => levels,
        1 => (1..=LEVELS).prop_map(|number| Change::DeleteAccessLevel { id: AccessLevelId(Uuid::from_u128(number)) }),
        6 => rules,
        1 => (1..=RULES).prop_map(|number| Change::DeleteRule { id: RuleId(Uuid::from_u128(number)) }),
        2 => holds,
        1 => (1..=HOLDS).prop_map(|number| Change::DeleteHold { id: HoldId(Uuid::from_u128(number)) }),
        1 => Just(mode(AccessMode::Open)),
        3 => Just(mode(AccessMode::Rules)),
    ];
    prop_oneof![9 => change.prop_map(Step::Change), 1 => (1..30i64).prop_map(Step::Hours)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn following_changes_comes_to_the_same_as_compiling_anew(steps in prop::collection::vec(any_step(), 1..40)) {
        let mut world = World::new();
        let mut followed = Followed::new(AccessModel::default());
        for step in steps {
            match &step {
                Step::Change(change) => {
                    // A rule needs both its ends, as the directory sees to.
                    if let Change::PutRule { rule } = change
                        && !world.levels.contains_key(&rule.access_level)
                    {
                        continue;
                    }
                    follow(&mut world, &mut followed, change);
                }
                Step::Hours(hours) => pass_time(&mut world, &mut followed, *hours),
            }
            let anew = world.compiled_anew();
            prop_assert_eq!(followed.rows(), anew.rows(), "after {:?}", step);
        }
    }

    /// Straight from rules to doors, at one instant: nobody's row opens more than rules give, whatever else there is.
    #[test]
    fn no_row_opens_more_than_rules_give(steps in prop::collection::vec(any_step(), 1..30), at in 0..90i64) {
        let mut world = World::new();
        for step in &steps {
            if let Step::Change(change) = step {
                world.take(change);
            }
        }
        world.mode = AccessMode::Rules;
        let then = hours(at);
        let second = UtcSeconds(u32::try_from(then.as_second()).unwrap());
        for ((controller, card), row) in world.compiled_anew().rows() {
            let Some((readers, from, until)) = row else { continue };
            if from.is_some_and(|from| second < from) || until.is_some_and(|until| second >= until) {
                continue;
            }
            for (door, place, reader) in DOORS[controller] {
                if readers[usize::from(*reader)] == 0xFF {
                    let holders = world.holders(card);
                    let gives = |rule: &Rule| {
                        let Some(level) = world.levels.get(&rule.access_level) else { return false };
                        let opens = level.doors.iter().any(|part| {
                            let at = part.at.to_string();
                            part.schedule == When::Always && (at == *door || place.starts_with(&at))
                        });
                        opens && holders.iter().any(|holder| match rule.to {
                            RuleTo::Everyone => true,
                            RuleTo::Group(group) => holder.groups.contains(&group),
                            RuleTo::Person { person, from, until } => {
                                person == holder.person.id
                                    && from.is_none_or(|from| from <= then)
                                    && until.is_none_or(|until| then < until)
                            }
                        })
                    };
                    prop_assert!(world.rules.values().any(gives), "{} {}", door, card);
                }
            }
        }
    }
}

fn grants(levels: &[(u128, Option<i64>, Option<i64>)]) -> Grants {
    let grant = |(number, from, until): &(u128, Option<i64>, Option<i64>)| Grant {
        level: AccessLevelId(Uuid::from_u128(*number)),
        revision: Revision(1),
        from: from.map(hours),
        until: until.map(hours),
    };
    Grants::of(levels.iter().map(grant))
}

#[test]
fn rules_come_to_hours_at_readers_and_what_that_needs_is_said() {
    let schedule = When::Schedule(ScheduleId(Uuid::nil()));
    let levels = [
        level(1, 1, [part("lobby", When::Always)]),
        level(2, 1, [part("Harbour", When::Always)]),
        level(3, 1, [part("lobby", When::Always), part("dock", schedule), part("gate", When::Never)]),
    ];
    let model = AccessModel::new(AccessMode::Rules, levels, [], []);
    let told = |grants: &[(u128, Option<i64>, Option<i64>)]| {
        let mut numbers = HourNumbers::default();
        let shape = shape(&doors()[0], &model, &self::grants(grants), &mut numbers, |_| false);
        let readers = shape.opens.map(|opens| [0, 1].map(|reader| opens.profile.access(reader).code()));
        let span = shape.opens.map(|opens| (opens.from.is_some(), opens.until.is_some()));
        (readers, span, shape.needs.spans, shape.needs.schedules)
    };
    let (for_good, for_a_span) = (Some((false, false)), Some((true, true)));
    let (never, always) = (0, 0xFF);
    assert_eq!(told(&[]), (None, None, false, false));
    assert_eq!(told(&[(1, None, None)]), (Some([always, never]), for_good, false, false));
    assert_eq!(told(&[(2, Some(1), Some(9))]), (Some([always; 2]), for_a_span, false, false));
    let beside = told(&[(1, None, None), (2, Some(1), Some(9))]);
    assert_eq!(beside, (Some([always, 1]), for_good, true, false), "the dock opens by hours that end");
    assert_eq!(told(&[(2, None, None), (1, Some(1), Some(9))]), (Some([always; 2]), for_good, false, false));
    let two = told(&[(1, Some(1), Some(9)), (2, Some(5), Some(20))]);
    assert_eq!(two, (Some([1, 2]), for_good, true, false), "either span is part of the hours");
    assert_eq!(told(&[(3, None, None)]), (Some([always, 1]), for_good, false, true));
    assert_eq!(told(&[(3, Some(1), Some(9))]), (Some([always, 1]), for_a_span, false, true));
    let mut numbers = HourNumbers::default();
    let gate = shape(&doors()[1], &model, &grants(&[(3, None, None)]), &mut numbers, |_| false);
    assert_eq!(gate, Shape::default(), "what is never opens nothing");
}

#[test]
fn people_with_the_same_access_share_a_clearance_and_a_profile() {
    let model = AccessModel::new(
        AccessMode::Rules,
        [level(1, 1, [part("lobby", When::Always)]), level(2, 1, [part("Harbour / Front", When::Always)])],
        [rule(1, RuleTo::Group(group(1)), 1), rule(2, RuleTo::Group(group(2)), 2)],
        [],
    );
    let mut followed = Followed::new(model);
    let mut world = World::new();
    for (number, groups) in [(1, 1), (2, 1), (3, 2)] {
        let someone = person(number, true, &[(u64::try_from(number).unwrap(), CardState::Active)]);
        world.people.insert(someone.id, someone);
        world.members.insert((group(groups), person_id(number)));
    }
    [1, 2, 3].into_iter().for_each(|card| followed.compile(&world, credential(card)));
    let access = |card| followed.index.get(credential(card)).unwrap();
    assert_eq!(access(1).clearance, access(2).clearance);
    assert_ne!(access(1).clearance, access(3).clearance);
    let profile = |card| followed.plans[0].row(credential(card), &access(card)).unwrap().profile;
    assert_eq!(
        (profile(1), profile(3)),
        (1, 1),
        "two access levels that come to the same doors are one profile"
    );
    assert_eq!(followed.plans[1].row(credential(1), &access(1)), None);
    assert_eq!(followed.plans[1].profiles().len(), 1);
}

#[test]
fn a_profile_keeps_its_number_over_a_restart() {
    let opens = |readers: &[u8]| {
        Some(Opens { profile: Profile::always(readers.iter().copied()), from: None, until: None })
    };
    let mut plan = DoorPlan::new([0, 1]);
    assert!(!plan.learn(Clearance::EVERY_DOOR, opens(&[0, 1])));
    assert!(plan.learn(Clearance(2), opens(&[1])) && plan.learn(Clearance(3), opens(&[0])));
    let mut again = DoorPlan::new([0, 1]).numbered(&plan.numbering(), |_| false);
    assert!(!again.learn(Clearance(2), opens(&[0])), "it is known already");
    assert_eq!(again.profiles(), plan.profiles());
    for strange in [&[][..], &plan.numbering()[1..], &[7; 32]] {
        assert_eq!(DoorPlan::new([0, 1]).numbered(strange, |number| number != 7), DoorPlan::new([0, 1]));
    }
    assert_eq!(DoorPlan::new([0, 1]).numbered(&[7; 32], |number| number == 7).profiles().len(), 3);
    let mut grown = DoorPlan::new([0, 1, 2]).numbered(&plan.numbering(), |_| false);
    assert_eq!(grown.profiles()[..3], *plan.profiles(), "a door more takes no number from others");
    let everywhere = grown.row(credential(1), &CardAccess::everywhere(person_id(1))).unwrap();
    assert_eq!(grown.profiles()[usize::from(everywhere.profile)], Profile::always([0, 1, 2]));
    assert!(!grown.learn(Clearance(2), opens(&[0])));
}

#[test]
fn a_span_and_a_cards_validity_are_both_kept() {
    let opens =
        Opens { profile: Profile::always([0]), from: Some(UtcSeconds(10)), until: Some(UtcSeconds(20)) };
    let mut plan = DoorPlan::new([0]);
    plan.learn(Clearance(2), Some(opens));
    let row = |from: Option<u32>, until: Option<u32>| {
        let access = CardAccess {
            clearance: Clearance(2),
            valid_from: from.map(UtcSeconds),
            valid_until: until.map(UtcSeconds),
            ..CardAccess::everywhere(person_id(1))
        };
        plan.row(credential(1), &access).map(|row| (row.valid_from.unwrap().0, row.valid_until.unwrap().0))
    };
    assert_eq!(row(None, None), Some((10, 20)));
    assert_eq!(row(Some(12), Some(30)), Some((12, 20)));
    assert_eq!(row(Some(5), Some(15)), Some((10, 15)));
    assert_eq!(row(Some(20), None), None);
    assert_eq!(row(None, Some(10)), None);
}
