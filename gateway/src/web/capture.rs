//! `GET /api/v1/lines/{id}/capture`: a line's bytes as they pass, in OSDPCAP, until one side has enough.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;

use super::error::ApiError;
use super::guard::ApiUser;
use super::limits::LONGEST_CAPTURE;
use super::state::WebState;
use crate::domain::LineId;
use crate::store::users::Role;

/// One JSON object a line.
const JSON_LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson");

pub(super) async fn capture(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    principal.require(Role::Installer)?;
    let line: LineId = id.parse().map_err(|error| {
        ApiError::new(StatusCode::NOT_FOUND, format!("no line is called so: the name {error}"))
            .at("id", &id)
            .remedy("GET /api/v1/site lists those that there are.")
    })?;
    let permit = Arc::clone(&state.captures).try_acquire_owned().map_err(|_| {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too many recordings are under way")
            .remedy("End one of them.")
    })?;
    let records = state.operator.capture(&line, &principal.actor)?;
    let mut closing = state.closing();
    let end = async move {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => {}
            () = tokio::time::sleep(LONGEST_CAPTURE) => {}
        }
    };
    let lines = records.take_until(Box::pin(end)).map(move |record| {
        let _held_to_the_end = &permit;
        Ok::<_, Infallible>(format!("{record}\n"))
    });
    Ok(([(CONTENT_TYPE, JSON_LINES)], Body::from_stream(lines)).into_response())
}
