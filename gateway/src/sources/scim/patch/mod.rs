//! PATCH (RFC 7644, 3.5.2) in the forms that clients really send: operation names in any letter case, paths left
//! out, dotted and URN-qualified keys, bare values for complex ones.
//!
//! Pure: works on a copy of the resource's document; the caller keeps all of the result or nothing.

mod apply;
mod elements;
mod members;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::client::Speaker;
use super::document::{Document, count, get};
use super::error::ScimError;
use super::filter::{Filter, Parser};
use super::limits;
use super::operations::short_name;
use super::path::{AttributePath, ExpressionError};
use super::schema::ResourceType;

pub(super) use apply::apply;
pub(super) use members::{MemberEdit, ids_in};

/// A PATCH request.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Patch {
    /// Done one after the other.
    operations: Vec<Operation>,
    /// Whose habits it follows.
    speaker: Speaker,
}

/// What an operation does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

/// One operation of a PATCH.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Operation {
    pub(super) verb: Verb,
    /// Absent: the value's members are the paths.
    pub(super) path: Option<PatchPath>,
    /// Absent only for `remove`.
    pub(super) value: Option<Value>,
}

/// `attribute`, `attribute.sub`, `attribute[filter]` or `attribute[filter].sub`.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct PatchPath {
    /// Without sub-attribute where there is a filter.
    pub(super) attribute: AttributePath,
    pub(super) filter: Option<Filter>,
    /// After the filter.
    pub(super) sub: Option<String>,
}

impl PatchPath {
    /// Reads a whole text as one path.
    pub(super) fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut parser = Parser::new(text)?;
        let attribute = parser.path()?;
        let mut path = Self { attribute, filter: None, sub: None };
        if path.attribute.sub.is_none() && parser.take('[') {
            path.filter = Some(parser.enclosed(']', "']'")?);
            path.sub = parser.sub_attribute()?;
        }
        if parser.at_end() { Ok(path) } else { Err(parser.expected("the end of the path")) }
    }
}

impl std::fmt::Display for PatchPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.attribute.fmt(f)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl Patch {
    /// Reads a request's body.
    ///
    /// # Errors
    /// When the body is no PATCH request, or an operation's name or path can't be read.
    pub(super) fn read(body: &Document, speaker: Speaker) -> Result<Self, ScimError> {
        let operations = get(body, "Operations")
            .and_then(Value::as_array)
            .ok_or_else(|| ScimError::Syntax("a PATCH needs an array \"Operations\"".into()))?;
        if operations.len() > limits::MAX_PATCH_OPERATIONS {
            let bound = limits::MAX_PATCH_OPERATIONS;
            return Err(ScimError::value("Operations", format!("has more than {bound} operations")));
        }
        let operations = operations.iter().map(operation).collect::<Result<_, _>>()?;
        Ok(Self { operations, speaker })
    }

    /// The names of the attributes that it is about, once for each operation.
    pub(super) fn attributes(&self) -> Vec<String> {
        let named = |operation: &Operation| match (&operation.path, &operation.value) {
            (Some(path), _) => {
                let sub = path.sub.as_ref().map(|sub| format!(".{sub}")).unwrap_or_default();
                vec![short_name(&format!("{}{sub}", path.attribute))]
            }
            (None, Some(Value::Object(members))) => members.keys().map(|name| short_name(name)).collect(),
            (None, _) => Vec::new(),
        };
        self.operations.iter().flat_map(named).collect()
    }

    /// Takes out what concerns a group's members.
    ///
    /// # Errors
    /// When an operation would change a member rather than add or remove one.
    pub(super) fn take_members(&mut self, resource: &ResourceType) -> Result<Vec<MemberEdit>, ScimError> {
        let (rest, edits) = members::take_members(resource, std::mem::take(&mut self.operations))?;
        self.operations = rest;
        Ok(edits)
    }

    /// Does all operations on a copy of the resource's document.
    ///
    /// # Errors
    /// As the first operation that can't be done; the document may then be half changed.
    pub(super) fn apply(self, resource: &ResourceType, document: &mut Document) -> Result<(), ScimError> {
        let values = self.operations.iter().filter_map(|operation| operation.value.as_ref()).map(count);
        if values.sum::<usize>() > limits::MAX_PATCH_VALUES {
            let bound = limits::MAX_PATCH_VALUES;
            return Err(ScimError::TooLarge(format!("the operations have more than {bound} values")));
        }
        let mut operations = self.operations.into_iter();
        operations.try_for_each(|operation| apply(resource, document, operation, self.speaker))
    }
}

fn operation(json: &Value) -> Result<Operation, ScimError> {
    let members =
        json.as_object().ok_or_else(|| ScimError::Syntax("an operation must be an object".into()))?;
    let verb = verb(get(members, "op"))?;
    let path = match get(members, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => {
            let path = PatchPath::parse(text.trim());
            Some(path.map_err(|error| ScimError::Path(format!("{text:?}: {error}")))?)
        }
        Some(_) => return Err(ScimError::Path("must be a string".into())),
    };
    let value = get(members, "value").cloned();
    match (verb, &path, &value) {
        (Verb::Remove, None, _) => Err(ScimError::NoTarget("remove needs a path".into())),
        (Verb::Add | Verb::Replace, _, None) => Err(ScimError::value("value", "is missing")),
        _ => Ok(Operation { verb, path, value }),
    }
}

fn verb(op: Option<&Value>) -> Result<Verb, ScimError> {
    let name = op.and_then(Value::as_str).unwrap_or_default();
    [("add", Verb::Add), ("replace", Verb::Replace), ("remove", Verb::Remove)]
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, verb)| verb)
        .ok_or_else(|| ScimError::Syntax(format!("op {name:?} must be add, replace or remove")))
}
