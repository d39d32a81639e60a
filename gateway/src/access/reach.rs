//! Whom a change concerns: some cards at once, others when their turn comes.
//!
//! Every kind of change passes [`reach`], so that a new kind doesn't compile until somebody has said whom it reaches.

use std::collections::BTreeSet;

use panel_protocol::credential::Credential;

use super::card::CardAccess;
use super::clearances::Clearances;
use super::compile::affected;
use super::model::AccessModel;
use crate::domain::{
    AccessLevelId, AccessMode, Cardholder, CardholderId, Change, GroupId, HoldOn, Rule, RuleTo,
};

/// Whom one step of a change may concern.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reach {
    /// These cards, at once.
    pub cards: Vec<Credential>,
    /// All cards of these people, at once.
    pub people: Vec<CardholderId>,
    /// And whoever this concerns, in their turn.
    pub concern: Concern,
}

/// Whom something concerns, without having counted them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Concern {
    /// Everybody.
    pub everybody: bool,
    /// Whoever has one of these access levels now.
    pub levels: BTreeSet<AccessLevelId>,
    /// Whoever is in one of these groups.
    pub groups: BTreeSet<GroupId>,
    /// These.
    pub people: BTreeSet<CardholderId>,
}

impl Concern {
    /// Nobody.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whom either concerns.
    pub fn join(&mut self, other: Self) {
        self.everybody |= other.everybody;
        self.levels.extend(other.levels);
        self.groups.extend(other.groups);
        self.people.extend(other.people);
    }

    /// Whether a card concerns it for what it may do; which groups its holder is in is left to be asked.
    pub fn takes_in(&self, access: &CardAccess, clearances: &Clearances) -> bool {
        let has_level = || {
            let grants = clearances.grants(access.clearance).map_or(&[][..], |grants| grants.levels());
            grants.iter().any(|grant| self.levels.contains(&grant.level))
        };
        self.everybody || self.people.contains(&access.holder) || has_level()
    }

    fn of_rule(&mut self, rule: &Rule) {
        match rule.to {
            RuleTo::Everyone => self.everybody = true,
            RuleTo::Group(_) => {
                self.levels.insert(rule.access_level);
            }
            RuleTo::Person { person, .. } => {
                self.people.insert(person);
            }
        }
    }
}

/// Whom one step of a change concerns. `before`: the person that it is about, as they were. The model is the one before it.
pub fn reach(model: &AccessModel, change: &Change, before: Option<&Cardholder>) -> Reach {
    let mut reach = Reach::default();
    match change {
        Change::PutCardholder { cardholder } => reach.cards = affected(before, Some(cardholder)),
        Change::DeleteCardholder { .. } => reach.cards = affected(before, None),
        Change::SetAccessMode { settings } => reach.concern.everybody = settings.mode != model.mode(),
        Change::PutHold { hold } => {
            reach.on(hold.on);
            model.hold(hold.id).iter().for_each(|before| reach.on(before.on));
        }
        Change::DeleteHold { id } => model.hold(*id).iter().for_each(|hold| reach.on(hold.on)),
        rules if model.mode() == AccessMode::Rules => reach.by_rules(model, rules),
        _ => {}
    }
    reach
}

impl Reach {
    fn on(&mut self, held: HoldOn) {
        match held {
            HoldOn::Card(card) => self.cards.push(card),
            HoldOn::Person(person) => self.people.push(person),
        }
    }

    /// The same while rules decide.
    fn by_rules(&mut self, model: &AccessModel, change: &Change) {
        let concern = &mut self.concern;
        match change {
            Change::AddMember { group, member } | Change::RemoveMember { group, member } => {
                if model.rules_of_group(*group).next().is_some() {
                    self.people.push(*member);
                }
            }
            Change::DeleteGroup { id } => {
                model.rules_of_group(*id).for_each(|rule| concern.of_rule(rule));
            }
            Change::PutAccessLevel { access_level } => {
                concern.levels.insert(access_level.id);
            }
            Change::DeleteAccessLevel { id } => {
                concern.levels.insert(*id);
            }
            Change::PutRule { rule } => {
                model.rule(rule.id).iter().for_each(|before| concern.of_rule(before));
                match rule.to {
                    RuleTo::Group(group) => {
                        concern.groups.insert(group);
                    }
                    RuleTo::Everyone | RuleTo::Person { .. } => concern.of_rule(rule),
                }
            }
            Change::DeleteRule { id } => model.rule(*id).iter().for_each(|rule| concern.of_rule(rule)),
            // A schedule opens nothing at a controller that can't be told of it, whatever it says.
            Change::PutSchedule { .. }
            | Change::DeleteSchedule { .. }
            | Change::PutHolidayCalendar { .. }
            | Change::DeleteHolidayCalendar { .. }
            | Change::PutGroup { .. }
            | Change::PutCardholder { .. }
            | Change::DeleteCardholder { .. }
            | Change::SetAccessMode { .. }
            | Change::PutHold { .. }
            | Change::DeleteHold { .. }
            | Change::PutSourcePerson { .. } => {}
        }
    }
}
