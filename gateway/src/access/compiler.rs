//! From people, groups and rules to what each card may do, and to what each controller is to know of it.

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::card::{CardAccess, Clearance};
use super::clearances::Clearances;
use super::compile::compile;
use super::grants::{Grant, Grants};
use super::model::AccessModel;
use super::shape::{Opens, PlannedDoor, Shape, shape};
use crate::domain::{AccessLevel, AccessMode, Cardholder, Change, DoorSchedule, GroupId, When};

/// Compiles. What a clearance is at each controller has to be told to the controllers' plans before any card has it:
/// [`news`](Self::news).
#[derive(Debug, Default)]
pub struct Compiler {
    model: AccessModel,
    clearances: Clearances,
    /// By controller.
    doors: Vec<Vec<PlannedDoor>>,
    news: Vec<Learned>,
    spans_left_out: Vec<Clearance>,
}

/// What a clearance is at each controller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Learned {
    /// The clearance.
    pub clearance: Clearance,
    /// In the order of the controllers.
    pub opens: Vec<Option<Opens>>,
}

/// An active card's holder, and the groups that they are in.
#[derive(Clone, PartialEq, Debug)]
pub struct Holder {
    /// Who.
    pub person: Cardholder,
    /// Their groups.
    pub groups: Vec<GroupId>,
}

impl Compiler {
    /// For controllers with these doors.
    pub fn new(model: AccessModel, doors: Vec<Vec<PlannedDoor>>) -> Self {
        let mut compiler = Self { model, doors, ..Self::default() };
        let known: Vec<Clearance> = compiler.clearances.iter().map(|(clearance, _)| clearance).collect();
        known.into_iter().for_each(|clearance| compiler.describe(clearance));
        compiler
    }

    /// What the directory has of access.
    pub fn model(&self) -> &AccessModel {
        &self.model
    }

    /// The clearances that were given out.
    pub fn clearances(&self) -> &Clearances {
        &self.clearances
    }

    /// Follows one step of a change.
    pub fn apply(&mut self, change: &Change) {
        self.model.apply(change);
    }

    /// What a card may do, given everybody who holds it; `None` if it is no active card of an active person. One on which
    /// somebody on site has put a hold opens nothing.
    pub fn compile(&mut self, card: Credential, holders: &[Holder], now: Timestamp) -> Option<CardAccess> {
        let access = compile(card, holders.iter().map(|holder| &holder.person))?;
        let holder = holders.iter().find(|holder| holder.person.id == access.holder)?;
        let grants = if self.model.hold_on(card, access.holder, now).is_some() {
            Grants::NOTHING
        } else {
            self.model.grants(access.holder, &holder.groups, now)
        };
        let (clearance, is_new) = self.clearances.of(grants);
        if is_new {
            self.describe(clearance);
        }
        Some(CardAccess { clearance, ..access })
    }

    /// What plans are to learn before a card is given to them that was compiled since the last time.
    pub fn news(&mut self) -> Vec<Learned> {
        std::mem::take(&mut self.news)
    }

    /// Whether somebody may have doors for a span at `now` of which their controllers can't be told.
    pub fn leaves_out_spans(&self, now: Timestamp) -> bool {
        let is_current = |grant: &Grant| {
            let level = self.model.level(grant.level);
            level.is_some_and(|level| level.revision == grant.revision) && !grant.is_over(now)
        };
        let grants = self.spans_left_out.iter().filter_map(|clearance| self.clearances.grants(*clearance));
        self.model.mode() == AccessMode::Rules
            && grants.into_iter().any(|grants| grants.levels().iter().all(is_current))
    }

    /// The access levels that open doors by schedules, of which no controller can be told.
    pub fn levels_left_out(&self) -> impl Iterator<Item = &AccessLevel> {
        let here = |part: &DoorSchedule| self.doors.iter().flatten().any(|door| door.is_at(&part.at));
        let by_schedule = move |part: &DoorSchedule| matches!(part.schedule, When::Schedule(_)) && here(part);
        let rules = self.model.mode() == AccessMode::Rules;
        self.model.levels().filter(move |level| rules && level.doors.iter().any(&by_schedule))
    }

    fn describe(&mut self, clearance: Clearance) {
        let Some(grants) = self.clearances.grants(clearance) else { return };
        let shapes: Vec<Shape> = self.doors.iter().map(|doors| shape(doors, &self.model, grants)).collect();
        if shapes.iter().any(|shape| shape.left_out.spans) {
            self.spans_left_out.push(clearance);
        }
        let opens = shapes.into_iter().map(|shape| shape.opens).collect();
        self.news.push(Learned { clearance, opens });
    }
}
