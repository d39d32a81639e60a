//! The way from what is there to what is wanted, in the order in which it is gone: what is referred to before what refers
//! to it, and what goes last of all.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::records::AccessRecords;
use crate::domain::{
    AccessLevel, AccessMode, AccessSettings, Change, DoorSchedule, HolidayCalendar, ImportAction, ImportStep,
    RecordName, Rule, RuleTo, Schedule, When,
};
use crate::sources::Moment;
use crate::store::{StoreError, View};

/// What a schedule is called.
type Called = (When, String);

/// A kind of record that a file names.
pub(super) trait Record: Clone {
    /// What it is called in messages.
    const WHAT: &str;

    fn id(&self) -> Uuid;
    fn name(&self) -> &RecordName;
    /// Whether it says the same as it did before.
    fn says(&self, before: &Self) -> bool;
    /// What it says, or in what that differs from before.
    fn words(&self, before: Option<&Self>, called: &[Called]) -> String;
    fn put(self) -> Change;
    fn delete(&self) -> Change;
}

/// Changes, and what they are in words.
pub(super) struct Way<'a> {
    now: Moment<'a>,
    called: Vec<Called>,
    changes: Vec<Change>,
    steps: Vec<ImportStep>,
}

impl<'a> Way<'a> {
    /// No step yet; `called` says how the wanted schedules are called.
    pub(super) fn new(now: Moment<'a>, mut called: Vec<Called>, known: &AccessRecords) -> Self {
        called.extend(known.schedules.iter().map(|it| (When::Schedule(it.id), it.name.to_string())));
        Self { now, called, changes: Vec::new(), steps: Vec::new() }
    }

    /// All steps.
    pub(super) fn done(self) -> (Vec<Change>, Vec<ImportStep>) {
        (self.changes, self.steps)
    }

    /// Makes these records of what is there.
    pub(super) fn records<R: Record>(&mut self, there: &[R], wanted: Vec<R>) {
        for record in wanted {
            let before = there.iter().find(|before| before.id() == record.id());
            if before.is_some_and(|before| record.says(before)) {
                continue;
            }
            let action = if before.is_some() { ImportAction::Change } else { ImportAction::Add };
            self.step(action, told(&record, before, &self.called));
            self.changes.push(record.put());
        }
    }

    /// Removes what is not kept.
    pub(super) fn leave<R: Record>(&mut self, there: &[R], kept: &BTreeSet<Uuid>) {
        for record in there.iter().filter(|record| !kept.contains(&record.id())) {
            self.step(ImportAction::Remove, told(record, None, &self.called));
            self.changes.push(record.delete());
        }
    }

    /// A rule that was not there.
    pub(super) fn rule(
        &mut self,
        view: &View<'_>,
        rule: Rule,
        levels: &[AccessLevel],
    ) -> Result<(), StoreError> {
        self.step(ImportAction::Add, rule_words(view, &rule, levels)?);
        self.changes.push(Change::PutRule { rule });
        Ok(())
    }

    /// A rule goes.
    pub(super) fn no_rule(
        &mut self,
        view: &View<'_>,
        rule: &Rule,
        levels: &[AccessLevel],
    ) -> Result<(), StoreError> {
        self.step(ImportAction::Remove, rule_words(view, rule, levels)?);
        self.changes.push(Change::DeleteRule { id: rule.id });
        Ok(())
    }

    /// The mode becomes what is wanted.
    pub(super) fn mode(&mut self, before: AccessMode, mode: AccessMode) {
        if before != mode {
            self.step(ImportAction::Change, format!("access mode: {mode} instead of {before}"));
            let settings = AccessSettings { mode, modified: self.now.at, revision: self.now.revision };
            self.changes.push(Change::SetAccessMode { settings });
        }
    }

    fn step(&mut self, action: ImportAction, what: String) {
        self.steps.push(ImportStep { action, what });
    }
}

fn told<R: Record>(record: &R, before: Option<&R>, called: &[Called]) -> String {
    format!("{} {:?}: {}", R::WHAT, record.name().as_str(), record.words(before, called))
}

fn rule_words(view: &View<'_>, rule: &Rule, levels: &[AccessLevel]) -> Result<String, StoreError> {
    let level = levels.iter().find(|level| level.id == rule.access_level);
    let level = level.map(|level| level.name.as_str()).unwrap_or_default();
    let whom = match &rule.to {
        RuleTo::Everyone => "everyone".to_owned(),
        RuleTo::Group(id) => view.group(*id)?.map(|group| group.display_name).unwrap_or_default(),
        RuleTo::Person { person, from, until } => {
            let name = view.cardholder(*person)?.map(|person| person.user_name).unwrap_or_default();
            let from = from.map(|from| format!(" from {from}")).unwrap_or_default();
            let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
            format!("{name}{from}{until}")
        }
    };
    Ok(format!("rule: {level:?} for {whom}"))
}

impl Record for AccessLevel {
    const WHAT: &str = "access level";

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn name(&self) -> &RecordName {
        &self.name
    }

    fn says(&self, before: &Self) -> bool {
        (&self.name, &self.doors) == (&before.name, &before.doors)
    }

    fn words(&self, before: Option<&Self>, called: &[Called]) -> String {
        let words = |door: &DoorSchedule| {
            let name = called.iter().find(|(when, _)| *when == door.schedule).map(|(_, name)| name.clone());
            format!("{} ({})", door.at, name.unwrap_or_else(|| door.schedule.words(|_| None)))
        };
        let doors: Vec<String> = match before {
            None => self.doors.iter().map(words).collect(),
            Some(before) => {
                let gained = self.doors.difference(&before.doors).map(|door| format!("+ {}", words(door)));
                let lost = before.doors.difference(&self.doors).map(|door| format!("- {}", words(door)));
                gained.chain(lost).collect()
            }
        };
        match (doors.is_empty(), before) {
            (true, None) => "no doors".to_owned(),
            (true, Some(_)) => "its name".to_owned(),
            (false, _) => doors.join(", "),
        }
    }

    fn put(self) -> Change {
        Change::PutAccessLevel { access_level: self }
    }

    fn delete(&self) -> Change {
        Change::DeleteAccessLevel { id: self.id }
    }
}

impl Record for Schedule {
    const WHAT: &str = "schedule";

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn name(&self) -> &RecordName {
        &self.name
    }

    fn says(&self, before: &Self) -> bool {
        (&self.name, &self.weekly, &self.holidays) == (&before.name, &before.weekly, &before.holidays)
    }

    fn words(&self, _: Option<&Self>, _: &[Called]) -> String {
        let weekly = self.weekly.iter().map(|it| format!("{} {}", it.days, it.interval));
        let holidays = match self.holidays.len() {
            0 => None,
            1 => Some("1 holiday calendar".to_owned()),
            count => Some(format!("{count} holiday calendars")),
        };
        weekly.chain(holidays).collect::<Vec<_>>().join("; ")
    }

    fn put(self) -> Change {
        Change::PutSchedule { schedule: self }
    }

    fn delete(&self) -> Change {
        Change::DeleteSchedule { id: self.id }
    }
}

impl Record for HolidayCalendar {
    const WHAT: &str = "holiday calendar";

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn name(&self) -> &RecordName {
        &self.name
    }

    fn says(&self, before: &Self) -> bool {
        (&self.name, &self.days) == (&before.name, &before.days)
    }

    fn words(&self, _: Option<&Self>, _: &[Called]) -> String {
        match self.days.len() {
            1 => "1 entry".to_owned(),
            count => format!("{count} entries"),
        }
    }

    fn put(self) -> Change {
        Change::PutHolidayCalendar { calendar: self }
    }

    fn delete(&self) -> Change {
        Change::DeleteHolidayCalendar { id: self.id }
    }
}
