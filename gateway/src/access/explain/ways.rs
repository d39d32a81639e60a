//! The ways in which rules lead a card to a door, each judged by itself.

use jiff::Timestamp;
use panel_protocol::decide::{self, Mode, Question, Reason};
use panel_protocol::door;
use panel_protocol::schedule::{Hours, When as Whenever};
use panel_protocol::table::{Profile, Row};
use panel_protocol::time::UtcSeconds;

use super::facts::Facts;
use crate::access::card::CardAccess;
use crate::access::hours::Moment;
use crate::access::model::AccessModel;
use crate::access::seconds;
use crate::domain::{AccessLevel, AccessMode, DoorSchedule, Rule, RuleTo, Schedule, When};

/// A way to the door, and what becomes of a card that takes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    /// The rule with its access level and the part of that which means the door; `None`: the door is open to all.
    pub(super) by: Option<Rules<'a>>,
    /// What the door would say if this were the only way.
    pub(super) reason: Reason,
}

/// How rules lead to a door.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    pub(super) rule: &'a Rule,
    pub(super) level: &'a AccessLevel,
    pub(super) part: &'a DoorSchedule,
    pub(super) schedule: Option<&'a Schedule>,
}

impl Way<'_> {
    /// How close it comes to opening the door.
    pub(super) fn rank(&self) -> u8 {
        match self.reason {
            reason if reason.granted() => 5,
            Reason::OutsideHours => 3,
            Reason::NotYetValid => 2,
            Reason::Expired => 1,
            Reason::NoAccess => 0,
            // Only who has access is told that the door is locked.
            _ => 4,
        }
    }
}

impl Rules<'_> {
    /// From when to when the rule gives it.
    pub(super) fn span(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        match self.rule.to {
            RuleTo::Person { from, until, .. } => (from, until),
            RuleTo::Everyone | RuleTo::Group(_) => (None, None),
        }
    }
}

/// All of them.
pub(super) fn ways<'a>(model: &'a AccessModel, facts: &'a Facts<'a>, access: &CardAccess) -> Vec<Way<'a>> {
    if model.mode() == AccessMode::Open {
        let reason = judge(facts, access, Whenever::Always, Hours::default(), (None, None));
        return vec![Way { by: None, reason }];
    }
    let Some(holder) = facts.holder() else { return Vec::new() };
    let levels = model
        .rules_for(holder.person.id, &holder.groups)
        .filter_map(|rule| Some((rule, model.level(rule.access_level)?)));
    let parts = levels.flat_map(|(rule, level)| {
        let here = level.doors.iter().filter(|part| facts.door.is_at(&part.at));
        here.map(move |part| Rules { rule, level, part, schedule: schedule(facts, part) })
    });
    parts.map(|by| Way { by: Some(by), reason: by_schedule(facts, access, &by) }).collect()
}

fn schedule<'a>(facts: &Facts<'a>, part: &DoorSchedule) -> Option<&'a Schedule> {
    match part.schedule {
        When::Schedule(id) => facts.times.schedule(id),
        When::Always | When::Never => None,
    }
}

fn by_schedule(facts: &Facts<'_>, access: &CardAccess, by: &Rules<'_>) -> Reason {
    let none = Hours::default();
    match (by.part.schedule, by.schedule) {
        (When::Always, _) => judge(facts, access, Whenever::Always, none, by.span()),
        (When::Never, _) => judge(facts, access, Whenever::Never, none, by.span()),
        (When::Schedule(_), Some(schedule)) => match facts.times.moment(schedule, facts.at) {
            Some(moment) => judge(facts, access, Moment::WHEN, moment.hours(), by.span()),
            None => Reason::UnknownSchedule,
        },
        (When::Schedule(_), None) => Reason::UnknownSchedule,
    }
}

/// What the one function says that decides everywhere.
fn judge(
    facts: &Facts<'_>,
    access: &CardAccess,
    when: Whenever,
    hours: Hours<'_>,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
) -> Reason {
    let Some(rules_until) = seconds::end(until) else { return Reason::Expired };
    let row = Row {
        valid_from: access.valid_from.max(seconds::begin(from)),
        valid_until: [access.valid_until, rules_until].into_iter().flatten().min(),
        ..Row::new(facts.card, 0)
    };
    let profile = Profile::new([when]);
    let at = UtcSeconds(u32::try_from(facts.at.as_second()).unwrap_or(u32::MAX));
    let plain = Question::plain(Some(&row), Some(&profile), 0, Some(at));
    let mode = match facts.order().map(|order| order.mode) {
        Some(door::Mode::Locked) => Mode::Locked,
        Some(door::Mode::Lockdown) => Mode::Lockdown { rank: u8::MAX },
        Some(door::Mode::Normal | door::Mode::Held) | None => plain.mode,
    };
    decide::decide(&Question { hours, mode, ..plain }).reason
}
