//! Holds over the API: all read, managers put and lift them.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::access::taken;
use super::answers::Holds;
use super::api::list_for;
use super::error::ApiError;
use super::guard::ApiUser;
use super::slot::Slot;
use super::state::WebState;
use crate::domain::{AccessEdit, AccessEdited, HoldId};
use crate::store::users::Role;
use crate::views::{HoldView, Masked};

const BODY: &str = "Send {\"person\": \"ada@example.org\", \"reason\": \"…\"} as application/json, or \"card\" instead of a person.";

/// `GET /api/v1/holds`
pub(super) async fn list(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
) -> Result<Json<Holds>, ApiError> {
    let holds = list_for(principal.role, state.views.holds().await?);
    Ok(Json(Holds { holds }))
}

/// `POST /api/v1/holds`
pub(super) async fn put(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    slot: Slot,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, ApiError> {
    principal.require(Role::Manager)?;
    let edit = AccessEdit::PutHold(taken(body, BODY)?);
    let AccessEdited::Hold(id) = state.operator.edit_access(edit, &principal.actor).await? else {
        return Err(ApiError::not_found());
    };
    let all = state.views.holds().await?;
    let hold = all.into_iter().find(|hold| hold.id == id).ok_or_else(ApiError::not_found)?;
    note(&slot, "put on", &hold);
    let made = (StatusCode::CREATED, [(LOCATION, format!("/api/v1/holds/{id}"))], Json(hold));
    Ok(made.into_response())
}

/// `DELETE /api/v1/holds/{id}`
pub(super) async fn lift(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    slot: Slot,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    principal.require(Role::Manager)?;
    let id: HoldId = id.parse().map_err(|_| {
        ApiError::new(StatusCode::NOT_FOUND, "there is no such hold")
            .at("id", &id)
            .remedy("GET /api/v1/holds lists those that there are.")
    })?;
    if let Some(hold) = state.views.holds().await?.into_iter().find(|hold| hold.id == id) {
        note(&slot, "lifted from", &hold);
    }
    state.operator.edit_access(AccessEdit::LiftHold(id), &principal.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A hold in the audit log: the card masked, the person apart.
fn note(slot: &Slot, done: &str, hold: &HoldView) {
    let masked = hold.clone().masked();
    let what = masked.card.map_or_else(|| "a person".to_owned(), |card| format!("card {card}"));
    let until = hold.until.map(|until| format!(", until {until}")).unwrap_or_default();
    slot.what(format!("a hold was {done} {what}{until}, because: {}", hold.reason));
    if let Some(person) = &hold.person_name {
        slot.person(person);
    }
}
