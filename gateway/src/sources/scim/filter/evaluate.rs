//! Whether a resource satisfies a filter. Letter case counts where the tables say so (`caseExact`); for attributes
//! that they lack it doesn't.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::super::document::{Document, at, get};
use super::super::error::ScimError;
use super::super::path::{AttributePath, Place};
use super::super::schema::{Attribute, Kind, ResourceType};
use super::form::{Filter, Literal, Operator};
use crate::domain::fold_case;

/// Whether the whole resource satisfies the filter.
pub(in super::super) fn matches(filter: &Filter, resource: &ResourceType, document: &Document) -> bool {
    holds(filter, &Scope::Resource(resource, document))
}

/// Whether one element of a multi-valued attribute satisfies a filter on it.
pub(in super::super) fn element_matches(filter: &Filter, row: Option<&Attribute>, element: &Value) -> bool {
    holds(filter, &Scope::Element(row, element))
}

/// Refuses comparisons that ask for the order of what has none (RFC 7644, 3.4.2.2, table 3).
pub(in super::super) fn check(filter: &Filter, resource: &ResourceType) -> Result<(), ScimError> {
    check_within(filter, &|path| match path.locate(resource) {
        Place::Attribute(spot) => spot.sub.map_or(spot.row, |(_, row)| row),
        Place::Whole { .. } => None,
    })
}

fn check_within(
    filter: &Filter,
    row_of: &dyn Fn(&AttributePath) -> Option<&'static Attribute>,
) -> Result<(), ScimError> {
    match filter {
        Filter::All(terms) | Filter::Any(terms) => {
            terms.iter().try_for_each(|term| check_within(term, row_of))
        }
        Filter::Not(inner) => check_within(inner, row_of),
        Filter::Element { path, filter } => {
            let outer = row_of(path);
            check_within(filter, &|inner| sub_row(outer, &inner.name))
        }
        Filter::Compare { path, operator, .. } if operator.orders() => match row_of(path).map(|row| row.kind)
        {
            Some(Kind::Boolean | Kind::Binary) => {
                Err(ScimError::Filter(format!("{path} has no order; use eq, ne or pr")))
            }
            _ => Ok(()),
        },
        Filter::Compare { .. } | Filter::Present(_) => Ok(()),
    }
}

/// What names are looked up in.
enum Scope<'a> {
    Resource(&'a ResourceType, &'a Document),
    Element(Option<&'a Attribute>, &'a Value),
}

/// A value and the row that tells how it compares.
type Leaf<'a> = (&'a Value, Option<&'static Attribute>);

fn holds(filter: &Filter, scope: &Scope<'_>) -> bool {
    match filter {
        Filter::All(terms) => terms.iter().all(|term| holds(term, scope)),
        Filter::Any(terms) => terms.iter().any(|term| holds(term, scope)),
        Filter::Not(inner) => !holds(inner, scope),
        Filter::Present(path) => leaves(scope, path).iter().any(|(value, _)| is_present(value)),
        Filter::Compare { path, operator, literal } => compare_all(&leaves(scope, path), *operator, literal),
        Filter::Element { path, filter } => elements(scope, path)
            .is_some_and(|(items, row)| items.iter().any(|item| holds(filter, &Scope::Element(row, item)))),
    }
}

/// The elements of a multi-valued attribute; a single value is its only one.
fn elements<'a>(
    scope: &Scope<'a>,
    path: &AttributePath,
) -> Option<(&'a [Value], Option<&'static Attribute>)> {
    let (value, row) = match scope {
        Scope::Resource(resource, document) => match path.locate(resource) {
            Place::Attribute(spot) => (at(document, &spot)?, spot.row),
            Place::Whole { .. } => return None,
        },
        Scope::Element(row, element) => (get(element.as_object()?, &path.name)?, sub_row(*row, &path.name)),
    };
    match value {
        Value::Array(items) => Some((items, row)),
        single => Some((std::slice::from_ref(single), row)),
    }
}

fn sub_row(row: Option<&Attribute>, name: &str) -> Option<&'static Attribute> {
    row.and_then(|row| row.sub(name))
}

/// All values that a path leads to. A path to a complex attribute means its `value` (RFC 7644, 3.4.2.2).
fn leaves<'a>(scope: &Scope<'a>, path: &AttributePath) -> Vec<Leaf<'a>> {
    if let Scope::Element(row, element) = scope
        && !element.is_object()
        && path.name.eq_ignore_ascii_case("value")
    {
        return vec![(element, sub_row(*row, "value"))];
    }
    if let Scope::Resource(resource, document) = scope
        && let Place::Whole { extension: Some(extension) } = path.locate(resource)
    {
        return get(document, extension).map(|part| (part, None)).into_iter().collect();
    }
    let Some((items, row)) = elements(scope, path) else { return Vec::new() };
    items.iter().filter_map(|item| leaf(item, row, path.sub.as_deref())).collect()
}

fn leaf<'a>(item: &'a Value, row: Option<&'static Attribute>, sub: Option<&str>) -> Option<Leaf<'a>> {
    match (item, sub) {
        (Value::Object(members), Some(sub)) => Some((get(members, sub)?, sub_row(row, sub))),
        (Value::Object(members), None) => match get(members, "value") {
            Some(value) => Some((value, sub_row(row, "value"))),
            None => Some((item, row)),
        },
        (_, Some(sub)) => sub.eq_ignore_ascii_case("value").then_some((item, row)),
        (_, None) => Some((item, row)),
    }
}

fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Any of several values decides; no value at all is equal to `null` and different from all else.
fn compare_all(leaves: &[Leaf<'_>], operator: Operator, literal: &Literal) -> bool {
    let present = leaves.iter().any(|(value, _)| is_present(value));
    match (operator, literal) {
        (Operator::Equal, Literal::Null) => !present,
        (Operator::NotEqual, Literal::Null) => present,
        (Operator::NotEqual, _) if leaves.is_empty() => true,
        _ => leaves.iter().any(|(value, row)| compare(value, *row, operator, literal)),
    }
}

fn compare(value: &Value, row: Option<&Attribute>, operator: Operator, literal: &Literal) -> bool {
    let exact = row.is_some_and(|row| row.case_exact);
    match operator {
        Operator::Equal => order(value, row, literal, exact) == Some(Ordering::Equal),
        Operator::NotEqual => order(value, row, literal, exact) != Some(Ordering::Equal),
        Operator::Greater => order(value, row, literal, exact) == Some(Ordering::Greater),
        Operator::Less => order(value, row, literal, exact) == Some(Ordering::Less),
        Operator::GreaterOrEqual => order(value, row, literal, exact).is_some_and(Ordering::is_ge),
        Operator::LessOrEqual => order(value, row, literal, exact).is_some_and(Ordering::is_le),
        Operator::Contains => texts(value, literal, exact).is_some_and(|(a, b)| a.contains(&b)),
        Operator::StartsWith => texts(value, literal, exact).is_some_and(|(a, b)| a.starts_with(&b)),
        Operator::EndsWith => texts(value, literal, exact).is_some_and(|(a, b)| a.ends_with(&b)),
    }
}

fn order(value: &Value, row: Option<&Attribute>, literal: &Literal, exact: bool) -> Option<Ordering> {
    match value {
        Value::Bool(value) => Some(value.cmp(&as_boolean(literal)?)),
        Value::Number(number) => number.as_f64()?.partial_cmp(&as_number(literal)?),
        Value::String(text) if row.is_some_and(|row| row.kind == Kind::DateTime) => {
            let literal: Timestamp = literal.as_text()?.parse().ok()?;
            Some(text.parse::<Timestamp>().ok()?.cmp(&literal))
        }
        Value::String(_) => texts(value, literal, exact).map(|(a, b)| a.cmp(&b)),
        _ => None,
    }
}

/// Both sides as text, in one letter case unless it counts.
fn texts(value: &Value, literal: &Literal, exact: bool) -> Option<(String, String)> {
    let text = value.as_str()?;
    let literal = literal.as_text()?;
    if exact { Some((text.to_owned(), literal)) } else { Some((fold_case(text), fold_case(&literal))) }
}

fn as_boolean(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Boolean(value) => Some(*value),
        Literal::Text(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

fn as_number(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Number(number) => number.as_f64(),
        Literal::Text(text) => text.parse().ok(),
        _ => None,
    }
}
