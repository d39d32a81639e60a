//! Orders for doors, over the API.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::ApiError;
use super::guard::ApiUser;
use super::limits::MAX_REASON_CHARS;
use super::slot::Slot;
use super::state::WebState;
use crate::domain::DoorId;
use crate::operator::{DoorAction, DoorOrder, DoorOrderError, DoorOrdered};
use crate::store::users::Role;

/// An order for a door.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrder {
    /// What to do. `hold` needs an end.
    action: DoorAction,
    /// Until when; until it is ordered otherwise where it is left out.
    until: Option<Timestamp>,
    /// Why. Everything but letting somebody in and going back to normal use needs a reason.
    #[schemars(length(min = 1, max = MAX_REASON_CHARS))]
    reason: Option<String>,
}

/// `POST /api/v1/doors/{id}/orders`
pub(super) async fn order(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    slot: Slot,
    body: Result<Json<NewOrder>, JsonRejection>,
) -> Result<Json<DoorOrdered>, ApiError> {
    principal.require(Role::Manager)?;
    let Json(order) = body.map_err(|rejection| {
        ApiError::unreadable(
            &rejection,
            "Send {\"action\": \"unlock\", \"reason\": \"delivery\"} with Content-Type: application/json.",
        )
    })?;
    let door: DoorId = id.parse().map_err(|error| {
        ApiError::new(StatusCode::NOT_FOUND, format!("no door is called so: the name {error}"))
            .at("id", &id)
            .remedy("GET /api/v1/controllers lists those that there are.")
    })?;
    let order = checked(order, state.views.clock().now())?;
    let doors = state.views.controllers().into_iter().flat_map(|it| it.doors);
    let before = doors.filter(|it| it.id == door).find_map(|it| Some(it.state?.mode)).unwrap_or_default();
    let reason = order.reason.as_ref().map(|why| format!(", because: {why}")).unwrap_or_default();
    let until = order.until.map(|until| format!(", until {until}")).unwrap_or_default();
    let to = order.action.mode().map_or_else(|| "let somebody in once".to_owned(), |mode| mode.to_string());
    slot.what(format!("door {door}: {before} → {to}{until}{reason}"));
    Ok(Json(state.operator.order_door(&door, order, &principal.actor).await?))
}

fn checked(NewOrder { action, until, reason }: NewOrder, now: Timestamp) -> Result<DoorOrder, ApiError> {
    let wrong = |message: &str| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message);
    let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    if reason
        .as_ref()
        .is_some_and(|it| it.chars().count() > MAX_REASON_CHARS || it.contains(char::is_control))
    {
        let message = format!("a reason is one line of at most {MAX_REASON_CHARS} characters");
        return Err(wrong(&message).at("reason", reason.as_deref().unwrap_or_default()));
    }
    let needs_reason = matches!(action, DoorAction::Hold | DoorAction::Lock | DoorAction::Lockdown);
    if needs_reason && reason.is_none() {
        return Err(wrong("this order needs a reason").at("reason", "").remedy("Say in a few words why."));
    }
    if action == DoorAction::Hold && until.is_none() {
        let remedy = "Say until when, such as \"2027-01-31T18:00:00Z\".";
        return Err(wrong("a door is held open with an end only").at("until", "").remedy(remedy));
    }
    if let Some(until) = until.filter(|until| *until <= now) {
        return Err(wrong("that instant is over already")
            .at("until", &until.to_string())
            .remedy("Give an instant that is ahead."));
    }
    Ok(DoorOrder { action, until, reason })
}

impl From<DoorOrderError> for ApiError {
    fn from(error: DoorOrderError) -> Self {
        let text = error.to_string();
        match &error {
            DoorOrderError::Unknown { door, near } => {
                let remedy = match near {
                    Some(near) => format!("Did you mean {near}?"),
                    None => "GET /api/v1/controllers lists those that there are.".to_owned(),
                };
                Self::new(StatusCode::NOT_FOUND, text).at("id", door.as_str()).remedy(remedy)
            }
            DoorOrderError::DecidedByPanel { door, .. } => Self::new(StatusCode::CONFLICT, text)
                .at("id", door.as_str())
                .remedy("Use the panel's own key switch or button."),
            DoorOrderError::HeldBack { door, .. } => Self::new(StatusCode::CONFLICT, text)
                .at("id", door.as_str())
                .remedy("Order normal use first, or see how the lock's controller is."),
            DoorOrderError::NotSwitched { door, .. } => Self::new(StatusCode::CONFLICT, text)
                .at("id", door.as_str())
                .remedy("Look at the door, and try again."),
            DoorOrderError::Unavailable => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, text).remedy("The service's log says why.")
            }
        }
    }
}
