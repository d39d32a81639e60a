//! One operation on a document.

use serde_json::Value;

use super::super::client::Speaker;
use super::super::document::{Document, at, edit, get, object_in, put, slot};
use super::super::error::ScimError;
use super::super::path::{AttributePath, Place, Spot};
use super::super::schema::{Attribute, Mutability, ResourceType};
use super::operation::{Operation, PatchPath, Verb};
use super::target::Target;

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
