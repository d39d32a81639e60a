//! Which attributes an answer has: `attributes` and `excludedAttributes` (RFC 7644, 3.4.2.5 and 3.9).

use std::convert::Infallible;

use serde_json::Value;

use super::document::{Document, at, edit, object_in, put, slot};
use super::error::ScimError;
use super::limits::MAX_PROJECTED;
use super::path::{AttributePath, Place, Spot};
use super::schema::{Attribute, ResourceType, Returned};

/// What a client wants to see.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Projection {
    /// Everything.
    #[default]
    All,
    /// These, and what is always returned.
    Only(Vec<AttributePath>),
    /// Everything but these.
    Without(Vec<AttributePath>),
}

impl Projection {
    /// Reads the two parameters; a client may use one of them, the first wins.
    ///
    /// # Errors
    /// When a name can't be an attribute's.
    pub(super) fn read<'a>(
        only: impl Iterator<Item = &'a str>,
        without: impl Iterator<Item = &'a str>,
    ) -> Result<Self, ScimError> {
        let only = names("attributes", only)?;
        if !only.is_empty() {
            return Ok(Self::Only(only));
        }
        let without = names("excludedAttributes", without)?;
        Ok(if without.is_empty() { Self::All } else { Self::Without(without) })
    }

    /// Whether an attribute of the core schema can appear, so that a costly one need not be looked up.
    pub(super) fn wants(&self, resource: &ResourceType, name: &str) -> bool {
        let names_it = |path: &AttributePath| match path.locate(resource) {
            Place::Attribute(spot) => spot.extension.is_none() && spot.name == name,
            Place::Whole { extension } => extension.is_none(),
        };
        match self {
            Self::All => true,
            Self::Only(paths) => paths.iter().any(names_it),
            Self::Without(paths) => !paths.iter().any(|path| path.sub.is_none() && names_it(path)),
        }
    }

    /// Drops what is returned only on request (RFC 7643, 7) and was not asked for by its name.
    fn drop_unrequested(&self, resource: &ResourceType, document: &mut Document) {
        let Self::Only(paths) = self else {
            return on_request(resource).for_each(|spot| drop_at(document, &spot));
        };
        let is_named = |wanted: &Spot<'_>| {
            paths.iter().any(|path| match path.locate(resource) {
                Place::Attribute(spot) => spot.is_same_as(wanted),
                Place::Whole { .. } => false,
            })
        };
        on_request(resource).filter(|spot| !is_named(spot)).for_each(|spot| drop_at(document, &spot));
    }

    /// What remains of a resource.
    pub(super) fn apply(&self, resource: &ResourceType, mut document: Document) -> Document {
        self.drop_unrequested(resource, &mut document);
        match self {
            Self::All => document,
            Self::Only(paths) => only(resource, &document, paths),
            Self::Without(paths) => without(resource, document, paths),
        }
    }
}

/// The sub-attributes of extensions that only those get who name them, with their places.
fn on_request(resource: &ResourceType) -> impl Iterator<Item = Spot<'static>> {
    let rows =
        resource.extensions.iter().flat_map(|schema| schema.attributes.iter().map(|row| (schema.id, row)));
    rows.flat_map(|(extension, row)| {
        let subs = row.sub_attributes.iter().filter(|sub| sub.returned == Returned::Request);
        subs.map(move |sub| Spot {
            extension: Some(extension),
            name: row.name,
            row: Some(row),
            sub: Some((sub.name, Some(sub))),
        })
    })
}

fn names<'a>(parameter: &str, texts: impl Iterator<Item = &'a str>) -> Result<Vec<AttributePath>, ScimError> {
    let mut names = Vec::new();
    for text in texts.flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty()) {
        if names.len() == MAX_PROJECTED {
            return Err(ScimError::value(parameter, format!("has more than {MAX_PROJECTED} names")));
        }
        let name = AttributePath::parse(text);
        names.push(
            name.ok_or_else(|| ScimError::value(parameter, format!("{text:?} is no attribute's name")))?,
        );
    }
    Ok(names)
}

fn always(resource: &ResourceType, name: &str) -> bool {
    resource.core_attribute(name).is_some_and(|row: &Attribute| row.returned == Returned::Always)
}

fn only(resource: &ResourceType, document: &Document, paths: &[AttributePath]) -> Document {
    let mut kept: Document = document
        .iter()
        .filter(|(name, _)| always(resource, name))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    for path in paths {
        match path.locate(resource) {
            Place::Whole { extension: Some(extension) } => {
                if let Some(part) = document.get(extension) {
                    kept.insert(extension.to_owned(), part.clone());
                }
            }
            Place::Whole { extension: None } => {
                let core = document.iter().filter(|(name, _)| !name.starts_with("urn:"));
                kept.extend(core.map(|(name, value)| (name.clone(), value.clone())));
            }
            Place::Attribute(spot) => copy(document, &mut kept, &spot, &path.to_string()),
        }
    }
    kept
}

fn copy(document: &Document, kept: &mut Document, spot: &Spot<'_>, full_name: &str) {
    let Some(value) = at(document, spot) else {
        // A foreign extension's own name reads like an attribute of a shorter one.
        if let Some(part) = document.get(full_name) {
            kept.insert(full_name.to_owned(), part.clone());
        }
        return;
    };
    let target = match spot.extension {
        Some(extension) => object_in(slot(kept, extension)),
        None => kept,
    };
    match spot.sub {
        None => put(target, spot.name, Some(value.clone())),
        Some((sub, _)) => copy_sub(slot(target, spot.name), value, sub),
    }
}

/// Adds one sub-attribute to what earlier names have already copied.
fn copy_sub(target: &mut Value, value: &Value, sub: &str) {
    match value {
        Value::Array(items) => {
            if !target.is_array() {
                *target = Value::Array(vec![Value::Null; items.len()]);
            }
            let Value::Array(targets) = target else { return };
            for (target, item) in targets.iter_mut().zip(items) {
                copy_sub(target, item, sub);
            }
        }
        Value::Object(members) => {
            let target = object_in(target);
            if let Some(value) = super::document::get(members, sub) {
                put(target, sub, Some(value.clone()));
            }
        }
        other => *target = other.clone(),
    }
}

fn without(resource: &ResourceType, mut document: Document, paths: &[AttributePath]) -> Document {
    for path in paths {
        match path.locate(resource) {
            Place::Whole { extension: Some(extension) } => put(&mut document, extension, None),
            Place::Whole { extension: None } => {
                document.retain(|name, _| name.starts_with("urn:") || always(resource, name));
            }
            Place::Attribute(spot) if spot.row.is_some_and(|row| row.returned == Returned::Always) => {}
            Place::Attribute(spot) => drop_at(&mut document, &spot),
        }
    }
    document
}

fn drop_at(document: &mut Document, spot: &Spot<'_>) {
    if at(document, spot).is_none() {
        return;
    }
    let Ok(()) = edit(document, spot, |value| {
        match spot.sub {
            None => *value = Value::Null,
            Some((sub, _)) => drop_sub(value, sub),
        }
        Ok::<(), Infallible>(())
    });
}

fn drop_sub(value: &mut Value, sub: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| drop_sub(item, sub)),
        Value::Object(members) => put(members, sub, None),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::{ENTERPRISE_USER, USER};
    use super::*;
    use serde_json::json;

    fn person() -> Document {
        let person = json!({
            "schemas": ["s"], "id": "1", "userName": "ada", "meta": {"version": "v"},
            "emails": [{"value": "a", "type": "work"}, {"value": "b", "type": "home"}],
            (ENTERPRISE_USER.id): {"cardNumber": "7", "department": "d"},
        });
        person.as_object().unwrap().clone()
    }

    fn seen(only: &[&str], without: &[&str]) -> Value {
        let projection = Projection::read(only.iter().copied(), without.iter().copied()).unwrap();
        projection.apply(&USER, person()).into()
    }

    #[test]
    fn only_what_was_asked_for_and_what_always_comes() {
        assert_eq!(seen(&["USERNAME"], &[]), json!({"schemas": ["s"], "id": "1", "userName": "ada"}));
        let subs = json!([{"value": "a", "type": "work"}, {"value": "b", "type": "home"}]);
        assert_eq!(seen(&["emails.value,emails.type"], &[])["emails"], subs);
        assert_eq!(seen(&["emails.value"], &[])["emails"], json!([{"value": "a"}, {"value": "b"}]));
        assert_eq!(seen(&["cardNumber"], &[])[ENTERPRISE_USER.id], json!({"cardNumber": "7"}));
        assert_eq!(seen(&[ENTERPRISE_USER.id], &[])[ENTERPRISE_USER.id]["department"], "d");
    }

    #[test]
    fn what_was_excluded_is_missing_unless_it_always_comes() {
        let left = seen(&[], &["id", "emails", "cardnumber", "userName.x"]);
        assert_eq!(left["id"], "1");
        assert_eq!(left.get("emails"), None);
        assert_eq!(left[ENTERPRISE_USER.id], json!({"department": "d"}));
        assert_eq!(seen(&[], &["cardNumber", "department"]).get(ENTERPRISE_USER.id), None);
        assert_eq!(seen(&[], &["emails.type"])["emails"], json!([{"value": "a"}, {"value": "b"}]));
    }

    #[test]
    fn names_are_bounded_in_number() {
        let read = |names: usize| Projection::read(std::iter::empty(), std::iter::repeat_n("title,", names));
        assert!(read(MAX_PROJECTED).is_ok());
        assert!(read(MAX_PROJECTED + 1).unwrap_err().to_string().contains("more than 256 names"));
    }

    #[test]
    fn costly_attributes_are_looked_up_only_when_wanted() {
        let read = |only: &'static str, without: &'static str| {
            Projection::read(std::iter::once(only), std::iter::once(without)).unwrap().wants(&USER, "groups")
        };
        assert!(read("", ""));
        assert!(read("groups.value", ""));
        assert!(!read("userName", ""));
        assert!(!read("", "groups"));
        assert!(read("", "groups.display"));
    }
}
