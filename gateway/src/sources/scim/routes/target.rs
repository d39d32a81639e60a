//! What a request's address leads to.

use axum::extract::FromRequestParts;
use axum::extract::rejection::PathRejection;
use uuid::Uuid;

use super::super::error::ScimError;
use super::super::schema::{RESOURCE_TYPES, ResourceType};

/// Nothing.
pub(super) fn nowhere() -> ScimError {
    ScimError::NotFound("nothing is at this address".into())
}

/// The names in an address; what is no text leads nowhere.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ScimError))]
pub(super) struct Path<T>(pub(super) T);

impl From<PathRejection> for ScimError {
    fn from(_: PathRejection) -> Self {
        nowhere()
    }
}

/// The resource type found at an address.
pub(super) fn resource_at(endpoint: &str) -> Result<&'static ResourceType, ScimError> {
    RESOURCE_TYPES
        .into_iter()
        .find(|resource| resource.endpoint.eq_ignore_ascii_case(endpoint))
        .ok_or_else(|| ScimError::NotFound(format!("there are no {endpoint:?} here")))
}

/// The identifier in an address; what can't be one is nobody's.
pub(super) fn identifier(resource: &ResourceType, id: &str) -> Result<Uuid, ScimError> {
    id.parse().map_err(|_| ScimError::NotFound(format!("{} {id:?} not found", resource.name)))
}
