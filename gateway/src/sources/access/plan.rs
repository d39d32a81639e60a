//! One edit becomes the directory's changes.

use super::check::{self, GroupNames, LevelContent, Names, Refused, Schedules, invalid};
use super::edit_error::EditError;
use super::hold;
use super::import;
use super::limits::MAX_GROUPS_NAMED;
use super::made::{new_rule, written};
use super::records::AccessRecords;
use super::surroundings::Surroundings;
use crate::domain::{
    AccessEdit, AccessEdited, AccessLevel, AccessLevelId, AccessRefusal, BasedOn, Change, RefusalKind, Rule,
    RuleDraft, RuleId, RuleTo, Schedule, Target, When, fold_case,
};
use crate::sources::Moment;
use crate::store::View;
use crate::store::limits::{MAX_ACCESS_LEVELS, MAX_RULES};

type Plan = Result<(Vec<Change>, AccessEdited), EditError>;

/// Plans `edit`.
///
/// # Errors
/// With all that is wrong with it.
pub fn plan(view: &View<'_>, now: Moment<'_>, around: &Surroundings, edit: AccessEdit) -> Plan {
    let known = AccessRecords::read(view)?;
    match edit {
        AccessEdit::PutLevel(target, draft) => {
            let mut refused = Refused::default();
            let before = match &target {
                Target::Existing(id, _) => known.level(*id),
                Target::New => None,
            };
            let schedules = schedules(&known);
            let names = Names { around, schedules: &schedules };
            let Some(content) = check::level(&draft, "", names, before, &mut refused) else {
                return Err(EditError::Refused(refused.told()));
            };
            put_level(&known, now, target, content)
        }
        AccessEdit::DeleteLevel(id, based_on) => delete_level(view, &known, id, &based_on),
        AccessEdit::PutRule(target, draft) => put_rule(view, &known, now, around, target, &draft),
        AccessEdit::DeleteRule(id, based_on) => {
            let rule = rule_of(&known, id, &based_on)?;
            Ok((vec![Change::DeleteRule { id: rule.id }], AccessEdited::Gone))
        }
        AccessEdit::PutHold(draft) => hold::put(view, now, around, &draft),
        AccessEdit::LiftHold(id) => hold::lift(view, id),
        AccessEdit::Import { wanted, based_on, dry_run } => {
            let meant = known.tag();
            if !based_on.is_met_by(&meant) {
                return Err(stale("access levels or rules", &meant).into());
            }
            let (changes, steps) = import::plan(view, &known, now, around, &wanted)?;
            Ok((if dry_run { Vec::new() } else { changes }, AccessEdited::Imported(steps)))
        }
    }
}

fn put_level(
    known: &AccessRecords,
    now: Moment<'_>,
    target: Target<AccessLevelId>,
    content: LevelContent,
) -> Plan {
    let before = match target {
        Target::New if known.levels.len() as u64 >= MAX_ACCESS_LEVELS => {
            return Err(too_many("access levels", MAX_ACCESS_LEVELS).into());
        }
        Target::New => None,
        Target::Existing(id, based_on) => Some(level_of(known, id, &based_on)?),
    };
    let folded = fold_case(content.name.as_str());
    let same_name = |level: &&AccessLevel| fold_case(level.name.as_str()) == folded;
    if let Some(other) = known.levels.iter().find(same_name)
        && before.is_none_or(|before| before.id != other.id)
    {
        let message = format!("another access level is called {:?}", other.name.as_str());
        return Err(conflict(message, "name", content.name.as_str(), "Give another name.").into());
    }
    let level = written(before, content, now);
    let edited = AccessEdited::Level(level.id);
    if before.is_some_and(|before| before.name == level.name && before.doors == level.doors) {
        return Ok((Vec::new(), edited));
    }
    Ok((vec![Change::PutAccessLevel { access_level: level }], edited))
}

fn delete_level(view: &View<'_>, known: &AccessRecords, id: AccessLevelId, based_on: &BasedOn) -> Plan {
    let level = level_of(known, id, based_on)?;
    let givers: Vec<_> = known.rules.iter().filter(|rule| rule.access_level == id).collect();
    let mut groups = Vec::new();
    for rule in givers.iter().take(MAX_GROUPS_NAMED) {
        groups.push(match rule.to {
            RuleTo::Everyone => "everyone".to_owned(),
            RuleTo::Group(id) => view.group(id)?.map(|group| group.display_name).unwrap_or_default(),
            RuleTo::Person { person, .. } => {
                view.cardholder(person)?.map(|person| person.display_name).unwrap_or_default()
            }
        });
    }
    if givers.len() > MAX_GROUPS_NAMED {
        groups.push(format!("{} more", givers.len() - MAX_GROUPS_NAMED));
    }
    if groups.is_empty() {
        return Ok((vec![Change::DeleteAccessLevel { id }], AccessEdited::Gone));
    }
    let message = format!("the access level {:?} is given to {}", level.name.as_str(), groups.join(", "));
    let remedy = "Delete the rules that give it first; GET /api/v1/rules lists them.";
    Err(conflict(message, "id", &id.to_string(), remedy).into())
}

fn put_rule(
    view: &View<'_>,
    known: &AccessRecords,
    now: Moment<'_>,
    around: &Surroundings,
    target: Target<RuleId>,
    draft: &RuleDraft,
) -> Plan {
    let before = match target {
        Target::New if known.rules.len() as u64 >= MAX_RULES => {
            return Err(too_many("rules", MAX_RULES).into());
        }
        Target::New => None,
        Target::Existing(id, based_on) => Some(rule_of(known, id, &based_on)?),
    };
    let mut refused = Refused::default();
    let to = check::receiver(view, now, &around.zone, draft, "", &mut GroupNames::default(), &mut refused)?;
    let level = draft.access_level.parse().ok().and_then(|id| known.level(id));
    if level.is_none() {
        let message = format!("there is no access level with the id {:?}", draft.access_level);
        let remedy = "GET /api/v1/access-levels lists all access levels.";
        refused.push(invalid(message, "access_level", &draft.access_level, remedy));
    }
    let (Some(to), Some(level)) = (to, level) else { return Err(EditError::Refused(refused.told())) };
    let twin = known.rules.iter().find(|rule| rule.to == to && rule.access_level == level.id);
    match (twin, before) {
        (Some(twin), Some(before)) if twin.id == before.id => Ok((Vec::new(), AccessEdited::Rule(twin.id))),
        (Some(twin), _) => {
            let whom = match &twin.to {
                RuleTo::Group(id) => view.group(*id)?.map(|group| group.display_name).unwrap_or_default(),
                RuleTo::Everyone => "everyone".to_owned(),
                RuleTo::Person { .. } => draft.person.clone().unwrap_or_default(),
            };
            let message = format!("a rule gives {:?} to {whom} already", level.name.as_str());
            let remedy = format!("It is rule {}.", twin.id);
            Err(conflict(message, "access_level", &draft.access_level, remedy).into())
        }
        (None, before) => {
            let rule = new_rule(before, to, level.id, now);
            let edited = AccessEdited::Rule(rule.id);
            Ok((vec![Change::PutRule { rule }], edited))
        }
    }
}

/// The schedules that there are, by their folded names.
fn schedules(known: &AccessRecords) -> Schedules {
    let called = |it: &Schedule| (fold_case(it.name.as_str()), (When::Schedule(it.id), it.name.to_string()));
    known.schedules.iter().map(called).collect()
}

fn level_of<'b>(
    known: &'b AccessRecords,
    id: AccessLevelId,
    based_on: &BasedOn,
) -> Result<&'b AccessLevel, AccessRefusal> {
    let level = known.level(id).ok_or_else(|| not_found("access level", &id.to_string(), "access-levels"))?;
    if based_on.is_met_by(&level.revision.to_string()) {
        Ok(level)
    } else {
        Err(stale("this access level", &level.revision.to_string()))
    }
}

fn rule_of<'b>(known: &'b AccessRecords, id: RuleId, based_on: &BasedOn) -> Result<&'b Rule, AccessRefusal> {
    let rule = known.rules.iter().find(|rule| rule.id == id);
    let rule = rule.ok_or_else(|| not_found("rule", &id.to_string(), "rules"))?;
    if based_on.is_met_by(&rule.revision.to_string()) {
        Ok(rule)
    } else {
        Err(stale("this rule", &rule.revision.to_string()))
    }
}

fn not_found(what: &str, id: &str, list: &str) -> AccessRefusal {
    AccessRefusal {
        kind: RefusalKind::NotFound,
        message: format!("there is no {what} {id}"),
        field: "id".to_owned(),
        value: id.to_owned(),
        remedy: format!("GET /api/v1/{list} lists those that there are."),
    }
}

fn stale(what: &str, tag: &str) -> AccessRefusal {
    AccessRefusal {
        kind: RefusalKind::Stale,
        message: format!("somebody has changed {what} meanwhile"),
        field: "If-Match".to_owned(),
        value: tag.to_owned(),
        remedy: "Read it again, and decide anew what shall become of it.".to_owned(),
    }
}

fn too_many(what: &str, most: u64) -> AccessRefusal {
    let message = format!("there are {most} {what}, and no more are kept");
    conflict(message, "", "", "Delete some that nobody needs.")
}

fn conflict(message: String, field: &str, value: &str, remedy: impl Into<String>) -> AccessRefusal {
    AccessRefusal { kind: RefusalKind::Conflict, ..invalid(message, field, value, remedy) }
}
