//! The JSON API: the page's facts for programs, and the installer's actions.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answers::{Controllers, Exposures, IdentityProviders, NewToken, Operations, Receipts};
use super::error::ApiError;
use super::guard::{ApiUser, Principal};
use super::limits::{MAX_OPERATIONS_PER_ANSWER, OPERATIONS_PER_PAGE};
use super::query::{Asked, Parameters};
use super::slot::Slot;
use super::state::WebState;
use crate::domain::ControllerId;
use crate::operator::{InstallMinutes, InstallModeOpened, ReAuthenticated};
use crate::store::users::Role;
use crate::views::{Masked, OperationView, SiteView};

/// The site as `role` may see it.
pub(super) async fn site_for(state: &WebState, role: Role) -> SiteView {
    let site = state.views.site().await;
    if role >= Role::Manager { site } else { site.masked() }
}

/// A list as `role` may see it.
pub(super) fn list_for<T: Masked>(role: Role, list: Vec<T>) -> Vec<T> {
    if role >= Role::Manager { list } else { list.into_iter().map(Masked::masked).collect() }
}

/// When an answer is made.
pub(super) fn now(state: &WebState) -> Timestamp {
    state.views.clock().now()
}

/// `GET /api/v1/site`
pub(super) async fn site(ApiUser(principal): ApiUser, State(state): State<WebState>) -> Json<SiteView> {
    Json(site_for(&state, principal.role).await)
}

/// `GET /api/v1/controllers`
pub(super) async fn controllers(ApiUser(_): ApiUser, State(state): State<WebState>) -> Json<Controllers> {
    Json(Controllers { at: now(&state), controllers: state.views.controllers() })
}

/// `GET /api/v1/receipts`
pub(super) async fn receipts(ApiUser(principal): ApiUser, State(state): State<WebState>) -> Json<Receipts> {
    Json(Receipts { at: now(&state), receipts: list_for(principal.role, state.views.receipts()) })
}

/// `GET /api/v1/exposed`
pub(super) async fn exposed(ApiUser(principal): ApiUser, State(state): State<WebState>) -> Json<Exposures> {
    Json(Exposures { at: now(&state), exposed: list_for(principal.role, state.views.exposed()) })
}

/// `GET /api/v1/identity`
pub(super) async fn identity_providers(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
) -> Json<IdentityProviders> {
    let all = state.views.identity_providers();
    let identity_providers = if principal.role >= Role::Manager { all } else { all.masked() };
    Json(IdentityProviders { at: now(&state), identity_providers })
}

/// Which part of the log of operations is wanted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Only what has a smaller number: the `next` of the last answer.
    pub(super) before: Option<u64>,
    /// At most so many; 50 where it is left out.
    #[schemars(range(max = MAX_OPERATIONS_PER_ANSWER))]
    pub(super) count: Option<usize>,
}

impl Parameters for Page {
    const REMEDY: &str = "Give ?before=NUMBER and &count=NUMBER, or neither.";
}

/// `GET /api/v1/scim/operations`
pub(super) async fn operations(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Asked(page): Asked<Page>,
) -> Result<Json<Operations>, ApiError> {
    let count = page.count.unwrap_or(OPERATIONS_PER_PAGE);
    if count > MAX_OPERATIONS_PER_ANSWER {
        let message = format!("count is at most {MAX_OPERATIONS_PER_ANSWER}");
        let error = ApiError::new(StatusCode::BAD_REQUEST, message).at("count", &count.to_string());
        return Err(error.remedy("Ask for fewer, and for older ones by ?before=NUMBER."));
    }
    let operations = operations_for(&state, principal.role, page.before, count);
    let next = operations.last().map(|last| last.number).filter(|number| *number > 1);
    Ok(Json(Operations { operations, next }))
}

/// The log of SCIM operations as `role` may see it.
pub(super) fn operations_for(
    state: &WebState,
    role: Role,
    before: Option<u64>,
    count: usize,
) -> Vec<OperationView> {
    list_for(role, state.views.operations(before, count))
}

/// `POST /api/v1/identity/{name}/re-authenticate`
pub(super) async fn re_authenticate(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(name): Path<String>,
    slot: Slot,
) -> Result<Response, ApiError> {
    slot.what(format!("the token {name} is given a new secret"));
    let made = new_token(&state, &principal, &name).await?;
    Ok(Json(NewToken::from(&made)).into_response())
}

/// Gives a source a new token, for the API and the page.
pub(super) async fn new_token(
    state: &WebState,
    principal: &Principal,
    name: &str,
) -> Result<ReAuthenticated, ApiError> {
    principal.require(Role::Manager)?;
    Ok(state.operator.re_authenticate(name, &principal.actor).await?)
}

/// For how long install mode shall be open.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InstallMode {
    /// How many minutes.
    #[schemars(range(min = 1, max = 60))]
    minutes: u64,
}

/// `POST /api/v1/controllers/{id}/install-mode`
pub(super) async fn open_install_mode(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    slot: Slot,
    body: Result<Json<InstallMode>, JsonRejection>,
) -> Result<Json<InstallModeOpened>, ApiError> {
    principal.require(Role::Installer)?;
    let Json(InstallMode { minutes }) = body.map_err(|rejection| {
        ApiError::unreadable(&rejection, "Send {\"minutes\": 10} with Content-Type: application/json.")
    })?;
    slot.what(format!("the controller {id} may be given a new key, for {minutes} minutes"));
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
    Ok(state.operator.open_install_mode(&controller, minutes, &principal.actor).await?)
}

/// Any other address below `/api/`.
pub(super) async fn not_found() -> ApiError {
    ApiError::not_found()
}
