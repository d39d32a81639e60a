//! Access levels and rules between those who edit them and the directory.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::card_policy::card_policy;
use super::clock;
use crate::access::{AccessModel, Difference, PlannedDoor};
use crate::config::{Config, Door};
use crate::domain::{
    AccessEdit, AccessEdited, AccessImport, AccessLevel, AccessLevelDraft, At, DoorDraft, DoorId,
    DoorSchedule, Hold, HoldOn, Holiday, HolidayCalendar, HolidayCalendarDraft, HolidayDraft,
    HolidayTimesDraft, Origin, Rule, RuleDraft, RuleTo, Schedule, ScheduleDraft, WeeklyDraft, WeeklyInterval,
    fold_case,
};
use crate::operator::{AccessEditError, Actor, EditAccess};
use crate::sources::Moment;
use crate::sources::access::{self, AccessRecords, EditError, KnownDoor, Surroundings};
use crate::store::{CommitError, Directory, StoreError, View};
use crate::views::{
    AccessLevelView, AccessView, CardText, DoorScheduleView, GroupView, HoldView, RuleView, RulesEffect,
    ShowAccess, ShowHolds, Unreadable,
};

/// What the directory has of access, for a site with these doors.
pub struct AccessRules {
    directory: Directory,
    around: Arc<Surroundings>,
}

impl AccessRules {
    /// For this directory and these doors.
    pub fn new(directory: Directory, around: Surroundings) -> Self {
        Self { directory, around: Arc::new(around) }
    }

    /// What access may name of a configuration.
    pub fn surroundings_of(config: &Config) -> Surroundings {
        let doors = config.controllers.iter().flat_map(|controller| &controller.doors);
        let known = |door: &Door| KnownDoor { name: door.name.clone(), place: door.place.clone() };
        Surroundings {
            doors: doors.map(|door| (door.id.clone(), known(door))).collect(),
            zone: config.site.time_zone.clone(),
            cards: card_policy(&config.cards).defaults,
        }
    }

    /// Reads where waiting for the disk harms nobody.
    fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&View<'_>, &Surroundings) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, Unreadable>> {
        let around = Arc::clone(&self.around);
        let read = self.directory.query(move |view| read(view, &around));
        Box::pin(async move { read.await.map_err(|error: StoreError| Unreadable(told(&error))) })
    }
}

impl ShowAccess for AccessRules {
    fn access(&self) -> BoxFuture<'_, Result<AccessView, Unreadable>> {
        self.reading(|view, around| shown(view, &AccessRecords::read(view)?, around))
    }

    fn groups(&self) -> BoxFuture<'_, Result<Vec<GroupView>, Unreadable>> {
        self.reading(|view, _| {
            let shown = |group: crate::domain::Group| GroupView {
                id: group.id,
                display_name: group.display_name,
                external_id: group.external_id,
            };
            let mut groups =
                view.groups(None).map(|group| group.map(shown)).collect::<Result<Vec<_>, _>>()?;
            groups.sort_by_cached_key(|group| fold_case(&group.display_name));
            Ok(groups)
        })
    }
}

impl ShowHolds for AccessRules {
    fn holds(&self) -> BoxFuture<'_, Result<Vec<HoldView>, Unreadable>> {
        let now = clock::now();
        self.reading(move |view, around| {
            let mut holds = Vec::new();
            for hold in view.all::<Hold>(None) {
                holds.push(hold_view(view, &hold?, around, now)?);
            }
            holds.sort_by_key(|hold| hold.created);
            Ok(holds)
        })
    }
}

impl EditAccess for AccessRules {
    fn edit_access(
        &self,
        edit: AccessEdit,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<AccessEdited, AccessEditError>> {
        let origin = match actor {
            Actor::Account(user) => Origin::Page { user: user.clone() },
            Actor::LocalOperator => Origin::CommandLine,
        };
        let (around, at) = (Arc::clone(&self.around), clock::now());
        Box::pin(async move {
            let by = origin.clone();
            if let AccessEdit::Import { dry_run: true, .. } = &edit {
                let tried = self.directory.query(move |view| {
                    let now = Moment { at, revision: view.revision().next(), by: &by };
                    would_be(view, now, &around, edit)
                });
                return tried.await.map_err(refused);
            }
            let plan = move |view: &View<'_>, revision| {
                let planned = access::plan(view, Moment { at, revision, by: &by }, &around, edit)?;
                if !planned.0.is_empty() {
                    tracing::info!(editor = ?by, %revision, "access is edited");
                }
                Ok(planned)
            };
            match self.directory.commit(origin, at, plan).await {
                Ok(committed) => Ok(committed.value),
                Err(CommitError::Plan(error)) => Err(refused(error)),
                Err(error) => Err(AccessEditError::Unavailable(told(&error))),
            }
        })
    }
}

fn refused(error: EditError) -> AccessEditError {
    match error {
        EditError::Refused(refused) => AccessEditError::Refused(refused),
        EditError::Store(error) => AccessEditError::Unavailable(told(&error)),
    }
}

/// What an import would come to: looks at everybody, so it has no place on the writer's thread.
fn would_be(
    view: &View<'_>,
    now: Moment<'_>,
    around: &Surroundings,
    edit: AccessEdit,
) -> Result<AccessEdited, EditError> {
    let known = AccessRecords::read(view)?;
    let wanted = match edit {
        AccessEdit::Import { wanted, based_on, .. } => {
            AccessEdit::Import { wanted, based_on, dry_run: false }
        }
        other => other,
    };
    let (changes, edited) = access::plan(view, now, around, wanted)?;
    let AccessEdited::Imported(steps) = edited else { return Ok(edited) };
    let before = AccessModel::new(known.mode, known.levels, known.rules, []);
    let mut after = before.clone();
    changes.iter().for_each(|change| after.apply(change));
    let planned = |(id, door): (&DoorId, &KnownDoor)| PlannedDoor {
        door: id.clone(),
        place: door.place.clone(),
        reader: 0,
    };
    let doors: Vec<PlannedDoor> = around.doors.iter().map(planned).collect();
    let mut difference = Difference::new(&before, &after, &doors, now.at);
    for person in view.cardholders(None) {
        let person = person?;
        if person.active_cards().next().is_some() {
            difference.look_at(person.id, &person.display_name, &view.groups_of(person.id)?);
        }
    }
    Ok(AccessEdited::WouldImport(steps, difference.turnover()))
}

fn told(error: &dyn std::error::Error) -> String {
    tracing::error!(%error, "what the directory has of access can't be used");
    error.to_string()
}

fn shown(view: &View<'_>, known: &AccessRecords, around: &Surroundings) -> Result<AccessView, StoreError> {
    let mut access_levels: Vec<_> =
        known.levels.iter().map(|level| level_view(level, known, around)).collect();
    access_levels.sort_by_cached_key(|level| fold_case(&level.name));
    let effect = RulesEffect::from(known.mode);
    let mut rules = Vec::new();
    for rule in &known.rules {
        rules.push(rule_view(view, known, rule, effect.applied)?);
    }
    rules.sort_by(|a, b| (a.whom(), &a.access_level_name).cmp(&(b.whom(), &b.access_level_name)));
    let export = export(known, &access_levels, &rules);
    Ok(AccessView { tag: known.tag(), effect, access_levels, rules, export })
}

fn hold_view(
    view: &View<'_>,
    hold: &Hold,
    around: &Surroundings,
    now: Timestamp,
) -> Result<HoldView, StoreError> {
    let (card, person) = match hold.on {
        HoldOn::Card(card) => (Some(CardText::of_credential(card, around.cards.format)), None),
        HoldOn::Person(person) => (None, Some(person)),
    };
    let holder = person.map(|person| view.cardholder(person)).transpose()?.flatten();
    Ok(HoldView {
        id: hold.id,
        card,
        person,
        person_name: holder.map(|person| person.user_name),
        reason: hold.reason.clone(),
        until: hold.until,
        over: !hold.is_on(now),
        by: hold.by.name().to_owned(),
        created: hold.created,
    })
}

fn rule_view(
    view: &View<'_>,
    known: &AccessRecords,
    rule: &Rule,
    applied: bool,
) -> Result<RuleView, StoreError> {
    let (mut group, mut person, mut span) = (None, None, (None, None));
    match rule.to {
        RuleTo::Everyone => {}
        RuleTo::Group(id) => group = Some(id),
        RuleTo::Person { person: id, from, until } => (person, span) = (Some(id), (from, until)),
    }
    let group_name = match group {
        Some(id) => Some(view.group(id)?.map(|group| group.display_name).unwrap_or_default()),
        None => None,
    };
    let person_name = match person {
        Some(id) => Some(view.cardholder(id)?.map(|person| person.user_name).unwrap_or_default()),
        None => None,
    };
    let level = known.level(rule.access_level);
    Ok(RuleView {
        id: rule.id,
        group,
        group_name,
        everyone: rule.to == RuleTo::Everyone,
        person,
        person_name,
        from: span.0,
        until: span.1,
        access_level: rule.access_level,
        access_level_name: level.map(|level| level.name.to_string()).unwrap_or_default(),
        applied,
        created: rule.created,
        modified: rule.modified,
        revision: rule.revision,
    })
}

fn level_view(level: &AccessLevel, known: &AccessRecords, around: &Surroundings) -> AccessLevelView {
    let part = |part: &DoorSchedule| {
        let (door, place) = match &part.at {
            At::Door(door) => (Some(door.clone()), None),
            At::Place(place) => (None, Some(place.to_string())),
        };
        DoorScheduleView {
            door_name: door.as_ref().and_then(|door| around.doors.get(door)).map(|door| door.name.clone()),
            door,
            place,
            schedule: known.when(part.schedule),
        }
    };
    AccessLevelView {
        id: level.id,
        name: level.name.to_string(),
        doors: level.doors.iter().map(part).collect(),
        created: level.created,
        modified: level.modified,
        revision: level.revision,
    }
}

/// All of it as an import takes it.
fn export(known: &AccessRecords, levels: &[AccessLevelView], rules: &[RuleView]) -> AccessImport {
    let door = |part: &DoorScheduleView| DoorDraft {
        door: part.door.as_ref().map(ToString::to_string),
        place: part.place.clone(),
        schedule: part.schedule.clone(),
    };
    let level = |level: &AccessLevelView| AccessLevelDraft {
        name: level.name.clone(),
        doors: level.doors.iter().map(door).collect(),
    };
    let rule = |rule: &RuleView| RuleDraft {
        group: rule.group_name.clone(),
        everyone: rule.everyone,
        person: rule.person_name.clone(),
        from: rule.from.map(|from| from.to_string()),
        until: rule.until.map(|until| until.to_string()),
        access_level: rule.access_level_name.clone(),
    };
    let calendar = |calendar: &HolidayCalendar| HolidayCalendarDraft {
        name: calendar.name.to_string(),
        days: calendar.days.iter().map(|day| day_draft(*day)).collect(),
    };
    AccessImport {
        mode: Some(known.mode),
        holiday_calendars: known.calendars.iter().map(calendar).collect(),
        schedules: known.schedules.iter().map(|schedule| schedule_draft(schedule, known)).collect(),
        access_levels: levels.iter().map(level).collect(),
        rules: rules.iter().map(rule).collect(),
    }
}

fn day_draft(day: Holiday) -> HolidayDraft {
    match day {
        Holiday::Span { from, to } if from != to => {
            HolidayDraft::Span { from: from.to_string(), to: to.to_string() }
        }
        day => HolidayDraft::Day(day.to_string()),
    }
}

fn schedule_draft(schedule: &Schedule, known: &AccessRecords) -> ScheduleDraft {
    let weekly = |it: &WeeklyInterval| WeeklyDraft {
        days: it.days.names().map(str::to_owned).collect(),
        from: it.interval.from().to_string(),
        to: it.interval.to().to_string(),
    };
    let mut holidays = Vec::new();
    for (id, times) in &schedule.holidays {
        let name = known.calendars.iter().find(|calendar| calendar.id == *id).map(|it| it.name.to_string());
        let calendar = name.unwrap_or_else(|| id.to_string());
        if times.is_empty() {
            holidays.push(HolidayTimesDraft { calendar: calendar.clone(), from: None, to: None });
        }
        holidays.extend(times.iter().map(|interval| HolidayTimesDraft {
            calendar: calendar.clone(),
            from: Some(interval.from().to_string()),
            to: Some(interval.to().to_string()),
        }));
    }
    ScheduleDraft {
        name: schedule.name.to_string(),
        weekly: schedule.weekly.iter().map(weekly).collect(),
        holidays,
    }
}
