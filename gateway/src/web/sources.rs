//! The sources of the configuration over the API: all read, managers test, resync and clear up.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::answers::{Letters, Sources};
use super::api::{list_for, now};
use super::error::ApiError;
use super::guard::{ApiUser, Principal};
use super::state::WebState;
use crate::operator::{SourceOrderError, SourceResynced, SourceTested};
use crate::store::users::Role;
use crate::views::DeadLetterView;

/// `GET /api/v1/sources`
pub(super) async fn list(ApiUser(principal): ApiUser, State(state): State<WebState>) -> Json<Sources> {
    Json(Sources { at: now(&state), sources: list_for(principal.role, state.views.sources()) })
}

/// `POST /api/v1/sources/{id}/test`
pub(super) async fn test(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
) -> Result<Json<SourceTested>, ApiError> {
    principal.require(Role::Manager)?;
    Ok(Json(state.operator.test_source(&id).await?))
}

/// `POST /api/v1/sources/{id}/resync`
pub(super) async fn resync(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
) -> Result<Json<SourceResynced>, ApiError> {
    principal.require(Role::Manager)?;
    Ok(Json(state.operator.resync_source(&id, &principal.actor).await?))
}

/// `GET /api/v1/sources/{id}/letters`
pub(super) async fn letters(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
) -> Result<Json<Letters>, ApiError> {
    let letters = letters_for(&state, &principal, &id).ok_or(SourceOrderError::Unknown(id))?;
    Ok(Json(Letters { letters }))
}

/// A source's messages that could not be followed, as somebody may see them.
pub(super) fn letters_for(state: &WebState, principal: &Principal, id: &str) -> Option<Vec<DeadLetterView>> {
    Some(list_for(principal.role, state.views.dead_letters(id)?))
}

/// `POST /api/v1/sources/{id}/letters/{number}/retry`
pub(super) async fn retry(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path((id, number)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    order(&state, &principal, (&id, &number), "retry").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/sources/{id}/letters/{number}`
pub(super) async fn discard(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path((id, number)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    order(&state, &principal, (&id, &number), "discard").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Does what somebody wants with a message, for the API and the page.
pub(super) async fn order(
    state: &WebState,
    principal: &Principal,
    (id, number): (&str, &str),
    what: &str,
) -> Result<(), ApiError> {
    principal.require(Role::Manager)?;
    let letter: u64 = number.parse().map_err(|_| {
        ApiError::new(StatusCode::NOT_FOUND, "there is no such message")
            .at("number", number)
            .remedy("GET /api/v1/sources/{id}/letters lists those that there are.")
    })?;
    let (operator, actor) = (&state.operator, &principal.actor);
    match what {
        "retry" => Ok(operator.retry_letter(id, letter, actor).await?),
        "discard" => Ok(operator.discard_letter(id, letter, actor).await?),
        _ => Err(ApiError::not_found()),
    }
}
