//! A client's value made what the attribute's row says, where that does no harm.

use serde_json::{Number, Value};

use super::document::{Document, get, unassigned};
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
    let members = row.is_some_and(|row| row.name == "members");
    if !members && value.as_array().is_some_and(|items| items.len() > limits::MAX_VALUES) {
        return Err(ScimError::value(path, format!("has more than {} values", limits::MAX_VALUES)));
    }
    let Some(row) = row else { return Ok(Some(value)) };
    if !row.multi_valued {
        return single(row, path, value);
    }
    let items = match value {
        Value::Array(items) => items,
        one => vec![one],
    };
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
        Kind::Boolean => boolean(path, bare(value)),
        Kind::String | Kind::Reference | Kind::Binary | Kind::DateTime => text(path, bare(value)),
    }
}

/// The value in `{"value": …}`, as some clients of Entra's write a simple one.
fn bare(value: Value) -> Value {
    match value {
        Value::Object(mut members) => match members.remove("value") {
            Some(value) if !value.is_object() => value,
            _ => Value::Object(members),
        },
        simple => simple,
    }
}

/// An object; a bare value is its `value`, as Entra sends managers and Okta sends members. An empty text is none, and so is
/// a single object whose `value` is one.
fn complex(row: &Attribute, path: &str, value: Value) -> Result<Option<Value>, ScimError> {
    let members = match value {
        Value::Object(members) => members,
        Value::String(text) if text.is_empty() => return Ok(None),
        bare if row.sub("value").is_some() && !bare.is_array() => {
            Document::from_iter([("value".to_owned(), bare)])
        }
        other => return Err(mismatch(path, &other, "an object")),
    };
    if !row.multi_valued && get(&members, "value").is_some_and(|value| value == "") {
        return Ok(None);
    }
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

/// A boolean, or the word for it in any letter case (Entra sends `"True"`). An empty text is none.
fn boolean(path: &str, value: Value) -> Result<Option<Value>, ScimError> {
    match &value {
        Value::Bool(_) => Ok(Some(value)),
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true.into())),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false.into())),
        _ => Err(mismatch(path, &value, "true or false")),
    }
}

/// A text; numbers (Okta) and booleans are written out.
fn text(path: &str, value: Value) -> Result<Option<Value>, ScimError> {
    match value {
        Value::Null => Ok(None),
        Value::String(_) => Ok(Some(value)),
        Value::Number(number) => written_out(path, &number).map(Some),
        Value::Bool(value) => Ok(Some(value.to_string().into())),
        other => Err(mismatch(path, &other, "a string")),
    }
}

/// A number's text. JSON's numbers are exact up to 2⁵³ between programs (RFC 8259, 6); a greater one that came with a
/// fraction or an exponent, or that no integer type holds, has lost digits already.
fn written_out(path: &str, number: &Number) -> Result<Value, ScimError> {
    const EXACT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) if float.abs() > EXACT => {
            Err(ScimError::value(path, format!("{number} is too large for a number; it must be a string")))
        }
        Some(float) if float.fract() == 0.0 => Ok(format!("{float:.0}").into()),
        _ => Ok(number.to_string().into()),
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
    use super::super::sent::from_body;
    use super::*;
    use serde_json::json;

    fn read(body: Value) -> Result<Value, ScimError> {
        let Value::Object(body) = body else { panic!("a body is an object") };
        from_body(&USER, body).map(Value::Object)
    }

    #[test]
    fn a_value_that_cannot_be_coerced_names_its_attribute() {
        let refused = |body: Value| read(body).unwrap_err().to_string();
        assert_eq!(refused(json!({"active": "yes"})), "active: is a string; it must be true or false");
        assert!(refused(json!({"active": {"value": {"value": true}}})).contains("true or false"));
        assert_eq!(refused(json!({"userName": {"a": 1}})), "userName: is an object; it must be a string");
        assert!(refused(json!({"emails": [{"value": ["a", "b"]}]})).starts_with("emails.value: is an array"));
        assert!(refused(json!({"name": "Ada"})).starts_with("name: is a string"));
        assert!(refused(json!({"title": ["a", "b"]})).starts_with("title: is an array of several"));
        let long = vec![json!(1); limits::MAX_VALUES + 1];
        assert_eq!(refused(json!({"favourites": long})), "favourites: has more than 1000 values");
    }

    #[test]
    fn a_simple_value_may_come_in_a_list_of_one_object_and_an_empty_one_is_none() {
        let listed = |value: Value| json!([{"$ref": null, "value": value}]);
        let sent = json!({"active": listed("False".into()), "title": listed("T".into()), "displayName": listed(7.into())});
        assert_eq!(read(sent).unwrap(), json!({"active": false, "title": "T", "displayName": "7"}));
        let emptied = json!({
            "active": "", "emails": [{"value": "a@b", "primary": ""}], "manager": listed("".into()),
        });
        assert_eq!(read(emptied).unwrap(), json!({"emails": [{"value": "a@b"}]}));
    }

    #[test]
    fn a_number_for_a_text_is_written_out_exactly_or_refused() {
        let read = |number: &str| {
            let body: Document = serde_json::from_str(&format!("{{\"title\":{number}}}")).unwrap();
            from_body(&USER, body).map(|document| document["title"].clone())
        };
        for (sent, kept) in
            [("1e3", "1000"), ("1.5", "1.5"), ("-0", "-0"), ("18446744073709551615", "18446744073709551615")]
        {
            assert_eq!(read(sent), Ok(json!(kept)), "{sent}");
        }
        assert!(read("12345678901234567890123").unwrap_err().to_string().contains("must be a string"));
    }
}
