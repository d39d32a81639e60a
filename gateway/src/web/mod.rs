//! The status page, the JSON API, signing in, health and metrics.
//!
//! Shows [views](crate::views) and nothing else; what people do to the site goes through
//! [`operator`](crate::operator). It never reads the directory, a line or a controller, and no page
//! refers to another host.

mod access;
mod accounts;
mod api;
mod assets;
mod body;
mod capture;
mod cards;
pub mod connections;
mod error;
mod expiry;
mod form;
mod guard;
mod headers;
mod health;
pub mod limits;
mod live;
mod metrics;
mod page;
mod query;
mod remote;
mod session;
mod state;
pub mod tls;
mod verifier;

pub use accounts::Accounts;
pub use guard::LocalOperator;
pub use metrics::Metrics;
pub use state::WebState;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{any, get, post, put};

use crate::domain::remote::Transport;
use crate::views::{AccessLevelView, RuleView};

/// Everything but SCIM. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, or failed sign-ins of
/// all addresses count as one's; on the box's own socket, put [`LocalOperator`] into the requests' extensions. Its
/// fallback answers 404, so mount others beside it with `nest` or `merge` of routers that have none.
pub fn router(state: WebState) -> Router {
    Router::new()
        .route("/", get(page::status))
        .route("/sign-in", get(page::sign_in_form).post(page::sign_in))
        .route("/sign-out", post(page::sign_out))
        .route("/controllers/{id}/install-mode", post(page::open_install_mode))
        .route("/identity/{name}/re-authenticate", post(page::re_authenticate))
        .route("/identity/{name}/token", get(page::show_token))
        .route("/operations", get(page::operations))
        .route("/live", get(live::live))
        .route("/assets/{name}", get(assets::serve))
        .nest("/api/v1", api_router())
        .route("/api/openapi.json", get(assets::openapi))
        .route("/api/{*rest}", any(api::not_found))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(page::not_found)
        .layer(DefaultBodyLimit::max(limits::MAX_BODY_BYTES))
        .layer(middleware::from_fn(guard::refuse_other_sites))
        .with_state(state)
}

/// What holds for whatever the network asks, be it the page, the API or SCIM.
pub fn shielded(app: Router, transport: Transport) -> Router {
    app.layer(middleware::from_fn(body::in_time))
        .layer(middleware::from_fn(headers::require_host))
        .layer(middleware::from_fn_with_state(transport, headers::add))
}

fn api_router() -> Router<WebState> {
    without_parameters()
        .route_layer(middleware::from_fn(query::refuse))
        .route("/events", get(api::events))
        .route("/scim/operations", get(api::operations))
        .merge(access_router())
        .fallback(api::not_found)
}

fn without_parameters() -> Router<WebState> {
    Router::new()
        .route("/site", get(api::site))
        .route("/controllers", get(api::controllers))
        .route("/controllers/{id}/install-mode", post(api::open_install_mode))
        .route("/lines/{id}/capture", get(capture::capture))
        .route("/cards", post(cards::add))
        .route("/cards/deactivate", post(cards::deactivate))
        .route("/receipts", get(api::receipts))
        .route("/exposed", get(api::exposed))
        .route("/identity", get(api::identity))
        .route("/identity/{name}/re-authenticate", post(api::re_authenticate))
}

/// Access levels and rules; a whole site's are longer than other bodies.
fn access_router() -> Router<WebState> {
    let level = get(access::one::<AccessLevelView>)
        .put(access::replace::<AccessLevelView>)
        .delete(access::delete::<AccessLevelView>);
    let rule =
        get(access::one::<RuleView>).put(access::replace::<RuleView>).delete(access::delete::<RuleView>);
    Router::new()
        .route("/access", get(access::all))
        .route("/access-levels", get(access::list::<AccessLevelView>).post(access::create::<AccessLevelView>))
        .route("/access-levels/{id}", level)
        .route("/rules", get(access::list::<RuleView>).post(access::create::<RuleView>))
        .route("/rules/{id}", rule)
        .route("/groups", get(access::groups))
        .route_layer(middleware::from_fn(query::refuse))
        .route("/access", put(access::import))
        .layer(DefaultBodyLimit::max(limits::MAX_ACCESS_BODY_BYTES))
}

#[cfg(test)]
mod tests;
