//! For supervisors and Prometheus: does the process live, can it work, how is it doing.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::guard::MetricsReader;
use super::state::WebState;

/// `GET /healthz`: the process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200 when the directory is open and the links have started, else 503; either way says which.
pub(super) async fn ready(State(state): State<WebState>) -> Response {
    let readiness = state.views.readiness();
    let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

/// `GET /metrics`: OpenMetrics text.
pub(super) async fn metrics(_: MetricsReader, State(state): State<WebState>) -> Response {
    match state.metrics.encode(state.views.figures()) {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "metrics can't be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
