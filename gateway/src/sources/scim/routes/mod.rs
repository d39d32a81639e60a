//! The endpoint's addresses and what is done at each.
//!
//! Reads of one indexed resource are answered at once; scans of the directory and the listing of members run on
//! blocking threads, few at a time.

mod answer;
mod bulk;
mod read;
mod target;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use axum::middleware;
use axum::routing::{any, get, post};
use tower::util::MapRequest;

use super::address::{self, MOUNT, tidied};
use super::auth;
use super::endpoint::Scim;
use super::error::ScimError;
use super::exchange::{self, Recorder};
use target::nowhere;

/// The endpoint, with [`MOUNT`] in its paths.
pub fn router(scim: Scim) -> Router {
    let discovery = Router::new()
        .route("/ServiceProviderConfig", get(read::service_provider_config))
        .route("/ResourceTypes", get(read::resource_types))
        .route("/ResourceTypes/{name}", get(read::resource_type))
        .route("/Schemas", get(read::schemas))
        .route("/Schemas/{id}", get(read::schema))
        .route_layer(middleware::from_fn(read::refuse_filter));
    let resources = Router::new()
        .route("/{endpoint}", get(read::list).post(write::create))
        .route("/{endpoint}/.search", post(read::search))
        .route(
            "/{endpoint}/{id}",
            get(read::one).put(write::replace).patch(write::patch).delete(write::delete),
        )
        .route("/.search", post(read::search_all));
    let me = any(|| async { ScimError::NotImplemented("/Me is not offered: a token is no person".into()) });
    let recorder = Recorder { gate: Arc::clone(scim.gate()), clock: scim.clock() };
    let endpoint = discovery
        .merge(resources)
        .route("/Bulk", post(bulk::run))
        .route("/Me", me)
        .fallback(|| async { nowhere() })
        .method_not_allowed_fallback(|uri: Uri| async move {
            if address::is_known(uri.path()) { ScimError::Method } else { nowhere() }
        })
        .layer(middleware::from_fn_with_state(Arc::clone(scim.gate()), auth::require_token))
        .layer(middleware::from_fn_with_state(recorder, exchange::record));
    Router::new()
        .nest_service(MOUNT, MapRequest::new(endpoint.with_state(scim), tidied))
        .route("/scim/{version}/{*rest}", any(|| async { ScimError::Version }))
}
