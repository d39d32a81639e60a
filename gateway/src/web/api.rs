//! The JSON API: the page's facts for programs, and the installer's actions.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::guard::{ApiUser, Principal};
use super::state::WebState;
use crate::domain::ControllerId;
use crate::store::users::Role;
use crate::views::{InstallMinutes, InstallModeOpened, SiteView};

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
