//! One operation on a document.

use serde_json::Value;

use super::super::client::Speaker;
use super::super::coerce::{coerced, single};
use super::super::document::{Document, at, edit, get, object_in, put, slot, unassigned};
use super::super::error::ScimError;
use super::super::filter::{Filter, element_matches};
use super::super::limits;
use super::super::path::{AttributePath, Place, Spot};
use super::super::schema::{Attribute, Kind, Mutability, ResourceType};
use super::elements::{add_element, array_in, merge, only_primary, remove_named, seed, set_sub};
use super::operation::{Operation, PatchPath, Verb};

/// Does one operation.
///
/// # Errors
/// When its path leads to what the gateway owns or to nothing that could be made, or its value is not what the
/// attribute's row says. The document may then be half changed: give a copy.
pub(in super::super) fn apply(
    resource: &ResourceType,
    document: &mut Document,
    operation: Operation,
    speaker: Speaker,
) -> Result<(), ScimError> {
    let edit = Edit { resource, verb: operation.verb, lenient: operation.path.is_none(), speaker };
    match (operation.path, operation.value) {
        (Some(path), value) => edit.at_path(document, &path, value.unwrap_or(Value::Null)),
        (None, Some(Value::Object(members))) => edit.members(document, None, members),
        (None, _) => Err(ScimError::value("value", "must be an object where there is no path")),
    }
}

/// An operation on its way through the document.
struct Edit<'r> {
    resource: &'r ResourceType,
    verb: Verb,
    /// What the gateway owns is passed over: Okta sends `id` along.
    lenient: bool,
    speaker: Speaker,
}

impl Edit<'_> {
    /// Each member of a value is a path of its own.
    fn members(
        &self,
        document: &mut Document,
        schema: Option<&str>,
        members: Document,
    ) -> Result<(), ScimError> {
        for (key, value) in members {
            let text = match schema {
                Some(schema) => format!("{schema}:{key}"),
                None => key,
            };
            match PatchPath::parse(&text) {
                Ok(path) => self.at_path(document, &path, value)?,
                Err(_) => put(document, &text, Some(value)),
            }
        }
        Ok(())
    }

    fn at_path(&self, document: &mut Document, path: &PatchPath, value: Value) -> Result<(), ScimError> {
        match path.attribute.locate(self.resource) {
            Place::Whole { extension } => self.whole(document, extension, value),
            Place::Attribute(_) if self.names_other_extension(document, &path.attribute, &value) => {
                self.other_extension(document, &path.attribute.to_string(), value);
                Ok(())
            }
            Place::Attribute(spot) => self.attribute(document, path, &spot, value),
        }
    }

    fn whole(&self, document: &mut Document, extension: Option<&str>, value: Value) -> Result<(), ScimError> {
        match (self.verb, extension, value) {
            (Verb::Remove, Some(extension), _) | (Verb::Replace, Some(extension), Value::Null) => {
                put(document, extension, None);
                Ok(())
            }
            (Verb::Remove, None, _) => Err(ScimError::NoTarget("name the attribute to remove".into())),
            (_, _, Value::Object(members)) => {
                Edit { lenient: true, ..*self }.members(document, extension, members)
            }
            (_, extension, _) => Err(ScimError::value(extension.unwrap_or("value"), "must be an object")),
        }
    }

    /// Whether the path is another extension's own name, which looks like an attribute of a shorter one.
    fn names_other_extension(&self, document: &Document, path: &AttributePath, value: &Value) -> bool {
        path.is_of_unknown_schema(self.resource)
            && (value.is_object() || get(document, &path.to_string()).is_some())
    }

    fn other_extension(&self, document: &mut Document, name: &str, value: Value) {
        match (self.verb, value) {
            (Verb::Add | Verb::Replace, Value::Object(members)) => {
                object_in(slot(document, name)).extend(members);
            }
            _ => put(document, name, None),
        }
    }

    fn attribute(
        &self,
        document: &mut Document,
        path: &PatchPath,
        spot: &Spot<'_>,
        value: Value,
    ) -> Result<(), ScimError> {
        if self.resource.drops(spot.name) || spot.name == "schemas" {
            return Ok(());
        }
        let sub = match &path.sub {
            Some(sub) => Some(
                spot.row
                    .and_then(|row| row.sub(sub))
                    .map_or((sub.as_str(), None), |row| (row.name, Some(row))),
            ),
            None => spot.sub,
        };
        let read_only =
            |row: Option<&Attribute>| row.is_some_and(|row| row.mutability == Mutability::ReadOnly);
        let target = Target { spot, sub, verb: self.verb, speaker: self.speaker };
        if read_only(spot.row) || sub.is_some_and(|(_, row)| read_only(row)) {
            return if self.lenient { Ok(()) } else { Err(ScimError::read_only(&target.path())) };
        }
        target.check_path(path.filter.is_some(), at(document, spot))?;
        match (self.verb, &path.filter) {
            (Verb::Remove, filter) => target.remove(document, filter.as_ref(), &value),
            (_, Some(filter)) => edit(document, spot, |slot| target.elements(slot, filter, value)),
            (_, None) => edit(document, spot, |slot| target.set(slot, value)),
        }
    }
}

/// The attribute that an operation is about.
struct Target<'a> {
    spot: &'a Spot<'a>,
    sub: Option<(&'a str, Option<&'static Attribute>)>,
    verb: Verb,
    speaker: Speaker,
}

impl Target<'_> {
    fn path(&self) -> String {
        match self.sub {
            Some((sub, _)) => format!("{}.{sub}", self.spot.name),
            None => self.spot.name.to_owned(),
        }
    }

    fn multi_valued(&self) -> bool {
        self.spot.row.is_some_and(|row| row.multi_valued)
    }

    /// Whether the attribute can have what the path asks for: elements to choose from, or sub-attributes. The value that
    /// is there decides where no row does.
    fn check_path(&self, has_filter: bool, value: Option<&Value>) -> Result<(), ScimError> {
        let (many, complex) = match (self.spot.row, value) {
            (Some(row), _) => (row.multi_valued, row.kind == Kind::Complex),
            (None, Some(value)) => (value.is_array(), value.is_array() || value.is_object()),
            (None, None) => (true, true),
        };
        let name = self.spot.name;
        if has_filter && !many {
            return Err(ScimError::Path(format!("{name} has a single value: a filter can't choose from it")));
        }
        if self.sub.is_some() && !complex {
            return Err(ScimError::Path(format!("{name} has no sub-attributes")));
        }
        Ok(())
    }

    /// Add or replace without a filter.
    fn set(&self, slot: &mut Value, value: Value) -> Result<(), ScimError> {
        let Some((sub, row)) = self.sub else { return self.set_whole(slot, value) };
        let value = coerced(row, &self.path(), value)?;
        let many = self.multi_valued() || slot.is_array();
        // A reference to nobody is none.
        let value = value.filter(|value| many || sub != "value" || value != "");
        if many {
            let items = array_in(slot);
            if items.is_empty() && value.is_some() {
                items.push(Value::Null);
            }
            items.iter_mut().for_each(|item| set_sub(item, sub, value.clone()));
            if sub == "primary" && value == Some(Value::Bool(true)) {
                only_primary(items, 0);
            }
        } else {
            set_sub(slot, sub, value);
        }
        Ok(())
    }

    fn set_whole(&self, slot: &mut Value, value: Value) -> Result<(), ScimError> {
        match coerced(self.spot.row, &self.path(), value)? {
            None if self.multi_valued() && self.verb == Verb::Add => {}
            None => *slot = Value::Null,
            Some(Value::Array(items)) if self.verb == Verb::Add => {
                for item in items {
                    add_element(array_in(slot), item);
                }
                self.check_count(slot)?;
            }
            Some(Value::Object(members)) if !self.multi_valued() => {
                let complex = self.spot.row.is_some_and(|row| row.kind == Kind::Complex);
                if complex || self.verb == Verb::Add { merge(slot, members) } else { *slot = members.into() }
            }
            Some(value) => *slot = value,
        }
        Ok(())
    }

    /// Add or replace where a filter chooses elements; where none is, one is made that satisfies it, unless the client
    /// is known to expect `noTarget` (RFC 7644, 3.5.2.3).
    fn elements(&self, slot: &mut Value, filter: &Filter, value: Value) -> Result<(), ScimError> {
        let row = self.spot.row;
        let seed = seed(filter, row);
        let value = match self.sub {
            Some((_, sub)) => coerced(sub, &self.path(), value)?,
            None => match row {
                Some(row) => single(row, &self.path(), value)?,
                None => Some(value),
            },
        };
        let items = array_in(slot);
        let mut matched: Vec<usize> =
            (0..items.len()).filter(|index| element_matches(filter, row, &items[*index])).collect();
        if matched.is_empty() && value.is_some() {
            let path = &self.spot.name;
            let seed = seed
                .clone()
                .filter(|seed| self.verb == Verb::Add || self.may_make(seed))
                .ok_or_else(|| ScimError::NoTarget(format!("no element of {path} is {filter}")))?;
            matched.push(items.len());
            items.push(seed.into());
        }
        for index in matched {
            self.change_element(&mut items[index], seed.as_ref(), value.clone());
            if items[index].get("primary") == Some(&Value::Bool(true)) {
                only_primary(items, index);
            }
        }
        self.check_count(slot)
    }

    /// Whether a `replace` that found nothing makes the element: never one that it only knows by its `value`, for that
    /// would give a person, say, the card whose badge type was to be changed.
    fn may_make(&self, seed: &Document) -> bool {
        self.speaker.means_missing_elements_to_be_made() && !seed.contains_key("value")
    }

    fn change_element(&self, item: &mut Value, seed: Option<&Document>, value: Option<Value>) {
        match (self.sub, value) {
            (Some((sub, _)), value) => set_sub(item, sub, value),
            (None, Some(Value::Object(members))) => {
                if self.verb == Verb::Replace {
                    *item = seed.cloned().unwrap_or_default().into();
                }
                merge(item, members);
            }
            (None, Some(value)) => *item = value,
            (None, None) => {}
        }
    }

    fn check_count(&self, slot: &Value) -> Result<(), ScimError> {
        let bound = limits::MAX_VALUES;
        match slot.as_array() {
            Some(items) if items.len() > bound => {
                Err(ScimError::value(self.path(), format!("has more than {bound} values")))
            }
            _ => Ok(()),
        }
    }

    fn remove(
        &self,
        document: &mut Document,
        filter: Option<&Filter>,
        value: &Value,
    ) -> Result<(), ScimError> {
        let row = self.spot.row;
        // Without what it requires, an extension is none of the resource's any more; no resource requires one.
        let required = row.is_some_and(|row| row.required) && self.spot.extension.is_none();
        if self.sub.is_none() && filter.is_none() && required {
            return Err(ScimError::Mutability(format!("{} is required", self.spot.name)));
        }
        if at(document, self.spot).is_none() {
            return Ok(());
        }
        edit(document, self.spot, |slot| {
            match (filter, self.sub) {
                (None, None) if self.multi_valued() && !value.is_null() => remove_named(slot, value),
                (None, None) => *slot = Value::Null,
                (Some(filter), None) => {
                    array_in(slot).retain(|item| !element_matches(filter, row, item));
                }
                (filter, Some((sub, _))) if slot.is_array() => {
                    for item in array_in(slot) {
                        if filter.is_none_or(|filter| element_matches(filter, row, item)) {
                            set_sub(item, sub, None);
                        }
                    }
                    array_in(slot).retain(|item| !unassigned(item));
                }
                (_, Some((sub, _))) => set_sub(slot, sub, None),
            }
            Ok(())
        })
    }
}
