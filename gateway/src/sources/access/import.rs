//! All of access at once, as a file has it: the shortest way from what is there to what is wanted.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::check::{self, Calendars, GroupNames, Names, Refused, Schedules, invalid, nearest};
use super::edit_error::EditError;
use super::limits::{MAX_HOLIDAY_CALENDARS, MAX_SCHEDULES};
use super::made::{self, new_rule, written};
use super::records::AccessRecords;
use super::surroundings::Surroundings;
use super::way::{Record, Way};
use crate::domain::{
    AccessImport, AccessLevel, AccessLevelId, Change, HolidayCalendar, ImportStep, Rule, RuleTo, Schedule,
    When, fold_case,
};
use crate::sources::Moment;
use crate::store::limits::{MAX_ACCESS_LEVELS, MAX_RULES};
use crate::store::{StoreError, View};

/// Plans an import; names are compared without regard to case.
///
/// # Errors
/// With all that is wrong with it.
pub(super) fn plan(
    view: &View<'_>,
    known: &AccessRecords,
    now: Moment<'_>,
    around: &Surroundings,
    wanted: &AccessImport,
) -> Result<(Vec<Change>, Vec<ImportStep>), EditError> {
    let mut refused = Refused::default();
    for (count, most, field) in [
        (wanted.holiday_calendars.len(), MAX_HOLIDAY_CALENDARS, "holiday_calendars"),
        (wanted.schedules.len(), MAX_SCHEDULES, "schedules"),
        (wanted.access_levels.len(), MAX_ACCESS_LEVELS, "access_levels"),
        (wanted.rules.len(), MAX_RULES, "rules"),
    ] {
        if count as u64 > most {
            let message = format!("{count} are more than the {most} that are kept");
            refused.push(invalid(message, field, &count.to_string(), "Leave some out."));
        }
    }
    if !refused.is_empty() {
        return Err(EditError::Refused(refused.told()));
    }
    let calendars = calendars(known, now, wanted, &mut refused);
    let schedules = schedules(known, now, wanted, &calendars, &mut refused);
    let names: Schedules = schedules
        .0
        .iter()
        .map(|(folded, schedule)| (folded.clone(), (When::Schedule(schedule.id), schedule.name.to_string())))
        .collect();
    let levels = levels(known, now, Names { around, schedules: &names }, wanted, &mut refused);
    let rules = rules(view, now, around, wanted, &mut refused)?;
    if !refused.is_empty() {
        return Err(EditError::Refused(refused.told()));
    }
    let of_level = |name: &str| levels.0.get(name).map(|level| level.id);
    let rules: BTreeSet<(RuleTo, AccessLevelId)> =
        rules.into_iter().filter_map(|(to, level)| Some((to, of_level(&level)?))).collect();
    let levels = levels.into_records();

    let mut way = Way::new(now, names.values().cloned().collect(), known);
    let kept = [calendars.ids(), schedules.ids(), levels.iter().map(|level| level.id.0).collect()];
    way.records(&known.calendars, calendars.into_records());
    way.records(&known.schedules, schedules.into_records());
    way.records(&known.levels, levels.clone());
    for (to, level) in &rules {
        if !known.rules.iter().any(|rule| (&rule.to, rule.access_level) == (to, *level)) {
            way.rule(view, new_rule(None, to.clone(), *level, now), &levels)?;
        }
    }
    let stays = |rule: &Rule| rules.contains(&(rule.to.clone(), rule.access_level));
    for rule in known.rules.iter().filter(|rule| !stays(rule)) {
        way.no_rule(view, rule, &known.levels)?;
    }
    way.leave(&known.levels, &kept[2]);
    way.leave(&known.schedules, &kept[1]);
    way.leave(&known.calendars, &kept[0]);
    way.mode(known.mode, wanted.mode.unwrap_or(known.mode));
    Ok(way.done())
}

/// Records as they shall be, by their folded names.
struct Named<R>(BTreeMap<String, R>);

impl<R: Record> Named<R> {
    fn ids(&self) -> BTreeSet<Uuid> {
        self.0.values().map(Record::id).collect()
    }

    fn into_records(self) -> Vec<R> {
        self.0.into_values().collect()
    }

    /// Takes one in; `field` is where its name stands.
    fn take(&mut self, record: R, field: String, refused: &mut Refused) {
        let name = record.name().to_string();
        if self.0.insert(fold_case(&name), record).is_some() {
            let message = format!("there are two {}s {name:?}", R::WHAT);
            refused.push(invalid(message, field, &name, "Give one of them another name."));
        }
    }
}

/// The record of that name, if there is one.
fn named<'a, R: Record>(there: &'a [R], name: &str) -> Option<&'a R> {
    let folded = fold_case(name.trim());
    there.iter().find(|record| fold_case(record.name().as_str()) == folded)
}

fn calendars(
    known: &AccessRecords,
    now: Moment<'_>,
    wanted: &AccessImport,
    refused: &mut Refused,
) -> Named<HolidayCalendar> {
    let mut all = Named(BTreeMap::new());
    for (at, draft) in wanted.holiday_calendars.iter().enumerate() {
        let path = format!("holiday_calendars[{at}].");
        if let Some(content) = check::calendar(draft, &path, refused) {
            let before = named(&known.calendars, &draft.name);
            all.take(made::calendar(before, content, now), format!("{path}name"), refused);
        }
    }
    all
}

fn schedules(
    known: &AccessRecords,
    now: Moment<'_>,
    wanted: &AccessImport,
    calendars: &Named<HolidayCalendar>,
    refused: &mut Refused,
) -> Named<Schedule> {
    let by_name: Calendars =
        calendars.0.iter().map(|(name, calendar)| (name.clone(), calendar.clone())).collect();
    let mut all = Named(BTreeMap::new());
    for (at, draft) in wanted.schedules.iter().enumerate() {
        let path = format!("schedules[{at}].");
        if let Some(content) = check::schedule(draft, &path, &by_name, refused) {
            let before = named(&known.schedules, &draft.name);
            all.take(made::schedule(before, content, now), format!("{path}name"), refused);
        }
    }
    all
}

fn levels(
    known: &AccessRecords,
    now: Moment<'_>,
    names: Names<'_>,
    wanted: &AccessImport,
    refused: &mut Refused,
) -> Named<AccessLevel> {
    let mut all = Named(BTreeMap::new());
    for (at, draft) in wanted.access_levels.iter().enumerate() {
        if refused.is_full() {
            break;
        }
        let (path, before) = (format!("access_levels[{at}]."), named(&known.levels, &draft.name));
        if let Some(content) = check::level(draft, &path, names, before, refused) {
            all.take(written(before, content, now), format!("{path}name"), refused);
        }
    }
    all
}

/// Rules: to whom, and the folded name of what.
fn rules(
    view: &View<'_>,
    now: Moment<'_>,
    around: &Surroundings,
    wanted: &AccessImport,
    refused: &mut Refused,
) -> Result<BTreeSet<(RuleTo, String)>, StoreError> {
    let named: BTreeSet<_> = wanted.access_levels.iter().map(|level| fold_case(level.name.trim())).collect();
    let mut names = GroupNames::default();
    let mut rules = BTreeSet::new();
    for (at, draft) in wanted.rules.iter().enumerate() {
        if refused.is_full() {
            break;
        }
        let (path, level) = (format!("rules[{at}]."), fold_case(draft.access_level.trim()));
        if !named.contains(&level) {
            let message = format!("no access level here is called {:?}", draft.access_level);
            let known = wanted.access_levels.iter().map(|level| level.name.as_str());
            let remedy = nearest(&draft.access_level, known, "Add it, or leave the rule out.");
            refused.push(invalid(message, format!("{path}access_level"), &draft.access_level, remedy));
        }
        let receiver = check::receiver(view, now, &around.zone, draft, &path, &mut names, refused)?;
        if let Some(to) = receiver
            && !rules.insert((to, level))
        {
            let whom = draft.group.as_deref().or(draft.person.as_deref()).unwrap_or("everyone");
            let field = if draft.person.is_some() { "person" } else { "group" };
            let message = format!("another rule gives {:?} to {whom}", draft.access_level);
            refused.push(invalid(message, format!("{path}{field}"), whom, "Leave one out."));
        }
    }
    Ok(rules)
}
