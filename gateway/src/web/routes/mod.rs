//! Every operation of the API: where it is, what it takes, what it answers, and who does it. The router and the
//! description at `/api/openapi.json` both come from these lists.

mod access;
mod alarms;
mod hardware;
mod outside;
mod site;
mod words;

use std::sync::LazyLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware;
use axum::response::{IntoResponse, Response};

use super::api;
use super::openapi::Described;
use super::query;
use super::state::WebState;
use access::{access_operations, card_orders};
use alarms::alarm_operations;
use hardware::{actions, device_operations, door_orders, file_operations};
use outside::{forwarder_operations, of_sources};
use site::{of_commands, reads, searches};

/// What is served below `/api/v1`.
pub(super) fn router() -> Router<WebState> {
    described().into_router().fallback(api::not_found)
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| described().document().to_string());

/// `GET /api/openapi.json`
pub(super) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], DOCUMENT.as_str()).into_response()
}

/// All of it, described.
fn described() -> Described {
    let plain = Described::default()
        .merge(reads())
        .merge(actions())
        .merge(card_orders())
        .merge(door_orders())
        .merge(forwarder_operations())
        .merge(alarm_operations())
        .merge(of_commands())
        .merge(of_sources())
        .merge(device_operations());
    plain
        .layer(middleware::from_fn(query::refuse))
        .merge(searches())
        .merge(file_operations())
        .merge(access_operations())
}
