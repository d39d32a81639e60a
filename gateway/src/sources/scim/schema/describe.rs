//! The tables as JSON, for `/Schemas` and `/ResourceTypes`. No member is ever null.

use serde_json::{Value, json};

use super::attribute::{Attribute, Kind, Mutability, ResourceType, Returned, Schema, Uniqueness};

/// A schema as `/Schemas/{id}` shows it (RFC 7643, 7). `base` is the endpoint's address.
pub(in super::super) fn schema_json(schema: &Schema, base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(attribute_json).collect::<Vec<_>>(),
        "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{}", schema.id) },
    })
}

/// A resource type as `/ResourceTypes/{name}` shows it (RFC 7643, 6). `base` is the endpoint's address.
pub(in super::super) fn resource_type_json(resource: &ResourceType, base: &str) -> Value {
    let extensions: Vec<Value> = resource
        .extensions
        .iter()
        .map(|extension| json!({ "schema": extension.id, "required": false }))
        .collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": resource.name,
        "name": resource.name,
        "endpoint": format!("/{}", resource.endpoint),
        "description": resource.description,
        "schema": resource.schema.id,
        "schemaExtensions": extensions,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{base}/ResourceTypes/{}", resource.name),
        },
    })
}

fn attribute_json(attribute: &Attribute) -> Value {
    let mut json = json!({
        "name": attribute.name,
        "type": kind(attribute.kind),
        "description": attribute.description,
        "multiValued": attribute.multi_valued,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": mutability(attribute.mutability),
        "returned": match attribute.returned {
            Returned::Always => "always",
            Returned::Default => "default",
            Returned::Request => "request",
        },
        "uniqueness": match attribute.uniqueness {
            Uniqueness::None => "none",
            Uniqueness::Server => "server",
        },
    });
    if !attribute.canonical.is_empty() {
        json["canonicalValues"] = json!(attribute.canonical);
    }
    if !attribute.refers_to.is_empty() {
        json["referenceTypes"] = json!(attribute.refers_to);
    }
    if !attribute.sub_attributes.is_empty() {
        json["subAttributes"] = attribute.sub_attributes.iter().map(attribute_json).collect();
    }
    json
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "string",
        Kind::Boolean => "boolean",
        Kind::DateTime => "dateTime",
        Kind::Reference => "reference",
        Kind::Binary => "binary",
        Kind::Complex => "complex",
    }
}

const fn mutability(mutability: Mutability) -> &'static str {
    match mutability {
        Mutability::ReadWrite => "readWrite",
        Mutability::ReadOnly => "readOnly",
        Mutability::Immutable => "immutable",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ENTERPRISE_USER, RESOURCE_TYPES, SCHEMAS};
    use super::*;

    fn has_null(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(items) => items.iter().any(has_null),
            Value::Object(members) => members.values().any(has_null),
            _ => false,
        }
    }

    #[test]
    fn nothing_is_null() {
        assert!(SCHEMAS.iter().all(|schema| !has_null(&schema_json(schema, "http://x"))));
        assert!(RESOURCE_TYPES.iter().all(|resource| !has_null(&resource_type_json(resource, "http://x"))));
    }

    #[test]
    fn the_card_number_is_advertised_in_the_enterprise_extension() {
        let schema = schema_json(&ENTERPRISE_USER, "http://x");
        let attributes = schema["attributes"].as_array().unwrap();
        let card = attributes.iter().find(|row| row["name"] == "cardNumber").unwrap();
        assert_eq!(card["type"], "string");
        assert_eq!(card["mutability"], "readWrite");
        assert_eq!(card["returned"], "default");
    }
}
