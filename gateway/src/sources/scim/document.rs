//! A resource as JSON, between the wire and the store: looked up by name in any letter case, its values coerced to
//! what the tables say.
//!
//! Pure. Attributes that the tables lack are kept exactly as they came, so that a client that reads, modifies and
//! writes loses nothing.

use serde_json::{Map, Value};

use super::error::ScimError;
use super::limits;
use super::path::{AttributePath, Place, Spot};
use super::schema::{Attribute, Kind, Mutability, ResourceType};

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

/// `value` as the table's row says, `None` where it stands for no value; as it came where there is no row.
///
/// # Errors
/// When it can't harmlessly be made what the row says. `path` names the attribute in the error.
pub(super) fn coerced(row: Option<&Attribute>, path: &str, value: Value) -> Result<Option<Value>, ScimError> {
    if unassigned(&value) {
        return Ok(None);
    }
    let Some(row) = row else { return Ok(Some(value)) };
    if !row.multi_valued {
        return single(row, path, value);
    }
    let items = match value {
        Value::Array(items) => items,
        one => vec![one],
    };
    if items.len() > limits::MAX_VALUES && row.name != "members" {
        return Err(ScimError::value(path, format!("has more than {} values", limits::MAX_VALUES)));
    }
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        kept.extend(single(row, path, item)?);
    }
    first_primary_only(&mut kept);
    Ok((!kept.is_empty()).then_some(Value::Array(kept)))
}

/// RFC 7643, 2.4: `primary` is true at most once. The first is meant.
fn first_primary_only(items: &mut [Value]) {
    let primaries = items.iter_mut().filter_map(|item| item.get_mut("primary"));
    for primary in primaries.filter(|primary| **primary == Value::Bool(true)).skip(1) {
        *primary = false.into();
    }
}

/// One value, or one element of several.
pub(super) fn single(row: &Attribute, path: &str, value: Value) -> Result<Option<Value>, ScimError> {
    let value = match value {
        Value::Array(mut items) if items.len() < 2 => items.pop().unwrap_or(Value::Null),
        other => other,
    };
    if unassigned(&value) {
        return Ok(None);
    }
    match row.kind {
        Kind::Complex => complex(row, path, value),
        Kind::Boolean => boolean(path, value).map(Some),
        Kind::String | Kind::Reference | Kind::Binary | Kind::DateTime => text(path, value).map(Some),
    }
}

/// An object; a bare value is its `value`, as Entra sends managers and Okta sends members. An empty text is none.
fn complex(row: &Attribute, path: &str, value: Value) -> Result<Option<Value>, ScimError> {
    let members = match value {
        Value::Object(members) => members,
        Value::String(text) if text.is_empty() => return Ok(None),
        bare if row.sub("value").is_some() && !bare.is_array() => {
            Document::from_iter([("value".to_owned(), bare)])
        }
        other => return Err(mismatch(path, &other, "an object")),
    };
    let mut kept = Document::new();
    for (name, value) in members {
        let sub = row.sub(&name);
        if sub.is_some_and(|sub| sub.mutability == Mutability::ReadOnly) {
            continue;
        }
        let name = sub.map_or(name.as_str(), |sub| sub.name);
        if let Some(value) = coerced(sub, &format!("{path}.{name}"), value)? {
            kept.insert(name.to_owned(), value);
        }
    }
    Ok((!kept.is_empty()).then_some(Value::Object(kept)))
}

/// A boolean, or the word for it in any letter case (Entra sends `"True"`).
fn boolean(path: &str, value: Value) -> Result<Value, ScimError> {
    match &value {
        Value::Bool(_) => Ok(value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true.into()),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false.into()),
        _ => Err(mismatch(path, &value, "true or false")),
    }
}

/// A text; numbers (Okta) and booleans are written out.
fn text(path: &str, value: Value) -> Result<Value, ScimError> {
    match value {
        Value::String(_) => Ok(value),
        Value::Number(number) => Ok(number.to_string().into()),
        Value::Bool(value) => Ok(value.to_string().into()),
        Value::Object(mut members) => match members.remove("value") {
            Some(Value::String(text)) => Ok(text.into()),
            _ => Err(mismatch(path, &Value::Object(members), "a string")),
        },
        other => Err(mismatch(path, &other, "a string")),
    }
}

fn mismatch(path: &str, value: &Value, right: &str) -> ScimError {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array of several values",
        Value::Object(_) => "an object",
    };
    ScimError::value(path, format!("is {found}; it must be {right}"))
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

    #[test]
    fn a_value_that_cannot_be_coerced_names_its_attribute() {
        let refused = |body: Value| read(body).unwrap_err().to_string();
        assert_eq!(refused(json!({"active": "yes"})), "active: is a string; it must be true or false");
        assert_eq!(refused(json!({"userName": {"a": 1}})), "userName: is an object; it must be a string");
        assert!(refused(json!({"emails": [{"value": ["a", "b"]}]})).starts_with("emails.value: is an array"));
        assert!(refused(json!({"name": "Ada"})).starts_with("name: is a string"));
        assert!(refused(json!({"title": ["a", "b"]})).starts_with("title: is an array of several"));
    }
}
