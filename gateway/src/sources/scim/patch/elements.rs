//! The elements of a multi-valued attribute, and the members of a complex one: found, made, merged and removed.

use serde_json::Value;

use super::super::coerce::coerced;
use super::super::document::{Document, get, object_in, put};
use super::super::filter::{Filter, Literal, Operator};
use super::super::path::AttributePath;
use super::super::schema::Attribute;

/// Removes the elements that a client names beside the path, as Entra does: by their `value`, or, where they have none,
/// by all that it says of them.
pub(super) fn remove_named(slot: &mut Value, value: &Value) {
    let named = match value {
        Value::Array(named) => named.as_slice(),
        one => std::slice::from_ref(one),
    };
    array_in(slot).retain(|item| !named.iter().any(|named| is_named(item, named)));
}

fn is_named(item: &Value, named: &Value) -> bool {
    let own = item.get("value").unwrap_or(item);
    let Some(members) = named.as_object() else { return own == named };
    let mut said = members.iter().filter(|(_, value)| !value.is_null()).peekable();
    match get(members, "value") {
        Some(value) if !value.is_null() => own == value,
        _ => said.peek().is_some() && said.all(|(name, value)| item.get(name) == Some(value)),
    }
}

/// The array in a value: a single value becomes its only element.
pub(super) fn array_in(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        let single = value.take();
        *value = Value::Array(if single.is_null() { Vec::new() } else { vec![single] });
    }
    match value {
        Value::Array(items) => items,
        _ => unreachable!("it was made an array just above"),
    }
}

/// Adds an element, or merges it into the one that has the same `value` and `type`.
pub(super) fn add_element(items: &mut Vec<Value>, item: Value) {
    let key = |item: &Value| (item.get("value").cloned(), item.get("type").cloned());
    let known = items
        .iter()
        .position(|other| *other == item || (item.get("value").is_some() && key(other) == key(&item)));
    let primary = item.get("primary") == Some(&Value::Bool(true));
    let index = match (known, item) {
        (Some(index), Value::Object(members)) => {
            merge(&mut items[index], members);
            index
        }
        (Some(index), _) => index,
        (None, item) => {
            items.push(item);
            items.len() - 1
        }
    };
    if primary {
        only_primary(items, index);
    }
}

/// RFC 7643, 2.4: `primary` is true at most once.
pub(super) fn only_primary(items: &mut [Value], index: usize) {
    for (other, item) in items.iter_mut().enumerate() {
        if other != index && item.get("primary") == Some(&Value::Bool(true)) {
            set_sub(item, "primary", Some(false.into()));
        }
    }
}

/// Members replace those of the same name; the others stay.
pub(super) fn merge(slot: &mut Value, members: Document) {
    let reference = members.get("$ref").cloned();
    for (name, value) in members {
        set_sub(slot, &name, Some(value));
    }
    if reference.is_some() {
        set_sub(slot, "$ref", reference);
    }
}

/// Sets or removes a member of an object. A new `value` makes the old `$ref` wrong, so that goes.
pub(super) fn set_sub(slot: &mut Value, name: &str, value: Option<Value>) {
    let object = object_in(slot);
    if name == "value" && get(object, "value") != value.as_ref() {
        put(object, "$ref", None);
    }
    put(object, name, value);
}

/// What an element must have to satisfy `type eq "work" and …`; `None` where the filter says more than equality.
pub(super) fn seed(filter: &Filter, row: Option<&Attribute>) -> Option<Document> {
    let mut seed = Document::new();
    for term in filter.conjuncts() {
        let Filter::Compare { path: AttributePath { schema: None, name, sub: None }, operator, literal } =
            term
        else {
            return None;
        };
        if *operator != Operator::Equal {
            return None;
        }
        let sub = row.and_then(|row| row.sub(name));
        let value = coerced(sub, name, json(literal)).ok()??;
        seed.insert(sub.map_or(name.as_str(), |sub| sub.name).to_owned(), value);
    }
    Some(seed)
}

fn json(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Boolean(value) => (*value).into(),
        Literal::Number(number) => number.clone().into(),
        Literal::Text(text) => text.as_str().into(),
    }
}
