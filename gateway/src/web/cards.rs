//! Cards by hand, over the API.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::ApiError;
use super::guard::{ApiUser, Principal};
use super::limits::{MAX_BADGE_TYPE_CHARS, MAX_CARD_NUMBER_BYTES};
use super::slot::Slot;
use super::state::WebState;
use crate::operator::{CardAction, CardOrder, CardOrderDone};
use crate::store::users::Role;
use crate::views::CardText;

/// A card to add to a person by hand.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCard {
    /// The name that the identity provider knows the person by.
    user_name: String,
    /// The number, in any way that a card number may be written.
    #[schemars(length(min = 1, max = MAX_CARD_NUMBER_BYTES))]
    card: String,
    /// What kind of badge; the site's default where it is left out.
    #[schemars(length(min = 1, max = MAX_BADGE_TYPE_CHARS))]
    badge_type: Option<String>,
    /// From when on it opens doors; at once where it is left out.
    valid_from: Option<Timestamp>,
    /// Until when; for ever where it is left out.
    valid_until: Option<Timestamp>,
}

/// A card to deactivate that was added by hand.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SpentCard {
    /// The name that the identity provider knows the person by.
    user_name: String,
    /// The number, in any way that a card number may be written.
    #[schemars(length(min = 1, max = MAX_CARD_NUMBER_BYTES))]
    card: String,
}

/// `POST /api/v1/cards`
pub(super) async fn add(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    slot: Slot,
    body: Result<Json<NewCard>, JsonRejection>,
) -> Result<Json<CardOrderDone>, ApiError> {
    principal.require(Role::Manager)?;
    let NewCard { user_name, card: number, badge_type, valid_from, valid_until } = read(body)?;
    if let Some(badge_type) = badge_type.as_deref() {
        check_badge_type(badge_type)?;
    }
    if let Some(until) = valid_until.filter(|until| *until <= state.views.clock().now()) {
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "the card would be over already")
            .at("valid_until", &until.to_string())
            .remedy("Give an instant that is ahead, or leave it out."));
    }
    let action = CardAction::Add { badge_type, valid_from, valid_until };
    change(&state, &principal, &slot, "was added by hand", order(user_name, number, action)?).await
}

/// `POST /api/v1/cards/deactivate`
pub(super) async fn deactivate(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    slot: Slot,
    body: Result<Json<SpentCard>, JsonRejection>,
) -> Result<Json<CardOrderDone>, ApiError> {
    principal.require(Role::Manager)?;
    let SpentCard { user_name, card: number } = read(body)?;
    let order = order(user_name, number, CardAction::Deactivate)?;
    change(&state, &principal, &slot, "that was added by hand was deactivated", order).await
}

/// Does it, and says so with the card masked and the person apart.
async fn change(
    state: &WebState,
    principal: &Principal,
    slot: &Slot,
    done: &str,
    order: CardOrder,
) -> Result<Json<CardOrderDone>, ApiError> {
    slot.person(&order.user_name);
    let card = CardText::new(&order.number).masked();
    let changed = state.operator.change_card(order, &principal.actor).await?;
    slot.what(format!("card {card} {done}; revision {}", changed.revision));
    Ok(Json(changed))
}

fn read<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, ApiError> {
    body.map(|Json(body)| body).map_err(|rejection| {
        let status = match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
            other => other,
        };
        ApiError::new(status, rejection.body_text())
            .remedy("Send {\"user_name\": \"ada@example.org\", \"card\": \"100:1234\"} with Content-Type: application/json.")
    })
}

/// A number that is too long for any card is cut in the error, never passed on.
fn order(user_name: String, number: String, action: CardAction) -> Result<CardOrder, ApiError> {
    if number.len() > MAX_CARD_NUMBER_BYTES {
        let message = format!("a card number has at most {MAX_CARD_NUMBER_BYTES} bytes");
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message)
            .at("card", &number)
            .remedy("Give the number as it is printed on the card."));
    }
    Ok(CardOrder { user_name, number, action })
}

fn check_badge_type(badge_type: &str) -> Result<(), ApiError> {
    let length = badge_type.chars().count();
    if !badge_type.trim().is_empty() && length <= MAX_BADGE_TYPE_CHARS {
        return Ok(());
    }
    let message = format!("a badge type has 1 to {MAX_BADGE_TYPE_CHARS} characters");
    Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message)
        .at("badge_type", badge_type)
        .remedy("Leave it out for the site's default."))
}
