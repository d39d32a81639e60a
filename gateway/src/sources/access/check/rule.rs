//! To whom a rule gives.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::person::named_person;
use super::{Refused, invalid, nearest};
use crate::domain::instant::{self, Edge};
use crate::domain::{GroupId, RuleDraft, RuleTo};
use crate::sources::Moment;
use crate::store::{StoreError, View};

/// What names of groups are suggested from, read when the first is wanted.
#[derive(Default)]
pub(in super::super) struct GroupNames(Option<Vec<String>>);

impl GroupNames {
    fn read(&mut self, view: &View<'_>) -> Result<&[String], StoreError> {
        if self.0.is_none() {
            let names = view.groups(None).map(|group| group.map(|group| group.display_name));
            self.0 = Some(names.collect::<Result<_, _>>()?);
        }
        Ok(self.0.as_deref().unwrap_or_default())
    }
}

/// Reads to whom the rule gives, whose fields are called `path` and then their own name; groups and people go by name or
/// identifier. Adds what is wrong to `refused`.
pub(in super::super) fn receiver(
    view: &View<'_>,
    now: Moment<'_>,
    zone: &TimeZone,
    draft: &RuleDraft,
    path: &str,
    names: &mut GroupNames,
    refused: &mut Refused,
) -> Result<Option<RuleTo>, StoreError> {
    let edge = [("from", &draft.from), ("until", &draft.until)];
    let spans = edge.into_iter().find_map(|(field, text)| Some((field, text.as_deref()?)));
    match (&draft.group, draft.everyone, &draft.person, spans) {
        (Some(_), false, None, Some((field, value))) | (None, true, None, Some((field, value))) => {
            let message = "only a rule for one person has a span";
            let remedy = "Leave it out, or write the rule for the person.";
            refused.push(invalid(message, format!("{path}{field}"), value, remedy));
            Ok(None)
        }
        (Some(text), false, None, None) => group(view, text, path, names, refused),
        (None, true, None, None) => Ok(Some(RuleTo::Everyone)),
        (None, false, Some(text), _) => person(view, now, zone, draft, text, path, refused),
        _ => {
            let message = "a rule gives to a group, to everyone or to one person";
            let remedy = "Write one of group = \"…\", everyone = true and person = \"…\".";
            refused.push(invalid(message, format!("{path}group"), "", remedy));
            Ok(None)
        }
    }
}

fn group(
    view: &View<'_>,
    text: &str,
    path: &str,
    names: &mut GroupNames,
    refused: &mut Refused,
) -> Result<Option<RuleTo>, StoreError> {
    let by_id = match text.parse() {
        Ok(id) => view.group(id)?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(group) => Some(group),
        None => view.group_by_display_name(text)?,
    };
    if found.is_none() {
        let message = match text.parse::<GroupId>() {
            Ok(id) => format!("there is no group with the id \"{id}\""),
            Err(_) => format!("there is no group {text:?}"),
        };
        let otherwise = "Groups come from the identity provider; GET /api/v1/groups lists them.";
        let remedy = nearest(text, names.read(view)?.iter().map(String::as_str), otherwise);
        refused.push(invalid(message, format!("{path}group"), text, remedy));
    }
    Ok(found.map(|group| RuleTo::Group(group.id)))
}

fn person(
    view: &View<'_>,
    now: Moment<'_>,
    zone: &TimeZone,
    draft: &RuleDraft,
    text: &str,
    path: &str,
    refused: &mut Refused,
) -> Result<Option<RuleTo>, StoreError> {
    let found = named_person(view, text, format!("{path}person"), refused)?;
    let mut read = |text: &Option<String>, field: &str, edge| {
        let text = text.as_deref()?;
        instant::read(text, zone, edge)
            .map_err(|remedy| {
                let message = format!("{text:?} is no instant");
                refused.push(invalid(message, format!("{path}{field}"), text, remedy));
            })
            .ok()
    };
    let from = read(&draft.from, "from", Edge::Start);
    let until = read(&draft.until, "until", Edge::End);
    if draft.from.is_some() != from.is_some() || draft.until.is_some() != until.is_some() {
        return Ok(None);
    }
    let Some(person) = found else { return Ok(None) };
    let to = RuleTo::Person { person: person.id, from, until };
    if let Some((wrong, remedy)) = impossible(from, until, now, &to, view)? {
        let value = draft.until.as_deref().unwrap_or_default();
        refused.push(invalid(wrong, format!("{path}until"), value, remedy));
        return Ok(None);
    }
    Ok(Some(to))
}

/// A span that ends before it begins, or that is over already. One that is kept so may be written again.
fn impossible(
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    now: Moment<'_>,
    to: &RuleTo,
    view: &View<'_>,
) -> Result<Option<(&'static str, &'static str)>, StoreError> {
    let Some(until) = until else { return Ok(None) };
    if from.is_some_and(|from| from >= until) {
        return Ok(Some(("the span ends before it begins", "Give a later end, or an earlier beginning.")));
    }
    if until > now.at {
        return Ok(None);
    }
    for rule in view.rules() {
        if rule?.to == *to {
            return Ok(None);
        }
    }
    Ok(Some(("the span is over already", "Give an end that is still to come, or leave the rule out.")))
}
