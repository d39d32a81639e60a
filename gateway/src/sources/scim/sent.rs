//! What a client sent as a whole resource, made what the tables say.

use serde_json::Value;

use super::coerce::coerced;
use super::document::{Document, edit, object_in, put};
use super::error::ScimError;
use super::path::{AttributePath, Place, Spot};
use super::schema::{Kind, Mutability, ResourceType};

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
                if path.schema.is_some() && value.is_object() && path.is_of_unknown_schema(resource) =>
            {
                document.insert(key, value);
            }
            Place::Attribute(spot) => put_attribute(resource, &mut document, &spot, value)?,
        }
    }
    Ok(document)
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
