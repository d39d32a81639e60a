//! Forwarders, over the API: all read, managers give orders.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answers::Forwarders;
use super::error::ApiError;
use super::guard::ApiUser;
use super::state::WebState;
use crate::domain::ForwarderId;
use crate::operator::{ForwarderAction, ForwarderOrderError, ForwarderOrdered};
use crate::store::users::Role;

/// An order for a forwarder.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewForwarderOrder {
    /// What to do.
    action: ForwarderAction,
}

/// `GET /api/v1/forwarders`
pub(super) async fn list(_: ApiUser, State(state): State<WebState>) -> Json<Forwarders> {
    Json(Forwarders { forwarders: state.views.forwarders() })
}

/// `POST /api/v1/forwarders/{id}/orders`
pub(super) async fn order(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    body: Result<Json<NewForwarderOrder>, JsonRejection>,
) -> Result<Json<ForwarderOrdered>, ApiError> {
    principal.require(Role::Manager)?;
    let Json(order) = body.map_err(|rejection| {
        ApiError::unreadable(&rejection, "Send {\"action\": \"test\"} with Content-Type: application/json.")
    })?;
    let forwarder: ForwarderId = id.parse().map_err(|error| {
        let message = format!("no forwarder is called so: the name {error}");
        ApiError::new(StatusCode::NOT_FOUND, message).at("id", &id).remedy(LIST)
    })?;
    Ok(Json(state.operator.order_forwarder(&forwarder, order.action, &principal.actor).await?))
}

const LIST: &str = "GET /api/v1/forwarders lists those that there are.";

impl From<ForwarderOrderError> for ApiError {
    fn from(error: ForwarderOrderError) -> Self {
        let text = error.to_string();
        match &error {
            ForwarderOrderError::Unknown { forwarder, near } => {
                let remedy =
                    near.as_ref().map_or_else(|| LIST.to_owned(), |near| format!("Did you mean {near}?"));
                Self::new(StatusCode::NOT_FOUND, text).at("id", forwarder.as_str()).remedy(remedy)
            }
            ForwarderOrderError::NotArrived { forwarder, .. } => Self::new(StatusCode::BAD_GATEWAY, text)
                .at("id", forwarder.as_str())
                .remedy("Look at the receiver, and at its address in the configuration."),
            ForwarderOrderError::Unavailable(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, text).remedy("Try again in a minute.")
            }
        }
    }
}
