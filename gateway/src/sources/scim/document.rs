//! A resource as JSON, between the wire and the store: looked up by name in any letter case.
//!
//! Pure. Attributes that the tables lack are kept exactly as they came, so that a client that reads, modifies and
//! writes loses nothing.

use serde_json::{Map, Value};

use super::coerce::coerced;
use super::error::ScimError;
use super::limits;
use super::path::{AttributePath, Place, Spot};
use super::schema::{Kind, Mutability, ResourceType};

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

/// The document that a POST or PUT body stands for: known names spelled as in the tables, values coerced, what the
/// gateway owns or never keeps left out.
pub(super) fn from_body(resource: &ResourceType, body: Document) -> Result<Document, ScimError> {
    let mut document = Document::new();
    for (key, value) in body {
        let Some(path) = AttributePath::parse(&key) else {
            document.insert(key, value);
            continue;
        };
        match path.locate(resource) {
            Place::Whole { extension } => put_whole(resource, &mut document, extension, value)?,
            Place::Attribute(_)
                if path.schema.is_some() && value.is_object() && is_unknown(&path, resource) =>
            {
                document.insert(key, value);
            }
            Place::Attribute(spot) => put_attribute(resource, &mut document, &spot, value)?,
        }
    }
    Ok(document)
}

/// A URN of which the tables know neither the whole nor the front: some other extension's own name.
pub(super) fn is_unknown(path: &AttributePath, resource: &ResourceType) -> bool {
    path.schema.as_deref().is_some_and(|schema| {
        !schema.eq_ignore_ascii_case(resource.schema.id) && resource.extension(schema).is_none()
    })
}

fn put_whole(
    resource: &ResourceType,
    document: &mut Document,
    extension: Option<&str>,
    value: Value,
) -> Result<(), ScimError> {
    let part = match value {
        Value::Null => return Ok(()),
        Value::Object(part) => part,
        _ => return Err(ScimError::value(extension.unwrap_or("value"), "must be an object")),
    };
    for (name, value) in part {
        let qualified = match extension {
            Some(extension) => AttributePath::parse(&format!("{extension}:{name}")),
            None => AttributePath::parse(&name),
        };
        let path = qualified.ok_or_else(|| ScimError::value(name, "is no attribute's name"))?;
        if let Place::Attribute(spot) = path.locate(resource) {
            put_attribute(resource, document, &spot, value)?;
        }
    }
    Ok(())
}

fn put_attribute(
    resource: &ResourceType,
    document: &mut Document,
    spot: &Spot<'_>,
    value: Value,
) -> Result<(), ScimError> {
    if resource.drops(spot.name) || spot.row.is_some_and(|row| row.mutability == Mutability::ReadOnly) {
        return Ok(());
    }
    let (name, row) = match spot.sub {
        Some(_) if spot.row.is_some_and(|row| row.kind != Kind::Complex) => {
            return Err(ScimError::value(spot.name, "has no sub-attributes"));
        }
        Some((sub, row)) => (format!("{}.{sub}", spot.name), row),
        None => (spot.name.to_owned(), spot.row),
    };
    let Some(value) = coerced(row, &name, value)? else { return Ok(()) };
    edit(document, spot, |target| {
        match spot.sub {
            Some((sub, _)) => put(object_in(target), sub, Some(value)),
            None => *target = value,
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::schema::USER;
    use super::*;
    use serde_json::json;

    fn read(body: Value) -> Result<Value, ScimError> {
        let Value::Object(body) = body else { panic!("a body is an object") };
        from_body(&USER, body).map(Value::Object)
    }

    #[test]
    fn what_clients_send_becomes_what_the_tables_say() {
        let sent = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "x", "meta": {"resourceType": "User"},
            "USERNAME": "ada", "Active": "True", "password": "secret", "groups": [{"value": "g"}], "roles": [],
            "addresses": null, "emails": {"value": "ada@example.org", "PRIMARY": "true", "display": null},
            "title": ["Countess"], "name": {"givenName": 7},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
                {"employeeNumber": 4711, "manager": "42", "costCenter": null, "CARDNUMBER": 1234},
            "favouriteColour": {"a": [1, null]}, "urn:example:2.0:Locker": {"row": 3},
        });
        let expected = json!({
            "userName": "ada", "active": true, "emails": [{"value": "ada@example.org", "primary": true}],
            "title": "Countess", "name": {"givenName": "7"},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
                {"employeeNumber": "4711", "manager": {"value": "42"}, "cardNumber": "1234"},
            "favouriteColour": {"a": [1, null]}, "urn:example:2.0:Locker": {"row": 3},
        });
        assert_eq!(read(sent).unwrap(), expected);
    }

    #[test]
    fn what_has_no_sub_attributes_is_given_none() {
        let refused = read(json!({"title": "Countess", "title.x": "y"})).unwrap_err();
        assert_eq!(refused.to_string(), "title: has no sub-attributes");
    }

    #[test]
    fn names_with_urns_and_dots_lead_inside() {
        let sent = json!({
            "name.givenName": "Ada", "manager": "",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:cardNumber": "1",
            "urn:example:2.0:Locker:row": "3",
        });
        let expected = json!({
            "name": {"givenName": "Ada"},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"cardNumber": "1"},
            "urn:example:2.0:Locker": {"row": "3"},
        });
        assert_eq!(read(sent).unwrap(), expected);
    }
}
