//! What installers want of one device, over the API.

use std::convert::Infallible;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::ApiError;
use super::guard::{ApiUser, Principal};
use super::query::{Asked, Parameters};
use super::state::WebState;
use crate::domain::ControllerId;
use crate::operator::{DeviceFile, DeviceTended, DeviceWish, TendDeviceError};
use crate::store::users::Role;

/// What a file is sent as.
const BYTES: &str = "application/octet-stream";

/// Where a device shall listen.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAddress {
    /// From 0 to 126, and nobody's on its line.
    address: u8,
}

/// How fast a device and its line shall be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSpeed {
    /// In bits a second.
    baud: u32,
}

/// What kind of file it is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileKind {
    /// By its maker's numbers; 1, which is opaque, where it is left out.
    kind: Option<u8>,
}

impl Parameters for FileKind {
    const REMEDY: &str = "Give ?kind=NUMBER from 1 to 255, or nothing.";
}

/// `POST /api/v1/controllers/{id}/identify`
pub(super) async fn identify(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
) -> Result<Json<DeviceTended>, ApiError> {
    tend(&state, &principal, &id, DeviceWish::Identify).await
}

/// `POST /api/v1/controllers/{id}/address`
pub(super) async fn set_address(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Result<Json<NewAddress>, JsonRejection>,
) -> Result<Json<DeviceTended>, ApiError> {
    principal.require(Role::Installer)?;
    let Json(NewAddress { address }) = body.map_err(|rejection| {
        ApiError::unreadable(&rejection, "Send {\"address\": 5} with Content-Type: application/json.")
    })?;
    tend(&state, &principal, &id, DeviceWish::SetAddress(address)).await
}

/// `POST /api/v1/controllers/{id}/speed`
pub(super) async fn set_speed(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Result<Json<NewSpeed>, JsonRejection>,
) -> Result<Json<DeviceTended>, ApiError> {
    principal.require(Role::Installer)?;
    let Json(NewSpeed { baud }) = body.map_err(|rejection| {
        ApiError::unreadable(&rejection, "Send {\"baud\": 38400} with Content-Type: application/json.")
    })?;
    tend(&state, &principal, &id, DeviceWish::SetSpeed(baud)).await
}

/// `POST /api/v1/controllers/{id}/key`
pub(super) async fn rotate_key(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
) -> Result<Json<DeviceTended>, ApiError> {
    tend(&state, &principal, &id, DeviceWish::RotateKey).await
}

/// `POST /api/v1/controllers/{id}/file`
pub(super) async fn send_file(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    Asked(FileKind { kind }): Asked<FileKind>,
    headers: HeaderMap,
    content: Bytes,
) -> Result<Response, ApiError> {
    principal.require(Role::Installer)?;
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes() != BYTES.as_bytes()) {
        let error = ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a file is sent as it is");
        return Err(error.remedy(format!("Send its bytes with Content-Type: {BYTES}.")));
    }
    let file = DeviceFile { kind: kind.unwrap_or(1), content: content.to_vec() };
    let progress = state.operator.send_file(&controller(&id)?, file, &principal.actor)?;
    let lines = progress.map(|progress| {
        let line = serde_json::to_string(&progress).unwrap_or_default();
        Ok::<_, Infallible>(format!("{line}\n"))
    });
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

async fn tend(
    state: &WebState,
    principal: &Principal,
    id: &str,
    wish: DeviceWish,
) -> Result<Json<DeviceTended>, ApiError> {
    principal.require(Role::Installer)?;
    Ok(Json(state.operator.tend_device(&controller(id)?, wish, &principal.actor).await?))
}

fn controller(id: &str) -> Result<ControllerId, ApiError> {
    id.parse().map_err(|error| {
        ApiError::new(StatusCode::NOT_FOUND, format!("no controller is called so: the name {error}"))
            .at("id", id)
            .remedy("GET /api/v1/controllers lists those that there are.")
    })
}

impl From<TendDeviceError> for ApiError {
    fn from(error: TendDeviceError) -> Self {
        let text = error.to_string();
        match error {
            TendDeviceError::Unknown { controller, near } => {
                let remedy = match near {
                    Some(near) => format!("Did you mean {near}?"),
                    None => "GET /api/v1/controllers lists those that there are.".to_owned(),
                };
                Self::new(StatusCode::NOT_FOUND, text).at("id", controller.as_str()).remedy(remedy)
            }
            TendDeviceError::Senseless { field, value, remedy, .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, text).at(field, &value).remedy(remedy)
            }
            TendDeviceError::NotDone { controller, remedy, .. } => {
                Self::new(StatusCode::CONFLICT, text).at("id", controller.as_str()).remedy(remedy)
            }
        }
    }
}
