//! Pages of resources as clients read them.

use serde_json::{Value, json};

const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A `ListResponse`.
pub(in super::super) fn list(total: usize, start: usize, resources: Vec<Value>) -> Value {
    let mut list = json!({
        "schemas": [LIST_SCHEMA],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
    });
    list["Resources"] = Value::Array(resources);
    list
}

/// A `ListResponse` of a query by cursor.
pub(super) fn cursor_list(total: usize, resources: Vec<Value>, next: Option<String>) -> Value {
    let mut list = json!({
        "schemas": [LIST_SCHEMA],
        "totalResults": total,
        "itemsPerPage": resources.len(),
    });
    if let Some(next) = next {
        list["nextCursor"] = next.into();
    }
    list["Resources"] = Value::Array(resources);
    list
}
