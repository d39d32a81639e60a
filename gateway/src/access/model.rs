//! What the directory has of access, as the compiler needs it: mode, access levels, rules and holds.
//!
//! It is small beside people and cards, so it is held in memory. It follows each change by [`apply`](AccessModel::apply), and
//! is then what it would be if it were read anew.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::grants::{Grant, Grants};
use crate::domain::{
    AccessLevel, AccessLevelId, AccessMode, CardholderId, Change, GroupId, Hold, HoldId, HoldOn, Rule,
    RuleId, RuleTo,
};

/// Mode, access levels, rules and holds at one revision.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AccessModel {
    mode: AccessMode,
    levels: BTreeMap<AccessLevelId, AccessLevel>,
    rules: BTreeMap<RuleId, Rule>,
    by_receiver: BTreeMap<Receiver, BTreeSet<RuleId>>,
    holds: BTreeMap<HoldId, Hold>,
    by_held: BTreeMap<HoldOn, BTreeSet<HoldId>>,
}

/// To whom a rule gives, without its span.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Receiver {
    Everyone,
    Group(GroupId),
    Person(CardholderId),
}

impl From<&RuleTo> for Receiver {
    fn from(to: &RuleTo) -> Self {
        match to {
            RuleTo::Everyone => Self::Everyone,
            RuleTo::Group(group) => Self::Group(*group),
            RuleTo::Person { person, .. } => Self::Person(*person),
        }
    }
}

impl AccessModel {
    /// With this mode and these records.
    pub fn new(
        mode: AccessMode,
        levels: impl IntoIterator<Item = AccessLevel>,
        rules: impl IntoIterator<Item = Rule>,
        holds: impl IntoIterator<Item = Hold>,
    ) -> Self {
        let mut model = Self { mode, ..Self::default() };
        model.levels = levels.into_iter().map(|level| (level.id, level)).collect();
        rules.into_iter().for_each(|rule| model.put_rule(rule));
        holds.into_iter().for_each(|hold| model.put_hold(hold));
        model
    }

    /// What decides at the doors.
    pub fn mode(&self) -> AccessMode {
        self.mode
    }

    /// The access levels, in the order of their identifiers.
    pub fn levels(&self) -> impl Iterator<Item = &AccessLevel> {
        self.levels.values()
    }

    /// An access level.
    pub fn level(&self, id: AccessLevelId) -> Option<&AccessLevel> {
        self.levels.get(&id)
    }

    /// The rules, in the order of their identifiers.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    /// A rule.
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(&id)
    }

    /// A hold.
    pub fn hold(&self, id: HoldId) -> Option<&Hold> {
        self.holds.get(&id)
    }

    /// A group's rules.
    pub(super) fn rules_of_group(&self, group: GroupId) -> impl Iterator<Item = &Rule> {
        self.rules_to(Receiver::Group(group))
    }

    /// What a person in these groups has by rules, leaving out what is over at `now`.
    pub fn grants(&self, person: CardholderId, groups: &[GroupId], now: Timestamp) -> Grants {
        if self.mode == AccessMode::Open {
            return Grants::EveryDoor;
        }
        let rules = self.rules_for(person, groups);
        Grants::of(rules.filter_map(|rule| self.grant(rule)).filter(|grant| !grant.is_over(now)))
    }

    /// Every rule that gives something to a person in these groups.
    pub fn rules_for<'a>(
        &'a self,
        person: CardholderId,
        groups: &'a [GroupId],
    ) -> impl Iterator<Item = &'a Rule> {
        let receivers = groups.iter().map(|group| Receiver::Group(*group));
        receivers
            .chain([Receiver::Everyone, Receiver::Person(person)])
            .flat_map(|receiver| self.rules_to(receiver))
    }

    /// The hold that blocks this card of this person at `now`, if there is one.
    pub fn hold_on(&self, card: Credential, holder: CardholderId, now: Timestamp) -> Option<&Hold> {
        self.holds_on([HoldOn::Card(card), HoldOn::Person(holder)]).find(|hold| hold.is_on(now))
    }

    /// All holds on any of these, those that are over too.
    pub fn holds_on(&self, on: impl IntoIterator<Item = HoldOn>) -> impl Iterator<Item = &Hold> {
        let ids = on.into_iter().filter_map(|on| self.by_held.get(&on)).flatten();
        ids.filter_map(|id| self.holds.get(id))
    }

    /// Follows one step of a change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::SetAccessMode { settings } => self.mode = settings.mode,
            Change::PutAccessLevel { access_level } => {
                self.levels.insert(access_level.id, access_level.clone());
            }
            Change::DeleteAccessLevel { id } => {
                self.levels.remove(id);
                self.drop_rules(|rule| rule.access_level == *id);
            }
            Change::PutRule { rule } => self.put_rule(rule.clone()),
            Change::DeleteRule { id } => self.drop_rules(|rule| rule.id == *id),
            Change::DeleteGroup { id } => self.drop_rules(|rule| rule.to == RuleTo::Group(*id)),
            Change::DeleteCardholder { id } => {
                self.drop_rules(|rule| Receiver::from(&rule.to) == Receiver::Person(*id));
            }
            Change::PutHold { hold } => self.put_hold(hold.clone()),
            Change::DeleteHold { id } => self.drop_holds(|hold| hold.id == *id),
            Change::PutCardholder { .. }
            | Change::PutGroup { .. }
            | Change::AddMember { .. }
            | Change::RemoveMember { .. }
            | Change::PutSchedule { .. }
            | Change::DeleteSchedule { .. }
            | Change::PutSourcePerson { .. }
            | Change::PutHolidayCalendar { .. }
            | Change::DeleteHolidayCalendar { .. } => {}
        }
    }

    /// The next instant after `now` at which a hold ends, or a rule's span begins or ends.
    pub fn next_moment(&self, now: Timestamp) -> Option<Timestamp> {
        self.moments().map(|(at, _)| at).filter(|at| *at > now).min()
    }

    /// Whom what has begun or ended after `after`, up to `now`, concerns.
    pub fn passed(&self, after: Timestamp, now: Timestamp) -> BTreeSet<HoldOn> {
        self.moments().filter(|(at, _)| after < *at && *at <= now).map(|(_, whom)| whom).collect()
    }

    fn moments(&self) -> impl Iterator<Item = (Timestamp, HoldOn)> {
        let holds = self.holds.values().filter_map(|hold| Some((hold.until?, hold.on)));
        let spans = self.rules.values().flat_map(|rule| match rule.to {
            RuleTo::Person { person, from, until } => {
                [from, until].map(|at| Some((at?, HoldOn::Person(person))))
            }
            RuleTo::Everyone | RuleTo::Group(_) => [None, None],
        });
        holds.chain(spans.flatten())
    }

    fn grant(&self, rule: &Rule) -> Option<Grant> {
        let level = self.levels.get(&rule.access_level)?;
        let (from, until) = match rule.to {
            RuleTo::Person { from, until, .. } => (from, until),
            RuleTo::Everyone | RuleTo::Group(_) => (None, None),
        };
        Some(Grant { level: level.id, revision: level.revision, from, until })
    }

    fn rules_to(&self, receiver: Receiver) -> impl Iterator<Item = &Rule> {
        let ids = self.by_receiver.get(&receiver).into_iter().flatten();
        ids.filter_map(|id| self.rules.get(id))
    }

    fn put_rule(&mut self, rule: Rule) {
        self.drop_rules(|before| before.id == rule.id);
        self.by_receiver.entry(Receiver::from(&rule.to)).or_default().insert(rule.id);
        self.rules.insert(rule.id, rule);
    }

    fn drop_rules(&mut self, goes: impl Fn(&Rule) -> bool) {
        let gone: Vec<Rule> = self.rules.values().filter(|rule| goes(rule)).cloned().collect();
        for rule in gone {
            self.rules.remove(&rule.id);
            take_out(&mut self.by_receiver, &Receiver::from(&rule.to), &rule.id);
        }
    }

    fn put_hold(&mut self, hold: Hold) {
        self.drop_holds(|before| before.id == hold.id);
        self.by_held.entry(hold.on).or_default().insert(hold.id);
        self.holds.insert(hold.id, hold);
    }

    fn drop_holds(&mut self, goes: impl Fn(&Hold) -> bool) {
        let gone: Vec<(HoldId, HoldOn)> =
            self.holds.values().filter(|hold| goes(hold)).map(|hold| (hold.id, hold.on)).collect();
        for (id, on) in gone {
            self.holds.remove(&id);
            take_out(&mut self.by_held, &on, &id);
        }
    }
}

fn take_out<K: Ord, Id: Ord>(from: &mut BTreeMap<K, BTreeSet<Id>>, key: &K, id: &Id) {
    let Some(ids) = from.get_mut(key) else { return };
    ids.remove(id);
    if ids.is_empty() {
        from.remove(key);
    }
}
