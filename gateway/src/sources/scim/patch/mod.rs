//! PATCH (RFC 7644, 3.5.2) in the forms that clients really send: operation names in any letter case, paths left
//! out, dotted and URN-qualified keys, bare values for complex ones.
//!
//! Pure: works on a copy of the resource's document; the caller keeps all of the result or nothing.

mod apply;
mod elements;
mod members;
mod operation;
mod target;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::client::Speaker;
use super::document::{Document, count, get};
use super::error::ScimError;
use super::limits;
use super::schema::ResourceType;
use operation::Operation;

pub(super) use apply::apply;
pub(super) use members::{MemberEdit, ids_in};
#[cfg(any(test, fuzzing))]
pub(super) use operation::{Operation as PatchOperation, PatchPath, Verb};

/// A PATCH request.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Patch {
    /// Done one after the other.
    operations: Vec<Operation>,
    /// Whose habits it follows.
    speaker: Speaker,
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
        let operations = operations.iter().map(Operation::read).collect::<Result<_, _>>()?;
        Ok(Self { operations, speaker })
    }

    /// The names of the attributes that it is about, once for each operation.
    pub(super) fn attributes(&self) -> Vec<String> {
        self.operations.iter().flat_map(Operation::attributes).collect()
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
