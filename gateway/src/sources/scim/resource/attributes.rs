//! What people and groups have in common: what only the gateway says of a resource, and texts taken out of documents.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::document::{Document, check_shape, get, put};
use super::super::error::ScimError;
use super::super::limits;
use super::super::schema::ResourceType;
use super::version::etag;
use crate::domain::{Attributes, Revision};

/// Where a resource is found.
pub(in super::super) fn location(resource: &ResourceType, id: &str, base: &str) -> String {
    format!("{base}/{}/{id}", resource.endpoint)
}

/// Adds what only the gateway says about a resource: `id`, `schemas`, `meta`.
pub(super) fn add_common(
    resource: &ResourceType,
    document: &mut Document,
    id: &str,
    base: &str,
    (created, modified, revision): (Timestamp, Timestamp, Revision),
) {
    let extensions = document.keys().filter(|key| key.starts_with("urn:"));
    let schemas: Vec<&str> = [resource.schema.id].into_iter().chain(extensions.map(String::as_str)).collect();
    let schemas = json!(schemas);
    document.insert("schemas".into(), schemas);
    document.insert("id".into(), id.into());
    let meta = json!({
        "resourceType": resource.name,
        "created": format!("{created:.3}"),
        "lastModified": format!("{modified:.3}"),
        "location": location(resource, id, base),
        "version": etag(revision),
    });
    document.insert("meta".into(), meta);
}

/// Takes a text out of a document.
pub(super) fn take_text(document: &mut Document, name: &str) -> Result<Option<String>, ScimError> {
    match document.remove(name) {
        Some(Value::String(text)) if text.len() > limits::MAX_NAME_LEN => {
            Err(ScimError::value(name, format!("is longer than {} bytes", limits::MAX_NAME_LEN)))
        }
        Some(Value::String(text)) => Ok(Some(text)),
        _ => Ok(None),
    }
}

/// Takes a text that must be there and not be empty.
pub(super) fn take_required(document: &mut Document, name: &str) -> Result<String, ScimError> {
    take_text(document, name)?
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| ScimError::value(name, "is required and must not be empty"))
}

/// What is left of a document, if it is not too much.
pub(super) fn rest(document: Document) -> Result<Attributes, ScimError> {
    let bound = limits::MAX_ATTRIBUTES_LEN;
    let len = serde_json::to_vec(&document).map_or(usize::MAX, |json| json.len());
    if len > bound {
        return Err(ScimError::TooLarge(format!("the attributes are longer than {bound} bytes")));
    }
    check_shape(&document).map_err(|why| ScimError::TooLarge(format!("what would be kept {why}")))?;
    Ok(document)
}

/// The text at `object.member`, unless it is empty.
pub(super) fn text_at<'a>(document: &'a Document, path: [&str; 2]) -> Option<&'a str> {
    let text = get(get(document, path[0])?.as_object()?, path[1])?.as_str()?;
    (!text.is_empty()).then_some(text)
}

/// Sets a member if there is a value.
pub(super) fn put_text(document: &mut Document, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        put(document, name, Some(text.into()));
    }
}
