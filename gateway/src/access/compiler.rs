//! From people, groups and rules to what each card may do, and to what each controller is to know of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use panel_protocol::credential::Credential;

use super::card::{CardAccess, Clearance};
use super::clearances::Clearances;
use super::compile::compile;
use super::grants::{Grant, Grants};
use super::model::AccessModel;
use super::schedules::{HourNumbers, Part, Parts, SiteHours};
use super::shape::{Opens, PlannedDoor, Shape, shape};
use crate::domain::{AccessLevel, AccessMode, Cardholder, Change, DoorSchedule, GroupId, ScheduleId, When};

/// Compiles. What a clearance is at each controller has to be told to the controllers' plans before any card has it:
/// [`news`](Self::news), and what schedules are to the fleet: [`hours`](Self::hours).
#[derive(Debug)]
pub struct Compiler {
    model: AccessModel,
    clearances: Clearances,
    /// By controller.
    doors: Vec<Vec<PlannedDoor>>,
    news: Vec<Learned>,
    /// Where a controller is to know of spans among other hours.
    spans: Vec<(Clearance, BTreeSet<usize>)>,
    zone: TimeZone,
    numbers: HourNumbers,
    /// What was last said of the schedules, and of which year.
    hours: Option<(i16, Arc<SiteHours>)>,
    /// Schedules, holidays or numbers have changed since.
    hours_due: bool,
    lacks_numbers: bool,
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
        let mut compiler = Self {
            model,
            clearances: Clearances::default(),
            doors,
            news: Vec::new(),
            spans: Vec::new(),
            zone: TimeZone::UTC,
            numbers: HourNumbers::default(),
            hours: None,
            hours_due: true,
            lacks_numbers: false,
        };
        let known: Vec<Clearance> = compiler.clearances.iter().map(|(clearance, _)| clearance).collect();
        known.into_iter().for_each(|clearance| compiler.describe(clearance, Timestamp::UNIX_EPOCH));
        compiler
    }

    /// Its schedules go by this zone's wall clock; to be said before anything is compiled.
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// Hours have the numbers that were remembered of an earlier run; to be said before anything is compiled.
    #[must_use]
    pub fn numbered(mut self, numbers: HourNumbers) -> Self {
        self.numbers = numbers;
        self
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
        self.hours_due |= matches!(
            change,
            Change::PutSchedule { .. }
                | Change::DeleteSchedule { .. }
                | Change::PutHolidayCalendar { .. }
                | Change::DeleteHolidayCalendar { .. }
        );
    }

    /// What schedules come to, if that has changed since it was last asked: by a change, a new number, or a new year.
    pub fn hours(&mut self, now: Timestamp) -> Option<Arc<SiteHours>> {
        let year = now.to_zoned(self.zone.clone()).year();
        let told = self.hours.as_ref();
        if !self.hours_due && told.is_some_and(|(of, _)| *of == year) {
            return None;
        }
        self.hours_due = false;
        let hours = SiteHours::of(&self.model, &mut self.numbers, &self.zone, year);
        let is_new = told.is_none_or(|(_, known)| **known != hours);
        let hours = Arc::new(hours);
        self.hours = Some((year, Arc::clone(&hours)));
        is_new.then_some(hours)
    }

    /// The numbers of hours, if there are new ones since it was last asked; for a later run.
    pub fn take_numbering(&mut self) -> Option<Vec<u8>> {
        self.numbers.take_grown()
    }

    /// Which numbers have a meaning.
    pub fn numbers(&self) -> &HourNumbers {
        &self.numbers
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
            self.describe(clearance, now);
        }
        Some(CardAccess { clearance, ..access })
    }

    /// What plans are to learn before a card is given to them that was compiled since the last time.
    pub fn news(&mut self) -> Vec<Learned> {
        std::mem::take(&mut self.news)
    }

    /// Whether somebody has doors for a span at `now`, beside others or for another span, at one of these controllers.
    pub fn needs_spans(&self, now: Timestamp, at: impl Fn(usize) -> bool) -> bool {
        let is_current = |grant: &Grant| {
            let level = self.model.level(grant.level);
            level.is_some_and(|level| level.revision == grant.revision) && !grant.is_over(now)
        };
        let there = self.spans.iter().filter(|(_, controllers)| controllers.iter().any(|it| at(*it)));
        let mut grants = there.filter_map(|(clearance, _)| self.clearances.grants(*clearance));
        self.model.mode() == AccessMode::Rules && grants.any(|grants| grants.levels().iter().all(is_current))
    }

    /// The access levels that open doors of these controllers by schedules.
    pub fn levels_by_schedule(&self, at: impl Fn(usize) -> bool) -> impl Iterator<Item = &AccessLevel> {
        let doors: Vec<&PlannedDoor> =
            self.doors.iter().enumerate().filter(|(it, _)| at(*it)).flat_map(|(_, doors)| doors).collect();
        let by_schedule = move |part: &DoorSchedule| {
            matches!(part.schedule, When::Schedule(_)) && doors.iter().any(|door| door.is_at(&part.at))
        };
        let rules = self.model.mode() == AccessMode::Rules;
        self.model.levels().filter(move |level| rules && level.doors.iter().any(&by_schedule))
    }

    /// The schedules with more intervals or holidays than a door can go by, so that nobody opens one by them.
    pub fn schedules_too_long(&self) -> BTreeSet<ScheduleId> {
        let Some((_, hours)) = &self.hours else { return BTreeSet::new() };
        let long = self.numbers.hours().filter(|(_, number)| hours.is_too_long(*number));
        long.flat_map(|(parts, _)| parts.iter()).filter_map(|part| part.schedule).collect()
    }

    /// Whether there are more different hours than numbers for them.
    pub fn lacks_numbers(&self) -> bool {
        self.lacks_numbers
    }

    fn describe(&mut self, clearance: Clearance, now: Timestamp) {
        let Self { model, clearances, doors, numbers, .. } = self;
        let Some(grants) = clearances.grants(clearance) else { return };
        let is_over = |parts: &Parts| parts.iter().any(|part| is_over(part, model, now));
        let given = numbers.given();
        let shapes: Vec<Shape> =
            doors.iter().map(|doors| shape(doors, model, grants, numbers, is_over)).collect();
        let needing = |needs: fn(&Shape) -> bool| {
            let there = shapes.iter().enumerate().filter(|(_, shape)| needs(shape));
            there.map(|(controller, _)| controller).collect::<BTreeSet<usize>>()
        };
        let spans = needing(|shape| shape.needs.spans);
        self.hours_due |= numbers.given() > given;
        self.lacks_numbers |= !needing(|shape| shape.needs.numbers).is_empty();
        if !spans.is_empty() {
            self.spans.push((clearance, spans));
        }
        let opens = shapes.into_iter().map(|shape| shape.opens).collect();
        self.news.push(Learned { clearance, opens });
    }
}

/// Whether nobody has a part any more: its span is over, or its schedule is gone.
fn is_over(part: &Part, model: &AccessModel, now: Timestamp) -> bool {
    let is_gone = part.schedule.is_some_and(|id| model.schedule(id).is_none());
    is_gone || part.until.is_some_and(|until| until <= now)
}
