//! The status page, the JSON API, signing in, health and metrics.
//!
//! Shows [views](crate::views) and nothing else; what people do to the site goes through
//! [`operator`](crate::operator). It never reads the directory, a line or a controller, and no page
//! refers to another host.

mod access;
mod accounts;
mod alarms;
mod answers;
mod api;
mod assets;
mod audit;
mod authentication;
mod body;
mod capture;
mod cards;
pub mod connections;
mod doors;
mod error;
mod events;
mod explain;
mod form;
mod guard;
mod headers;
mod health;
mod holds;
pub mod limits;
mod live;
mod metrics;
mod openapi;
mod page;
mod query;
mod remote;
mod routes;
mod session;
mod slot;
mod sources;
mod state;
mod tending;
pub mod tls;
mod verifier;

pub use accounts::Accounts;
pub use guard::LocalOperator;
pub use metrics::Metrics;
pub use state::WebState;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{any, get, post};

use crate::domain::remote::Transport;

/// Everything but SCIM. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, or failed sign-ins of
/// all addresses count as one's; on the box's own socket, put [`LocalOperator`] into the requests' extensions. Its
/// fallback answers 404, so mount others beside it with `nest` or `merge` of routers that have none.
pub fn router(state: WebState) -> Router {
    Router::new()
        .route("/", get(page::status))
        .route("/sign-in", get(page::sign_in_form).post(page::sign_in))
        .route("/sign-out", post(page::sign_out))
        .route("/alarms/{number}", post(page::handle_alarm))
        .route("/controllers/{id}/install-mode", post(page::open_install_mode))
        .route("/identity/{name}/re-authenticate", post(page::re_authenticate))
        .route("/identity/{name}/token", get(page::show_token))
        .route("/operations", get(page::operations))
        .route("/audit", get(page::audit))
        .route("/sources", get(page::sources))
        .route("/sources/{id}/letters/{number}/{what}", post(page::letter))
        .route("/live", get(live::live))
        .route("/assets/{name}", get(assets::serve))
        .nest(openapi::BASE, routes::router())
        .route("/api/openapi.json", get(routes::openapi))
        .route("/api/{*rest}", any(api::not_found))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(page::not_found)
        .layer(DefaultBodyLimit::max(limits::MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(state.clone(), audit::record))
        .layer(middleware::from_fn(guard::refuse_other_sites))
        .with_state(state)
}

/// What holds for whatever the network asks, be it the page, the API or SCIM.
pub fn shielded(app: Router, transport: Transport) -> Router {
    app.layer(middleware::from_fn(body::in_time))
        .layer(middleware::from_fn(headers::require_host))
        .layer(middleware::from_fn_with_state(transport, headers::add))
}

#[cfg(test)]
mod tests;
