//! The order of a query's results: `sortBy` and `sortOrder` (RFC 7644, 3.4.2.3).
//!
//! A key is made of one value of each resource, as its schema says values compare: letter case counts where the
//! attribute is `caseExact`, times compare as times. Resources without a value come last, or first where the order is
//! descending. Equal keys stand in the order of types and identifiers, so that an order is always total.

use std::cmp::Ordering;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::super::document::{Document, at, get};
use super::super::error::ScimError;
use super::super::limits::MAX_SORT_KEY_LEN;
use super::super::path::{AttributePath, Place};
use super::super::schema::{Attribute, Kind, ResourceType};

/// What results are ordered by.
#[derive(Clone, Debug)]
pub(in super::super) struct Sort {
    path: AttributePath,
    descending: bool,
}

impl Sort {
    /// Reads the two parameters; any order but `descending` is the default, ascending.
    ///
    /// # Errors
    /// When `sortBy` is no attribute's name.
    pub(super) fn read(by: Option<&str>, order: Option<&str>) -> Result<Option<Self>, ScimError> {
        let Some(by) = by.map(str::trim).filter(|by| !by.is_empty()) else { return Ok(None) };
        let path = AttributePath::parse(by)
            .ok_or_else(|| ScimError::Path(format!("sortBy {by:?} is no attribute's name")))?;
        let descending = order.is_some_and(|order| order.trim().eq_ignore_ascii_case("descending"));
        Ok(Some(Self { path, descending }))
    }

    /// Whether it is the order of identifiers, in which the directory holds each type.
    pub(super) fn is_by_id(&self) -> bool {
        !self.descending && self.path.schema.is_none() && self.path.name.eq_ignore_ascii_case("id")
    }

    /// Whether it looks at an attribute of this name.
    pub(super) fn names(&self, attribute: &str) -> bool {
        self.path.name.eq_ignore_ascii_case(attribute)
    }

    /// Where a resource stands.
    pub(super) fn key(&self, resource: &ResourceType, document: &Document) -> Key {
        let value = self.value(resource, document);
        Key { value: value.unwrap_or(SortValue::Absent), descending: self.descending }
    }

    /// The primary value of several, or the first.
    fn value(&self, resource: &ResourceType, document: &Document) -> Option<SortValue> {
        let Place::Attribute(spot) = self.path.locate(resource) else { return None };
        let element = match at(document, &spot)? {
            Value::Array(items) => {
                let primary = items.iter().find(|item| item.get("primary") == Some(&Value::Bool(true)));
                primary.or_else(|| items.first())?
            }
            single => single,
        };
        let (value, row) = match (element, spot.sub) {
            (Value::Object(members), Some((name, row))) => (get(members, name)?, row),
            (Value::Object(members), None) => {
                (get(members, "value")?, spot.row.and_then(|row| row.sub("value")))
            }
            (simple, _) => (simple, spot.row),
        };
        SortValue::of(value, row)
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, if self.descending { "descending" } else { "ascending" })
    }
}

/// A value as it compares; those of different types in the order of these variants.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
enum SortValue {
    Boolean(bool),
    /// A number's bits, changed so that they order as the numbers do.
    Number(u64),
    Time(Timestamp),
    /// The first [`MAX_SORT_KEY_LEN`] bytes, in small letters unless case counts.
    Text(String),
    Absent,
}

impl SortValue {
    fn of(value: &Value, row: Option<&Attribute>) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Boolean(*value),
            Value::Number(number) => Self::Number(ordered_bits(number.as_f64()?)),
            Value::String(text) if row.is_some_and(|row| row.kind == Kind::DateTime) => {
                Self::Time(text.parse().ok()?)
            }
            Value::String(text) if text.is_empty() => return None,
            Value::String(text) => {
                let exact = row.is_some_and(|row| row.case_exact);
                let start = start_of(text);
                Self::Text(if exact { start.to_owned() } else { start.to_lowercase() })
            }
            _ => return None,
        })
    }
}

/// As much of a text as fits in [`MAX_SORT_KEY_LEN`], whole characters alone.
fn start_of(text: &str) -> &str {
    let mut end = text.len().min(MAX_SORT_KEY_LEN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// IEEE 754 orders like signed magnitude; this makes it order like an unsigned integer.
fn ordered_bits(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// A value and the direction in which it counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Key {
    value: SortValue,
    descending: bool,
}

impl Key {
    /// Of a query without order of its own.
    pub(super) const NONE: Self = Self { value: SortValue::Absent, descending: false };
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.value.cmp(&other.value);
        if self.descending { order.reverse() } else { order }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A result's place among all results of a query.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) key: Key,
    /// The resource type, by its place in the table of all.
    pub(super) kind: u8,
    pub(super) id: Uuid,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::super::schema::{ENTERPRISE_USER, USER};
    use super::*;

    fn sort(by: &str, order: &str) -> Sort {
        Sort::read(Some(by), Some(order)).unwrap().unwrap()
    }

    /// The names of these people, in order.
    fn sorted(by: &str, order: &str, people: &[Value]) -> Vec<String> {
        let sort = sort(by, order);
        let mut people: Vec<_> =
            people.iter().map(|person| (sort.key(&USER, person.as_object().unwrap()), person)).collect();
        people.sort_by(|a, b| a.0.cmp(&b.0));
        people.iter().map(|(_, person)| person["userName"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_schema_says_how_values_compare() {
        let people = [
            json!({"userName": "Bob", "externalId": "a", "active": true, "meta": {"lastModified": "2026-01-01T01:00:00+02:00"}}),
            json!({"userName": "ada", "externalId": "B", "active": false, "meta": {"lastModified": "2026-01-01T00:00:00Z"}}),
        ];
        assert_eq!(sorted("USERNAME", "", &people), ["ada", "Bob"]);
        assert_eq!(sorted("userName", "descending", &people), ["Bob", "ada"]);
        assert_eq!(sorted("externalId", "", &people), ["ada", "Bob"], "case counts");
        assert_eq!(sorted("active", "", &people), ["ada", "Bob"], "false comes before true");
        assert_eq!(sorted("meta.lastModified", "ascending", &people), ["Bob", "ada"], "times, not texts");
    }

    #[test]
    fn of_several_values_the_primary_counts_or_the_first() {
        let people = [
            json!({"userName": "x", "emails": [{"value": "a"}, {"value": "m", "primary": true}]}),
            json!({"userName": "y", "emails": [{"value": "b"}, {"value": "z"}]}),
        ];
        assert_eq!(sorted("emails.value", "", &people), ["y", "x"]);
        assert_eq!(sorted("emails", "", &people), ["y", "x"]);
    }

    #[test]
    fn who_has_no_value_comes_last_or_in_descending_order_first() {
        let people = [
            json!({"userName": "none"}),
            json!({"userName": "some", (ENTERPRISE_USER.id): {"department": "d"}}),
            json!({"userName": "empty", (ENTERPRISE_USER.id): {"department": ""}}),
        ];
        assert_eq!(sorted("department", "", &people), ["some", "none", "empty"]);
        assert_eq!(sorted("department", "DESCENDING", &people), ["none", "empty", "some"]);
    }

    #[test]
    fn what_is_no_name_is_refused_and_no_name_is_no_order() {
        assert!(matches!(Sort::read(Some("a b"), None), Err(ScimError::Path(_))));
        assert!(Sort::read(None, Some("descending")).unwrap().is_none());
        assert!(sort("ID", "ascending").is_by_id());
        assert!(!sort("id", "descending").is_by_id());
    }

    proptest! {
        #[test]
        fn numbers_keep_their_order(a: f64, b: f64) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(ordered_bits(a).cmp(&ordered_bits(b)), a.total_cmp(&b));
        }

        #[test]
        fn a_key_is_bounded(text in "\\PC{0,400}") {
            let person = json!({"title": text});
            let key = sort("title", "").key(&USER, person.as_object().unwrap());
            if let SortValue::Text(key) = key.value {
                // Small letters may be longer than their capitals, by half at most.
                prop_assert!(key.len() <= MAX_SORT_KEY_LEN * 3 / 2);
            }
        }
    }
}
