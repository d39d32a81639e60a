//! All access levels and rules at once, as a file has them: the shortest way from what is there to what is wanted.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{self, Doors, LevelContent, invalid, nearest};
use super::edit_error::EditError;
use super::levels_and_rules::LevelsAndRules;
use super::limits::MAX_REFUSALS;
use super::made::{new_rule, written};
use crate::domain::{
    AccessImport, AccessLevel, AccessLevelId, AccessRefusal, Change, DoorSchedule, Group, GroupId,
    ImportAction, ImportStep, fold_case,
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
    book: &LevelsAndRules,
    now: Moment<'_>,
    doors: &Doors,
    wanted: &AccessImport,
) -> Result<(Vec<Change>, Vec<ImportStep>), EditError> {
    let mut refused = Vec::new();
    within(wanted.access_levels.len(), MAX_ACCESS_LEVELS, "access_levels", &mut refused);
    within(wanted.rules.len(), MAX_RULES, "rules", &mut refused);
    if !refused.is_empty() {
        return Err(EditError::Refused(refused));
    }
    let contents = levels(book, doors, wanted, &mut refused);
    let pairs = pairs(view, wanted, &mut refused)?;
    if !refused.is_empty() {
        return Err(EditError::Refused(check::told(refused)));
    }
    let mut way = Way { now, changes: Vec::new(), steps: Vec::new() };
    let ids = way.levels(book, contents);
    let rules = pairs.into_iter().filter_map(|(group, level)| Some((group, *ids.get(&level)?))).collect();
    way.rules(view, book, &rules)?;
    way.leave(book, &ids);
    Ok((way.changes, way.steps))
}

fn within(count: usize, most: u64, field: &str, refused: &mut Vec<AccessRefusal>) {
    if count as u64 > most {
        let message = format!("{count} are more than the {most} that are kept");
        refused.push(invalid(message, field, &count.to_string(), "Leave some out."));
    }
}

/// Access levels by their folded names.
fn levels(
    book: &LevelsAndRules,
    doors: &Doors,
    wanted: &AccessImport,
    refused: &mut Vec<AccessRefusal>,
) -> BTreeMap<String, LevelContent> {
    let there = book.levels_by_name();
    let mut contents = BTreeMap::new();
    for (at, draft) in wanted.access_levels.iter().enumerate() {
        if refused.len() >= MAX_REFUSALS {
            break;
        }
        let (path, before) = (format!("access_levels[{at}]."), there.get(&fold_case(draft.name.trim())));
        let Some(content) = check::level(draft, &path, doors, before.copied(), refused) else {
            continue;
        };
        if contents.insert(fold_case(content.name.as_str()), content).is_some() {
            let message = format!("there are two access levels {:?}", draft.name);
            let field = format!("access_levels[{at}].name");
            refused.push(invalid(message, field, &draft.name, "Give one of them another name."));
        }
    }
    contents
}

/// Rules as pairs of a group and an access level's folded name.
fn pairs(
    view: &View<'_>,
    wanted: &AccessImport,
    refused: &mut Vec<AccessRefusal>,
) -> Result<BTreeSet<(GroupId, String)>, StoreError> {
    let named: BTreeSet<_> = wanted.access_levels.iter().map(|level| fold_case(level.name.trim())).collect();
    let mut names: Option<Vec<String>> = None;
    let mut pairs = BTreeSet::new();
    for (at, draft) in wanted.rules.iter().enumerate() {
        if refused.len() >= MAX_REFUSALS {
            break;
        }
        let level = fold_case(draft.access_level.trim());
        if !named.contains(&level) {
            let message = format!("no access level here is called {:?}", draft.access_level);
            let known = wanted.access_levels.iter().map(|level| level.name.as_str());
            let remedy = nearest(&draft.access_level, known, "Add it, or leave the rule out.");
            refused.push(invalid(message, format!("rules[{at}].access_level"), &draft.access_level, remedy));
        }
        let Some(group) = view.group_by_display_name(&draft.group)? else {
            let known = match &names {
                Some(known) => known,
                None => names.insert(group_names(view)?),
            };
            let message = format!("there is no group {:?}", draft.group);
            let otherwise = "Groups come from the identity provider; GET /api/v1/groups lists them.";
            let remedy = nearest(&draft.group, known.iter().map(String::as_str), otherwise);
            refused.push(invalid(message, format!("rules[{at}].group"), &draft.group, remedy));
            continue;
        };
        if !pairs.insert((group.id, level)) {
            let message = format!("another rule gives {:?} to {}", draft.access_level, draft.group);
            refused.push(invalid(message, format!("rules[{at}].group"), &draft.group, "Leave one out."));
        }
    }
    Ok(pairs)
}

fn group_names(view: &View<'_>) -> Result<Vec<String>, StoreError> {
    view.groups(None).map(|group| group.map(|group: Group| group.display_name)).collect()
}

/// The way, in the order in which it is gone: access levels before the rules that need them, and both before what goes.
struct Way<'a> {
    now: Moment<'a>,
    changes: Vec<Change>,
    steps: Vec<ImportStep>,
}

impl Way<'_> {
    fn levels(
        &mut self,
        book: &LevelsAndRules,
        wanted: BTreeMap<String, LevelContent>,
    ) -> BTreeMap<String, AccessLevelId> {
        let there = book.levels_by_name();
        let mut ids = BTreeMap::new();
        for (name, content) in wanted {
            let before = there.get(&name).copied();
            let level = written(before, content, self.now);
            ids.insert(name, level.id);
            match before {
                Some(before) if before.doors == level.doors && before.name == level.name => continue,
                Some(before) => self.step(ImportAction::Change, changed(before, &level)),
                None => self.step(ImportAction::Add, described(&level)),
            }
            self.changes.push(Change::PutAccessLevel { access_level: level });
        }
        ids
    }

    fn rules(
        &mut self,
        view: &View<'_>,
        book: &LevelsAndRules,
        wanted: &BTreeSet<(GroupId, AccessLevelId)>,
    ) -> Result<(), StoreError> {
        let there: BTreeSet<_> = book.rules.iter().map(|rule| (rule.group, rule.access_level)).collect();
        for (group, level) in wanted.difference(&there) {
            self.step(ImportAction::Add, self.rule_words(view, book, *group, *level)?);
            self.changes.push(Change::PutRule { rule: new_rule(None, *group, *level, self.now) });
        }
        for rule in book.rules.iter().filter(|rule| !wanted.contains(&(rule.group, rule.access_level))) {
            self.step(ImportAction::Remove, self.rule_words(view, book, rule.group, rule.access_level)?);
            self.changes.push(Change::DeleteRule { id: rule.id });
        }
        Ok(())
    }

    fn leave(&mut self, book: &LevelsAndRules, kept: &BTreeMap<String, AccessLevelId>) {
        let kept: BTreeSet<_> = kept.values().collect();
        for level in book.levels.iter().filter(|level| !kept.contains(&level.id)) {
            self.step(ImportAction::Remove, described(level));
            self.changes.push(Change::DeleteAccessLevel { id: level.id });
        }
    }

    fn step(&mut self, action: ImportAction, what: String) {
        self.steps.push(ImportStep { action, what });
    }

    fn rule_words(
        &self,
        view: &View<'_>,
        book: &LevelsAndRules,
        group: GroupId,
        level: AccessLevelId,
    ) -> Result<String, StoreError> {
        let group = view.group(group)?.map(|group| group.display_name).unwrap_or_default();
        let new = self.changes.iter().find_map(|change| match change {
            Change::PutAccessLevel { access_level } if access_level.id == level => Some(access_level),
            _ => None,
        });
        let level = new.or_else(|| book.level(level)).map(|level| level.name.as_str()).unwrap_or_default();
        Ok(format!("rule: {level:?} for {group}"))
    }
}

fn described(level: &AccessLevel) -> String {
    let doors: Vec<_> = level.doors.iter().map(door_words).collect();
    let doors = if doors.is_empty() { "no doors".to_owned() } else { doors.join(", ") };
    format!("access level {:?}: {doors}", level.name.as_str())
}

fn changed(before: &AccessLevel, after: &AccessLevel) -> String {
    let gained = after.doors.difference(&before.doors).map(|door| format!("+ {}", door_words(door)));
    let lost = before.doors.difference(&after.doors).map(|door| format!("- {}", door_words(door)));
    let doors: Vec<_> = gained.chain(lost).collect();
    let doors = if doors.is_empty() { "its name".to_owned() } else { doors.join(", ") };
    format!("access level {:?}: {doors}", after.name.as_str())
}

fn door_words(door: &DoorSchedule) -> String {
    format!("{} ({})", door.door, door.schedule)
}
