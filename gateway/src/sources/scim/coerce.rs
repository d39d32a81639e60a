//! Values made what the tables say, as far as that does no harm: clients send numbers for texts, words for booleans and
//! bare values for complex ones, and a refusal costs their users hours.
//!
//! Pure. What can't be made right is refused with the attribute's name.

use serde_json::Value;

use super::document::{Document, unassigned};
use super::error::ScimError;
use super::limits;
use super::schema::{Attribute, Kind, Mutability};

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
    Ok((!kept.is_empty()).then_some(Value::Array(kept)))
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
