//! The JSON API: the page's facts for programs, and the installer's actions.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::guard::{ApiUser, Principal};
use super::limits::{MAX_OPERATIONS_PER_ANSWER, OPERATIONS_PER_PAGE};
use super::state::WebState;
use crate::domain::ControllerId;
use crate::store::users::Role;
use crate::views::{InstallMinutes, InstallModeOpened, OperationView, ReAuthenticated, SiteView};

/// The site as `principal` may see it.
pub(super) fn site_for(state: &WebState, role: Role) -> SiteView {
    let site = state.source.site();
    if role >= Role::Manager { site } else { site.masked() }
}

/// `GET /api/v1/site`
pub(super) async fn site(ApiUser(principal): ApiUser, State(state): State<WebState>) -> Json<SiteView> {
    Json(site_for(&state, principal.role))
}

/// `GET /api/v1/controllers`
pub(super) async fn controllers(ApiUser(principal): ApiUser, State(state): State<WebState>) -> Json<Value> {
    let facts = site_for(&state, principal.role).facts;
    Json(json!({ "at": facts.at, "controllers": facts.controllers }))
}

/// `GET /api/v1/receipts`
pub(super) async fn receipts(ApiUser(principal): ApiUser, State(state): State<WebState>) -> Json<Value> {
    let facts = site_for(&state, principal.role).facts;
    Json(json!({ "at": facts.at, "receipts": facts.receipts }))
}

/// `GET /api/v1/exposed`
pub(super) async fn exposed(ApiUser(principal): ApiUser, State(state): State<WebState>) -> Json<Value> {
    let facts = site_for(&state, principal.role).facts;
    Json(json!({ "at": facts.at, "exposed": facts.exposed }))
}

/// `GET /api/v1/events`
pub(super) async fn events(ApiUser(principal): ApiUser, State(state): State<WebState>) -> Json<Value> {
    let facts = site_for(&state, principal.role).facts;
    Json(json!({ "at": facts.at, "events": facts.events }))
}

/// `GET /api/v1/identity`
pub(super) async fn identity(ApiUser(principal): ApiUser, State(state): State<WebState>) -> Json<Value> {
    let facts = site_for(&state, principal.role).facts;
    Json(json!({ "at": facts.at, "identity": facts.identity }))
}

/// Which part of a list is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Only what is older than this number.
    pub(super) before: Option<u64>,
    /// At most so many.
    pub(super) count: Option<usize>,
}

/// `GET /api/v1/scim/operations`
pub(super) async fn operations(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(part) = part.map_err(|rejection| {
        ApiError::new(StatusCode::BAD_REQUEST, rejection.body_text())
            .remedy("Give ?before=NUMBER and &count=NUMBER, or neither.")
    })?;
    let count = part.count.unwrap_or(OPERATIONS_PER_PAGE).min(MAX_OPERATIONS_PER_ANSWER);
    let operations = operations_for(&state, principal.role, part.before, count);
    let next = operations.last().map(|last| last.number).filter(|number| *number > 1);
    Ok(Json(json!({ "operations": operations, "next": next })))
}

/// The log of SCIM operations as `role` may see it.
pub(super) fn operations_for(
    state: &WebState,
    role: Role,
    before: Option<u64>,
    count: usize,
) -> Vec<OperationView> {
    let operations = state.source.operations(before, count);
    if role >= Role::Manager {
        operations
    } else {
        operations.into_iter().map(OperationView::masked).collect()
    }
}

/// `POST /api/v1/identity/{name}/re-authenticate`
pub(super) async fn re_authenticate(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let made = new_token(&state, &principal, &name).await?;
    let ReAuthenticated { name, token, previous_until } = made;
    Ok(Json(json!({ "name": name, "token": token.0.as_str(), "previous_until": previous_until })))
}

/// Gives a source a new token, for the API and the page.
pub(super) async fn new_token(
    state: &WebState,
    principal: &Principal,
    name: &str,
) -> Result<ReAuthenticated, ApiError> {
    principal.require(Role::Manager)?;
    Ok(state.source.re_authenticate(name, &principal.actor).await?)
}

/// Body of a request to open install mode.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstallMode {
    /// How long it stays open.
    minutes: u64,
}

/// `POST /api/v1/controllers/{id}/install-mode`
pub(super) async fn open_install_mode(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Result<Json<InstallMode>, JsonRejection>,
) -> Result<Json<InstallModeOpened>, ApiError> {
    principal.require(Role::Installer)?;
    let Json(InstallMode { minutes }) = body.map_err(|rejection| {
        ApiError::unreadable(&rejection, "Send {\"minutes\": 10} with Content-Type: application/json.")
    })?;
    open(&state, &principal, &id, minutes).await.map(Json)
}

/// Opens install mode, for the API and the page.
pub(super) async fn open(
    state: &WebState,
    principal: &Principal,
    id: &str,
    minutes: u64,
) -> Result<InstallModeOpened, ApiError> {
    principal.require(Role::Installer)?;
    let minutes = InstallMinutes::new(minutes)?;
    let controller: ControllerId = id.parse().map_err(|error| {
        ApiError::new(StatusCode::NOT_FOUND, format!("no controller is called so: the name {error}"))
            .at("id", id)
            .remedy("GET /api/v1/controllers lists those that there are.")
    })?;
    Ok(state.source.open_install_mode(&controller, minutes, &principal.actor).await?)
}

/// Any other address below `/api/`.
pub(super) async fn not_found() -> ApiError {
    ApiError::not_found()
}
