//! Filters by the plainest means, to hold [`matches`](super::matches) against: names become lists of words, values
//! are gathered from the JSON without any table, and what compares exactly is a list.

use jiff::Timestamp;
use serde_json::Value;

use super::super::document::Document;
use super::super::path::AttributePath;
use super::super::schema::{ENTERPRISE_USER, USER};
use super::form::{Filter, Literal, Operator};
use crate::domain::fold_case;

/// Names, in small letters, whose letter case counts. Of those that the sample has.
const EXACT: [&str; 6] =
    ["id", "externalid", "schemas.value", "meta.resourcetype", "manager.value", "cardnumber"];

const ENTERPRISE_NAMES: [&str; 7] =
    ["employeenumber", "costcenter", "organization", "division", "department", "manager", "cardnumber"];

/// Whether a person satisfies a filter.
pub(in super::super) fn holds(filter: &Filter, person: &Document) -> bool {
    satisfied(filter, &Value::Object(person.clone()), None)
}

/// `element_of`: the attribute of which `subject` is an element; a whole person where absent.
fn satisfied(filter: &Filter, subject: &Value, element_of: Option<&str>) -> bool {
    match filter {
        Filter::All(terms) => !terms.iter().any(|term| !satisfied(term, subject, element_of)),
        Filter::Any(terms) => terms.iter().any(|term| satisfied(term, subject, element_of)),
        Filter::Not(inner) => !satisfied(inner, subject, element_of),
        Filter::Present(path) => found(path, subject, element_of).iter().any(|value| !is_empty(value)),
        Filter::Compare { path, operator, literal } => {
            let values = found(path, subject, element_of);
            let name = full_name(path, element_of);
            let empty = values.iter().all(is_empty);
            match (operator, literal) {
                (Operator::Equal, Literal::Null) => empty,
                (Operator::NotEqual, Literal::Null) => !empty,
                (Operator::NotEqual, _) if values.is_empty() => true,
                _ => values.iter().any(|value| compares(value, &name, *operator, literal)),
            }
        }
        Filter::Element { path, filter } => {
            let name = path.name.to_lowercase();
            let elements = match element_of {
                Some(_) => member(subject, &name),
                None => top(path, subject),
            };
            let inside = element_of.map_or(name.clone(), |outer| format!("{outer}.{name}"));
            flat(elements).iter().any(|element| satisfied(filter, element, Some(&inside)))
        }
    }
}

fn full_name(path: &AttributePath, element_of: Option<&str>) -> String {
    let words = element_of.into_iter().chain([path.name.as_str()]).chain(path.sub.as_deref());
    words.collect::<Vec<_>>().join(".").to_lowercase()
}

fn found(path: &AttributePath, subject: &Value, element_of: Option<&str>) -> Vec<Value> {
    if let Some(schema) = &path.schema
        && element_of.is_none()
        && path.sub.is_none()
        && format!("{schema}:{}", path.name).eq_ignore_ascii_case(ENTERPRISE_USER.id)
    {
        return member(subject, &ENTERPRISE_USER.id.to_lowercase());
    }
    let whole = match element_of {
        Some(_) if !subject.is_object() => {
            return if path.name.eq_ignore_ascii_case("value") { vec![subject.clone()] } else { Vec::new() };
        }
        Some(_) => member(subject, &path.name.to_lowercase()),
        None => top(path, subject),
    };
    let values = flat(whole);
    match path.sub.as_deref().map(str::to_lowercase) {
        Some(sub) => values.iter().flat_map(|value| inner(value, &sub)).collect(),
        None => values.into_iter().map(|value| inner(&value, "value").pop().unwrap_or(value)).collect(),
    }
}

/// The sub-attribute of a complex value; a simple one is its own `value`.
fn inner(value: &Value, sub: &str) -> Vec<Value> {
    match value {
        Value::Object(_) => member(value, sub),
        simple if sub == "value" => vec![simple.clone()],
        _ => Vec::new(),
    }
}

/// An attribute of the person, whichever schema it is in.
fn top(path: &AttributePath, person: &Value) -> Vec<Value> {
    let name = path.name.to_lowercase();
    let own = || member(person, &name);
    let enterprise = || {
        member(person, &ENTERPRISE_USER.id.to_lowercase())
            .iter()
            .flat_map(|part| member(part, &name))
            .collect()
    };
    match &path.schema {
        Some(schema) if format!("{schema}:{name}").eq_ignore_ascii_case(ENTERPRISE_USER.id) => Vec::new(),
        Some(schema) if schema.eq_ignore_ascii_case(ENTERPRISE_USER.id) => enterprise(),
        Some(schema) if schema.eq_ignore_ascii_case(USER.schema.id) => own(),
        Some(_) => Vec::new(),
        None if ENTERPRISE_NAMES.contains(&name.as_str()) => enterprise(),
        None => own(),
    }
}

fn member(object: &Value, small_name: &str) -> Vec<Value> {
    let members = object.as_object().into_iter().flatten();
    members.filter(|(key, _)| key.to_lowercase() == small_name).map(|(_, value)| value.clone()).collect()
}

fn flat(values: Vec<Value>) -> Vec<Value> {
    let flattened = values.into_iter().flat_map(|value| match value {
        Value::Array(items) => items,
        single => vec![single],
    });
    flattened.collect()
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Null) || ["\"\"", "[]", "{}"].contains(&value.to_string().as_str())
}

fn compares(value: &Value, name: &str, operator: Operator, literal: &Literal) -> bool {
    if operator == Operator::NotEqual {
        return !compares(value, name, Operator::Equal, literal);
    }
    let Some(mut wanted) = literal.as_text() else { return false };
    let (less, equal) = match value {
        Value::Bool(value) => {
            let Some(wanted) = wanted_boolean(literal) else { return false };
            (!*value & wanted, *value == wanted)
        }
        Value::Number(value) => {
            let (Some(value), Ok(wanted)) = (value.as_f64(), wanted.parse::<f64>()) else { return false };
            if matches!(literal, Literal::Boolean(_)) || wanted.is_nan() {
                return false;
            }
            (value < wanted, value.total_cmp(&wanted).is_eq() || value == wanted)
        }
        Value::String(value)
            if name.trim_end_matches(".value") == "meta.lastmodified" && !is_textual(operator) =>
        {
            let (Ok(value), Ok(wanted)) = (value.parse::<Timestamp>(), wanted.parse::<Timestamp>()) else {
                return false;
            };
            (value < wanted, value == wanted)
        }
        Value::String(value) => {
            let mut value = value.clone();
            if !is_exact(name) {
                (value, wanted) = (fold_case(&value), fold_case(&wanted));
            }
            match operator {
                Operator::Contains => return value.contains(&wanted),
                Operator::StartsWith => return value.starts_with(&wanted),
                Operator::EndsWith => return value.ends_with(&wanted),
                _ => (value < wanted, value == wanted),
            }
        }
        _ => return false,
    };
    match operator {
        Operator::Equal => equal,
        Operator::Less => less,
        Operator::LessOrEqual => less || equal,
        Operator::Greater => !less && !equal,
        Operator::GreaterOrEqual => !less,
        Operator::NotEqual | Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    }
}

/// A simple attribute is its own `value`, and a complex one is compared by it.
fn is_exact(name: &str) -> bool {
    EXACT.contains(&name)
        || EXACT.contains(&format!("{name}.value").as_str())
        || name.strip_suffix(".value").is_some_and(is_exact)
}

fn is_textual(operator: Operator) -> bool {
    matches!(operator, Operator::Contains | Operator::StartsWith | Operator::EndsWith)
}

fn wanted_boolean(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Boolean(value) => Some(*value),
        Literal::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Literal::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
