//! A resource as JSON, between the wire and the store: looked up by name in any letter case.
//!
//! Pure. Attributes that the tables lack are kept exactly as they came, so that a client that reads, modifies and
//! writes loses nothing.

use serde_json::{Map, Value};

use super::limits;
use super::path::Spot;

/// A resource's attributes; extensions are members named by their URN.
pub(super) type Document = Map<String, Value>;

/// The member of this name, in any letter case.
pub(super) fn get<'a>(object: &'a Document, name: &str) -> Option<&'a Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// How the member of this name is spelled where it exists, in any letter case.
fn spelled(object: &Document, name: &str) -> String {
    if object.contains_key(name) {
        return name.to_owned();
    }
    object.keys().find(|key| key.eq_ignore_ascii_case(name)).map_or(name, |key| key).to_owned()
}

/// The member of this name, made `Null` where it is absent.
pub(super) fn slot<'a>(object: &'a mut Document, name: &str) -> &'a mut Value {
    let key = spelled(object, name);
    object.entry(key).or_insert(Value::Null)
}

/// Sets or, with `None`, removes a member.
pub(super) fn put(object: &mut Document, name: &str, value: Option<Value>) {
    let key = spelled(object, name);
    match value {
        Some(value) => object.insert(key, value),
        None => object.remove(&key),
    };
}

/// The value at an attribute's place, its sub-attribute apart.
pub(super) fn at<'a>(document: &'a Document, spot: &Spot<'_>) -> Option<&'a Value> {
    match spot.extension {
        Some(extension) => get(get(document, extension)?.as_object()?, spot.name),
        None => get(document, spot.name),
    }
}

/// Lets `change` work on the value at an attribute's place (`Null` where absent), then tidies: what it left without
/// a value is absent, and so is an extension without attributes.
pub(super) fn edit<E>(
    document: &mut Document,
    spot: &Spot<'_>,
    change: impl FnOnce(&mut Value) -> Result<(), E>,
) -> Result<(), E> {
    let Some(extension) = spot.extension else {
        return edit_member(document, spot.name, change);
    };
    edit_member(document, extension, |part| edit_member(object_in(part), spot.name, change))
}

fn edit_member<E>(
    object: &mut Document,
    name: &str,
    change: impl FnOnce(&mut Value) -> Result<(), E>,
) -> Result<(), E> {
    let value = slot(object, name);
    let result = change(value);
    if unassigned(value) {
        put(object, name, None);
    }
    result
}

/// The object in a value; anything else becomes an empty one.
pub(super) fn object_in(value: &mut Value) -> &mut Document {
    if !value.is_object() {
        *value = Value::Object(Document::new());
    }
    match value {
        Value::Object(object) => object,
        _ => unreachable!("it was made an object just above"),
    }
}

/// Makes sure that a document is nested no deeper, and none of its objects has more members, than the gateway takes on.
///
/// # Errors
/// With what is wrong, in words.
pub(super) fn check_shape(document: &Document) -> Result<(), String> {
    check_object(document, limits::MAX_JSON_DEPTH)
}

fn check_object(object: &Document, depth: usize) -> Result<(), String> {
    if object.len() > limits::MAX_MEMBERS {
        return Err(format!("has an object of more than {} members", limits::MAX_MEMBERS));
    }
    object.values().try_for_each(|value| check_value(value, depth))
}

/// What may still be `depth` objects and arrays deep with the one that holds it.
fn check_value(value: &Value, depth: usize) -> Result<(), String> {
    match (value, depth.checked_sub(1)) {
        (Value::Array(_) | Value::Object(_), None | Some(0)) => {
            Err(format!("is nested deeper than {}", limits::MAX_JSON_DEPTH))
        }
        (Value::Array(items), Some(depth)) => items.iter().try_for_each(|item| check_value(item, depth)),
        (Value::Object(members), Some(depth)) => check_object(members, depth),
        _ => Ok(()),
    }
}

/// How many values there are in a value, itself among them.
pub(super) fn count(value: &Value) -> usize {
    let within: usize = match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    };
    1 + within
}

/// Whether a value stands for none at all (RFC 7643, 2.5).
pub(super) fn unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
