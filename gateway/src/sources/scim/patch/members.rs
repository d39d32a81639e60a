//! A group's members in a PATCH. They are relations in the store, not part of the group's document, so that one more
//! member never means reading thousands: operations on them are taken out and become edits of the relation.

use serde_json::Value;

use super::super::document::{Document, get};
use super::super::error::ScimError;
use super::super::filter::{Filter, Literal, Operator};
use super::super::path::{AttributePath, Place};
use super::super::schema::ResourceType;
use super::operation::{Operation, PatchPath, Verb};

/// A change of who belongs to a group. Identifiers are as sent; unknown ones mean nobody.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) enum MemberEdit {
    Add(Vec<String>),
    Remove(Vec<String>),
    /// Those whose element satisfies the filter.
    RemoveMatching(Filter),
    /// Exactly these.
    Replace(Vec<String>),
}

/// Splits operations into those on the document and, in their order, those on the members.
pub(in super::super) fn take_members(
    resource: &ResourceType,
    operations: Vec<Operation>,
) -> Result<(Vec<Operation>, Vec<MemberEdit>), ScimError> {
    let mut rest = Vec::with_capacity(operations.len());
    let mut edits = Vec::new();
    for mut operation in operations {
        match &operation.path {
            Some(path) if is_members(&path.attribute, resource) => {
                edits.extend(edit(operation.verb, path, operation.value.as_ref())?);
            }
            Some(_) => rest.push(operation),
            None => {
                if let Some(Value::Object(object)) = &mut operation.value {
                    edits.extend(take_keys(resource, operation.verb, object));
                }
                rest.push(operation);
            }
        }
    }
    Ok((rest, edits))
}

fn is_members(path: &AttributePath, resource: &ResourceType) -> bool {
    matches!(path.locate(resource), Place::Attribute(spot) if spot.extension.is_none() && spot.name == "members")
}

/// Takes `members`, however it is written, out of a value without path.
fn take_keys(resource: &ResourceType, verb: Verb, object: &mut Document) -> Vec<MemberEdit> {
    let keys: Vec<String> = object
        .keys()
        .filter(|key| AttributePath::parse(key).is_some_and(|path| is_members(&path, resource)))
        .cloned()
        .collect();
    let values = keys.iter().filter_map(|key| object.remove(key));
    values.map(|value| whole(verb, &value)).collect()
}

fn whole(verb: Verb, value: &Value) -> MemberEdit {
    match verb {
        Verb::Add => MemberEdit::Add(ids_in(value)),
        Verb::Replace => MemberEdit::Replace(ids_in(value)),
        Verb::Remove => MemberEdit::Remove(ids_in(value)),
    }
}

fn edit(verb: Verb, path: &PatchPath, value: Option<&Value>) -> Result<Option<MemberEdit>, ScimError> {
    if path.attribute.sub.is_some()
        || path.sub.as_deref().is_some_and(|sub| !sub.eq_ignore_ascii_case("value"))
    {
        return Err(ScimError::Path("members are added and removed, never changed".into()));
    }
    match (verb, &path.filter, value) {
        (Verb::Remove, Some(filter), _) => Ok(Some(match named(filter) {
            Some(id) => MemberEdit::Remove(vec![id]),
            None => MemberEdit::RemoveMatching(filter.clone()),
        })),
        (Verb::Add, Some(filter), _) => Ok(named(filter).map(|id| MemberEdit::Add(vec![id]))),
        (Verb::Replace, Some(_), _) => {
            Err(ScimError::Mutability("members are added and removed, never changed".into()))
        }
        (Verb::Remove, None, None | Some(Value::Null)) => Ok(Some(MemberEdit::Replace(Vec::new()))),
        (verb, None, value) => Ok(value.map(|value| whole(verb, value))),
    }
}

/// The identifier in `value eq "id"`.
fn named(filter: &Filter) -> Option<String> {
    match filter {
        Filter::Compare { path, operator: Operator::Equal, literal: Literal::Text(id) }
            if path.schema.is_none() && path.sub.is_none() && path.name.eq_ignore_ascii_case("value") =>
        {
            Some(id.clone())
        }
        _ => None,
    }
}

/// The identifiers in an array of members, a single member, or bare texts.
pub(in super::super) fn ids_in(value: &Value) -> Vec<String> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let named = items.iter().filter_map(|item| match item {
        Value::Object(member) => get(member, "value"),
        other => Some(other),
    });
    named
        .filter(|id| !id.is_null())
        .map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
        .collect()
}
